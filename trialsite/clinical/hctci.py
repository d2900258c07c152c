"""Haematopoietic cell transplantation comorbidity index (HCT-CI): 17 items, points, and what is still open.

Items, definitions and points after Sorror et al., Blood 2005;106:2912, as tabulated in NCI PDQ. Items that
are not answered leave the score between two bounds; the lower one decides when it is high enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.facts import Fact, ItemAddress
from trialsite.clinical.kleene import Truth, any_of
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.text import Text

Number = Quantity | Decimal | None


@dataclass(frozen=True)
class HctciItem:
    """One comorbidity: its definition, its points, and the worse item of the same organ that replaces it."""

    key: str
    points: int
    label: Text
    definition: Text
    replaced_by: str = ""


def _item(
    key: str, points: int, label: tuple[str, str], definition: tuple[str, str], replaced_by: str = ""
) -> HctciItem:
    return HctciItem(key, points, Text(*label), Text(*definition), replaced_by)


ITEMS: tuple[HctciItem, ...] = (
    _item(
        "arrhythmia",
        1,
        ("Arrhythmia", "心律失常"),
        (
            "Atrial fibrillation or flutter, sick sinus syndrome, ventricular arrhythmia",
            "心房颤动或扑动、病态窦房结综合征、室性心律失常",
        ),
    ),
    _item(
        "cardiac",
        1,
        ("Cardiac", "心脏疾病"),
        (
            "Coronary artery disease, congestive heart failure, myocardial infarction, or EF ≤ 50 %",
            "冠心病、充血性心力衰竭、心肌梗死，或射血分数 ≤ 50 %",
        ),
    ),
    _item(
        "ibd",
        1,
        ("Inflammatory bowel disease", "炎症性肠病"),
        ("Crohn's disease or ulcerative colitis", "克罗恩病或溃疡性结肠炎"),
    ),
    _item(
        "diabetes",
        1,
        ("Diabetes", "糖尿病"),
        (
            "Treated with insulin or an oral agent, not by diet alone",
            "需胰岛素或口服降糖药治疗（单纯饮食控制除外）",
        ),
    ),
    _item(
        "cerebrovascular",
        1,
        ("Cerebrovascular disease", "脑血管疾病"),
        ("Transient ischaemic attack or cerebrovascular accident", "短暂性脑缺血发作或脑血管意外"),
    ),
    _item(
        "psychiatric",
        1,
        ("Psychiatric disturbance", "精神障碍"),
        ("Depression or anxiety needing consultation or treatment", "需会诊或治疗的抑郁或焦虑"),
    ),
    _item(
        "hepatic_mild",
        1,
        ("Hepatic, mild", "肝脏疾病（轻度）"),
        (
            "Chronic hepatitis, bilirubin > ULN to 1.5 × ULN, or AST/ALT > ULN to 2.5 × ULN",
            "慢性肝炎、胆红素 > ULN 至 1.5 × ULN，或 AST/ALT > ULN 至 2.5 × ULN",
        ),
        replaced_by="hepatic_severe",
    ),
    _item("obesity", 1, ("Obesity", "肥胖"), ("Body mass index > 35 kg/m²", "体重指数 > 35 kg/m²")),
    _item(
        "infection",
        1,
        ("Infection", "感染"),
        (
            "Requiring antimicrobial treatment before, during and after the start of conditioning",
            "预处理开始前、期间及之后均需抗微生物治疗",
        ),
    ),
    _item(
        "rheumatologic",
        2,
        ("Rheumatologic", "风湿性疾病"),
        (
            "Systemic lupus, rheumatoid arthritis, polymyositis, mixed connective tissue disease, "
            "polymyalgia rheumatica",
            "系统性红斑狼疮、类风湿关节炎、多发性肌炎、混合性结缔组织病、风湿性多肌痛",
        ),
    ),
    _item("peptic_ulcer", 2, ("Peptic ulcer", "消化性溃疡"), ("Requiring treatment", "需要治疗")),
    _item(
        "renal",
        2,
        ("Renal, moderate or severe", "肾脏疾病（中/重度）"),
        (
            "Creatinine > 2 mg/dL (176.8 µmol/L), dialysis, or kidney transplant",
            "肌酐 > 2 mg/dL（176.8 µmol/L）、透析或肾移植",
        ),
    ),
    _item(
        "pulmonary_moderate",
        2,
        ("Pulmonary, moderate", "肺部疾病（中度）"),
        (
            "DLCO and/or FEV1 above 65 % to 80 % of predicted, or dyspnoea on slight activity",
            "DLCO 和/或 FEV1 为预计值的 65 %（不含）至 80 %，或轻微活动后呼吸困难",
        ),
        replaced_by="pulmonary_severe",
    ),
    _item(
        "solid_tumour",
        3,
        ("Prior solid malignancy", "既往实体肿瘤"),
        (
            "Treated at any time, non-melanoma skin cancer excluded",
            "任何时间曾接受治疗（非黑色素瘤皮肤癌除外）",
        ),
    ),
    _item(
        "heart_valve",
        3,
        ("Heart valve disease", "心脏瓣膜病"),
        ("Except asymptomatic mitral valve prolapse", "无症状二尖瓣脱垂除外"),
    ),
    _item(
        "pulmonary_severe",
        3,
        ("Pulmonary, severe", "肺部疾病（重度）"),
        (
            "DLCO and/or FEV1 ≤ 65 % of predicted, dyspnoea at rest, or oxygen",
            "DLCO 和/或 FEV1 ≤ 预计值的 65 %、静息时呼吸困难或需要吸氧",
        ),
    ),
    _item(
        "hepatic_severe",
        3,
        ("Hepatic, moderate or severe", "肝脏疾病（中/重度）"),
        (
            "Liver cirrhosis, bilirubin > 1.5 × ULN, or AST/ALT > 2.5 × ULN",
            "肝硬化、胆红素 > 1.5 × ULN，或 AST/ALT > 2.5 × ULN",
        ),
    ),
)
BY_KEY = {item.key: item for item in ITEMS}
MAXIMUM_SCORE = 26  # 29 points less the two milder items of the exclusive pairs


class HctciRisk(StrEnum):
    """Risk group: score 0, 1 to 2, 3 or more."""

    LOW = "LOW"
    INTERMEDIATE = "INTERMEDIATE"
    HIGH = "HIGH"


@dataclass(frozen=True)
class HctciMeasures:
    """The measured part of the items; None where it was not measured.

    Percentages of predicted for FEV1 and DLCO (haemoglobin-corrected); bilirubin and transaminases each in
    the unit of its own ULN; creatinine in µmol/L; BMI in kg/m².
    """

    lvef_pct: Number = None
    bmi: Number = None
    creatinine_umol_l: Number = None
    fev1_pct: Number = None
    dlco_pct: Number = None
    bilirubin: Number = None
    bilirubin_uln: Decimal | None = None
    alt: Number = None
    alt_uln: Decimal | None = None
    ast: Number = None
    ast_uln: Decimal | None = None


@dataclass(frozen=True)
class ItemScore:
    """What one item gives: whether it is present, its points at least and at most, and why."""

    key: str
    truth: Truth
    points_low: int
    points_high: int
    reason: str


@dataclass(frozen=True)
class HctciScore:
    """The score within bounds. complete: nothing is open that could change it; open_items: what could."""

    score_low: int
    score_high: int
    items: tuple[ItemScore, ...]
    open_items: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.open_items

    @property
    def score(self) -> int | None:
        """The score once it is complete."""
        return self.score_low if self.complete else None

    @property
    def risk(self) -> HctciRisk | None:
        """The risk group as soon as both bounds lie in it."""
        low, high = _risk(self.score_low), _risk(self.score_high)
        return low if low is high else None

    def as_fact(self, source: ItemAddress | None = None) -> Fact:
        """The score for rules; incomplete it is `>=` the lower bound, so that it is below no limit.

        Thus `hctci < 3` is FALSE as soon as 3 points are known, and UNKNOWN while items are open below 3.
        """
        counted = [item for item in self.items if item.points_low]
        working = " + ".join(f"{BY_KEY[item.key].label} {item.points_low}" for item in counted) or "0"
        comparator = "" if self.complete else ">="
        return Fact(self.score_low, comparator=comparator, source=source, working=working)


def hctci_score(
    answers: Mapping[str, bool | None],
    measures: HctciMeasures | None = None,
    *,
    before_treatment: bool = False,
) -> HctciScore:
    """The HCT-CI from the answered items and the measurements behind some of them.

    answers: item key → whether the condition is present, None or absent when not answered. An item with a
    measured part (cardiac, obesity, hepatic, renal, pulmonary) is present when either part is, absent only
    when both are known absent; obesity is decided by BMI alone where it is known, and answers it otherwise.
    Of a mild and a severe item of one organ only the severe counts. before_treatment: the item infection
    cannot apply yet and counts 0, to be scored again before transplantation (assumption).
    ValueError for an answer to an item that does not exist.
    """
    strange = sorted(set(answers) - set(BY_KEY))
    if strange:
        raise ValueError(f"HCT-CI has no item “{strange[0]}”.")
    if before_treatment:
        answers = {**answers, "infection": False}
    given = {key: Truth.of(answers.get(key)) for key in BY_KEY}
    measured = _measured(measures or HctciMeasures())
    truths = {key: _present(key, given[key], measured) for key in BY_KEY}
    items = tuple(_score(item, truths, given, measured) for item in ITEMS)
    return HctciScore(
        score_low=_total(truths, (Truth.TRUE,)),
        score_high=_total(truths, (Truth.TRUE, Truth.UNKNOWN)),
        items=items,
        open_items=tuple(item.key for item in items if item.points_low != item.points_high),
    )


@dataclass(frozen=True)
class _Finding:
    """One measured part of an item: whether it makes the item present, and the comparison in words."""

    truth: Truth
    words: str


def _measured(measures: HctciMeasures) -> dict[str, tuple[_Finding, ...]]:
    """The measured parts by item. Mild items have no upper limit here: the severe item replaces them."""
    lungs = (("FEV1", measures.fev1_pct), ("DLCO", measures.dlco_pct))
    return {
        "cardiac": (_finding("LVEF", measures.lvef_pct, "<=", Decimal(50), "%"),),
        "obesity": (_finding("BMI", measures.bmi, ">", Decimal(35), "kg/m²"),),
        # 2 mg/dL × 88.4 = 176.8 µmol/L
        "renal": (_finding("creatinine", measures.creatinine_umol_l, ">", Decimal("176.8"), "µmol/L"),),
        "pulmonary_moderate": tuple(_finding(name, pct, "<=", Decimal(80), "%") for name, pct in lungs),
        "pulmonary_severe": tuple(_finding(name, pct, "<=", Decimal(65), "%") for name, pct in lungs),
        "hepatic_mild": _liver(measures, Decimal(1), Decimal(1)),
        "hepatic_severe": _liver(measures, Decimal("1.5"), Decimal("2.5")),
    }


def _liver(measures: HctciMeasures, bilirubin_times: Decimal, enzyme_times: Decimal) -> tuple[_Finding, ...]:
    return (
        _times_uln("bilirubin", measures.bilirubin, bilirubin_times, measures.bilirubin_uln),
        _times_uln("AST", measures.ast, enzyme_times, measures.ast_uln),
        _times_uln("ALT", measures.alt, enzyme_times, measures.alt_uln),
    )


def _times_uln(name: str, value: Number, times: Decimal, uln: Decimal | None) -> _Finding:
    limit = None if uln is None else times * uln
    return _Finding(compare(value, ">", limit), f"{name} {_shown(value)} > {times} × ULN {_shown(uln)}")


def _finding(name: str, value: Number, op: str, limit: Decimal, unit: str) -> _Finding:
    sign = "≤" if op == "<=" else op
    return _Finding(compare(value, op, limit), f"{name} {_shown(value)} {sign} {limit} {unit}")


def _shown(value: Number) -> str:
    return "not recorded" if value is None else str(value)


def _present(key: str, answer: Truth, measured: Mapping[str, tuple[_Finding, ...]]) -> Truth:
    findings = [finding.truth for finding in measured.get(key, ())]
    if key == "obesity":  # nothing but the measurement itself
        return findings[0] if findings[0].known else answer
    return any_of((answer, *findings))


def _score(
    item: HctciItem,
    truths: Mapping[str, Truth],
    given: Mapping[str, Truth],
    measured: dict[str, tuple[_Finding, ...]],
) -> ItemScore:
    truth = truths[item.key]
    if item.replaced_by and truths[item.replaced_by] is Truth.TRUE:
        return ItemScore(item.key, truth, 0, 0, f"counted as: {BY_KEY[item.replaced_by].label}")
    low = item.points if truth is Truth.TRUE else 0
    high = item.points if truth is not Truth.FALSE else 0
    return ItemScore(item.key, truth, low, high, _reason(truth, given[item.key], measured.get(item.key, ())))


def _reason(truth: Truth, answer: Truth, findings: tuple[_Finding, ...]) -> str:
    if truth is Truth.TRUE:
        found = [finding.words for finding in findings if finding.truth is Truth.TRUE]
        return "; ".join(found) or "recorded as present"
    if truth is Truth.FALSE:
        return "absent"
    unclear = [] if answer.known else ["not answered"]
    return "; ".join(unclear + [f"unclear whether {each.words}" for each in findings if not each.truth.known])


def _total(truths: Mapping[str, Truth], counted: tuple[Truth, ...]) -> int:
    """The sum over organs, the worse item of a pair alone counting."""
    organs: dict[str, int] = {}
    for item in ITEMS:
        if truths[item.key] in counted:
            organ = item.replaced_by or item.key
            organs[organ] = max(organs.get(organ, 0), item.points)
    return sum(organs.values())


def _risk(score: int) -> HctciRisk:
    if score == 0:
        return HctciRisk.LOW
    return HctciRisk.INTERMEDIATE if score < 3 else HctciRisk.HIGH
