"""What the API holds: one list for each thing, one for each registered form and each kind of its lines."""

from rest_framework.routers import DefaultRouter

from trialsite.casebook.registries import api_lists, forms

from .activation_api import ActivationViewSet, DryRunViewSet
from .api import (
    ProtocolFormViewSet,
    ProtocolLineViewSet,
    SiteViewSet,
    StudyViewSet,
    SubjectViewSet,
    form_viewset,
    line_viewset,
)
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
router.register("forms/PROTOCOL/lines", ProtocolLineViewSet, basename="api-PROTOCOL-lines")
router.register("forms/PROTOCOL", ProtocolFormViewSet, basename="api-form-PROTOCOL")
for form in forms.values():
    for row in form.rows:
        router.register(
            f"forms/{form.key}/{row.name}", line_viewset(form, row), basename=f"api-{form.key}-{row.name}"
        )
    router.register(f"forms/{form.key}", form_viewset(form), basename=f"api-form-{form.key}")
