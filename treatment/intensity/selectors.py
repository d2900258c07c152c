"""What each phase of a subject planned and gave of every drug, as the rules of dose intensity take it."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from trialsite.casebook.models import Subject
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import BLINATUMOMAB, Protocol

from ..domain.infusion import infusion_course
from ..domain.intensity import DrugTotal, Intensity, PhaseTotals, against_plan, against_reference
from ..domain.ledger import GivenLine, PlannedLine, in_unit
from ..doses.computing import version_of_cycle
from ..models import CycleStart, InfusionSegment
from ..selectors import (
    as_segment,
    cycles_of_subject,
    doses_given,
    planned_lines,
    plans_of,
    segments_of,
    windows_of,
)


def intensities_of(subject: Subject) -> list[Intensity]:
    """Every phase that began against its plan, then the conventional regimens that the protocol names."""
    phases = phases_given(subject)
    protocol: Protocol = subject.protocol_version.protocol
    found = [line for phase in phases for line in against_plan(phase)]
    for reference in protocol.reference_regimens:
        found += against_reference(reference, phases)
    return found


def phases_given(subject: Subject) -> list[PhaseTotals]:
    """The phases that began and plan doses, in order."""
    plans, given, segments = plans_of(subject), doses_given(subject), segments_of(subject)
    zone, windows, found = ZoneInfo(subject.site.timezone), windows_of(cycles_of_subject(subject)), []
    for place, (cycle, first, last) in enumerate(windows):
        made = plans.get(cycle.pk)
        if not made:
            continue
        plan, following = made[-1], windows[place + 1][1] if place + 1 < len(windows) else None
        here = [one for one in given if first <= one.on <= last]
        rows = [one for one in segments if first <= one.start.astimezone(zone).date() <= last]
        end = end_of(cycle, following)
        found.append(
            PhaseTotals(
                cycle.phase,
                tuple(totals(planned_lines(plan), here, rows, first, end)),
                days_of(cycle, first, following),
                planned_days(cycle),
                plan.bsa_m2,
                plan.weight_kg,
            )
        )
    return found


def end_of(cycle: CycleStart, following: date | None) -> date | None:
    """The last day on which doses of a phase are expected; None while it runs."""
    if cycle.ended_on is not None:
        return cycle.ended_on
    return following - timedelta(days=1) if following else None


def days_of(cycle: CycleStart, first: date, following: date | None) -> int | None:
    """How long a phase took: to the start of the next one, else to its end; None while it runs."""
    if following is not None:
        return (following - first).days
    return (cycle.ended_on - first).days + 1 if cycle.ended_on else None


def planned_days(cycle: CycleStart) -> int | None:
    """How long the protocol plans the cycle."""
    protocol = version_of_cycle(cycle).protocol
    phase = named(protocol, "phases", cycle.phase)
    regimen = named(protocol, "regimens", phase.regimen) if phase is not None and phase.regimen else None
    return regimen.cycle_days if regimen else None


def totals(
    planned: Sequence[PlannedLine],
    given: Sequence[GivenLine],
    rows: Sequence[InfusionSegment],
    first: date,
    end: date | None,
) -> list[DrugTotal]:
    """Each drug of the plan, and each that was given beside it."""
    names = dict.fromkeys([*(one.drug for one in planned), *(one.drug for one in given)])
    found = []
    for name in names:
        lines = [one for one in planned if one.drug == name]
        if name == BLINATUMOMAB:
            found.append(infused(lines, rows, end))
        else:
            found.append(by_days(name, lines, [one for one in given if one.drug == name], first, end))
    return found


def planned_total(lines: Sequence[PlannedLine]) -> Decimal | None:
    """All that is planned of a drug; None where a part is open or nothing is planned."""
    parts = [None if one.daily is None else one.daily * len(one.days) for one in lines]
    known = [one for one in parts if one is not None]
    return sum(known, Decimal(0)) if parts and len(known) == len(parts) else None


def by_days(
    name: str, lines: Sequence[PlannedLine], given: Sequence[GivenLine], first: date, end: date | None
) -> DrugTotal:
    unit = lines[0].unit if lines else given[0].unit
    amounts = {one.on: in_unit(one.given, one.unit, unit) for one in given}
    planned = {first + timedelta(days=day - 1) for line in lines for day in line.days}
    expected = {day for day in planned if end is not None and day <= end}
    known = [one for one in amounts.values() if one is not None]
    open_days = sum(1 for day in expected if amounts.get(day) is None)
    if end is None and not known:  # nothing was reported yet: that is not nothing given
        open_days = len(planned)
    total = sum(known, Decimal(0))
    return DrugTotal(name, unit, planned_total(lines), total, open_days)


def infused(lines: Sequence[PlannedLine], rows: Sequence[InfusionSegment], end: date | None) -> DrugTotal:
    """Blinatumomab by its infusion record; what still runs, or was never recorded, leaves the figure open."""
    stopped = [row for row in rows if row.stop is not None]
    latest = max((row.stop for row in stopped if row.stop is not None), default=None)
    micrograms = (
        infusion_course([as_segment(row) for row in stopped], latest, 0).micrograms if latest else Decimal(0)
    )
    open_ones = len(rows) - len(stopped)
    if not rows:
        open_ones = sum(len(one.days) for one in lines)
    return DrugTotal(BLINATUMOMAB, "ug", planned_total(lines), micrograms, open_ones)
