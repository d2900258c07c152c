"""What the API holds: one list for each thing, one for each registered form and each kind of its lines."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.routers import DefaultRouter

from trialsite.access.models import User
from trialsite.casebook.registries import FormType, api_lists, forms

from .activation_api import ActivationViewSet, DryRunViewSet, SignOffViewSet
from .api import (
    Listing,
    ProtocolFormViewSet,
    ProtocolLineViewSet,
    SiteViewSet,
    StudyViewSet,
    SubjectViewSet,
    form_viewset,
    line_viewset,
)
from .change_api import ChangeViewSet
from .changes import MOVES, Kinds
from .deviation_api import DeviationViewSet
from .protocol_api import ProtocolVersionViewSet
from .review_api import (
    HoldViewSet,
    QueryMessageViewSet,
    QueryViewSet,
    VerificationViewSet,
)
from .signature_api import SignatureViewSet
from .trail_api import TrailViewSet

router = DefaultRouter()
router.register("studies", StudyViewSet, basename="api-study")
router.register("sites", SiteViewSet, basename="api-site")
router.register("subjects", SubjectViewSet, basename="api-subject")
router.register("protocol-versions", ProtocolVersionViewSet, basename="api-protocol-version")
router.register("activations", ActivationViewSet, basename="api-activation")
router.register("sign-offs", SignOffViewSet, basename="api-sign-off")
router.register("dry-runs", DryRunViewSet, basename="api-dry-run")
for name, viewset in api_lists.items():
    router.register(name, viewset, basename=f"api-{name}")
router.register("queries", QueryViewSet, basename="api-query")
router.register("query-messages", QueryMessageViewSet, basename="api-query-message")
router.register("deviations", DeviationViewSet, basename="api-deviation")
router.register("holds", HoldViewSet, basename="api-hold")
router.register("verifications", VerificationViewSet, basename="api-verification")
router.register("signatures", SignatureViewSet, basename="api-signature")
router.register("trail", TrailViewSet, basename="api-trail")
router.register("changes", ChangeViewSet, basename="api-change")
router.register("forms/PROTOCOL/lines", ProtocolLineViewSet, basename="api-PROTOCOL-lines")
router.register("forms/PROTOCOL", ProtocolFormViewSet, basename="api-form-PROTOCOL")
for form in forms.values():
    for row in form.rows:
        router.register(
            f"forms/{form.key}/{row.name}", line_viewset(form, row), basename=f"api-{form.key}-{row.name}"
        )
    router.register(f"forms/{form.key}", form_viewset(form), basename=f"api-form-{form.key}")


def tables_of(form: FormType) -> Iterator[tuple[str, str]]:
    """The tables of a form, of moves of it, and of its lines, each with the list in which their rows stand."""
    yield form.model._meta.db_table, f"forms/{form.key}"
    yield MOVES, f"forms/{form.key}"
    yield from ((row.model._meta.db_table, f"forms/{form.key}/{row.name}") for row in form.rows)


def tables_told() -> dict[tuple[str, str], str]:
    """(Table, form; "" for any) → the list in which its rows stand under their own ids. What is derived has none."""
    found = {(table, form.key): name for form in forms.values() for table, name in tables_of(form)}
    of_forms = {table for table, _form in found}
    for name, view, _basename in router.registry:
        meta: Any = getattr(getattr(view, "serializer_class", None), "Meta", None)
        protection = getattr(getattr(meta, "model", None), "protection", None)
        if (
            protection
            and protection.trail
            and "id" in meta.fields
            and meta.model._meta.db_table not in of_forms
        ):
            found.setdefault((meta.model._meta.db_table, ""), name)
    found[MOVES, ""] = "forms/PROTOCOL"
    return found


def kinds_open_to(user: User, wanted: Sequence[str] = ()) -> Kinds:
    """Those whose lists a reader may open, and of them those wanted (none: all). Refuses a kind that is none."""
    told = tables_told()
    if strange := sorted({*wanted} - {*told.values()}):
        raise ValidationError(
            {"kind": [_("There is no list of this name: %(name)s.") % {"name": strange[0]}]}
        )
    request: Any = Request(HttpRequest())
    request.user = user
    views: dict[str, Any] = {name: view() for name, view, _basename in router.registry}
    open_lists = {
        name
        for name in {*told.values()}
        if (not wanted or name in wanted)
        and all(one().has_permission(request, views[name]) for one in views[name].permission_classes)
    }
    lists = {place: name for place, name in told.items() if name in open_lists}
    actions = {table: views[name].opened_by for (table, _form), name in lists.items()}
    return Kinds(lists, {table: action for table, action in actions.items() if action != Listing.opened_by})
