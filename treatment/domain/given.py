"""Doses given against doses prescribed, and prescribed against planned."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.body import round_half_up
from trialsite.clinical.text import Text
from trialsite.studies.domain.dose_plan import PLAIN_TOLERANCE, DoseTolerance


class DoseReason(StrEnum):
    """Why less or more was prescribed or given."""

    TOX = "TOX"
    CAP = "CAP"
    OBESITY = "OBESITY"
    RENAL = "RENAL"
    HEPATIC = "HEPATIC"
    ERROR = "ERROR"
    OTHER = "OTHER"


REASON_SAYS = {
    DoseReason.TOX: Text("toxicity", "毒性"),
    DoseReason.CAP: Text("the cap", "剂量上限"),
    DoseReason.RENAL: Text("renal function", "肾功能"),
    DoseReason.HEPATIC: Text("hepatic function", "肝功能"),
}
# Reasons for which the protocol allows to prescribe less than planned.
MODIFICATION_REASONS = frozenset(REASON_SAYS)


class DoseClass(StrEnum):
    """What a difference between two doses calls for."""

    SILENT = "SILENT"
    QUERY = "QUERY"
    DEVIATION = "DEVIATION"
    MODIFICATION = "MODIFICATION"
    NOT_COMPARABLE = "NOT_COMPARABLE"


@dataclass(frozen=True)
class DoseComparison:
    """The class, the difference in percent of the dose it is measured by (signed, exact), and a sentence."""

    kind: DoseClass
    difference_pct: Decimal | None
    sentence: Text


def compare_given(
    given: Decimal | None, prescribed: Decimal | None, tolerance: DoseTolerance = PLAIN_TOLERANCE
) -> DoseComparison:
    """The dose given against the rounded dose prescribed, both in one unit; None is not recorded.

    Above the tolerances of the protocol a difference is a query, then a deviation. Nothing given is 0, and then the
    difference is -100 %."""
    return _compare(given, prescribed, tolerance, "given", "实际给药")


def compare_prescribed(
    prescribed: Decimal | None,
    planned: Decimal | None,
    reason: DoseReason | None = None,
    tolerance: DoseTolerance = PLAIN_TOLERANCE,
) -> DoseComparison:
    """The dose prescribed against the dose planned; less, for an allowed reason, is a modification."""
    compared = _compare(prescribed, planned, tolerance, "prescribed", "医嘱剂量")
    lower = compared.difference_pct is not None and compared.difference_pct < 0
    if lower and reason in MODIFICATION_REASONS:
        assert reason is not None
        why = REASON_SAYS[reason]
        sentence = Text(f"Reduced ({why.en}): a modification.", f"因{why.zh}减量：剂量调整。")
        return DoseComparison(DoseClass.MODIFICATION, compared.difference_pct, sentence)
    return compared


def relative_dose_intensity(given: Decimal, planned: Decimal) -> Decimal | None:
    """All that was given as a fraction of all that was planned; None when nothing was planned."""
    return given / planned if planned else None


def _compare(
    actual: Decimal | None, wanted: Decimal | None, tolerance: DoseTolerance, verb: str, verb_zh: str
) -> DoseComparison:
    if actual is None or wanted is None:
        missing = Text("One of the doses is not recorded.", "缺少剂量记录。")
        return DoseComparison(DoseClass.NOT_COMPARABLE, None, missing)
    if wanted == 0:
        kind = DoseClass.SILENT if actual == 0 else DoseClass.DEVIATION
        return DoseComparison(kind, None, Text("No dose was expected.", "不应给药。"))
    difference = (actual - wanted) * 100 / wanted
    # The bounds are compared as products: exact where the quotient is not.
    beyond = abs(actual - wanted) * 100
    if beyond <= tolerance.query_above_pct * wanted:
        kind = DoseClass.SILENT
    else:
        within = beyond <= tolerance.deviation_above_pct * wanted
        kind = DoseClass.QUERY if within else DoseClass.DEVIATION
    return DoseComparison(kind, difference, _difference_words(actual, difference, verb, verb_zh))


def _difference_words(actual: Decimal, difference: Decimal, verb: str, verb_zh: str) -> Text:
    if actual == 0:
        return Text(f"None was {verb}.", f"{verb_zh}为零。")
    shown = round_half_up(abs(difference), 1)
    more, more_zh = ("less", "偏低") if difference < 0 else ("more", "偏高")
    return Text(f"{shown} % {more} was {verb}.", f"{verb_zh}{more_zh}{shown}%。")
