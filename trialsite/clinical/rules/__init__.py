"""Rules of protocol files: structured data, read into a tree and answered in three-valued logic.

    all: [rule…] | any: [rule…] | not: rule | if: rule + then: rule
    {fact: ecog, op: in, value: [0, 1, 2, 3]}              op: = != < <= > >= in not_in
    {fact: tbil, op: "<=", times: "3", of: tbil_uln}       value × another fact; `times` is 1 if absent
    {fact: tia_date, op: ">=", months_before: 3, of: icf_date}   also months_after, days_before, days_after
    {fact: preg_test, op: "=", value: POS, na: false}      `na`: what NOT_APPLICABLE counts as; else unknown
    {fact: crcl, op: ">=", value: "30", unit: mL/min}      `unit`: another unit of the fact is unknown

Nothing in a rule is ever executed. Numbers are whole numbers or quoted decimals; a YAML float is refused.
"""

from trialsite.clinical.rules.answer import Answer, Evidence, LimitValue
from trialsite.clinical.rules.describe import describe
from trialsite.clinical.rules.evaluate import evaluate
from trialsite.clinical.rules.kinds import FactKind, check_kinds
from trialsite.clinical.rules.parse import parse_rule
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
    RuleError,
    Shifted,
    comparisons,
    facts_named,
)

__all__ = [
    "AllOf",
    "Answer",
    "AnyOf",
    "Comparison",
    "Evidence",
    "FactKind",
    "Implication",
    "Limit",
    "LimitValue",
    "Literal",
    "Multiple",
    "Negation",
    "Rule",
    "RuleError",
    "Shifted",
    "check_kinds",
    "comparisons",
    "describe",
    "evaluate",
    "facts_named",
    "parse_rule",
]
