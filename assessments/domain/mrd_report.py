"""How the text of an MRD report is read: "<0.01%", "阴性", "1.2E-5". The text itself is always kept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from assessments.domain.mrd import Qualifier, percent
from trialsite.clinical.text import Text

FRACTION, PERCENT = "fraction", "%"

_NOT_DONE = ("notdone", "未做", "未送检", "未检测")
_NOT_EVALUABLE = (
    "notevaluable",
    "notassessable",
    "inadequate",
    "insufficient",
    "无法评估",
    "不可评估",
    "标本不合格",
)
_BELOW_LOQ = ("<loq", "<lloq", "belowloq", "belowlloq", "belowquantification", "notquantifiable",
              "低于定量限", "低于定量下限", "不可定量")  # fmt: skip
_NEGATIVE = ("notdetected", "notdetectable", "undetected", "undetectable", "negative", "neg", "mrd-",
             "<lod", "belowlod",              "阴性", "未检出", "未检测到", "未见")  # fmt: skip
_POSITIVE = ("positive", "pos", "mrd+", "detected", "阳性", "检出")
_NUMBER = re.compile(
    r"(?P<comparator><=|>=|<|>)?"
    r"(?:(?P<number>\d+(?:\.\d+)?|\.\d+)(?:[e](?P<e>[-+]?\d+)|[x*×]10\^?(?P<x>[-+]?\d+))?|10\^(?P<ten>[-+]?\d+))"
    r"(?P<percent>%)?"
)


@dataclass(frozen=True)
class Reading:
    """What a reported text says.

    qualifier None: it cannot be read, and `echo` says what to enter. value: fraction. below: the x of "<x",
    as a fraction. echo: the sentence shown beside the field, so that the person sees how it was understood.
    """

    text: str
    qualifier: Qualifier | None
    value: Decimal | None
    below: Decimal | None
    echo: Text


def read_report(text: str, unit: str = PERCENT) -> Reading:
    """Reads the result of an MRD report as typed.

    unit: `%` or `fraction`, what a bare number is in. A percent sign in the text wins; a power of ten
    without one (1.2E-5) is always a fraction, since nobody reports percent in powers. "<x" alone is read as
    not detected with a limit of at most x. A zero is read as not detected, and no number is stored for it.
    What says two things at once ("阴性 0.5%"), or a ">" or a comma, is not read."""
    if unit not in (FRACTION, PERCENT):
        raise ValueError(f"An MRD number is in % or a fraction, not in {unit!r}.")
    words = _compact(text)
    if not words:
        return _unread(text, Text("Enter the result as reported.", "请按报告原文录入结果。"))
    for qualifier, terms in ((Qualifier.NOT_DONE, _NOT_DONE), (Qualifier.NOT_EVALUABLE, _NOT_EVALUABLE)):
        # "未检测到" (not found) begins like "未检测" (not tested) and means something else.
        if any(term in words.replace("未检测到", "") for term in terms):
            return _worded(text, qualifier)
    said, rest = _said(words)
    if not any(sign.isdigit() for sign in rest):
        return _worded(text, said) if said else _unread(text, _ask_number(rest, words))
    return _numbered(text, said, rest, unit)


def _compact(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower()
    for typed, meant in (("−", "-"), ("–", "-"), ("≤", "<="), ("≥", ">="), ("〈", "<"), ("低于0", "<0")):
        folded = folded.replace(typed, meant)
    folded = re.sub(r"\s+", "", folded)
    # Of a lone 10⁻⁵ only "10-5" is left by now: put the power back.
    return re.sub(r"^(<=|<)?10-(?=\d)", r"\g<1>10^-", folded)


def _said(words: str) -> tuple[Qualifier | None, str]:
    """The qualifier that the words name, and the text without them."""
    for qualifier, terms in ((Qualifier.DETECTED_BELOW_LOQ, _BELOW_LOQ), (Qualifier.NOT_DETECTED, _NEGATIVE)):
        for term in sorted(terms, key=len, reverse=True):
            if term in words:
                return qualifier, _without(words, (*terms, *_POSITIVE))
    positive = any(term in words for term in _POSITIVE)
    return None, _without(words, _POSITIVE) if positive else words


def _without(words: str, terms: tuple[str, ...]) -> str:
    for term in sorted(terms, key=len, reverse=True):
        words = words.replace(term, "")
    return words.strip("()[]:;,。，、mrd")


def _numbered(text: str, said: Qualifier | None, rest: str, unit: str) -> Reading:
    match = _NUMBER.fullmatch(rest)
    if match is None:
        return _unread(
            text,
            Text(
                "This cannot be read as one result. Enter a number such as 0.012 % or 1.2E-5, “<0.01 %”, or "
                "“negative”.",
                "无法读作一个结果。请录入如0.012%、1.2E-5、“<0.01%”或“阴性”。",
            ),
        )
    fraction = _fraction(match, unit)
    if fraction is None or fraction > 1:
        return _unread(
            text,
            Text(
                "This would be more than all cells. Check the unit: 0.01 % is the fraction 0.0001.",
                "数值超过全部细胞。请检查单位：0.01%即分数0.0001。",
            ),
        )
    comparator = match["comparator"] or ""
    if comparator.startswith(">"):
        return _unread(
            text,
            Text(
                "A result “greater than” has no value. Ask the laboratory for the figure.",
                "“大于”结果没有数值，请向实验室索取具体数值。",
            ),
        )
    if comparator:
        return _bounded(text, said or Qualifier.NOT_DETECTED, fraction)
    if fraction == 0:
        return _worded(text, said or Qualifier.NOT_DETECTED)
    if said is not None:
        return _unread(
            text,
            Text(
                "The text says two things: a number, and that there is none. Enter what the report means.",
                "文字与数值相互矛盾，请按报告的实际含义录入。",
            ),
        )
    echo = Text(f"Quantified: {percent(fraction)}.", f"定量：{percent(fraction)}。")
    return Reading(text, Qualifier.QUANTIFIED, fraction, None, echo)


def _fraction(match: re.Match[str], unit: str) -> Decimal | None:
    power = match["e"] or match["x"] or match["ten"] or "0"
    try:
        number = Decimal(f"{match['number'] or 1}e{power}")
    except InvalidOperation:
        return None
    bare_percent = unit == PERCENT and power == "0"
    return number / 100 if match["percent"] or bare_percent else number


def _bounded(text: str, qualifier: Qualifier, fraction: Decimal) -> Reading:
    if fraction == 0:
        return _unread(
            text,
            Text("Nothing is below 0. Enter the limit as reported.", "没有低于0的结果，请录入报告的限值。"),
        )
    shown = percent(fraction)
    if qualifier is Qualifier.NOT_DETECTED:
        echo = Text(f"Not detected; limit of detection at most {shown}.", f"未检出；检测限不高于{shown}。")
    else:
        echo = Text(
            f"Detected below quantification; limit of quantification at most {shown}.",
            f"检出但低于定量限；定量限不高于{shown}。",
        )
    return Reading(text, qualifier, None, fraction, echo)


_ECHO = {
    Qualifier.NOT_DETECTED: Text("Not detected.", "未检出。"),
    Qualifier.DETECTED_BELOW_LOQ: Text("Detected below the limit of quantification.", "检出但低于定量限。"),
    Qualifier.NOT_EVALUABLE: Text("Not evaluable.", "无法评估。"),
    Qualifier.NOT_DONE: Text("Not done.", "未做。"),
}


def _worded(text: str, qualifier: Qualifier) -> Reading:
    return Reading(text, qualifier, None, None, _ECHO[qualifier])


def _ask_number(rest: str, words: str) -> Text:
    if rest != words:
        return Text(
            "Positive, but without a number: enter the value, or “below LOQ” if it could not be quantified.",
            "阳性但没有数值：请录入数值；若无法定量，请录入“低于定量限”。",
        )
    return Text(
        "This is not understood. Enter a number such as 0.012 % or 1.2E-5, “<0.01 %”, or “negative”.",
        "无法识别。请录入如0.012%、1.2E-5、“<0.01%”或“阴性”。",
    )


def _unread(text: str, echo: Text) -> Reading:
    return Reading(text, None, None, None, echo)
