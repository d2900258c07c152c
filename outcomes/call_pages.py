"""The call list, and the page of one subject from which the call is made and recorded."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from enrollment.refusals import show_refusal
from trialsite.access.forms import day_field
from trialsite.access.identity import show_phone
from trialsite.access.permissions import may, require, require_somewhere
from trialsite.access.requests import user_of
from trialsite.audit.moment import now
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.errors import Refused
from trialsite.casebook.formfields import TimeFormField
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import Wanted
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import FOLLOWED
from trialsite.studies.selectors import places_visible_to, studies_visible_to

from .call_list import attempts_of, call_line_of, calls_due, with_last_alive
from .calls import record_attempt
from .domain.attempts import Told, told_by
from .models.attempts import CallResult, DiseaseTold, Informant

SHOWN = 100
NOTHING: list[tuple[str, Any]] = [("", "—")]


class CallForm(forms.Form):
    """One attempt in one line; shape only."""

    performed_on = day_field(gettext_lazy("Date of the call"))
    called_at = TimeFormField(
        label=gettext_lazy("Time of the call"),
        required=False,
    )
    call_result = forms.ChoiceField(
        label=gettext_lazy("Result"),
        choices=NOTHING + CallResult.choices,
        error_messages={"required": gettext_lazy("Choose how the call ended.")},
    )
    informant = forms.ChoiceField(
        label=gettext_lazy("Informant"), choices=NOTHING + Informant.choices, required=False
    )
    disease_told = forms.ChoiceField(
        label=gettext_lazy("Disease status as told"), choices=NOTHING + DiseaseTold.choices, required=False
    )
    next_call_on = day_field(gettext_lazy("Next call"), required=False)
    comment = forms.CharField(label=gettext_lazy("Comment"), max_length=300, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            field.widget.attrs["class"] = f"{kind} {kind}-sm"


@login_required
def call_list(request: HttpRequest) -> HttpResponse:
    """Whose survival contact is due, the most pressing first, with filters by study and site."""
    user = user_of(request)
    require_somewhere(user, "form.submit")
    bring_up_to_date(Subject.objects.visible_to(user).filter(state__in=FOLLOWED))
    study, site = request.GET.get("study", ""), request.GET.get("site", "")
    found = calls_due(user, Wanted(SHOWN + 1, study=study, site=site))
    context = {
        "lines": with_last_alive(found[:SHOWN]),
        "more": len(found) > SHOWN,
        "studies": studies_visible_to(user).order_by("key"),
        "sites": places_visible_to(user),
        "study": study,
        "site": site,
    }
    return render(request, "outcomes/call_list.html", context)


@never_cache
@login_required
def subject_calls(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The attempts at one subject, and the line that records another."""
    subject = subject_or_404(user_of(request), subject_id)
    if request.method != "POST":
        return page(request, subject)
    require(user_of(request), "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    form = CallForm(request.POST)
    if form.is_valid():
        try:
            record_attempt(subject=subject, values=typed(form), by=user_of(request))
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            return recorded(request, subject, form.cleaned_data)
    return page(request, subject, form)


def typed(form: CallForm) -> dict[str, Any]:
    """What was typed, without what was left empty."""
    return {item: value for item, value in form.cleaned_data.items() if value not in (None, "")}


def recorded(request: HttpRequest, subject: Subject, told: dict[str, Any]) -> HttpResponse:
    """Back to the list; to the death form where a death was told."""
    match told_by(told["call_result"], told["disease_told"]):
        case Told.DEAD:
            messages.warning(request, _("The attempt is recorded. A death was told: enter it here."))
            return redirect("new-log-form", subject.pk, "DTH")
        case Told.ALIVE:
            messages.success(request, _("The attempt and the survival contact are recorded."))
        case Told.NOTHING:
            messages.success(request, _("The attempt is recorded."))
    return redirect("subject-calls", subject.pk)


def page(
    request: HttpRequest, subject: Subject, form: CallForm | None = None, phone: str | None = None
) -> HttpResponse:
    user = user_of(request)
    here: dict[str, Any] = {"study_id": subject.study_id, "site_id": subject.site_id}
    line = call_line_of(subject)
    attempts = attempts_of([subject.pk]).select_related("visit")
    context = {
        **subject_context(request, subject, "subject-calls"),
        "line": line,
        "attempts": [(one, Slot.of_record(one).url()) for one in reversed(attempts)],
        "form": form or (fresh_form(subject) if may(user, "form.submit", **here) else None),
        "may_see_phone": may(user, "identity.view", **here),
        "phone": phone,
        "phone_url": reverse("call-phone", args=[subject.pk]),
    }
    return render(request, "outcomes/calls.html", context, status=422 if form else 200)


def fresh_form(subject: Subject) -> CallForm:
    """An empty line, of now at the site."""
    here: datetime = now().astimezone(ZoneInfo(subject.site.timezone))
    return CallForm(initial={"performed_on": here.date(), "called_at": here.strftime("%H:%M")})


@never_cache
@login_required
@require_POST
def call_phone(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Show the numbers of a subject, once; the audit remembers who looked."""
    user = user_of(request)
    subject = subject_or_404(user, subject_id)
    require(user, "identity.view", study_id=subject.study_id, site_id=subject.site_id)
    phone = show_phone(person_id=subject.person_id, subject_id=subject.pk, by=user)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "outcomes/phone.html", {"phone": phone})
    return page(request, subject, phone=phone)
