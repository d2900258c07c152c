"""Answering a rule from facts, in Kleene's logic over exact decimals and calendar dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from trialsite.clinical.dates import add_months
from trialsite.clinical.facts import Fact, FactValue, Why
from trialsite.clinical.interval import Interval, at, compare_intervals, point
from trialsite.clinical.kleene import Truth, all_of, any_of, implies, negate
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.rules.answer import Answer, Evidence, LimitValue
from trialsite.clinical.rules.describe import describe_limit
from trialsite.clinical.rules.tree import (
    MEMBERSHIPS,
    ORDERINGS,
    AllOf,
    AnyOf,
    Comparison,
    Implication,
    Literal,
    Multiple,
    Negation,
    Rule,
    RuleError,
    Scalar,
)

Facts = Mapping[str, Fact]
_ABSENT = Fact.missing()


def evaluate(rule: Rule, facts: Facts) -> Answer:
    """Whether the rule holds, with each comparison behind the answer and the facts that could change it.

    A fact that is not in `facts` counts as NOT_RECORDED. Missing, stale and differently-united facts are
    unknown, and so is a censored number or partial date that straddles its limit. Once a rule is decided
    nothing is missing. RuleError when a fact is of a kind the rule cannot compare (`check_kinds` finds
    that beforehand).
    """
    root = _answer(rule, facts)
    evidence = tuple(_collect(root, decides=True))
    missing = (
        [name for each in evidence if each.decides for name in each.missing] if not root.truth.known else []
    )
    return Answer(root.truth, evidence, tuple(dict.fromkeys(missing)))


@dataclass(frozen=True)
class _Node:
    """A rule answered: a comparison with its evidence, or parts, and which of them decide."""

    truth: Truth
    evidence: Evidence | None = None
    parts: tuple[tuple[_Node, bool], ...] = ()


def _answer(rule: Rule, facts: Facts) -> _Node:
    match rule:
        case Comparison():
            evidence = _compare(rule, facts)
            return _Node(evidence.truth, evidence)
        case Negation(inner):
            node = _answer(inner, facts)
            return _Node(negate(node.truth), parts=((node, True),))
        case Implication(condition, consequence):
            when, then = _answer(condition, facts), _answer(consequence, facts)
            truth = implies(when.truth, then.truth)
            return _Node(truth, parts=((when, negate(when.truth) is truth), (then, then.truth is truth)))
        case AllOf(rules):
            nodes = [_answer(each, facts) for each in rules]
            return _connected(all_of(node.truth for node in nodes), nodes)
        case AnyOf(rules):
            nodes = [_answer(each, facts) for each in rules]
            return _connected(any_of(node.truth for node in nodes), nodes)


def _connected(truth: Truth, nodes: list[_Node]) -> _Node:
    """The parts whose truth is the whole's decide it: the one FALSE of an AND, all the TRUE, the unknown."""
    return _Node(truth, parts=tuple((node, node.truth is truth) for node in nodes))


def _collect(node: _Node, *, decides: bool) -> list[Evidence]:
    if node.evidence is not None:
        return [replace(node.evidence, decides=decides)]
    return [each for part, counts in node.parts for each in _collect(part, decides=decides and counts)]


def _compare(rule: Comparison, facts: Facts) -> Evidence:
    fact = facts.get(rule.fact, _ABSENT)
    other = None if isinstance(rule.limit, Literal) else facts.get(rule.limit.of, _ABSENT)
    evidence = Evidence(
        fact=rule.fact,
        value=fact.value,
        unit=fact.unit,
        comparator=fact.comparator,
        operator=rule.op,
        limit=_limit(rule, other),
        limit_text=describe_limit(rule.limit, several=rule.op in MEMBERSHIPS),
        on=fact.on,
        source=fact.source,
        truth=Truth.UNKNOWN,
        working=fact.working,
        of="" if isinstance(rule.limit, Literal) else rule.limit.of,
        of_source=other.source if other else None,
    )
    if fact.why == Why.NOT_APPLICABLE and rule.na is not None:
        return replace(evidence, truth=Truth.of(rule.na), why=Why.NOT_APPLICABLE)
    if not fact.known:
        also = (evidence.of,) if other is not None and not other.known else ()
        return replace(evidence, why=fact.why, missing=(rule.fact, *also))
    if other is not None and not other.known:
        return replace(evidence, why=Why.LIMIT_NOT_KNOWN, missing=(evidence.of,))
    if _units_differ(rule, fact, other):
        return replace(evidence, why=Why.UNITS_DIFFER, missing=rule.names)
    truth = _truth(rule, fact, other)
    if truth.known:
        return replace(evidence, truth=truth)
    return replace(evidence, why=Why.STRADDLES_LIMIT, missing=_inexact(rule, fact, other))


def _units_differ(rule: Comparison, fact: Fact, other: Fact | None) -> bool:
    if rule.unit and fact.unit != rule.unit:
        return True
    return other is not None and fact.unit != other.unit


def _inexact(rule: Comparison, fact: Fact, other: Fact | None) -> tuple[str, ...]:
    """Which of the facts is known within bounds only, so that an exact value would settle the comparison."""
    sides = [(rule.fact, fact)] + ([(rule.names[1], other)] if other is not None else [])
    return tuple(name for name, side in sides if not _is_exact(side))


def _is_exact(fact: Fact) -> bool:
    bounded = fact.value.exact if isinstance(fact.value, Interval | PartialDate) else True
    return bounded and not fact.comparator


def _truth(rule: Comparison, fact: Fact, other: Fact | None) -> Truth:
    if other is not None:
        return _against_fact(rule, fact, other)
    assert isinstance(rule.limit, Literal)
    if rule.op in MEMBERSHIPS:
        member = any_of(_against_value(rule, fact, "=", value) for value in rule.limit.values)
        return negate(member) if rule.op == "not_in" else member
    return _against_value(rule, fact, rule.op, rule.limit.values[0])


def _against_value(rule: Comparison, fact: Fact, op: str, limit: Scalar) -> Truth:
    number, day = _numbers(fact), _days(fact)
    if number is not None:
        return compare_intervals(number, op, point(_as_decimal(rule, limit)))
    if day is not None:
        return compare_intervals(day, op, point(_as_date(rule, limit)))
    return _same(rule, fact.value, op, limit)


def _against_fact(rule: Comparison, fact: Fact, other: Fact) -> Truth:
    number, day = _numbers(fact), _days(fact)
    if number is not None:
        return compare_intervals(number, rule.op, _scaled(rule, other))
    if day is not None:
        return compare_intervals(day, rule.op, _moved(rule, other))
    return _same(rule, fact.value, rule.op, other.value)


def _same(rule: Comparison, value: FactValue | None, op: str, limit: object) -> Truth:
    """Codes and yes/no: the same or not; there is no order among them."""
    comparable = any(isinstance(value, kind) and isinstance(limit, kind) for kind in (bool, str))
    if op in ORDERINGS or not comparable:
        raise _mismatch(rule, limit)
    return Truth.of((value == limit) is (op == "="))


def _numbers(fact: Fact) -> Interval[Decimal] | None:
    if isinstance(fact.value, Interval):
        return fact.value
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | Decimal):
        return None
    return at(Decimal(fact.value), fact.comparator)


def _days(fact: Fact) -> Interval[date] | None:
    if isinstance(fact.value, PartialDate):
        return fact.value.interval()
    return point(fact.value) if isinstance(fact.value, date) else None


def _scaled(rule: Comparison, other: Fact) -> Interval[Decimal]:
    limit = _numbers(other)
    if limit is None or not isinstance(rule.limit, Multiple):
        raise _mismatch(rule, other.value)
    times = rule.limit.times
    low = None if limit.low is None else limit.low * times
    high = None if limit.high is None else limit.high * times
    return Interval(low, high, limit.low_open, limit.high_open)


def _moved(rule: Comparison, other: Fact) -> Interval[date]:
    limit = _days(other)
    if limit is None or limit.low is None or limit.high is None:
        raise _mismatch(rule, other.value)
    return Interval(_move(rule, limit.low), _move(rule, limit.high))


def _move(rule: Comparison, day: date) -> date:
    if isinstance(rule.limit, Literal) or (isinstance(rule.limit, Multiple) and rule.limit.times == 1):
        return day
    if isinstance(rule.limit, Multiple):
        raise RuleError(rule.path, "A date cannot be multiplied.")
    return add_months(day, rule.limit.months) + timedelta(days=rule.limit.days)


def _limit(rule: Comparison, other: Fact | None) -> LimitValue | None:
    """The limit as a number, date or code to show beside the value; None when it is not known."""
    if isinstance(rule.limit, Literal):
        return rule.limit.values if rule.op in MEMBERSHIPS else rule.limit.values[0]
    if other is None or not other.known:
        return None
    if isinstance(other.value, str | bool):
        return other.value
    if _days(other) is not None:
        moved = _moved(rule, other)
        assert moved.low is not None
        assert moved.high is not None
        return moved.low if moved.exact else PartialDate.between(moved.low, moved.high)
    scaled = _scaled(rule, other)
    return scaled.low if scaled.exact and scaled.low is not None else str(scaled)


def _as_decimal(rule: Comparison, limit: Scalar) -> Decimal:
    if isinstance(limit, Decimal):
        return limit
    try:
        if isinstance(limit, str):
            return Decimal(limit)
    except InvalidOperation:
        pass
    raise _mismatch(rule, limit)


def _as_date(rule: Comparison, limit: Scalar) -> date:
    if isinstance(limit, date):
        return limit
    try:
        if isinstance(limit, str):
            return date.fromisoformat(limit)
    except ValueError:
        pass
    raise _mismatch(rule, limit)


def _mismatch(rule: Comparison, limit: object) -> RuleError:
    return RuleError(rule.path, f"“{rule.fact}” cannot be compared by “{rule.op}” with {limit!s}.")
