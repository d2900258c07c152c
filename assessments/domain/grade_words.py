"""The sentence of a grade: the result in the standard unit, and the limit that decides or what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from trialsite.clinical.quantity import Quantity
from trialsite.clinical.rules.describe import SYMBOLS
from trialsite.clinical.text import Text
from trialsite.clinical.units import unit_beside

from .ranges import WhyNoLimits
from .terms import FINDING_NAMES, Condition, Finding, Limit, Of

if TYPE_CHECKING:
    from .grading import Judged, Reference

LIMIT_NAMES = {
    Of.UNIT: Text("", ""),
    Of.LLN: Text("LLN", "LLN"),
    Of.ULN: Text("ULN", "ULN"),
    Of.BASELINE: Text("baseline", "基线"),
}
ABSENT = {Finding.ANTICOAGULANT: Text("not on an anticoagulant", "未使用抗凝药")}
NO_LIMITS = {
    WhyNoLimits.NO_RANGE: Text("no range of the site is in force on this day", "该日无本中心生效的参考范围"),
    WhyNoLimits.SEX_UNKNOWN: Text(
        "the range depends on the sex, which is not recorded", "参考范围因性别而异，性别未记录"
    ),
    WhyNoLimits.AGE_UNKNOWN: Text(
        "the range depends on the age, which is not exact", "参考范围因年龄而异，年龄不确切"
    ),
}
NOT_PRINTED = Text("the report printed no range", "报告单未打印参考范围")


def sentence(judged: Judged) -> Text:
    """`Neutrophil count decreased: 0.4 10⁹/L; grade 4 is < 0.5.`"""
    name = judged.term.name
    if judged.value is None:
        return Text(f"{name.en}: no result.", f"{name.zh}：无结果。")
    shown = f"{in_canonical_unit(judged.value)} {unit_beside(judged.term.unit)}".strip()
    why = still_open(judged) if judged.grade is None else reached(judged, judged.grade)
    return Text(f"{name.en}: {shown}; {why.en}.", f"{name.zh}：{shown}；{why.zh}。")


def in_canonical_unit(value: Quantity | Decimal) -> str:
    if isinstance(value, Decimal):
        return f"{value}"
    if value.canonical is None:
        return value.text
    return f"{value.comparator}{round(value.canonical, 4).normalize():f}"


def reached(judged: Judged, grade: int) -> Text:
    """The limit that gives the grade: `grade 3 is > 5 × ULN 40`."""
    if grade == 0:
        return Text("no grade is reached", "未达到分级标准")
    said = [condition_words(each, judged.reference) for each in judged.reached]
    en, zh = " or ".join(each.en for each in said), "或".join(each.zh for each in said)
    return Text(f"grade {grade} is {en}", f"{grade}级为{zh}")


def condition_words(condition: Condition, reference: Reference) -> Text:
    limits = [limit_words(limit, reference) for limit in condition.limits]
    if condition.finding is not None:
        limits.append(finding_words(condition))
    return Text(" and ".join(each.en for each in limits), "且".join(each.zh for each in limits))


def finding_words(condition: Condition) -> Text:
    assert condition.finding is not None
    return FINDING_NAMES[condition.finding] if condition.present else ABSENT[condition.finding]


def limit_words(limit: Limit, reference: Reference) -> Text:
    if limit.of is Of.UNIT:
        plain = f"{SYMBOLS[limit.op]} {limit.factor}"
        return Text(plain, plain)
    times = "" if limit.factor == 1 else f"{limit.factor} × "
    base = reference.base(limit.of)
    number = "" if base is None else f" {base.normalize():f}"
    plus = f" {'+' if limit.plus > 0 else '−'} {abs(limit.plus)}" if limit.plus else ""
    name = LIMIT_NAMES[limit.of]
    return Text(
        f"{SYMBOLS[limit.op]} {times}{name.en}{number}{plus}",
        f"{SYMBOLS[limit.op]} {times}{name.zh}{number}{plus}",
    )


def still_open(judged: Judged) -> Text:
    """Why a grade is open, with the grades that it may be; those below the lowest are excluded."""
    grades = sorted(judged.possible)
    why = joined(list(open_reasons(judged)), "; ", "；")
    en, zh = listed(grades, ", ", " or "), "、".join(str(one) for one in grades)
    if judged.term.decided_by is not None and not judged.lacking:
        decided = judged.term.decided_by
        return Text(
            f"not gradable by the number, because CTCAE gives no cut-off: {decided.en}",
            f"无法按数值分级，因为CTCAE未规定界值：{decided.zh}",
        )
    if grades[0] == 0:
        return Text(
            f"not gradable, because {why.en} (may be grade {en})", f"无法分级，因为{why.zh}（可能为{zh}级）"
        )
    return Text(f"grade {en}: open, because {why.en}", f"{zh}级待定，因为{why.zh}")


def open_reasons(judged: Judged) -> Iterable[Text]:
    """What is not known: a limit, whether the baseline was normal, a finding; else the result is not exact enough."""
    reference, found = judged.reference, False
    limits = [of for of in judged.lacking if of is not Of.BASELINE]
    if limits and reference.not_printed:
        yield NOT_PRINTED
    elif limits and reference.why is not None:
        yield NO_LIMITS[reference.why]
    elif limits:
        names = [LIMIT_NAMES[of] for of in limits]
        yield Text(f"{both(names).en} {are(names)} not recorded", f"{both(names).zh}未记录")
    if Of.BASELINE in judged.lacking:
        yield Text("there is no value before treatment", "无治疗前数值")
    if len({id(case.rows) for case in judged.cases}) > 1:
        yield Text("the report of the baseline printed no range", "基线报告单未打印参考范围")
        found = True
    if judged.unsaid:
        names = [FINDING_NAMES[one] for one in judged.unsaid]
        words = joined(names, ", ", "、")
        yield Text(f"it is not recorded whether: {words.en}", f"未记录是否：{words.zh}")
    if not (judged.lacking or judged.unsaid or found):
        yield Text("the result is not exact enough", "结果不够精确")


def both(names: Sequence[Text]) -> Text:
    return joined(names, " and ", "和")


def are(names: Sequence[Text]) -> str:
    return "is" if len(names) == 1 else "are"


def joined(texts: Sequence[Text], en: str, zh: str) -> Text:
    return Text(en.join(each.en for each in texts), zh.join(each.zh for each in texts))


def listed(numbers: Sequence[int], comma: str, last: str) -> str:
    words = [str(one) for one in numbers]
    return last.join([comma.join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
