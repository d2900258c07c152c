"""The course of many subjects for one drawing: phases, infusions, cells, grafts, responses, MRD, relapse and death.

A fixed number of queries, whatever the number of subjects; nothing is judged here that another room judges."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from assessments.disease.mrd_results import VERDICT_WORDS, MrdLine, mrd_lines
from assessments.disease.responses import Judged, category_words, judged_responses
from assessments.lanes import RESPONSE_KINDS
from treatment.models import CellTherapy, CycleStart, InfusionSegment, Transplant
from treatment.models.cells import CellStep
from treatment.plan.paths import cycles_of
from treatment.selectors import windows_of
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import anchor_dates, follow_up_ends
from trialsite.casebook.selectors import standing_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import RecordState
from trialsite.casebook.versions import named
from trialsite.clinical.kleene import Truth
from trialsite.listing import told

from ..models import Death, Relapse

BEST = ("CR", "CRh", "CRi", "MLFS")  # from the best on; what else a marrow says is no response
NO_TREATMENT = ("pre-phase", "observation")
JOINED_WITHIN = timedelta(hours=4)


@dataclass(frozen=True)
class Bar:
    """Something that lasted: `end` None goes on."""

    kind: str
    label: str
    start: date
    end: date | None


@dataclass(frozen=True)
class Event:
    """Something on a day. kind: hsct, car-t, response, no-response, response-open, mrd-negative, …, relapse, death."""

    kind: str
    label: str
    on: date


@dataclass(frozen=True)
class Swimmer:
    """One subject's course. `started_on` and `grafted_on` are the days that an axis may count from.

    `last` is the last day of the line, `days` those from day 1 to the end of the last phase that treats."""

    subject: Subject
    started_on: date | None
    grafted_on: date | None
    phases: tuple[Bar, ...]
    infusions: tuple[Bar, ...]
    events: tuple[Event, ...]
    best: str
    best_words: str
    mrd: str
    mrd_words: str
    relapsed_on: date | None
    died_on: date | None
    last: date
    ongoing: bool
    days: int | None = field(default=None)

    def day0(self, graft: bool) -> date | None:
        return self.grafted_on if graft else self.started_on


def swimmers_of(subjects: Sequence[Subject]) -> list[Swimmer]:
    """The course of each subject, in the order given."""
    with one_reading():
        return [swimmer(one) for one in outlines_of(subjects)]


def outlines_of(subjects: Sequence[Subject]) -> "list[Outline]":
    """What a list of courses is narrowed by; each part is read for all of them once it is asked for."""
    read = _Read([one.pk for one in subjects])
    return [Outline(one, read) for one in subjects]


class _Read:
    """Everything read by subject, each part once, when it is first asked for."""

    def __init__(self, ids: list[UUID]) -> None:
        self.ids = ids

    @cached_property
    def cycles(self) -> Mapping[UUID, Sequence[CycleStart]]:
        return cycles_of(self.ids)

    @cached_property
    def c1d1(self) -> Mapping[UUID, date]:
        return anchor_dates(self.ids, "c1d1")

    @cached_property
    def grafts(self) -> Mapping[UUID, list[Transplant]]:
        return standing_records(Transplant, self.ids)

    @cached_property
    def cells(self) -> Mapping[UUID, list[CellTherapy]]:
        return standing_records(CellTherapy, self.ids)

    @cached_property
    def relapses(self) -> Mapping[UUID, list[Relapse]]:
        return standing_records(Relapse, self.ids)

    @cached_property
    def deaths(self) -> Mapping[UUID, list[Death]]:
        return standing_records(Death, self.ids)

    @cached_property
    def responses(self) -> Mapping[UUID, Sequence[Judged]]:
        return judged_responses(self.ids)

    @cached_property
    def mrd(self) -> Mapping[UUID, Sequence[MrdLine]]:
        return mrd_lines(self.ids)

    @cached_property
    def ends(self) -> Mapping[UUID, date]:
        return follow_up_ends(self.ids)

    @cached_property
    def segments(self) -> Mapping[UUID, list[InfusionSegment]]:
        found: dict[UUID, list[InfusionSegment]] = defaultdict(list)
        rows = InfusionSegment.objects.filter(subject_id__in=self.ids, voided=False)
        for row in rows.exclude(record__state=RecordState.VOIDED).order_by("start", "pk"):
            found[row.subject_id].append(row)
        return found


@dataclass(frozen=True)
class Outline:
    """One subject as far as a list of courses is narrowed by it."""

    subject: Subject
    read: _Read

    @property
    def started_on(self) -> date | None:
        return self.read.c1d1.get(self.subject.pk)

    @property
    def died_on(self) -> date | None:
        deaths = self.read.deaths.get(self.subject.pk, [])
        return min((each.died_on.earliest for each in deaths if each.died_on), default=None)

    @property
    def relapses(self) -> list[date]:
        found = self.read.relapses.get(self.subject.pk, [])
        return [each.onset.earliest for each in found if each.onset]

    @property
    def relapsed_on(self) -> date | None:
        return min(self.relapses, default=None)

    @property
    def ended_on(self) -> date | None:
        return self.read.ends.get(self.subject.pk)

    @property
    def last(self) -> date:
        days = (self.ended_on, self.died_on, site_today(self.subject))
        return min(day for day in days if day is not None)

    @property
    def responses(self) -> list[Judged]:
        return [each for each in self.read.responses.get(self.subject.pk, []) if each.counts]

    @property
    def best(self) -> str:
        return best_of(self.responses)

    @property
    def mrd_lines(self) -> list[MrdLine]:
        found = self.read.mrd.get(self.subject.pk, [])
        return [each for each in found if each.verdict and not each.at_screening]

    @property
    def mrd(self) -> str:
        lines = self.mrd_lines
        return lines[-1].verdict.verdict.value if lines and lines[-1].verdict else ""


def swimmer(outline: Outline) -> Swimmer:
    subject, read, one = outline.subject, outline.read, outline.subject.pk
    died, last, started, best = outline.died_on, outline.last, outline.started_on, outline.best
    grafts = [each.performed_on for each in read.grafts.get(one, []) if each.performed_on]
    lines = outline.mrd_lines
    phases = tuple(phases_of(subject, list(read.cycles[one]), died))
    treated_to = max((bar.end or last for bar in phases if bar.kind not in NO_TREATMENT), default=None)
    return Swimmer(
        subject=subject,
        started_on=started,
        grafted_on=min(grafts, default=None),
        phases=phases,
        infusions=tuple(infusions_of(read.segments.get(one, []), ZoneInfo(subject.site.timezone))),
        events=tuple(events_of(subject, read, outline.responses, lines, outline.relapses, died)),
        best=best,
        best_words=category_words(best) if best else "",
        mrd=outline.mrd,
        mrd_words=mrd_words(lines[-1]) if lines else "",
        relapsed_on=outline.relapsed_on,
        died_on=died,
        last=last,
        ongoing=died is None and outline.ended_on is None,
        days=(treated_to - started).days + 1 if started and treated_to else None,
    )


def phases_of(subject: Subject, cycles: list[CycleStart], died: date | None) -> list[Bar]:
    """Each phase from day 1 to its last day; without one to the day before the next, its planned end, or death."""
    protocol, bars = subject.protocol_version.protocol, []
    for cycle, first, last in windows_of(cycles):
        phase = named(protocol, "phases", cycle.phase)
        over = last if last != date.max else None
        planned = first + timedelta(days=phase.days - 1) if phase and phase.days else None
        end = cycle.ended_on or (min(over, planned) if over and planned else over) or died
        name = phase.name.in_language(get_language() or "en") if phase else cycle.phase
        bars.append(Bar(phase.kind if phase else "other", name, first, end))
    return bars


def infusions_of(rows: Sequence[InfusionSegment], zone: ZoneInfo) -> list[Bar]:
    """Blinatumomab as bars; stretches less than 4 hours apart are one."""
    groups: list[list[InfusionSegment]] = []
    for row in rows:
        before = groups[-1][-1].stop if groups else None
        if before is not None and row.start - before < JOINED_WITHIN:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [
        Bar(
            "infusion",
            _("Blinatumomab"),
            group[0].start.astimezone(zone).date(),
            group[-1].stop.astimezone(zone).date() if group[-1].stop else None,
        )
        for group in groups
    ]


def events_of(
    subject: Subject,
    read: _Read,
    responses: Sequence[Judged],
    lines: Sequence[MrdLine],
    relapses: Sequence[date],
    died: date | None,
) -> list[Event]:
    one = subject.pk
    found = [
        Event(
            RESPONSE_KINDS.get(each.category, "response-open"), category_words(each.category), each.known_from
        )
        for each in responses
    ]
    found += [
        Event(f"mrd-{line.verdict.verdict.value.lower()}", f"MRD · {mrd_words(line)}", line.result.sampled_on)
        for line in lines
        if line.verdict
    ]
    found += [
        Event("car-t", _("CAR-T"), each.performed_on)
        for each in read.cells.get(one, [])
        if each.step == CellStep.INFUSION and each.performed_on
    ]
    found += [
        Event("hsct", _("HSCT"), each.performed_on) for each in read.grafts.get(one, []) if each.performed_on
    ]
    found += [Event("relapse", _("Relapse"), day) for day in relapses]
    if died is not None:
        found.append(Event("death", _("Death"), died))
    return sorted(found, key=lambda event: event.on)


def mrd_words(line: MrdLine) -> str:
    assert line.verdict is not None
    return told(line.line.get_method_display(), str(VERDICT_WORDS[line.verdict.verdict]))


def best_of(responses: Sequence[Judged]) -> str:
    """The best category that was reached; "" where none was, or the last one where it was no response."""
    reached = {str(each.category) for each in responses if each.in_crc is Truth.TRUE or each.category in BEST}
    return next((one for one in BEST if one in reached), str(responses[-1].category) if responses else "")
