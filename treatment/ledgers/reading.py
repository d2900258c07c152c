"""The ledgers of doses of many subjects at once: each cycle with its plan and what was given, in a few queries.

The treatment page shows the same for one subject (`plan.page`); both take the same rules from `domain.ledger`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import RecordState
from trialsite.studies.domain.protocol import BLINATUMOMAB

from ..domain.ledger import DrugLedger, GivenLine, PlannedLine, cycle_ledger
from ..models import CycleStart, DoseGiven, DosePlan
from ..plan.paths import cycles_of
from ..selectors import planned_lines, plans_in_force, windows_of


@dataclass(frozen=True)
class CycleLedger:
    """One cycle of a subject: `number` counts its cycles, `plan` is the one in force; blinatumomab stands apart."""

    cycle: CycleStart
    number: int
    plan: DosePlan | None
    drugs: tuple[DrugLedger, ...]


def ledgers_of(subjects: Sequence[Subject], *, in_runs: bool = True) -> dict[UUID, list[CycleLedger]]:
    """The ledger of every cycle of each subject; blinatumomab is recorded as an infusion and stands there."""
    ids = [one.pk for one in subjects]
    cycles, plans, given = cycles_of(ids), plans_in_force(ids), given_of_many(ids)
    found: dict[UUID, list[CycleLedger]] = {}
    for subject in subjects:
        today, mine = site_today(subject), given.get(subject.pk, [])
        found[subject.pk] = []
        for place, (cycle, first, last) in enumerate(windows_of(cycles[subject.pk])):
            plan = plans.get(cycle.pk)
            here = [one for one in mine if belongs(one, place, first, last)]
            drugs = cycle_ledger(first, without_infusion(plan), here, today, in_runs=in_runs)
            found[subject.pk].append(CycleLedger(cycle, place + 1, plan, drugs))
    return found


def belongs(one: GivenLine, place: int, first: date, last: date) -> bool:
    """Whether a dose is of a cycle: from its day 1 to the day before the next; the first one has those before it."""
    return first <= one.on <= last or (place == 0 and one.on < first)


def without_infusion(plan: DosePlan | None) -> list[PlannedLine]:
    return [line for line in planned_lines(plan) if line.drug != BLINATUMOMAB] if plan else []


def given_of_many(subject_ids: Sequence[UUID]) -> dict[UUID, list[GivenLine]]:
    """Every dose that was reported and stands, by its day."""
    rows = (
        DoseGiven.objects.filter(subject_id__in=subject_ids, voided=False)
        .exclude(record__state=RecordState.VOIDED)
        .order_by("given_on", "line")
    )
    found: dict[UUID, list[GivenLine]] = defaultdict(list)
    for row in rows:
        found[row.subject_id].append(
            GivenLine(
                row.drug,
                row.given_on,
                row.prescribed,
                row.given,
                row.unit,
                row.reason,
                row.note,
                str(row.record_id),
                str(row.pk),
            )
        )
    return found
