"""What the pages show of doses: prompts and notes beside the cycles, and the worksheet of a cycle to print."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.versions import named
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import Drug

from ..models import CycleStart, PlannedDose
from ..selectors import cycles_of_subject, doses_given, plans_of
from .asked import regimen_of
from .lysis import lysis_lines
from .prompts import Prompt, notes_of, prompts_of


@dataclass(frozen=True)
class CycleDoses:
    """Beside the doses of one cycle: what asks for another computation, notes, what tumour lysis waits for."""

    prompts: Sequence[Prompt] = ()
    notes: Sequence[Any] = ()
    lysis: Sequence[str] = ()


def dose_context(subject: Subject) -> dict[str, Any]:
    """By the id of each phase that began: prompts of the one that goes on, notes of all."""
    cycles, plans, today = cycles_of_subject(subject), plans_of(subject), site_today(subject)
    found = {}
    for place, cycle in enumerate(cycles):
        made = plans.get(cycle.pk)
        plan = made[-1] if made else None
        runs = place == len(cycles) - 1 and cycle.ended_on is None
        found[str(cycle.pk)] = CycleDoses(
            list(prompts_of(cycle, cycles[0], plan, today)) if runs else (),
            list(notes_of(cycle, plan)),
            list(lysis_of(subject, cycle, today)) if runs else (),
        )
    return {"cycle_doses": found}


def lysis_of(subject: Subject, cycle: CycleStart, today: date) -> Iterator[str]:
    """What drugs that dissolve tumours wait for in a phase; no question where it has none."""
    regimen = regimen_of(subject, cycle.phase)
    watched = [drug for drug in regimen.drugs if drug.tumour_lysis is not None] if regimen else []
    for drug in watched:
        start = cycle.performed_on
        given = {one.drug for one in doses_given(subject) if one.given and start and start <= one.on}
        yield from lysis_lines(subject, cycle, drug, today, drug.key in given)


@dataclass(frozen=True)
class SheetLine:
    """One drug on one day of the worksheet: one dose, its parts with their hours."""

    dose: PlannedDose
    name: Text
    hours: Decimal | None
    parts: Sequence[tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class SheetDay:
    """A day of the cycle with its doses."""

    number: int
    on: date
    lines: Sequence[SheetLine]


@dataclass(frozen=True)
class SheetDrug:
    """How a drug was computed: the working of each of its dose levels, and the note of the protocol."""

    name: Text
    lines: Sequence[PlannedDose]
    note: Text | None


def worksheet_context(subject: Subject, cycle_id: UUID) -> dict[str, Any] | None:
    """The plan in force of a phase day by day; None where there is none. The number of queries does not grow."""
    cycle = next((one for one in cycles_of_subject(subject) if one.pk == cycle_id), None)
    made = plans_of(subject).get(cycle_id) if cycle else None
    if cycle is None or cycle.performed_on is None or not made:
        return None
    plan = made[-1]
    protocol = plan.protocol_version.protocol
    regimen = named(protocol, "regimens", plan.regimen)
    drugs = {drug.key: drug for drug in regimen.drugs} if regimen else {}
    rows = list(plan.doses.all())
    return {
        "cycle": cycle,
        "plan": plan,
        "phase": named(protocol, "phases", plan.phase),
        "regimen": regimen,
        "days": list(days_of(rows, drugs, cycle.performed_on)),
        "drugs": list(workings_of(rows, drugs)),
        "notes": list(notes_of(cycle, plan)),
        "printed_at": timezone.now(),
    }


def days_of(rows: Sequence[PlannedDose], drugs: dict[str, Drug], start: date) -> Iterator[SheetDay]:
    for number in sorted({day for row in rows for day in row.days}):
        lines = [sheet_line(row, drugs.get(row.drug)) for row in rows if number in row.days]
        yield SheetDay(number, start + timedelta(days=number - 1), lines)


def sheet_line(row: PlannedDose, drug: Drug | None) -> SheetLine:
    parts = [(row.amount * part.fraction, part.hours) for part in drug.parts] if drug and row.amount else []
    return SheetLine(row, Text(row.name_en, row.name_zh), row.infusion_hours, parts)


def workings_of(rows: Sequence[PlannedDose], drugs: dict[str, Drug]) -> Iterator[SheetDrug]:
    for key in dict.fromkeys(row.drug for row in rows):
        lines = [row for row in rows if row.drug == key]
        drug = drugs.get(key)
        yield SheetDrug(Text(lines[0].name_en, lines[0].name_zh), lines, drug.note if drug else None)
