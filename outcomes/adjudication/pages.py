"""The committee's list, the package of a case with the form of a decision, and the overview of a study."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from outcomes.domain.adjudication import Agreement, Pair, Stage, agreement_of
from trialsite.access.models import Role, User
from trialsite.access.permissions import may, refuse_page, require_somewhere
from trialsite.access.requests import user_of
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.shown_again import Answer
from trialsite.studies.domain.adjudication_plan import CAUSE, DATE

from ..dashboards.pages import tabs
from ..models import AdjudicationDecision
from ..models.adjudication import Verdict
from ..models.events import DeathCause
from ..study_reading import study_with_figures
from ..summaries import record_url
from .cases import DECIDES, Case, case_or_404, cases_for, cases_of, sits_as
from .packages import investigator_of, package_of
from .services import Finding, decide_case

SHOWN = 50
FIELDS = ("seen", "verdict", "event_date", "cause", "words", "reason")


@login_required
def committee(request: HttpRequest) -> HttpResponse:
    """The cases of the committees on which one sits, those that wait for oneself first."""
    user = user_of(request)
    require_somewhere(user, DECIDES)
    cases = cases_for(user)
    page = Paginator(cases, SHOWN).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [CommitteeLine(one, user) for one in page],
        "waiting": sum(one.waits_for(user) for one in cases),
    }
    return render(request, "outcomes/adjudication/committee.html", context)


@dataclass(frozen=True)
class CommitteeLine:
    """One case as a member sees it in the list."""

    case: Case
    user: User

    @property
    def state(self) -> tuple[str, str]:
        """Its colour and words: whether it is one's turn, or for whom it waits."""
        if self.case.waits_for(self.user):
            return "due", _("waits for you")
        return state_of(self.case)

    @property
    def own(self) -> str:
        """What oneself has found."""
        mine = self.case.review_of(self.user)
        return mine.get_verdict_display() if mine else ""


def state_of(case: Case) -> tuple[str, str]:
    """Colour and words of a case's stage; one that was opened again says so."""
    state, words = {
        Stage.REVIEW: ("pending", _("waits for reviewers")),
        Stage.CHAIR: ("pending", _("waits for the chair")),
        Stage.CLOSED: ("done", _("case closed")),
    }[case.standing.stage]
    reopened = case.standing.reopened and case.standing.stage is not Stage.CLOSED
    return (state, _("opened again, %(state)s") % {"state": words}) if reopened else (state, words)


@login_required
def case(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """The package of a case; by POST a decision on it."""
    user = user_of(request)
    found = case_or_404(user, event_id)
    if request.method == "POST":
        answer = Answer(request, reverse("adjudication", args=[event_id]))
        with answer.refusals():
            finding = Finding(**{name: request.POST.get(name, "") for name in FIELDS})
            decide_case(event_id=event_id, finding=finding, by=user)
            messages.success(request, _("Your decision is recorded."))
        return answer.response()
    package = package_of(found)
    context = {
        "case": found,
        "package": package,
        "behind": investigator_of(package),
        "state": state_of(found),
        "mine": found.review_of(user),
        "told": decisions_told(found, user),
        "may_decide": found.waits_for(user) or may_correct(found, user),
        "as_chair": found.waits_for(user) and found.standing.stage is Stage.CHAIR,
        "asks_date": DATE in found.asks,
        "asks_cause": CAUSE in found.asks,
        "verdicts": Verdict.choices,
        "causes": DeathCause.choices,
        "fields": fields_of(request, found, user),
    }
    return render(request, "outcomes/adjudication/case.html", context)


def may_correct(found: Case, user: User) -> bool:
    """Whether a member may correct what it decided: while the case is open."""
    mine = found.review_of(user)
    reviewer = sits_as(user, found.record.study_id, Role.ADJUDICATOR)
    return mine is not None and reviewer and found.standing.stage is not Stage.CLOSED


def decisions_told(found: Case, user: User) -> Sequence[AdjudicationDecision]:
    """The decisions that a member may read: the own ones, and all of them once each reviewer has decided."""
    if found.standing.stage is Stage.REVIEW:
        return [one for one in found.decisions if one.decided_by_id == user.pk]
    return found.decisions


def fields_of(request: HttpRequest, found: Case, user: User) -> Any:
    """What stands in the form: what was typed and refused, or what one decided before."""
    if typed := getattr(request, "typed", None):
        return typed.fields
    mine = found.review_of(user)
    if mine is None or (
        found.standing.stage is Stage.CHAIR and sits_as(user, found.record.study_id, Role.CHAIR)
    ):
        return {}
    date = mine.event_date.text if mine.event_date else ""
    return {"verdict": mine.verdict, "event_date": date, "cause": mine.cause, "words": mine.words}


# The overview of a study


@login_required
def overview(request: HttpRequest, key: str) -> HttpResponse:
    """How a committee judged the events of a study: its cases, how long they took, agreement with the investigators."""
    user = user_of(request)
    study = study_with_figures(user, key)
    if not may(user, "adjudication.view", study_id=study.pk):
        refuse_page()
    if study.protocol.adjudication is None:
        raise Http404
    cases = cases_of(Subject.objects.visible_to(user).filter(study=study))
    page = Paginator(cases[::-1], SHOWN).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "plan": study.protocol.adjudication,
        "tabs": tabs(study, "adjudications", user),
        "page": page,
        "lines": [OverviewLine(one) for one in page],
        "counts": [
            (form_words(form), agreement_words(cases, form)) for form in study.protocol.adjudication.forms
        ],
        "days": days_words(cases),
    }
    return render(request, "outcomes/adjudication/overview.html", context)


@dataclass(frozen=True)
class OverviewLine:
    """One case as the sponsor's side sees it."""

    case: Case

    @property
    def url(self) -> str:
        return record_url(self.case.record)

    @property
    def state(self) -> tuple[str, str]:
        return state_of(self.case)

    @property
    def decided(self) -> str:
        """How many reviewers have decided of those who are asked."""
        return f"{len(self.case.standing.reviews)}/{self.case.plan.reviewers}"

    @property
    def by_whom(self) -> str:
        """Who closed it."""
        if self.case.decision is None:
            return ""
        return _("reviewers") if self.case.standing.agreed else _("chair")

    @property
    def investigator(self) -> str:
        """Date and cause as the investigator has them."""
        cause = self.case.record.get_cause_display() if self.case.cause else ""
        return " · ".join(filter(None, (str(self.case.on or ""), cause)))


def form_words(form: str) -> str:
    return str(forms[form].title)


@dataclass(frozen=True)
class Counts:
    """The cases of one kind of event: how many there are, how many are open, and the agreement of the closed ones."""

    all: int
    agreement: Agreement
    reviewers_agreed: int

    @property
    def open(self) -> int:
        return self.all - self.agreement.closed

    @property
    def percent(self) -> str:
        """Confirmed of those that could be assessed."""
        share = self.agreement.share
        return "" if share is None else f"{share * 100:.1f} %"


def agreement_words(cases: Sequence[Case], form: str) -> Counts:
    own = [one for one in cases if one.record.form_key == form]
    pairs = [Pair(one.on, one.cause, one.standing.decided) for one in own if one.standing.decided]
    return Counts(len(own), agreement_of(pairs), sum(one.standing.agreed for one in own))


def days_words(cases: Sequence[Case]) -> str:
    """Days from the entry of the form to the decision: the median and the longest; "" while none is closed."""
    days = sorted(one.days_to_decision for one in cases if one.days_to_decision is not None)
    if not days:
        return ""
    middle = (days[(len(days) - 1) // 2] + days[len(days) // 2]) / 2
    return _("Days to the decision: median %(median)s, longest %(longest)s (%(n)s closed cases).") % {
        "median": f"{middle:g}",
        "longest": days[-1],
        "n": len(days),
    }
