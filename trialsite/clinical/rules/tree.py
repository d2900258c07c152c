"""The parts of a rule, as read from a protocol file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

Scalar = Decimal | str | bool | date

ORDERINGS = ("<", "<=", ">", ">=")
MEMBERSHIPS = ("in", "not_in")
OPERATORS = ("=", "!=", *ORDERINGS, *MEMBERSHIPS)


class RuleError(ValueError):
    """A rule that cannot be read or answered; `path` says where inside the rule, `sentence` what is wrong."""

    def __init__(self, path: str, sentence: str) -> None:
        self.path = path
        self.sentence = sentence
        super().__init__(f"{path}: {sentence}" if path else sentence)


@dataclass(frozen=True)
class Literal:
    """A limit written in the rule: one value, or for `in` and `not_in` several."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Multiple:
    """A limit that is another fact, times an exact decimal (3 × ULN)."""

    of: str
    times: Decimal = Decimal(1)


@dataclass(frozen=True)
class Shifted:
    """A limit that is another fact's date, moved by calendar months or days (negative: before)."""

    of: str
    months: int = 0
    days: int = 0


Limit = Literal | Multiple | Shifted


@dataclass(frozen=True)
class Comparison:
    """One fact against a limit. `na`: what NOT_APPLICABLE counts as. `path`: where it stands in the rule."""

    fact: str
    op: str
    limit: Limit
    na: bool | None = None
    unit: str = ""
    path: str = field(default="", compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.fact,) if isinstance(self.limit, Literal) else (self.fact, self.limit.of)


@dataclass(frozen=True)
class AllOf:
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class AnyOf:
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Negation:
    rule: Rule


@dataclass(frozen=True)
class Implication:
    condition: Rule
    consequence: Rule


Rule = AllOf | AnyOf | Negation | Implication | Comparison


def comparisons(rule: Rule) -> Iterator[Comparison]:
    """Every comparison of a rule, in the order written."""
    match rule:
        case Comparison():
            yield rule
        case AllOf(rules) | AnyOf(rules):
            for each in rules:
                yield from comparisons(each)
        case Negation(inner):
            yield from comparisons(inner)
        case Implication(condition, consequence):
            yield from comparisons(condition)
            yield from comparisons(consequence)


def facts_named(rule: Rule) -> set[str]:
    """The names of all facts a rule needs, limits included."""
    return {name for comparison in comparisons(rule) for name in comparison.names}
