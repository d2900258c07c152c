"""Doses given beyond the tolerance of the protocol, or prescribed so far off the planned ones without a reason."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.names import phase_name
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.text import Text
from trialsite.deviations.found import Found
from trialsite.deviations.states import DeviationKind

from ..domain.ledger import DayLine, DrugLedger, Mark
from ..doses.drugs import drug_name
from ..ledgers.reading import CycleLedger, ledgers_of
from ..models import DoseGiven
from .words import in_both


def doses_beyond_tolerance(subjects: Sequence[Subject]) -> Iterator[tuple[UUID, Found]]:
    """One finding for each day, or run of days that look the same, which the ledger marks as a deviation."""
    ledgers = ledgers_of(subjects)
    for subject in subjects:
        for cycle in ledgers[subject.pk]:
            for drug in cycle.drugs:
                for line in drug.lines:
                    if line.mark is Mark.DEVIATION and line.given is not None:
                        yield subject.pk, of_line(subject, cycle, drug, line)


def of_line(subject: Subject, cycle: CycleLedger, drug: DrugLedger, line: DayLine) -> Found:
    given = line.given
    assert given is not None
    protocol = subject.protocol_version.protocol
    name = drug.planned.name if drug.planned else in_both(lambda: drug_name(drug.drug))
    phase = in_both(lambda: phase_name(protocol, cycle.cycle.phase))
    days = days_words(line.first_on, line.last_on)
    planned = amount(line.planned, drug.unit)
    prescribed, got = amount(given.prescribed, given.unit), amount(given.given, given.unit)
    said = line.sentence or Text("", "")
    evidence = Text(
        f"{name.en}, {phase.en}, day {line.days} ({days.en}): planned {planned.en}, prescribed {prescribed.en}, "
        f"given {got.en} a day. {said.en}".strip(),
        f"{name.zh}，{phase.zh}，第{line.days}天（{days.zh}）：每日计划{planned.zh}，医嘱{prescribed.zh}，"
        f"实际{got.zh}。{said.zh}",
    )
    return Found(
        kind=DeviationKind.TREATMENT,
        key=given.row_id,
        evidence=evidence,
        occurred_on=line.first_on,
        sources=(ItemAddress(DoseGiven._meta.db_table, given.row_id, "given"),),
    )


def days_words(first: date, last: date) -> Text:
    return Text(str(first), str(first)) if first == last else Text(f"{first} to {last}", f"{first}至{last}")


def amount(value: Decimal | None, unit: str) -> Text:
    """An amount with its unit; "not recorded" where there is none."""
    if value is None:
        return Text("not recorded", "未记录")
    shown = f"{value.normalize():f} {unit.replace('ug', 'µg')}"
    return Text(shown, shown)
