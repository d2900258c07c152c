"""The course of many subjects for one drawing: phases, infusions, cells, grafts, responses, MRD, relapse and death.

A fixed number of queries, whatever the number of subjects; nothing is judged here that another room judges."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
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
    ids = [one.pk for one in subjects]
    with one_reading():
        read = _Read(ids)
        return [swimmer(one, read) for one in subjects]


class _Read:
    """Everything read once, by subject."""

    def __init__(self, ids: list[UUID]) -> None:
        self.cycles = cycles_of(ids)
        self.c1d1 = anchor_dates(ids, "c1d1")
        self.grafts = standing_records(Transplant, ids)
        self.cells = standing_records(CellTherapy, ids)
        self.relapses = standing_records(Relapse, ids)
        self.deaths = standing_records(Death, ids)
        self.responses = judged_responses(ids)
        self.mrd = mrd_lines(ids)
        self.ends = follow_up_ends(ids)
        self.segments: dict[UUID, list[InfusionSegment]] = defaultdict(list)
        rows = InfusionSegment.objects.filter(subject_id__in=ids, voided=False)
        for row in rows.exclude(record__state=RecordState.VOIDED).order_by("start", "pk"):
            self.segments[row.subject_id].append(row)


def swimmer(subject: Subject, read: _Read) -> Swimmer:
    one, today = subject.pk, site_today(subject)
    cycles = list(read.cycles[one])
    deaths = [each.died_on.earliest for each in read.deaths.get(one, []) if each.died_on]
    died = min(deaths, default=None)
    grafts = [each.performed_on for each in read.grafts.get(one, []) if each.performed_on]
    last = min([day for day in (read.ends.get(one), died, today) if day is not None])
    responses = [each for each in read.responses.get(one, []) if each.counts]
    lines = [each for each in read.mrd.get(one, []) if each.verdict and not each.at_screening]
    relapses = [each.onset.earliest for each in read.relapses.get(one, []) if each.onset]
    phases = tuple(phases_of(subject, cycles, died))
    best = best_of(responses)
    started = read.c1d1.get(one)
    treated_to = max((bar.end or last for bar in phases if bar.kind not in NO_TREATMENT), default=None)
    return Swimmer(
        subject=subject,
        started_on=started,
        grafted_on=min(grafts, default=None),
        phases=phases,
        infusions=tuple(infusions_of(read.segments.get(one, []), ZoneInfo(subject.site.timezone))),
        events=tuple(events_of(subject, read, responses, lines, relapses, died)),
        best=best,
        best_words=category_words(best) if best else "",
        mrd=lines[-1].verdict.verdict.value if lines and lines[-1].verdict else "",
        mrd_words=mrd_words(lines[-1]) if lines else "",
        relapsed_on=min(relapses, default=None),
        died_on=died,
        last=last,
        ongoing=died is None and one not in read.ends,
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
