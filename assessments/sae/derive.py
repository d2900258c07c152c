"""The clocks of a subject's serious events and stays, derived from their forms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records

from ..domain.admissions import Proposal, Stay, proposals
from ..domain.sae import Clock, ClockKind, Report, Verdict, clock, clocks_of, interest_clock, susar
from ..models import (
    Admission,
    AdmissionDecision,
    AdverseEvent,
    SaeAssessment,
    SaeClock,
    SeriousEvent,
)
from .events import causality, events_of, onsets


@dataclass(frozen=True)
class Safety:
    """What is recorded of a subject's serious events and stays."""

    events: Mapping[int, AdverseEvent] = field(default_factory=dict)
    reports: tuple[SeriousEvent, ...] = ()
    stays: tuple[Admission, ...] = ()
    assessments: Mapping[UUID, SaeAssessment] = field(default_factory=dict)
    declined: frozenset[tuple[UUID, str]] = frozenset()

    def reported(self, event: int, criterion: str) -> bool:
        """Whether a report of this event names this criterion."""
        return any(one.event == event and getattr(one, criterion) for one in self.reports)

    def reported_during(self, stay: Stay, criterion: str) -> bool:
        """Whether a report names this criterion on a day of a stay whose event nobody named."""
        days = (one.performed_on for one in self.reports if getattr(one, criterion))
        last = stay.left_on or date.max
        return any(stay.admitted_on <= day <= last for day in days if day)

    def answered(self, stay: Stay, proposal: Proposal) -> bool:
        """Whether what a stay proposes has been reported."""
        criterion = proposal.criterion.value
        if not proposal.events:
            return self.reported_during(stay, criterion)
        return any(self.reported(event, criterion) for event in proposal.events)


def safety_of(subject_id: UUID) -> Safety:
    """The forms, assessments and decisions of one subject."""
    reports = tuple(current_records(SeriousEvent, [subject_id]).order_by("form_repeat"))
    stays = tuple(current_records(Admission, [subject_id]).order_by("performed_on", "form_repeat"))
    declined = (
        AdmissionDecision.objects.filter(subject=subject_id).values_list("record_id", "criterion")
        if stays
        else ()
    )
    return Safety(
        events=events_of([subject_id]).get(subject_id, {}),
        reports=reports,
        stays=stays,
        assessments=latest_assessments([one.pk for one in reports]),
        declined=frozenset(declined),
    )


def latest_assessments(report_ids: list[UUID]) -> dict[UUID, SaeAssessment]:
    """Report → what the sponsor's side said last; one query, none without reports."""
    if not report_ids:
        return {}
    rows = SaeAssessment.objects.filter(record__in=report_ids).order_by("assessed_at", "pk")
    return {row.record_id: row for row in rows}


def verdict_of(report: SeriousEvent, event: AdverseEvent | None, assessment: SaeAssessment | None) -> Verdict:
    """Whether a serious event is a SUSAR, with the reasons."""
    expectedness = assessment.expectedness if assessment else ""
    return susar(report.criteria, causality(event), causality(assessment), expectedness)


def report_of(report: SeriousEvent, assessment: SaeAssessment | None, verdict: Verdict) -> Report:
    """The instants of a report; the sponsor knows when its side says so, else when the site sent the report."""
    said = assessment
    return Report(
        criteria=report.criteria,
        susar=verdict.truth,
        site_aware_at=report.site_aware_at,
        sponsor_told_at=report.sponsor_told_at,
        ethics_told_at=report.ethics_told_at,
        sponsor_aware_at=(said.sponsor_aware_at if said else None) or report.sponsor_told_at,
        regulator_told_at=said.regulator_told_at if said else None,
        follow_up_told_at=said.follow_up_told_at if said else None,
    )


def derive_clocks(subject: Subject) -> Iterator[SaeClock]:
    """The rows of the projection."""
    known, rules = safety_of(subject.pk), subject.protocol_version.protocol.adverse_events.clocks
    for report in known.reports:
        said = known.assessments.get(report.pk)
        verdict = verdict_of(report, known.events.get(report.event or 0), said)
        for one in clocks_of(report_of(report, said, verdict), rules):
            yield row_of(one, report, report.event, susar=verdict.truth.value)
    with_report = {one.event for one in known.reports}
    for number, event in known.events.items():
        known_at = event.site_aware_at or event.entered_at
        if event.serious and number not in with_report:
            yield row_of(clock(ClockKind.FORM, rules.sae_form, known_at), event, number)
        told = [event.sponsor_told_at, *(one.sponsor_told_at for one in known.reports if one.event == number)]
        interest = interest_clock(event.special_interest, known_at, told, rules)
        if interest is not None:
            yield row_of(interest, event, number)
    for stay in known.stays:
        for proposal in open_proposals(stay, known):
            start = knowable_at(stay, proposal, subject.site.timezone)
            one = clock(ClockKind.ADMISSION, rules.sae_form, start)
            yield row_of(one, stay, proposed_event(proposal), criterion=proposal.criterion.value)


def row_of(
    one: Clock,
    record: SeriousEvent | AdverseEvent | Admission,
    event: int | None,
    *,
    susar: str = "",
    criterion: str = "",
) -> SaeClock:
    return SaeClock(
        record_id=record.pk,
        form_key=record.form_key,
        form_repeat=record.form_repeat,
        kind=one.kind.value,
        criterion=criterion,
        event=event,
        started_at=one.started_at,
        due_at=one.due_at,
        done_at=one.done_at,
        provisional=one.provisional,
        susar=susar,
    )


def stay_of(stay: Admission) -> Stay | None:
    """A stay as the rules read it; None without a day of admission."""
    if stay.performed_on is None:
        return None
    return Stay(stay.performed_on, stay.left_on, stay.reason, stay.planned, stay.planned_days, stay.event)


def open_proposals(stay: Admission, known: Safety) -> list[Proposal]:
    """What a stay proposes and nobody has reported or declined."""
    read = stay_of(stay)
    if read is None:
        return []
    return [
        one
        for one in proposals(read, onsets(known.events))
        if (stay.pk, one.criterion.value) not in known.declined and not known.answered(read, one)
    ]


def proposed_event(proposal: Proposal) -> int | None:
    """The event that is meant, where it is only one."""
    return proposal.events[0] if len(proposal.events) == 1 else None


def knowable_at(stay: Admission, proposal: Proposal, zone: str) -> datetime | None:
    """When the site can know: when the stay was recorded, or the day comes on which it is longer than planned."""
    entered = stay.entered_at
    day = midnight(proposal.since, zone)
    return max(entered, day) if entered else day


def midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))
