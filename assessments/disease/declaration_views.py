"""The page of what laboratories declare of their MRD methods in a study."""

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.shown_again import Answer
from trialsite.clinical.quantity import Quantity, QuantityError
from trialsite.deviations.views import day_typed
from trialsite.studies.selectors import study_open_to

from ..domain.mrd import percent
from ..models import MrdDeclaration
from ..models.disease import MrdMethod
from .declarations import declare_limits, withdraw_declaration


@login_required
def declarations(request: HttpRequest, key: str) -> HttpResponse:
    """The declarations of a study, the withdrawn ones too, and the way to record one."""
    user = user_of(request)
    study = study_open_to(user, key, "record.view")
    found = MrdDeclaration.objects.filter(study=study).select_related("recorded_by", "withdrawn_by")
    context = {
        "study": study,
        "lines": [
            (one, percent(one.lod), percent(one.loq) if one.loq is not None else "—")
            for one in found.order_by("withdrawn_at", "laboratory", "method", "-valid_from")
        ],
        "methods": MrdMethod.choices,
        "may_declare": may(user, "laboratory.declare", study_id=study.pk),
        "address": reverse("declare-limits", args=[study.key]),
    }
    return render(request, "samples/declarations.html", context)


@login_required
@require_POST
def declare(request: HttpRequest, key: str) -> HttpResponse:
    """Record a declaration, signed with the password of who records it."""
    user = user_of(request)
    study = study_open_to(user, key, "laboratory.declare")
    answer = Answer(request, reverse("mrd-declarations", args=[key]))
    with answer.refusals():
        sent = request.POST
        found = declare_limits(
            study=study,
            laboratory=sent.get("laboratory", ""),
            method=sent.get("method", ""),
            lod_percent=percent_typed(sent.get("lod", ""), "lod"),
            loq_percent=percent_typed(sent.get("loq", ""), "loq"),
            signed_on=day_typed(sent.get("signed_on", ""), "signed_on"),
            valid_from=day_typed(sent.get("valid_from", ""), "valid_from"),
            signatory=sent.get("signatory", ""),
            document=sent.get("document", ""),
            password=sent.get("password", ""),
            by=user,
        )
        words = _("Recorded: limit of detection %(limit)s.") % {"limit": percent(found.lod)}
        messages.success(request, words)
    return answer.response()


def percent_typed(text: str, item: str) -> Decimal | None:
    """A limit in percent as typed; None where nothing was. CheckFailed where it is no plain number."""
    text = text.strip().removesuffix("%").strip()
    if not text:
        return None
    try:
        quantity = Quantity.parse(text, "%", analyte="mrd")
    except QuantityError as problem:
        raise CheckFailed({item: _("Enter a number in percent, such as 0.002.")}) from problem
    if quantity.comparator:
        raise CheckFailed({item: _("Enter the number alone, such as 0.002.")})
    return quantity.canonical


@login_required
@require_POST
def withdraw(request: HttpRequest, key: str, declaration_id: UUID) -> HttpResponse:
    """Take back a declaration that was recorded wrongly."""
    user = user_of(request)
    study = study_open_to(user, key, "laboratory.declare")
    found = MrdDeclaration.objects.filter(study=study, pk=declaration_id).first()
    if found is None:
        raise Http404
    answer = Answer(request, reverse("mrd-declarations", args=[key]))
    with answer.refusals():
        withdraw_declaration(declaration=found, by=user, reason=request.POST.get("reason", ""))
        messages.success(request, _("The declaration is withdrawn."))
    return answer.response()
