"""Adverse events that laboratory values propose: derived for each subject, read as lists, the lines of the inbox."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.models import Subject
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import Exposure, Wanted, WorkLine, WorkSource
from trialsite.casebook.selectors import current_records
from trialsite.casebook.states import FOLLOWED
from trialsite.clinical.ctcae import named
from trialsite.clinical.text import Text
from trialsite.clinical.units import unit_label
from trialsite.studies.domain.adverse_event_plan import AdverseEventPlan, RecordRule

from ..domain.event_proposals import Declined, KnownEvent, Proposal, ProposalKind, proposals
from ..domain.lab_episodes import Episode, GradedDay, episodes
from ..exposures import exposures_of, phase_on
from ..laboratory.grades import GradedValue, graded_values
from ..models import AdverseEvent, EventDecision, ProposedEvent
from .tracks import steps_of
from .windows import window_of

LOOK = gettext_lazy("Look at proposed adverse events")
OPEN = (ProposalKind.NEW.value, ProposalKind.CHANGED.value, ProposalKind.ENDED.value)


# Derived


def derive_proposals(subject: Subject) -> Iterator[ProposedEvent]:
    """The rows of the projection: none before treatment began, since values until then are the baseline."""
    start = window_of(subject).start
    graded = graded_values([subject.pk]).get(subject.pk, [])
    if start is None or not graded:
        return
    by_term: dict[str, list[GradedValue]] = defaultdict(list)
    for one in graded:
        term = named(one.term.name.en)
        if term is not None:
            by_term[term.name.en].append(one)
    plan = subject.protocol_version.protocol.adverse_events
    events, declined = known_events(subject), declined_of(subject)
    given = exposures_of([subject.pk]).get(subject.pk, [])
    for name, values in by_term.items():
        for episode in episodes([graded_day(one) for one in values], start):
            why = why_expected(plan, name, episode, given)
            for found in proposals(
                name, [episode], events, declined, from_grade=plan.propose_from_grade, expected=why
            ):
                yield row_of(found)


def graded_day(one: GradedValue) -> GradedDay:
    result = one.value.quantity
    text = f"{result.text} {unit_label(result.unit)}".strip()
    return GradedDay(one.value.on, one.grade.grade, min(one.grade.possible), text)


def known_events(subject: Subject) -> list[KnownEvent]:
    """The adverse events of the record with their grades."""
    records = (
        current_records(AdverseEvent, [subject.pk]).prefetch_related("track").order_by("onset_earliest", "pk")
    )
    return [
        KnownEvent(str(one.pk), one.term, one.onset, one.stop, tuple(steps_of(one)))
        for one in records
        if one.onset is not None
    ]


def declined_of(subject: Subject) -> list[Declined]:
    return [
        Declined(one.term, one.starts_on, one.known_until, one.worst_grade)
        for one in EventDecision.objects.filter(subject=subject)
    ]


def why_expected(
    plan: AdverseEventPlan, term: str, episode: Episode, given: Sequence[Exposure]
) -> Text | None:
    """Why the protocol does not record an episode as an event; None where it does."""
    phase, day = phase_on(given, episode.start)
    rule = plan.rule_for(term, episode.baseline, phase, day)
    if rule is None or rule.record == "always":
        return None
    return reason_of(rule, at_baseline=rule.at_baseline and episode.baseline > 0)


def reason_of(rule: RecordRule, *, at_baseline: bool) -> Text:
    when = (
        Text("it was graded at baseline already", "基线时已有分级异常")
        if at_baseline
        else Text("it is expected in this phase of treatment", "在该治疗阶段属预期")
    )
    if rule.record == "if_serious":
        return Text(
            f"By the protocol this is an event only if it is serious: {when.en}.",
            f"按方案仅在严重时记录为不良事件：{when.zh}。",
        )
    return Text(f"By the protocol this is no event: {when.en}.", f"按方案不记录为不良事件：{when.zh}。")


def row_of(found: Proposal) -> ProposedEvent:
    return ProposedEvent(
        kind=found.kind.value,
        term=found.term,
        starts_on=found.start,
        last_on=found.last_on,
        ended_on=found.ended_on,
        worst_grade=found.worst,
        track=[[each.on.isoformat(), each.grade, each.text] for each in found.changes],
        event_id=found.event or None,
        why_en=found.why.en if found.why else "",
        why_zh=found.why.zh if found.why else "",
    )


# Read


def proposals_of(subject: Subject) -> list[ProposedEvent]:
    """What is proposed for one subject, brought up to date: what asks for something first, then by day."""
    bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    rows = ProposedEvent.objects.filter(subject=subject).order_by("starts_on", "term")
    return sorted(rows, key=lambda row: row.kind == ProposalKind.EXPECTED)


# The lines of the inbox


def proposal_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """One line a subject, for who enters its forms; the most proposals first."""
    ours = ProposedEvent.objects.filter(
        reach_of(user, "form.submit"), kind__in=OPEN, subject__state__in=FOLLOWED
    )
    rows = wanted.of(ours.exclude(of_the_past("starts_on")))
    counted = (
        rows.order_by()
        .values("subject")
        .annotate(number=Count("pk"), severe=Count("pk", Q(worst_grade__gte=4)))
    )
    found = list(counted.order_by("-severe", "-number", "subject")[: wanted.limit])
    subjects = Subject.objects.select_related("study", "site").in_bulk([one["subject"] for one in found])
    for one in found:
        yield line_of(subjects[one["subject"]], one["number"])


def line_of(subject: Any, number: int) -> WorkLine:
    return WorkLine(
        kind="proposed-events",
        verb=LOOK,
        subject_id=subject.pk,
        subject_number=subject.number,
        study_key=subject.study.key,
        site_key=subject.site.key,
        due=None,
        latest=None,
        url=reverse("adverse-events", args=[subject.pk]),
        detail=ngettext(
            "%(n)d proposal from laboratory values", "%(n)d proposals from laboratory values", number
        )
        % {"n": number},
    )


PROPOSAL_WORK = WorkSource({"proposed-events": LOOK}, proposal_work)
