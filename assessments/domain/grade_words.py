"""What a grade of a CTCAE term means in short words; of a laboratory term its limits, as the grading reads them.

Source: CTCAE v5.0; the wordings are ours."""

from __future__ import annotations

from trialsite.clinical.ctcae import grade_wording, named
from trialsite.clinical.rules.describe import SYMBOLS
from trialsite.clinical.text import Text
from trialsite.clinical.units import unit_label

from .grading import TERMS, Limit, Of
from .grading import Term as LabTerm


def grade_words(term: str, grade: int) -> Text:
    """The words of a grade (1 to 5). A grade that numbers alone do not give has those of the clinical terms."""
    known = named(term)
    lab = next((one for one in TERMS.values() if known is not None and one.name.en == known.name.en), None)
    row = next((one for one in lab.rows if one.grade == grade), None) if lab else None
    if lab is None or row is None:
        return grade_wording(term, grade)
    limits = [limit_words(lab, limit) for limit in row.limits]
    return Text(" or ".join(one.en for one in limits), "或".join(one.zh for one in limits))


def limit_words(lab: LabTerm, limit: Limit) -> Text:
    """A limit: `< 0.5 ×10⁹/L`, `> 5 × ULN`."""
    symbol, factor = SYMBOLS[limit.op], f"{limit.factor.normalize():f}"
    if limit.of is Of.UNIT:
        words = f"{symbol} {factor} {unit_label(lab.unit)}".strip()
        return Text(words, words)
    times = "" if limit.factor == 1 else f"{factor} × "
    english, chinese = (limit.of.value, "基线" if limit.of is Of.BASELINE else limit.of.value)
    return Text(f"{symbol} {times}{english}", f"{symbol} {times}{chinese}")
