"""Doses as they were given, beside those that the protocol plans for this body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from assessments.domain.schedule import target_date
from treatment.domain.doses import PlannedDose, plan_cycle
from trialsite.clinical.facts import Fact
from trialsite.studies.domain.protocol import BLINATUMOMAB, Protocol, VisitPlan

from .draws import Draw
from .infusions import Stretch, lines_of, premedication_of, stretches
from .medicines import inhibitor_on
from .story import Course, Span

REDUCED_PCT, OMITTED_PCT = 3.5, 1.0
REDUCED_FROM_YEARS = 55


@dataclass(frozen=True)
class Cycle:
    """A phase that was given, with its planned doses and the pump's log."""

    span: Span
    planned: tuple[PlannedDose, ...]
    infusion: list[Stretch]


def cycles_of(protocol: Protocol, course: Course) -> dict[str, Cycle]:
    """Every phase of a course that has a regimen, by its key."""
    return {span.phase: cycle_of(protocol, course, span) for span in course.spans if span.regimen}


def cycle_of(protocol: Protocol, course: Course, span: Span) -> Cycle:
    person = course.person
    assert span.regimen is not None
    facts = {
        "age_years": Fact(person.age_on(course.screened_on)),
        "lvef": Fact(Decimal(62), "%"),
        "creat": Fact(Decimal(70), "umol/L"),
        "crcl": Fact(Decimal(100), "mL/min"),
        "child_pugh": Fact("NONE"),
        "cyp3a_inhibitor": Fact("NONE"),
    }
    regimen = protocol.regimen_of(span.regimen)
    azoles = {
        day: {"cyp3a_inhibitor": Fact(inhibitor_on(course, span.start + timedelta(days=day - 1)))}
        for day in range(1, regimen.cycle_days + 1)
    }
    level, _why = level_of(protocol, course, span)
    planned = plan_cycle(
        regimen, Decimal(person.height_cm), person.weight_kg, facts, factor=level, by_day=azoles
    )
    rates = {
        day: dose.rounded
        for dose in planned
        if dose.drug == BLINATUMOMAB and dose.rounded
        for day in dose.days
    }
    return Cycle(span, planned, stretches(span, rates))


def level_of(protocol: Protocol, course: Course, span: Span) -> tuple[Decimal, str]:
    """The dose level of a phase with its reason: chemotherapy that has levels starts lower in the oldest."""
    levels = protocol.regimen_of(span.regimen).dose_levels if span.regimen else None
    old = course.person.age_on(course.screened_on) >= REDUCED_FROM_YEARS
    return (Decimal("0.75"), "TOX") if levels and old else (Decimal(1), "")


def days_of_visit(
    protocol: Protocol, visit: VisitPlan, form: str, span: Span, anchors: dict[str, date | None]
) -> range:
    """The days of the phase that a visit reports on: to the day before the phase's next visit with this form."""
    targets = {}
    for one in protocol.visits:
        anchor = anchors.get(one.anchor)
        if (
            one.phase == visit.phase
            and anchor
            and any(each.form == form and each.required for each in one.forms)
        ):
            targets[one.key] = target_date(anchor, one, 0)
    own = targets.get(visit.key)
    if own is None:
        return range(0)
    before = [day for day in targets.values() if day < own]
    after = [day for day in targets.values() if day > own]
    first = (own - span.start).days + 1 if before else 1
    return range(max(1, first), (min(after) - span.start).days + 1 if after else 400)


def dose_lines(draw: Draw, cycle: Cycle, days: range, until: date) -> list[dict[str, Any]]:
    """What was given on these days, drug by drug: as planned but for the few that were reduced or left out."""
    lines = []
    for dose in cycle.planned:
        if dose.drug == BLINATUMOMAB or dose.rounded is None:
            continue
        reduced = draw.chance(REDUCED_PCT) and len(dose.days) <= 4
        omitted = not reduced and draw.chance(OMITTED_PCT)
        for day in dose.days:
            on = cycle.span.start + timedelta(days=day - 1)
            if day not in days or on > min(until, cycle.span.end):
                continue
            whole = dose.rounded * dose.per_day
            given = Decimal(0) if omitted else whole * Decimal("0.75") if reduced else whole
            lines.append(
                {
                    "drug": dose.drug,
                    "given_on": on,
                    "prescribed": given.quantize(Decimal("0.01"))
                    if reduced
                    else whole.quantize(Decimal("0.01")),
                    "given": given.quantize(Decimal("0.01")),
                    "unit": dose.unit,
                    "reason": "TOX" if reduced or omitted else "",
                    "note": "",
                }
            )
    return sorted(lines, key=lambda line: (line["given_on"], line["drug"]))


def infusion_lines(cycle: Cycle, days: range, today: date) -> list[dict[str, Any]]:
    """The pump's log of these days."""
    return lines_of(cycle.infusion, days, cycle.span.start, today)


def premedication_lines(cycle: Cycle, days: range, today: date) -> list[dict[str, Any]]:
    """What was given before the starts of the pump on these days."""
    return premedication_of(cycle.infusion, days, cycle.span.start, today)
