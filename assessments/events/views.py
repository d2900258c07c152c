"""The adverse events of a subject, and what laboratory values propose."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from trialsite.access.permissions import require
from trialsite.access.requests import user_of
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.shown_again import Answer
from trialsite.studies.selectors import study_or_404
from trialsite.studies.words import SPECIAL_INTEREST

from ..domain.event_proposals import ProposalKind
from ..pages.adverse_events import TermInput
from .listed import WIDTH, event_lines
from .of_study import GRADES, events_of_study, narrowed, study_event_lines, term_counts
from .proposals import proposals_of
from .services import decline_proposal, draft_proposal
from .unproposed import days_by_term, unproposed_of, values_of

SHOWN = 50
STUDY_FILTERS = ("site", "term", "grade", "serious", "special")
FILTERS = ("grade", "serious", "special", "ongoing")


@login_required
@require_GET
def adverse_events(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Every adverse event of one subject with its grades over the days, and what is proposed."""
    found = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "record.view", study_id=found.study_id, site_id=found.site_id)
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    proposed, days = proposals_of(found), days_by_term(found)
    context = {
        **subject_context(request, found, "adverse-events"),
        "proposals": [(one, values_of(one, days)) for one in proposed if one.kind != ProposalKind.EXPECTED],
        "expected": [one for one in proposed if one.kind == ProposalKind.EXPECTED],
        "unproposed": unproposed_of(found, proposed, days),
        "events": event_lines(found, chosen),
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "width": WIDTH,
        "grades": range(1, 6),
    }
    return render(request, "assessments/adverse_events.html", context)


@login_required
@require_GET
def study_events(request: HttpRequest, key: str) -> HttpResponse:
    """The adverse events of a study at the reader's sites, and how often each term reached which grade."""
    user = user_of(request)
    study = study_or_404(user, key)
    require(user, "record.view", study_id=study.pk)
    chosen = {name: request.GET.get(name, "") for name in STUDY_FILTERS}
    known = events_of_study(user, study)
    events = narrowed(known, chosen)
    ordered = events.select_related("visit", "subject", "site").order_by("-onset_earliest", "-pk")
    page = Paginator(ordered, SHOWN).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "page": page,
        "lines": study_event_lines(list(page)),
        "counts": term_counts(events),
        "grades": GRADES,
        "sites": known.order_by("site__key").values_list("site__key", flat=True).distinct(),
        "kinds": SPECIAL_INTEREST.items(),
        "terms": TermInput().get_context("term", chosen["term"], {})["terms"],
        "chosen": chosen,
        "filtered": any(chosen.values()),
    }
    return render(request, "assessments/study_events.html", context)


@login_required
@require_POST
def proposed_event(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Take a proposal: lay the form ready as a draft, or decline it with a reason."""
    found = subject_or_404(user_of(request), subject_id)
    try:
        starts_on = date.fromisoformat(request.POST.get("starts_on", ""))
    except ValueError as problem:
        raise Http404 from problem
    term, by = request.POST.get("term", ""), user_of(request)
    answer = Answer(request, reverse("adverse-events", args=[found.pk]))
    with answer.refusals():
        if request.POST.get("press") == "decline":
            reason = request.POST.get("reason", "")[:300]
            decline_proposal(subject_id=found.pk, term=term, starts_on=starts_on, by=by, reason=reason)
            messages.success(request, _("Declined. It is proposed again only if the values get worse."))
        else:
            slot = draft_proposal(subject_id=found.pk, term=term, starts_on=starts_on, by=by)
            messages.info(
                request, _("The form is filled from the laboratory values. Complete it and submit.")
            )
            return redirect(f"{slot.url()}?edit=1")
    return answer.response()
