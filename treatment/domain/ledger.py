"""Planned doses beside what was prescribed and given, day by day, drug by drug."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.body import round_half_up
from trialsite.clinical.text import Text
from trialsite.studies.domain.dose_plan import PLAIN_TOLERANCE, DoseTolerance
from trialsite.studies.domain.protocol import Equivalent

from .given import DoseClass, DoseComparison, DoseReason, compare_given, compare_prescribed

_MG: dict[str, Decimal] = {"g": Decimal(1000), "mg": Decimal(1), "ug": Decimal("0.001")}


@dataclass(frozen=True)
class PlannedLine:
    """A drug at one dose level: `amount` is one dose, `per_day` times on each of `days`; None is not planned.

    `tolerance`: how far a dose may be off, by the version of the protocol that planned it."""

    drug: str
    name: Text
    route: str
    unit: str
    days: tuple[int, ...]
    per_day: int
    amount: Decimal | None
    working: Text
    missing: tuple[str, ...] = ()
    equivalents: tuple[Equivalent, ...] = ()
    tolerance: DoseTolerance = PLAIN_TOLERANCE

    def takes(self, drug: str) -> bool:
        """Whether another drug may be given instead of this one."""
        return any(one.drug == drug for one in self.equivalents)

    @property
    def omitted(self) -> bool:
        """Whether a modifier of the protocol leaves the dose out."""
        return self.amount == 0

    @property
    def daily(self) -> Decimal | None:
        """The dose of a whole day."""
        return None if self.amount is None else self.amount * self.per_day


@dataclass(frozen=True)
class GivenLine:
    """What was prescribed and given of a drug on a day, for the whole day.

    `record` names where it stands, `row_id` its line."""

    drug: str
    on: date
    prescribed: Decimal | None
    given: Decimal | None
    unit: str
    reason: str = ""
    note: str = ""
    record: str = ""
    row_id: str = ""


class Mark(StrEnum):
    """What a day's line calls for, the gravest of its comparisons."""

    SILENT = "SILENT"
    MODIFICATION = "MODIFICATION"
    QUERY = "QUERY"
    DEVIATION = "DEVIATION"
    NOT_RECORDED = "NOT_RECORDED"
    NOT_YET = "NOT_YET"
    NOT_PLANNED = "NOT_PLANNED"
    OMITTED = "OMITTED"


@dataclass(frozen=True)
class DayLine:
    """One day, or a run of days that look the same, of one drug."""

    first: int
    last: int
    first_on: date
    last_on: date
    planned: Decimal | None
    given: GivenLine | None
    mark: Mark
    sentence: Text | None

    @property
    def days(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True)
class DrugLedger:
    """A drug at one dose level with its days; `planned` None for a drug that the plan does not hold."""

    drug: str
    planned: PlannedLine | None
    unit: str
    lines: tuple[DayLine, ...]


def cycle_ledger(
    start: date,
    planned: Sequence[PlannedLine],
    given: Iterable[GivenLine],
    today: date,
    *,
    in_runs: bool = True,
) -> tuple[DrugLedger, ...]:
    """Every drug of a cycle in the order of its plan, then what was given beside the plan.

    in_runs: days that look the same stand as one line; without it each day has its own."""
    left = list(given)
    ledgers = []
    for line in planned:
        days = {start + timedelta(days=day - 1): day for day in line.days}
        own = [one for one in left if one.drug == line.drug and one.on in days]
        told = {one.on for one in own}
        instead = [one for one in left if line.takes(one.drug) and one.on in days and one.on not in told]
        here = own + [one for one in instead if not _planned_itself(planned, one, start)]
        left = [one for one in left if one not in here]
        left += _said_again(here)
        rows = [
            _day(line, day, on, next((one for one in here if one.on == on), None), today)
            for on, day in sorted(days.items())
        ]
        ledgers.append(DrugLedger(line.drug, line, line.unit, _joined(rows) if in_runs else tuple(rows)))
    for drug in dict.fromkeys(one.drug for one in left):
        extra = [_beside(start, one) for one in sorted(left, key=lambda one: one.on) if one.drug == drug]
        unit = next(one.unit for one in left if one.drug == drug)
        ledgers.append(DrugLedger(drug, None, unit, tuple(extra)))
    return tuple(ledgers)


def as_planned(line: PlannedLine, drug: str, amount: Decimal | None) -> tuple[Decimal | None, bool]:
    """A day's dose in terms of the drug that is planned, and whether it lies above the cap of its equivalent.

    15 mg of dexamethasone are 100 mg of prednisone at 0.15 mg for 1 mg; the planned drug itself stays as it is."""
    other = next((one for one in line.equivalents if one.drug == drug), None)
    if drug == line.drug or other is None or amount is None:
        return amount, False
    return amount / other.factor, other.cap is not None and amount > other.cap


def differences(line: PlannedLine | None, given: GivenLine) -> tuple[Decimal | None, Decimal | None]:
    """In percent, exact: prescribed against planned, and given against prescribed (planned where none is written).

    None where one of the two is not recorded, in another kind of unit, or nothing was to be given."""
    if line is None:
        return None, compare_given(given.given, given.prescribed).difference_pct
    prescribed, _above = as_planned(line, given.drug, in_unit(given.prescribed, given.unit, line.unit))
    actual, _above = as_planned(line, given.drug, in_unit(given.given, given.unit, line.unit))
    wanted = prescribed if prescribed is not None else line.daily
    return (
        compare_prescribed(prescribed, line.daily).difference_pct,
        compare_given(actual, wanted).difference_pct,
    )


def _said_again(here: Sequence[GivenLine]) -> list[GivenLine]:
    """What was reported of a day beside the line that stands for it: shown as not planned, so that no dose is lost."""
    seen: set[date] = set()
    again = []
    for one in here:
        if one.on in seen:
            again.append(one)
        seen.add(one.on)
    return again


def in_unit(amount: Decimal | None, unit: str, wanted: str) -> Decimal | None:
    """An amount in another unit of mass; None when the units cannot be compared."""
    if amount is None or unit == wanted:
        return amount
    if unit in _MG and wanted in _MG:
        return amount * _MG[unit] / _MG[wanted]
    return None


def _day(line: PlannedLine, day: int, on: date, given: GivenLine | None, today: date) -> DayLine:
    if given is None:
        mark = Mark.NOT_RECORDED if on < today else Mark.NOT_YET
        mark = Mark.OMITTED if line.omitted else mark
        return DayLine(day, day, on, on, line.daily, None, mark, None)
    mark, sentence = _marked(line, given)
    return DayLine(day, day, on, on, line.daily, given, mark, sentence)


def _marked(line: PlannedLine, given: GivenLine) -> tuple[Mark, Text | None]:
    """The gravest of: prescribed against planned, given against prescribed (planned when none is written)."""
    prescribed, high = as_planned(line, given.drug, in_unit(given.prescribed, given.unit, line.unit))
    actual, above = as_planned(line, given.drug, in_unit(given.given, given.unit, line.unit))
    if high or above:
        return Mark.DEVIATION, _above_cap(line, given.drug)
    equal = _in_words_of_plan(line, given, actual)
    reason = DoseReason(given.reason) if given.reason else None
    found: list[DoseComparison] = []
    if line.daily is not None and prescribed is not None:
        found.append(compare_prescribed(prescribed, line.daily, reason, line.tolerance))
    wanted = prescribed if prescribed is not None else line.daily
    if wanted is not None:
        found.append(compare_given(actual, wanted, line.tolerance))
    grave = [DoseClass.DEVIATION, DoseClass.QUERY, DoseClass.NOT_COMPARABLE, DoseClass.MODIFICATION]
    for kind in grave:
        for one in found:
            if one.kind is kind:
                mark = Mark.QUERY if kind is DoseClass.NOT_COMPARABLE else Mark(kind.value)
                return mark, _joined_words(equal, one.sentence)
    return Mark.SILENT, equal


def _planned_itself(planned: Sequence[PlannedLine], given: GivenLine, start: date) -> bool:
    """Whether the plan has the drug on that day for its own sake (premedication, say)."""
    day = (given.on - start).days + 1
    return any(one.drug == given.drug and day in one.days for one in planned)


def _above_cap(line: PlannedLine, drug: str) -> Text:
    other = next(one for one in line.equivalents if one.drug == drug)
    name = other.name
    return Text(
        f"{name.en} above its limit of {other.cap} mg a day.", f"{name.zh}超过每日上限{other.cap} mg。"
    )


def _in_words_of_plan(line: PlannedLine, given: GivenLine, actual: Decimal | None) -> Text | None:
    """That another drug was given, and what it equals: "Dexamethasone 15 mg = 100 mg"."""
    other = next((one for one in line.equivalents if one.drug == given.drug != line.drug), None)
    if other is None or given.given is None or actual is None:
        return None
    equal = f"{given.given.normalize():f} {given.unit} = {round_half_up(actual, 1).normalize():f} {line.unit}"
    return Text(
        f"{other.name.en} {equal} {line.name.en} (× {other.factor}).",
        f"{other.name.zh} {equal} {line.name.zh}（× {other.factor}）。",
    )


def _joined_words(first: Text | None, second: Text) -> Text:
    return second if first is None else Text(f"{first.en} {second.en}", f"{first.zh}{second.zh}")


def _beside(start: date, given: GivenLine) -> DayLine:
    day = (given.on - start).days + 1
    return DayLine(day, day, given.on, given.on, None, given, Mark.NOT_PLANNED, None)


def _joined(rows: Sequence[DayLine]) -> tuple[DayLine, ...]:
    """Runs of days without a record, or with the same one, as one line."""
    joined: list[DayLine] = []
    for row in rows:
        last = joined[-1] if joined else None
        if last is not None and row.first == last.last + 1 and _same(last, row):
            joined[-1] = DayLine(
                last.first,
                row.last,
                last.first_on,
                row.last_on,
                row.planned,
                last.given,
                row.mark,
                row.sentence,
            )
        else:
            joined.append(row)
    return tuple(joined)


def _same(one: DayLine, other: DayLine) -> bool:
    if one.mark is not other.mark or one.planned != other.planned:
        return False
    if one.given is None or other.given is None:
        return one.given is other.given
    told = [
        (line.prescribed, line.given, line.unit, line.reason, line.note, line.record)
        for line in (one.given, other.given)
    ]
    return told[0] == told[1]
