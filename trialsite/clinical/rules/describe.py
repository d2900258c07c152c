"""A rule in one line of symbols, the same in every language: `tbil ≤ 3 × tbil_uln OR refused = true`."""

from __future__ import annotations

from trialsite.clinical.rules.tree import (
    AllOf,
    AnyOf,
    Comparison,
    Implication,
    Limit,
    Literal,
    Multiple,
    Negation,
    Rule,
    Scalar,
)

SYMBOLS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥", "in": "∈", "not_in": "∉"}


def describe(rule: Rule) -> str:
    """The rule as one line, brackets only where they are needed."""
    match rule:
        case AllOf(rules):
            return " AND ".join(_bracketed(each) for each in rules)
        case AnyOf(rules):
            return " OR ".join(_bracketed(each) for each in rules)
        case Negation(inner):
            return f"NOT ({describe(inner)})"
        case Implication(condition, consequence):
            return f"{_bracketed(condition)} ⇒ {_bracketed(consequence)}"
        case Comparison(fact, op, limit):
            return f"{fact} {SYMBOLS[op]} {describe_limit(limit, several=op in ('in', 'not_in'))}"


def describe_limit(limit: Limit, *, several: bool = False) -> str:
    """The limit of a comparison as written in the rule."""
    if isinstance(limit, Literal):
        shown = ", ".join(map(_shown, limit.values))
        return f"{{{shown}}}" if several else shown
    if isinstance(limit, Multiple):
        return limit.of if limit.times == 1 else f"{limit.times} × {limit.of}"
    steps, unit = (limit.months, "months") if limit.months else (limit.days, "days")
    return f"{limit.of} {'+' if steps > 0 else '-'} {abs(steps)} {unit}" if steps else limit.of


def _bracketed(rule: Rule) -> str:
    return describe(rule) if isinstance(rule, Comparison | Negation) else f"({describe(rule)})"


def _shown(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
