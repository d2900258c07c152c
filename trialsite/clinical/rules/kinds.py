"""Checking before use that a rule asks of each fact what its kind can answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from trialsite.clinical.rules.tree import (
    ORDERINGS,
    Comparison,
    Literal,
    Rule,
    RuleError,
    Scalar,
    Shifted,
    comparisons,
)


class FactKind(StrEnum):
    """What kind of value a registered fact has."""

    NUMBER = "NUMBER"
    DATE = "DATE"
    CODE = "CODE"
    YES_NO = "YES_NO"


_ORDERED = (FactKind.NUMBER, FactKind.DATE)


def check_kinds(rule: Rule, kinds: Mapping[str, FactKind]) -> list[RuleError]:
    """Everything wrong between a rule and the facts it names: unregistered names, limits of another kind."""
    return [error for comparison in comparisons(rule) for error in _check(comparison, kinds)]


def _check(comparison: Comparison, kinds: Mapping[str, FactKind]) -> list[RuleError]:
    unknown = [name for name in comparison.names if name not in kinds]
    if unknown:
        return [RuleError(comparison.path, f"Nobody registers a fact called “{name}”.") for name in unknown]
    kind = kinds[comparison.fact]
    if comparison.op in ORDERINGS and kind not in _ORDERED:
        return [
            RuleError(comparison.path, f"“{comparison.fact}” is {kind}: it cannot be greater or smaller.")
        ]
    limit = comparison.limit
    if isinstance(limit, Literal):
        wrong = [value for value in limit.values if not _fits(value, kind)]
        return [
            RuleError(comparison.path, f"“{comparison.fact}” is {kind} and cannot be {value}.")
            for value in wrong
        ]
    if kinds[limit.of] is not kind or (isinstance(limit, Shifted) and kind is not FactKind.DATE):
        sentence = f"“{comparison.fact}” is {kind} and its limit “{limit.of}” is {kinds[limit.of]}."
        return [RuleError(comparison.path, sentence)]
    if not isinstance(limit, Shifted) and limit.times != 1 and kind is not FactKind.NUMBER:
        return [RuleError(comparison.path, f"“{limit.of}” is {kind} and cannot be multiplied.")]
    return []


def _fits(value: Scalar, kind: FactKind) -> bool:
    if kind is FactKind.YES_NO:
        return isinstance(value, bool)
    if kind is FactKind.CODE:
        return isinstance(value, str)
    if isinstance(value, str):
        return _reads_as(value, kind)
    return isinstance(value, Decimal if kind is FactKind.NUMBER else date)


def _reads_as(text: str, kind: FactKind) -> bool:
    try:
        _ = Decimal(text) if kind is FactKind.NUMBER else date.fromisoformat(text)
    except (InvalidOperation, ValueError):
        return False
    return True
