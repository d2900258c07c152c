"""Cases of a committee: read from the forms that tell of relapses and deaths and from what was decided on them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from assessments.subjects import protocols
from outcomes.domain import adjudication as judged
from outcomes.domain.adjudication import Stage, Standing, standing_of
from outcomes.domain.history import Adjudication
from trialsite.access.models import Role, User
from trialsite.access.permissions import grants_of, roles_for, studies_reached
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import not_later, one_reading
from trialsite.casebook.registries import forms, left_out
from trialsite.casebook.states import RecordState
from trialsite.clinical.partial_date import PartialDate
from trialsite.studies.domain.adjudication_plan import DEATH, RELAPSE, AdjudicationPlan
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import Study

from ..models import AdjudicationDecision, Death, Relapse

EVENTS: Mapping[str, tuple[type[Any], str]] = {RELAPSE: (Relapse, "onset"), DEATH: (Death, "died_on")}
DECIDES = "adjudication.decide"
Decisions = Mapping[UUID, Sequence[AdjudicationDecision]]


@dataclass(frozen=True)
class Case:
    """One event that a committee judges: the form that tells of it, what was decided, and how it stands."""

    record: Any
    plan: AdjudicationPlan
    decisions: Sequence[AdjudicationDecision]
    standing: Standing

    @property
    def id(self) -> UUID:
        return self.record.pk

    @property
    def number(self) -> str:
        """What the committee calls it: nothing of the subject is in it."""
        return case_number(self.record.pk)

    @property
    def title(self) -> str:
        """The kind of event, as its form is called."""
        return str(forms[self.record.form_key].title)

    @property
    def asks(self) -> tuple[str, ...]:
        return self.plan.asked_of(self.record.form_key)

    @property
    def on(self) -> PartialDate | None:
        """The date of the event by the investigator."""
        return getattr(self.record, EVENTS[self.record.form_key][1])

    @property
    def cause(self) -> str:
        """The cause of a death by the investigator."""
        return getattr(self.record, "cause", "")

    @property
    def opened_at(self) -> datetime:
        return self.record.entered_at

    @property
    def days_to_decision(self) -> int | None:
        """Whole days from the entry of the form to the decision that closed the case; None while it is open."""
        decided = self.standing.decided
        return (decided.at - self.opened_at).days if decided else None

    @property
    def decision(self) -> AdjudicationDecision | None:
        """What closed it, as it was written."""
        decided = self.standing.decided
        return next((one for one in self.decisions if decided and one.address == decided.source), None)

    def reviews(self) -> list[AdjudicationDecision]:
        """The decisions of the reviewers that stand."""
        by_address = {one.address: one for one in self.decisions}
        return [by_address[one.source] for one in self.standing.reviews]

    def review_of(self, user: User) -> AdjudicationDecision | None:
        """What a member has decided on the form as it stands."""
        return next((one for one in self.reviews() if one.decided_by_id == user.pk), None)

    def waits_for(self, user: User) -> bool:
        """Whether it is this member's turn."""
        match self.standing.stage:
            case Stage.REVIEW:
                return sits_as(user, self.record.study_id, Role.ADJUDICATOR) and self.review_of(user) is None
            case Stage.CHAIR:
                return sits_as(user, self.record.study_id, Role.CHAIR)
            case _:
                return False


def case_number(record_id: UUID) -> str:
    """The number of a case, such as "3F9A-12B7": from the id of the form, which no page of a subject shows."""
    digest = sha256(f"adjudication {record_id}".encode()).hexdigest()[:8].upper()
    return f"{digest[:4]}-{digest[4:]}"


def sits_as(user: User, study_id: UUID, role: Role) -> bool:
    """Whether the user is an active member of the committee of a study in this role."""
    return role in roles_for(DECIDES) and any(
        study == study_id and held == role for study, _site, held in grants_of(user).rows
    )


def is_member(user: User, study_id: UUID) -> bool:
    return any(sits_as(user, study_id, role) for role in (Role.ADJUDICATOR, Role.CHAIR))


# Reading


@contextmanager
def behind_the_blind() -> Iterator[None]:
    """Inside, the record is read for the committee, whose members may not read it themselves. Nothing is written."""
    with acting(role="system"), one_reading(anew=True):
        yield


def told_to_committee(studies: Iterable[UUID]) -> QuerySet[Subject]:
    """The subjects whose events go to committees: of those who withdrew the use of their data none."""
    found = Subject.objects.filter(study__in=list(studies))
    for ids in left_out.values():
        found = found.exclude(pk__in=ids())
    return found


def cases_of(subjects: QuerySet[Subject], event_id: UUID | None = None) -> list[Case]:
    """The cases of subjects, the oldest first; of one event, where it is named. A fixed number of queries."""
    records = [
        record for model, _item in EVENTS.values() for record in standing_events(model, subjects, event_id)
    ]
    ids = sorted({one.subject_id for one in records})
    plans = {one: protocol.adjudication for one, protocol in protocols(ids).items()} if ids else {}
    judged_here = [
        (record, plan)
        for record in records
        if (plan := plans[record.subject_id]) is not None and record.form_key in plan.forms
    ]
    decisions = decisions_on([record.subject_id for record, _plan in judged_here])
    found = [case_of(record, plan, decisions.get(record.pk, [])) for record, plan in judged_here]
    return sorted(found, key=lambda one: (one.opened_at, one.id))


def standing_events(model: type[Any], subjects: QuerySet[Subject], event_id: UUID | None) -> QuerySet[Any]:
    """The forms of one kind that stand, of subjects; of one event, where it is named."""
    found = model.objects.filter(subject__in=subjects.order_by().values("pk"))
    named = found.filter(pk=event_id) if event_id else found
    standing = not_later(named.exclude(state=RecordState.VOIDED))
    return standing.select_related("study", "site", "subject", "visit")


def case_of(record: Any, plan: AdjudicationPlan, decisions: Sequence[AdjudicationDecision]) -> Case:
    told = [as_told(one) for one in decisions]
    return Case(record, plan, decisions, standing_of(told, record.version, plan.reviewers))


def as_told(one: AdjudicationDecision) -> judged.Decision:
    return judged.Decision(
        by=str(one.decided_by_id),
        chair=one.chair,
        seen=one.seen,
        verdict=judged.Verdict(one.verdict),
        at=one.decided_at,
        source=one.address,
        on=one.event_date,
        cause=one.cause,
    )


def decisions_on(subject_ids: Iterable[UUID]) -> Decisions:
    """Every decision ever made on events of these subjects, by event, the oldest first."""
    found: dict[UUID, list[AdjudicationDecision]] = defaultdict(list)
    wanted = set(subject_ids)
    if wanted:
        rows = AdjudicationDecision.objects.filter(subject_id__in=wanted).select_related("decided_by")
        for one in rows.order_by("decided_at", "pk"):
            found[one.event_id].append(one)
    return found


def cases_for(user: User, study: str = "") -> list[Case]:
    """The cases of the committees on which the user sits, those that wait for this member first."""
    studies = studies_of_member(user)
    if study:
        studies &= set(Study.objects.filter(key=study).values_list("pk", flat=True))
    if not studies:
        return []
    with behind_the_blind():
        found = cases_of(told_to_committee(studies))
    return sorted(found, key=lambda one: not one.waits_for(user))


def studies_of_member(user: User) -> set[UUID]:
    """The studies on whose committee the user sits; none of what is read as of an earlier instant."""
    return studies_reached(user, DECIDES) if roles_for(DECIDES) else set()


def case_or_404(user: User, event_id: UUID) -> Case:
    """A case of a committee on which the user sits; nobody else learns that it exists."""
    studies = studies_of_member(user)
    if not studies:
        raise Http404
    with behind_the_blind():
        found = cases_of(told_to_committee(studies), event_id)
    if not found:
        raise Http404
    return found[0]


# For endpoints


def adjudications(protocol: Protocol, events: Iterable[Any], decisions: Decisions) -> Iterator[Adjudication]:
    """What a committee says of the events of one subject, as endpoints read it; nothing where the protocol has none."""
    if protocol.adjudication is None:
        return
    for record in events:
        if record.form_key in protocol.adjudication.forms:
            case = case_of(record, protocol.adjudication, decisions.get(record.pk, []))
            event = record.address(EVENTS[record.form_key][1])
            if decided := case.standing.decided:
                yield Adjudication(event, decided.source, decided.verdict, decided.on, decided.cause)
            else:
                yield Adjudication(event)
