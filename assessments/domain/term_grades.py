"""What a grade of a CTCAE term means in short words; of a laboratory term its limits, as the grading reads them.

Source: CTCAE v5.0; the wordings are ours."""

from __future__ import annotations

from trialsite.clinical.ctcae import grade_wording, named
from trialsite.clinical.rules.describe import SYMBOLS
from trialsite.clinical.text import Text
from trialsite.clinical.units import unit_label

from .grade_words import LIMIT_NAMES
from .grading import TERMS
from .terms import FINDING_NAMES, Condition, Limit, Of
from .terms import Term as LabTerm

NOT = Text("without", "无")


def grade_meaning(term: str, grade: int) -> Text:
    """The words of a grade (1 to 5). A grade that numbers alone do not give has those of the clinical terms."""
    known = named(term)
    lab = next((one for one in TERMS.values() if known is not None and one.name.en == known.name.en), None)
    row = next((one for one in lab.rows if one.grade == grade), None) if lab else None
    if lab is None or row is None or not any(each.limits for each in row.conditions):
        return grade_wording(term, grade)
    conditions = [condition_words(lab, each) for each in row.conditions]
    return Text(" or ".join(one.en for one in conditions), "或".join(one.zh for one in conditions))


def condition_words(lab: LabTerm, condition: Condition) -> Text:
    """Limits that all hold, with the finding that goes with them."""
    parts = [limit_words(lab, limit) for limit in condition.limits]
    if condition.finding is not None:
        finding = FINDING_NAMES[condition.finding]
        absent = Text(f"{NOT.en} {finding.en}", f"{NOT.zh}{finding.zh}")
        parts.append(finding if condition.present else absent)
    return Text(", ".join(one.en for one in parts), "，".join(one.zh for one in parts))


def limit_words(lab: LabTerm, limit: Limit) -> Text:
    """A limit: `< 0.5 10⁹/L`, `> 5 × ULN`, `> ULN + 20 g/L`."""
    symbol, factor, unit = SYMBOLS[limit.op], f"{limit.factor.normalize():f}", unit_label(lab.unit)
    if limit.of is Of.UNIT:
        words = f"{symbol} {factor} {unit}".strip()
        return Text(words, words)
    times = "" if limit.factor == 1 else f"{factor} × "
    plus = f" + {limit.plus.normalize():f} {unit}" if limit.plus else ""
    name = LIMIT_NAMES[limit.of]
    return Text(f"{symbol} {times}{name.en}{plus}", f"{symbol} {times}{name.zh}{plus}")
