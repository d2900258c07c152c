"""Reading a rule from the plain data of a protocol file; errors name the path inside the rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from trialsite.clinical.facts import NO_VALUE_CODES
from trialsite.clinical.rules.tree import (
    MEMBERSHIPS,
    OPERATORS,
    ORDERINGS,
    AllOf,
    AnyOf,
    Comparison,
    Implication,
    Limit,
    Literal,
    Multiple,
    Negation,
    Rule,
    RuleError,
    Scalar,
    Shifted,
)

_SHIFTS = {"months_before": ("months", -1), "months_after": ("months", 1)}
_SHIFTS |= {"days_before": ("days", -1), "days_after": ("days", 1)}
_COMPARISON_KEYS = {"fact", "op", "value", "times", "of", "na", "unit", *_SHIFTS}
_SHAPES = "all, any, not, if with then, or fact with op"


def parse_rule(data: object, path: str = "") -> Rule:
    """The rule that `data` describes; RuleError(path, sentence) when it describes none.

    `path` is put before the path of every error, so that a protocol reader can pass where the rule stands.
    """
    if not isinstance(data, Mapping):
        raise RuleError(path, f"A rule is a mapping with {_SHAPES}; this is {_named(data)}.")
    keys = set(data)
    if "fact" in keys:
        return _comparison(data, path)
    if keys == {"all"}:
        return AllOf(_several(data["all"], _at(path, "all")))
    if keys == {"any"}:
        return AnyOf(_several(data["any"], _at(path, "any")))
    if keys == {"not"}:
        return Negation(parse_rule(data["not"], _at(path, "not")))
    if keys == {"if", "then"}:
        return Implication(
            parse_rule(data["if"], _at(path, "if")), parse_rule(data["then"], _at(path, "then"))
        )
    written = ", ".join(sorted(map(str, keys))) or "nothing"
    raise RuleError(path, f"A rule has exactly one of: {_SHAPES}; this one has {written}.")


def _several(data: object, path: str) -> tuple[Rule, ...]:
    if not isinstance(data, list) or not data:
        raise RuleError(path, "This needs a list of at least one rule.")
    return tuple(parse_rule(each, f"{path}[{index}]") for index, each in enumerate(data))


def _comparison(data: Mapping[str, object], path: str) -> Comparison:
    unknown = sorted(str(key) for key in data if key not in _COMPARISON_KEYS)
    if unknown:
        raise RuleError(_at(path, unknown[0]), f"A comparison has no “{unknown[0]}”.")
    op = data.get("op")
    if op not in OPERATORS:
        raise RuleError(
            _at(path, "op"), f"The operator is one of {', '.join(OPERATORS)}; it cannot be {op!r}."
        )
    na = data.get("na")
    if na is not None and not isinstance(na, bool):
        raise RuleError(_at(path, "na"), "What NOT_APPLICABLE counts as is true or false.")
    unit = data.get("unit", "")
    if not isinstance(unit, str):
        raise RuleError(_at(path, "unit"), f"A unit is a UCUM code, such as mL/min; it cannot be {unit!r}.")
    return Comparison(_name(data, "fact", path), str(op), _limit(data, str(op), path), na, unit, path)


def _limit(data: Mapping[str, object], op: str, path: str) -> Limit:
    shifts = [key for key in _SHIFTS if key in data]
    if ("value" in data) == ("of" in data):
        raise RuleError(path, "A comparison needs either a value or, with `of`, another fact.")
    if "value" in data:
        if shifts or "times" in data:
            raise RuleError(path, f"“{(shifts or ['times'])[0]}” needs another fact, named by `of`.")
        return _literal(data["value"], op, _at(path, "value"))
    if op in MEMBERSHIPS:
        raise RuleError(_at(path, "op"), f"“{op}” needs a list of values, not another fact.")
    of = _name(data, "of", path)
    if len(shifts) + ("times" in data) > 1:
        raise RuleError(path, "A limit is multiplied or moved in time once, not twice.")
    if not shifts:
        times = _decimal(data.get("times", 1), _at(path, "times"))
        if times <= 0:
            raise RuleError(
                _at(path, "times"), f"A limit is multiplied by more than 0; it cannot be {times}."
            )
        return Multiple(of, times)
    unit, direction = _SHIFTS[shifts[0]]
    steps = direction * _whole(data[shifts[0]], _at(path, shifts[0]))
    return Shifted(of, months=steps) if unit == "months" else Shifted(of, days=steps)


def _literal(value: object, op: str, path: str) -> Literal:
    if op in MEMBERSHIPS:
        if not isinstance(value, list) or not value:
            raise RuleError(path, f"“{op}” needs a list of at least one value.")
        return Literal(tuple(_scalar(each, f"{path}[{index}]") for index, each in enumerate(value)))
    if op in ORDERINGS:
        return Literal((_ordered(value, path),))
    return Literal((_scalar(value, path),))


def _scalar(value: object, path: str) -> Scalar:
    if isinstance(value, bool) or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        raise RuleError(path, f'Write the decimal in quotes ("{value}"): a float is not exact.')
    if not isinstance(value, str) or not value:
        raise RuleError(path, f"A value is a code, a number, a date, true or false; this is {_named(value)}.")
    if value in NO_VALUE_CODES:
        raise RuleError(path, f"“{value}” says that there is no value: such a fact is unknown to every rule.")
    return value


def _ordered(value: object, path: str) -> Decimal | date:
    """A limit that can be greater or smaller: a number or an ISO date."""
    scalar = _scalar(value, path)
    if isinstance(scalar, str):
        try:
            return date.fromisoformat(scalar)
        except ValueError:
            return _decimal(scalar, path)
    if isinstance(scalar, bool):
        raise RuleError(path, "Only numbers and dates can be greater or smaller.")
    return scalar


def _decimal(value: object, path: str) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str):
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise RuleError(path, f"This is a whole number or a decimal in quotes; it cannot be {value!r}.")


def _whole(value: object, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise RuleError(path, f"This is a whole number of months or days, 0 or more; it cannot be {value!r}.")


def _name(data: Mapping[str, object], key: str, path: str) -> str:
    name = data[key]
    if isinstance(name, str) and name:
        return name
    raise RuleError(_at(path, key), f"A fact is named by a word; it cannot be {name!r}.")


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _named(data: object) -> str:
    if data is None:
        return "empty"
    return {"list": "a list", "str": f"the text {data!r}", "bool": f"{data!r}"}.get(
        type(data).__name__, repr(data)
    )
