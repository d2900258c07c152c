"""Infusions of high-dose methotrexate as the rules take them: hours of levels, creatinine beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from assessments.models import LabResult
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState
from trialsite.clinical.body import round_half_up

from ..domain.methotrexate import Elimination, Infusion, Level, judge
from ..models import LeucovorinDose, MethotrexateInfusion, MethotrexateLevel
from ..plan.paths import cycles_of
from ..selectors import surface_by_day

HOUR = Decimal(3600)


@dataclass(frozen=True)
class CreatinineOnDay:
    """One creatinine of a laboratory report: its day, its time where that was recorded, µmol/L."""

    on: date
    at: time | None
    umol_l: Decimal


@dataclass(frozen=True)
class LevelLine:
    """A level as recorded, beside what the rules take of it."""

    row: MethotrexateLevel
    level: Level
    from_report: bool  # the creatinine is the laboratory report's


@dataclass(frozen=True)
class Judged:
    """One infusion with its levels, leucovorin, and what the protocol's table says of them."""

    record: MethotrexateInfusion
    url: str
    infusion: Infusion
    lines: tuple[LevelLine, ...]
    rescue: tuple[LeucovorinDose, ...]
    found: Elimination

    @property
    def next_at(self) -> datetime | None:
        """When the next level is due."""
        hours = self.found.next_h
        return None if hours is None else self.record.start + timedelta(hours=float(hours))


def infusions_of(subject_ids: Sequence[UUID], *, since: date | None = None) -> list[MethotrexateInfusion]:
    """The standing infusions of many subjects with their standing lines, the earliest first; three queries."""
    found = (
        MethotrexateInfusion.objects.filter(subject_id__in=subject_ids)
        .exclude(state=RecordState.VOIDED)
        .select_related("visit", "protocol_version")
        .prefetch_related(
            Prefetch("levels", MethotrexateLevel.objects.filter(voided=False).order_by("drawn_at")),
            Prefetch("leucovorin", LeucovorinDose.objects.filter(voided=False).order_by("given_at")),
        )
        .order_by("start")
    )
    return list(found if since is None else found.filter(performed_on__gte=since))


def creatinines_of(subject_ids: Sequence[UUID]) -> dict[UUID, list[CreatinineOnDay]]:
    """Every exact creatinine of the laboratory reports, by subject in their order; one query."""
    rows = (
        LabResult.objects.filter(subject_id__in=subject_ids, analyte="creatinine", voided=False)
        .exclude(record__state=RecordState.VOIDED)
        .filter(result_comparator="")
        .order_by("record__performed_on", "record__sample_time")
        .values_list("subject_id", "record__performed_on", "record__sample_time", "result_canonical")
    )
    found: dict[UUID, list[CreatinineOnDay]] = {one: [] for one in subject_ids}
    for subject_id, on, at, value in rows:
        if on is not None and value is not None:
            found[subject_id].append(CreatinineOnDay(on, at, value))
    return found


def judged(
    record: MethotrexateInfusion,
    subject: Subject,
    creatinines: Sequence[CreatinineOnDay],
    bsa_m2: Decimal | None = None,
) -> Judged:
    """One infusion with what the table of its protocol version says; bsa_m2: of the cycle in which it began."""
    zone = ZoneInfo(subject.site.timezone)
    run = infusion_hours(record)
    lines = tuple(level_line(row, record, run, creatinines, zone) for row in record.levels.all())
    levels = tuple(one.level for one in lines)
    infusion = Infusion(run, levels, baseline(record, creatinines, zone), bsa_m2)
    return Judged(
        record,
        Slot.of_record(record).url(),
        infusion,
        lines,
        tuple(record.leucovorin.all()),
        judge(record.protocol_version.protocol.methotrexate, infusion),
    )


def judged_of(subject: Subject) -> list[Judged]:
    """Every infusion of one subject, the earliest first."""
    records = infusions_of([subject.pk])
    if not records:
        return []
    creatinines, surfaces = creatinines_of([subject.pk])[subject.pk], surface_by_day(subject)
    return [judged(one, subject, creatinines, surface_on(one, surfaces)) for one in records]


def surface_on(record: MethotrexateInfusion, surfaces: Callable[[date], Decimal | None]) -> Decimal | None:
    return None if record.performed_on is None else surfaces(record.performed_on)


def infusion_hours(record: MethotrexateInfusion) -> Decimal | None:
    """How long it ran, in hours to two decimals; while its end is not known, how long it is to run."""
    if record.end is None:
        return record.planned_hours
    return hours_between(record.start, record.end)


def hours_between(start: datetime, moment: datetime) -> Decimal:
    return round_half_up(Decimal((moment - start).total_seconds()) / HOUR, 2)


def level_line(
    row: MethotrexateLevel,
    record: MethotrexateInfusion,
    run: Decimal | None,
    creatinines: Sequence[CreatinineOnDay],
    zone: ZoneInfo,
) -> LevelLine:
    """A level with its hours on both clocks; its own creatinine, else that of the laboratory on the same day."""
    hours = hours_between(record.start, row.drawn_at)
    own = row.creatinine.canonical if row.creatinine is not None and not row.creatinine.comparator else None
    local = row.drawn_at.astimezone(zone)
    same_day = [one for one in creatinines if one.on == local.date()]
    nearest = min(same_day, key=lambda one: apart(one, local), default=None)
    value = own if own is not None else nearest.umol_l if nearest else None
    assert row.level is not None
    end = None if run is None else hours - run
    level = Level(hours, end, row.level, row.from_line is False, value)
    return LevelLine(row, level, own is None and value is not None)


def apart(one: CreatinineOnDay, moment: datetime) -> float:
    """Seconds between a result and a moment of the same day; one without a time stands last."""
    if one.at is None:
        return float("inf")
    there = datetime.combine(one.on, one.at, tzinfo=moment.tzinfo)
    return abs((there - moment).total_seconds())


def baseline(
    record: MethotrexateInfusion, creatinines: Sequence[CreatinineOnDay], zone: ZoneInfo
) -> Decimal | None:
    """The last creatinine before the start; one of that day without a time counts as before (assumption)."""
    start = record.start.astimezone(zone)
    before = [
        one
        for one in creatinines
        if one.on < start.date() or (one.on == start.date() and (one.at is None or one.at <= start.time()))
    ]
    return before[-1].umol_l if before else None


def phase_on(subject: Subject, on: date) -> str:
    """The phase that ran on a day; before any began the first one, "" where none has begun."""
    begun = [one for one in cycles_of([subject.pk])[subject.pk] if one.performed_on is not None]
    running = [one.phase for one in begun if one.performed_on is not None and one.performed_on <= on]
    return running[-1] if running else begun[0].phase if begun else ""
