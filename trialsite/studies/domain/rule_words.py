"""A rule of a protocol file as one line of text."""

from typing import Any

SIGNS = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥", "in": "∈", "not_in": "∉"}


def rule_in_words(rule: dict[str, Any]) -> str:
    """A rule as a formula: `age_years ≥ 15 AND age_years ≤ 65`, `tbil ≤ 3 × tbil_uln`."""
    for key, word in (("all", " AND "), ("any", " OR ")):
        if key in rule:
            return word.join(bracketed(part) for part in rule[key])
    if "not" in rule:
        return f"NOT {bracketed(rule['not'])}"
    if "if" in rule:
        return f"IF {bracketed(rule['if'])} THEN {bracketed(rule['then'])}"
    return f"{rule['fact']} {SIGNS[rule['op']]} {limit_in_words(rule)}"


def bracketed(rule: dict[str, Any]) -> str:
    words = rule_in_words(rule)
    return f"({words})" if any(key in rule for key in ("all", "any", "if")) else words


def limit_in_words(rule: dict[str, Any]) -> str:
    """The right-hand side: a value, a list, a multiple of another fact, or a date before one."""
    other = rule.get("of", "")
    if "times" in rule:
        return f"{rule['times']} × {other}"
    for unit in ("months_before", "days_before"):
        if unit in rule:
            return f"{other} − {rule[unit]} {unit.removesuffix('_before')}"
    value = rule.get("value", other)
    if isinstance(value, list):
        return "{" + ", ".join(str(one) for one in value) + "}"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
