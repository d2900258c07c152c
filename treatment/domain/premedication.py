"""Premedication of blinatumomab: before which moments of a course it is due, and whether it was given.

Sources: Kantarjian-type schedules and the manufacturer's dosing information, as the protocol file cites them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.text import Text
from trialsite.studies.domain.blinatumomab_plan import PremedicationDose, PremedicationRule

from .infusion import SUPERVISED_FROM, Segment

SECONDS_PER_HOUR = 3600


class MomentKind(StrEnum):
    """Before what premedication is due."""

    FIRST = "FIRST"
    STEP = "STEP"
    RESTART = "RESTART"


@dataclass(frozen=True)
class Moment:
    """A start of the pump: the first of the course, one at a higher rate, one after 4 hours or more."""

    kind: MomentKind
    at: datetime


@dataclass(frozen=True)
class Given:
    """One premedication: drug, mg (None not recorded), when (None not recorded)."""

    drug: str
    mg: Decimal | None
    at: datetime | None


class Standing(StrEnum):
    """GIVEN: within the time and in full. LESS: in time, below the dose. MISSING: not in time. UNKNOWN: nobody said."""

    GIVEN = "GIVEN"
    LESS = "LESS"
    MISSING = "MISSING"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Answer:
    """Whether premedication was given before a moment: by which rule, and which record says so."""

    moment: Moment
    rule: PremedicationRule
    standing: Standing
    given: Given | None
    due_mg: Decimal | None
    sentence: Text


def moments(segments: Sequence[Segment]) -> Iterator[Moment]:
    """The moments of one course, in order. A restart after 4 hours or more at a higher rate is a restart.

    A change of bags at the same or a lower rate is none."""
    ordered = sorted(segments, key=lambda one: one.start)
    for place, one in enumerate(ordered):
        if place == 0:
            yield Moment(MomentKind.FIRST, one.start)
            continue
        before = ordered[place - 1]
        if before.stop is not None and one.start - before.stop >= SUPERVISED_FROM:
            yield Moment(MomentKind.RESTART, one.start)
        elif one.rate_ug_day > before.rate_ug_day:
            yield Moment(MomentKind.STEP, one.start)


def rule_for(
    rules: Sequence[PremedicationRule], kind: MomentKind, age: int | None, course: int
) -> PremedicationRule | None:
    """The rule for a moment of a subject's first, second, … course; of an unknown age the one for adults.

    Every restart after 4 hours or more asks for premedication (see `gap_between`): where no rule names it, it is that
    of the first dose (assumption)."""
    for rule in rules:
        old_enough = rule.from_age is None or age is None or age >= rule.from_age
        young_enough = rule.below_age is None or (age is not None and age < rule.below_age)
        now = course == 1 or not rule.first_course_only
        if kind in rule.moments and old_enough and young_enough and now:
            return rule
    return rule_for(rules, MomentKind.FIRST, age, course) if kind is MomentKind.RESTART else None


def due_mg(dose: PremedicationDose, bsa_m2: Decimal | None) -> Decimal | None:
    """The dose in mg, exact; None where it goes by a body surface that is not known."""
    if dose.basis == "FLAT":
        return dose.amount
    if bsa_m2 is None:
        return None
    amount = dose.amount * bsa_m2
    return amount if dose.cap is None else min(dose.cap, amount)


def answers(
    segments: Sequence[Segment],
    rules: Sequence[PremedicationRule],
    given: Sequence[Given],
    *,
    age: int | None,
    course: int,
    bsa_m2: Decimal | None,
    complete: Sequence[datetime],
) -> list[Answer]:
    """For each moment at which the protocol asks for premedication, whether it was given.

    complete: the starts for which somebody said that all premedication is listed; without that word, nothing that is
    listed is no answer."""
    found = []
    for moment in moments(segments):
        rule = rule_for(rules, moment.kind, age, course)
        if rule is not None:
            found.append(_answer(moment, rule, given, bsa_m2, moment.at in complete))
    return found


def missing_premedication(found: Sequence[Answer]) -> list[Answer]:
    """The moments before which premedication was not given in time or in full: evidence for a deviation."""
    return [one for one in found if one.standing in (Standing.MISSING, Standing.LESS)]


def _answer(
    moment: Moment, rule: PremedicationRule, given: Sequence[Given], bsa_m2: Decimal | None, complete: bool
) -> Answer:
    drugs = {dose.drug: due_mg(dose, bsa_m2) for dose in rule.doses}
    first_due = next(iter(drugs.values()))
    ours = [one for one in given if one.drug in drugs]
    in_time = [one for one in ours if one.at is not None and before(one.at, moment.at, rule.within_hours)]
    for one in sorted(in_time, key=lambda each: each.mg or Decimal(0), reverse=True):
        due = drugs[one.drug]
        if one.mg is None or due is None:
            return Answer(moment, rule, Standing.UNKNOWN, one, due, _NO_DOSE)
        if one.mg < due:
            return Answer(moment, rule, Standing.LESS, one, due, _LESS)
        return Answer(moment, rule, Standing.GIVEN, one, due, _GIVEN)
    undated = next((one for one in ours if one.at is None), None)
    if undated is not None:
        return Answer(moment, rule, Standing.UNKNOWN, undated, drugs[undated.drug], _NO_TIME)
    if complete:
        return Answer(moment, rule, Standing.MISSING, None, first_due, _MISSING)
    return Answer(moment, rule, Standing.UNKNOWN, None, first_due, _NOT_SAID)


def before(at: datetime, start: datetime, within_hours: Decimal) -> bool:
    """Whether something was given at or before a start, at most so many hours before; exactly so long counts."""
    seconds = Decimal((start - at) // timedelta(seconds=1))
    return 0 <= seconds <= within_hours * SECONDS_PER_HOUR


_GIVEN = Text("given in time", "已按时给予")
_LESS = Text("given in time, below the dose", "已按时给予，但剂量不足")
_MISSING = Text("not given within the time before", "未在规定时间内给予")
_NO_DOSE = Text("its dose is not recorded", "剂量未记录")
_NO_TIME = Text("its time is not recorded", "给药时间未记录")
_NOT_SAID = Text("nothing is recorded", "无记录")
