"""Pages of enrolment: the screening log and the eligibility dossier with its decisions."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import grants_of, require_somewhere
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import subject_or_404
from trialsite.studies.models import StudySite
from trialsite.studies.selectors import studies_visible_to

from . import services
from .dossier_context import dossier_context
from .forms import (
    STATES,
    ConfirmForm,
    EmergencyForm,
    EnrolForm,
    FailForm,
    FlagForm,
    PlaceForm,
    PlainForm,
    RandomiseForm,
    ScreenForm,
)
from .models import PreScreening
from .prescreening import promising_line
from .recognition import Recognised
from .recruitment import warnings_at
from .refusals import show_refusal
from .selectors import places_open_to, places_seen_by, screening_log


@login_required
def screening(request: HttpRequest) -> HttpResponse:
    """Everybody who was screened, and the form that screens the next person."""
    user: Any = request.user
    require_somewhere(user, "record.view")
    places = places_open_to(user)
    if request.POST.get("press") == "wrong":
        messages.info(request, _("Nothing was made. Type the number again."))
        return redirect("screening")
    form = ScreenForm(request.POST or None, places=places, initial=blank_screening(request, places))
    if request.method == "POST":
        subject = screened(request, form)
        if subject is not None:
            messages.success(request, _("Screened as %(number)s.") % {"number": subject.screening_number})
            for sentence in warnings_at(subject.study, subject.site):
                messages.warning(request, sentence)
            return redirect("carry-over" if subject.previous_id else "eligibility", subject.pk)
    study, state, site = (request.GET.get(name, "") for name in ("study", "state", "site"))
    log = screening_log(user, study, state, site)
    context = {
        "form": form,
        "may_screen": bool(places),
        "refused": request.method == "POST",
        "page": Paginator(log, 50).get_page(request.GET.get("page")),
        "studies": studies_visible_to(user),
        "states": STATES,
        "study": study,
        "state": state,
        "site": site,
        "sites": list({place.site_id: place.site for place in places_seen_by(user)}.values()),
        "query": request.GET.urlencode(),
        "from_log": request.GET.get("line", "") or request.POST.get("line", ""),
        "may_export": grants_of(user).somewhere("export.run"),
    }
    return render(
        request, "enrollment/screening.html", context, status=422 if request.method == "POST" else 200
    )


def blank_screening(request: HttpRequest, places: list[StudySite]) -> dict[str, Any]:
    """Today, and the place of the line of the pre-screening log from which somebody is screened."""
    initial: dict[str, Any] = {"screened_on": timezone.now().date()}
    try:
        line = promising_line(request.user, UUID(request.GET.get("line", "")))  # type: ignore[arg-type]
    except ValueError:
        return initial
    if line is None:
        return initial
    here = [one.pk for one in places if (one.study_id, one.site_id) == (line.study_id, line.site_id)]
    return initial | {"place": here[0] if here else "", "line": line.pk}


def screened(request: HttpRequest, form: ScreenForm) -> Subject | None:
    """The new subject, or None with the sentences at their fields."""
    if not form.is_valid():
        return None
    place = form.cleaned_data["place"]
    try:
        return services.screen_subject(
            study=place.study,
            site=place.site,
            full_name=form.cleaned_data["full_name"],
            hospital_number=form.cleaned_data["hospital_number"],
            national_id=form.cleaned_data["national_id"],
            phone=form.cleaned_data["phone"],
            screened_on=form.cleaned_data["screened_on"],
            previous=form.cleaned_data.get("earlier"),
            known_as=form.cleaned_data["known_as"],
            prescreened=line_of(request, form),
            by=request.user,  # type: ignore[arg-type]
        )
    except Recognised as found:
        form.recognised = found
        show_refusal(form, found)
        return None
    except Refused as refusal:
        show_refusal(form, refusal)
        return None


def line_of(request: HttpRequest, form: ScreenForm) -> PreScreening | None:
    """The line of the pre-screening log that the person comes from; Refused where nobody can be screened from it."""
    asked = form.cleaned_data["line"]
    if asked is None:
        return None
    line = promising_line(request.user, asked)  # type: ignore[arg-type]
    if line is None:
        raise Refused(_("Nobody can be screened from this line of the pre-screening log any more."))
    return line


@login_required
def eligibility(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The dossier: every criterion, the verdict of the whole, and what can be decided on it now."""
    subject = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    return page(request, subject)


def page(request: HttpRequest, subject: Subject, refused: PlainForm | None = None) -> HttpResponse:
    context = {
        **subject_context(request, subject, "eligibility"),
        **dossier_context(request.user, subject, get_language() or "en", refused),  # type: ignore[arg-type]
    }
    return render(request, "enrollment/eligibility.html", context, status=422 if refused else 200)


@login_required
@require_POST
def confirm(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The investigator's signature under the dossier."""

    def act(subject: Subject, form: Any) -> str:
        services.confirm_eligibility(subject=subject, password=form.cleaned_data["password"], by=request.user)  # type: ignore[arg-type]
        return _("Eligibility is confirmed.")

    return decide(request, subject_id, ConfirmForm(request.POST), act)


@login_required
@require_POST
def fail(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Close the screening without enrolment."""

    def act(subject: Subject, form: Any) -> str:
        services.fail_screening(subject=subject, reason=form.sentence, by=request.user)  # type: ignore[arg-type]
        return _("The screening is closed.")

    return decide(request, subject_id, FailForm(request.POST), act)


@login_required
@require_POST
def enrol(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Give the subject its place and number."""

    def act(subject: Subject, form: Any) -> str:
        enrolled = services.enrol_subject(subject=subject, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        return _("Enrolled as %(number)s.") % {"number": enrolled.subject_number}

    return decide(request, subject_id, EnrolForm(request.POST), act)


@login_required
@require_POST
def randomise(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Give the subject its arm."""

    def act(subject: Subject, form: Any) -> str:
        record = services.randomise_subject(subject=subject, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        arm = subject.protocol_version.protocol.arm_of(record.arm).name.in_language(get_language() or "en")
        return _("Randomised to: %(arm)s.") % {"arm": arm}

    return decide(request, subject_id, RandomiseForm(request.POST), act)


@login_required
@require_POST
def emergency(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Give the subject its arm before every condition is confirmed."""

    def act(subject: Subject, form: Any) -> str:
        made = services.randomise_in_emergency(subject=subject, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        arm = subject.protocol_version.protocol.arm_of(made.randomisation.arm).name
        told = arm.in_language(get_language() or "en")
        return _("Randomised in an emergency to: %(arm)s.") % {"arm": told}

    return decide(request, subject_id, EmergencyForm(request.POST), act)


@login_required
@require_POST
def flag(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Record what was wrong with the randomisation of a subject."""

    def act(subject: Subject, form: Any) -> str:
        services.record_mis_randomisation(subject=subject, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        return _("Recorded. The arm stays, and the subject is analysed as randomised.")

    return decide(request, subject_id, FlagForm(request.POST), act)


@login_required
@require_POST
def hold(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Hold a place for a subject in screening."""

    def act(subject: Subject, form: Any) -> str:
        place = services.hold_place(subject=subject, by=request.user)  # type: ignore[arg-type]
        return _("A place is held until %(day)s.") % {"day": place.held_until}

    return decide(request, subject_id, PlaceForm(request.POST), act)


@login_required
@require_POST
def give_back(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Give the held place of a subject back."""

    def act(subject: Subject, form: Any) -> str:
        services.give_back_place(subject=subject, by=request.user)  # type: ignore[arg-type]
        return _("The place is given back.")

    return decide(request, subject_id, PlaceForm(request.POST), act)


def decide(
    request: HttpRequest, subject_id: UUID, form: PlainForm, act: Callable[[Subject, PlainForm], str]
) -> HttpResponse:
    """Take a decision to its service; a refusal shows the dossier again with the sentence at its place."""
    subject = subject_or_404(request.user, subject_id)  # type: ignore[arg-type]
    if form.is_valid():
        try:
            messages.success(request, act(subject, form))
            return redirect("eligibility", subject.pk)
        except Refused as refusal:
            show_refusal(form, refusal)
    return page(request, subject, form)
