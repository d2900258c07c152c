"""The pages of recruitment: the studies, and one with its places, pauses, lists and what was out of the ordinary."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.models import User
from trialsite.access.permissions import may, require_somewhere
from trialsite.access.requests import user_of
from trialsite.audit.moment import earlier_instant
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.shown_again import Answer
from trialsite.studies.domain.recruitment_plan import LIST
from trialsite.studies.models import Site, Study
from trialsite.studies.selectors import sites_visible_to, studies_visible_to, study_open_to

from .domain.recruitment import LEVEL, SITE, Places, places_of
from .lists import import_list
from .models import RecruitmentPause
from .places import pause_recruitment, resume_recruitment
from .recruitment import (
    counted_in,
    emergencies_visible_to,
    held_places,
    mis_randomisations,
    paused_studies,
    pauses_of,
    stages_of,
)
from .recruitment_words import level_name, missing_words, open_words, pause_words

LARGEST_FILE = 5_000_000


@dataclass(frozen=True)
class PlaceLine:
    """Places with the name of what they are for."""

    name: str
    places: Places

    @property
    def tone(self) -> str:
        if self.places.full:
            return "bad"
        return "still" if self.places.planned is None else "good"


@login_required
def recruitment(request: HttpRequest) -> HttpResponse:
    """The studies of this user with their places, and where recruitment stands still."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    paused = paused_studies(user)
    lines = [
        (study, places_of(study.protocol, counted_in(study))[0], study.pk in paused)
        for study in studies_visible_to(user).order_by("key")
        if may(user, "record.view", study_id=study.pk)
    ]
    return render(request, "enrollment/recruitment_studies.html", {"lines": lines})


@login_required
def study_recruitment(request: HttpRequest, key: str) -> HttpResponse:
    """One study: caps with what is taken and held, pauses and stages, lists, emergencies, mis-randomisations."""
    user = user_of(request)
    study = study_open_to(user, key, "record.view")
    protocol = study.protocol
    places = places_of(protocol, counted_in(study))
    plan = protocol.randomisation
    context = {
        "study": study,
        "places": place_lines(study, places),
        "own_sites_only": earlier_instant() is not None,
        "stages": stages_of(study, places[0].enrolled),
        "pauses": [
            (one, pause_words(protocol, one), may_resume(user, one)) for one in pauses_of(user, study)
        ],
        "pause_sites": sites_to_pause(user, study),
        "held": held_places(user, study),
        "plan": plan,
        "lists": study.randomisation_lists.select_related("sealed_by"),  # type: ignore[attr-defined]
        "may_import": plan is not None
        and plan.method == LIST
        and may(user, "randomisation.import", study_id=study.pk),
        "emergencies": [
            (one, missing_words(one.allocation.bridged), open_words(protocol, one.open))
            for one in emergencies_visible_to(user, study)
        ]
        if plan
        else [],
        "mis_randomisations": mis_randomisations(user, study) if plan else [],
    }
    return render(request, "enrollment/recruitment.html", context)


def place_lines(study: Study, places: tuple[Places, ...]) -> list[PlaceLine]:
    names = {site.key: str(site) for site in Site.objects.filter(study_sites__study=study)}

    def name(one: Places) -> str:
        if one.kind == LEVEL:
            return level_name(study.protocol, one.key)
        return names.get(one.key, one.key) if one.kind == SITE else _("Study")

    return [PlaceLine(name(one), one) for one in places]


def may_resume(user: User, pause: RecruitmentPause) -> bool:
    """Whether this user may let recruitment go on: not who paused it."""
    allowed = may(user, "recruitment.pause", study_id=pause.study_id, site_id=pause.site_id)
    return allowed and not pause.resumed_at and pause.paused_by_id != user.pk


def sites_to_pause(user: User, study: Study) -> list[Site]:
    """The sites at which this user may pause recruitment; [] for who may not at all."""
    sites = sites_visible_to(user, study).order_by("key")
    return [site for site in sites if may(user, "recruitment.pause", study_id=study.pk, site_id=site.pk)]


@login_required
@require_POST
def pause(request: HttpRequest, key: str) -> HttpResponse:
    """Let recruitment stand still, in the whole study or at a site."""
    study = study_open_to(user_of(request), key, "record.view")
    answer = Answer(request, reverse("study-recruitment", args=[key]))
    wanted = request.POST.get("site", "")
    with answer.refusals():
        site = next((one for one in sites_to_pause(user_of(request), study) if one.key == wanted), None)
        if wanted and site is None:
            raise CheckFailed({"site": _("Choose a site at which you may pause recruitment.")})
        pause_recruitment(study=study, site=site, reason=request.POST.get("reason", ""), by=user_of(request))
        messages.success(request, _("Recruitment is paused."))
    return answer.response()


@login_required
@require_POST
def resume(request: HttpRequest, pause_id: UUID) -> HttpResponse:
    """Go on with recruitment."""
    user = user_of(request)
    found = (
        RecruitmentPause.objects.all().visible_to(user).filter(pk=pause_id).select_related("study").first()
    )
    if found is None:
        raise Http404
    answer = Answer(request, reverse("study-recruitment", args=[found.study.key]))
    with answer.refusals():
        resume_recruitment(pause_id=pause_id, reason=request.POST.get("reason", ""), by=user)
        messages.success(request, _("Recruitment goes on."))
    return answer.response()


@login_required
@require_POST
def seal_list(request: HttpRequest, key: str) -> HttpResponse:
    """Seal a randomisation list from a file; nothing of it is shown or kept outside the sealed table."""
    user = user_of(request)
    study = study_open_to(user, key, "randomisation.import")
    answer = Answer(request, reverse("study-recruitment", args=[key]))
    with answer.refusals():
        made = import_list(study=study, text=text_of_file(request), by=user)
        messages.success(request, _("The list is sealed. Its digest: %(digest)s") % {"digest": made.digest})
    return answer.response()


def text_of_file(request: HttpRequest) -> str:
    file: Any = request.FILES.get("file")
    if file is None:
        raise CheckFailed({"file": _("Choose the file with the list.")})
    if file.size > LARGEST_FILE:
        raise CheckFailed({"file": _("The file has too many lines.")})
    try:
        return str(file.read().decode("utf-8"))
    except UnicodeDecodeError as problem:
        raise CheckFailed({"file": _("The file is not UTF-8 text.")}) from problem
