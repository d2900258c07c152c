"""A rule in one line of symbols: `tbil ≤ 3 × tbil_uln OR refused = true`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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


def shown(value: Scalar) -> str:
    """A value as the protocol file writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Wording:
    """How a rule speaks: of a fact by its name, of a value of that fact, and the words that join them.

    Without another wording the names of the protocol file stand.
    """

    fact: Callable[[str], str] = str
    value: Callable[[str, Scalar], str] = lambda _fact, value: shown(value)
    both: str = "AND"
    either: str = "OR"
    negated: str = "NOT"
    implied: str = "%(condition)s ⇒ %(consequence)s"
    symbols: Mapping[str, str] = field(default_factory=lambda: SYMBOLS)
    several: Callable[[Sequence[str]], str] = lambda words: f"{{{', '.join(words)}}}"
    months: str = "months"
    days: str = "days"


AS_WRITTEN = Wording()


def describe(rule: Rule, say: Wording = AS_WRITTEN) -> str:
    """The rule as one line, brackets only where they are needed."""
    match rule:
        case AllOf(rules):
            return f" {say.both} ".join(_bracketed(each, say) for each in rules)
        case AnyOf(rules):
            return f" {say.either} ".join(_bracketed(each, say) for each in rules)
        case Negation(inner):
            return f"{say.negated} ({describe(inner, say)})"
        case Implication(condition, consequence):
            return say.implied % {
                "condition": _bracketed(condition, say),
                "consequence": _bracketed(consequence, say),
            }
        case Comparison(fact, op, limit):
            words = describe_limit(limit, say, fact=fact, several=op in ("in", "not_in"))
            return f"{say.fact(fact)} {say.symbols[op]} {words}"


def describe_limit(limit: Limit, say: Wording = AS_WRITTEN, *, fact: str = "", several: bool = False) -> str:
    """The limit that a fact is compared with; one of several values in braces."""
    if isinstance(limit, Literal):
        words = [say.value(fact, value) for value in limit.values]
        return say.several(words) if several else ", ".join(words)
    if isinstance(limit, Multiple):
        return say.fact(limit.of) if limit.times == 1 else f"{limit.times} × {say.fact(limit.of)}"
    steps, unit = (limit.months, say.months) if limit.months else (limit.days, say.days)
    of = say.fact(limit.of)
    return f"{of} {'+' if steps > 0 else '-'} {abs(steps)} {unit}" if steps else of


def _bracketed(rule: Rule, say: Wording) -> str:
    words = describe(rule, say)
    return words if isinstance(rule, Comparison | Negation) else f"({words})"
