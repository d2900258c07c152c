"""What must hold before a drug is started, condition by condition, with the facts behind each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from trialsite.clinical.facts import Fact, Why
from trialsite.clinical.kleene import Truth, all_of
from trialsite.clinical.rules import Answer, evaluate, facts_named, parse_rule
from trialsite.studies.domain.protocol import Drug, StartCondition


@dataclass(frozen=True)
class ConditionAnswer:
    """One condition and how it came out."""

    condition: StartCondition
    answer: Answer


def facts_of_conditions(drugs: Iterable[Drug]) -> tuple[str, ...]:
    """The facts that the conditions of these drugs ask for."""
    names = {name for drug in drugs for one in drug.gates for name in facts_named(parse_rule(one.rule))}
    return tuple(sorted(names))


def answer_conditions(drug: Drug, facts: Mapping[str, Fact], on: date) -> tuple[ConditionAnswer, ...]:
    """Every condition of a drug that is to start on a day; what is older than its days is unknown, never no."""
    return tuple(
        ConditionAnswer(one, evaluate(parse_rule(one.rule), fresh(facts, one.max_age_days, on)))
        for one in drug.gates
    )


def fresh(facts: Mapping[str, Fact], max_age_days: int | None, on: date) -> dict[str, Fact]:
    """The facts with those that are too old marked as stale."""
    return {
        name: replace(fact, why=Why.STALE)
        if max_age_days is not None
        and fact.known
        and fact.on is not None
        and (on - fact.on).days > max_age_days
        else fact
        for name, fact in facts.items()
    }


def may_start(answers: Iterable[ConditionAnswer]) -> Truth:
    """Whether all hold; unknown while one is unknown and none is false."""
    return all_of(one.answer.truth for one in answers)
