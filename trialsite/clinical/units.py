"""Units in which a result may be entered, and their exact conversion to the canonical (SI) unit.

A result is converted once, on entry; the entered number and unit are kept. A unit that is not in the
analyte's list is refused. Unit codes are UCUM codes; `unit_label` gives what a reader expects to see.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from trialsite.clinical.refusal import Refusal
from trialsite.clinical.text import Text
from trialsite.clinical.ucum import scale

ONE = Decimal(1)


class UnitError(Refusal):
    """A unit, or an analyte, that the conversion table does not hold."""


@dataclass(frozen=True)
class AcceptedUnit:
    """A unit of entry: canonical = (entered - minus) × times ÷ over, all exact decimals.

    source: where the factor comes from, `general-knowledge` (conversions by molar mass in common laboratory use, given
    in this table) or `derived` (scales and definitions, from `ucum`).
    """

    code: str
    times: Decimal = ONE
    over: Decimal = ONE
    minus: Decimal = Decimal(0)
    source: str = "derived"


@dataclass(frozen=True)
class Analyte:
    """A measured quantity, its canonical unit and the units in which a site may enter it."""

    key: str
    label: Text
    canonical: str
    units: tuple[AcceptedUnit, ...]


def _entry(key: str, en: str, zh: str, canonical: str, *others: AcceptedUnit | str) -> tuple[str, Analyte]:
    """A line of the table; a unit that is only a code is a matter of scale."""
    units = (each if isinstance(each, AcceptedUnit) else _scaled(each, canonical) for each in others)
    return key, Analyte(key, Text(en, zh), canonical, (AcceptedUnit(canonical), *units))


def _scaled(code: str, canonical: str) -> AcceptedUnit:
    """A unit that measures the same on another scale; divided where it is the finer one, so that it stays exact."""
    times = scale(code, canonical)
    if times < 1:
        return AcceptedUnit(code, over=scale(canonical, code))
    return AcceptedUnit(code, times=times)


def _times(code: str, factor: str) -> AcceptedUnit:
    """A unit with a given factor, by which an entry is multiplied."""
    return AcceptedUnit(code, times=Decimal(factor), source="general-knowledge")


def _over(code: str, factor: str) -> AcceptedUnit:
    """A unit with a given factor, by which an entry is divided."""
    return AcceptedUnit(code, over=Decimal(factor), source="general-knowledge")


def _count(key: str, en: str, zh: str) -> tuple[str, Analyte]:
    return _entry(key, en, zh, "10*9/L", "10*3/uL", "/uL", "/mm3")


def _enzyme(key: str, en: str, zh: str) -> tuple[str, Analyte]:
    return _entry(key, en, zh, "U/L", "[IU]/L")


def _electrolyte(key: str, en: str, zh: str) -> tuple[str, Analyte]:
    return _entry(key, en, zh, "mmol/L", AcceptedUnit("meq/L"))


ANALYTES: dict[str, Analyte] = dict(
    (
        _entry("creatinine", "Creatinine", "肌酐", "umol/L", _times("mg/dL", "88.4")),
        _entry("bilirubin", "Total bilirubin", "总胆红素", "umol/L", _times("mg/dL", "17.1")),
        _entry("bilirubin_direct", "Direct bilirubin", "直接胆红素", "umol/L", _times("mg/dL", "17.1")),
        _entry("haemoglobin", "Haemoglobin", "血红蛋白", "g/L", "g/dL"),
        _entry("glucose", "Glucose", "葡萄糖", "mmol/L", _over("mg/dL", "18.016")),
        # In mg/dL urea is reported as urea nitrogen (BUN); in China the mmol/L figure is called BUN too.
        _entry("urea", "Urea (BUN)", "尿素（BUN）", "mmol/L", _over("mg/dL", "2.801")),
        _entry("uric_acid", "Uric acid", "尿酸", "umol/L", _times("mg/dL", "59.48")),
        _entry("calcium", "Calcium", "钙", "mmol/L", _over("mg/dL", "4.008")),
        _entry("calcium_ionised", "Ionised calcium", "离子钙", "mmol/L", _over("mg/dL", "4.008")),
        _entry(
            "calcium_corrected", "Calcium, corrected for albumin", "校正钙", "mmol/L", _over("mg/dL", "4.008")
        ),
        _entry("magnesium", "Magnesium", "镁", "mmol/L", _over("mg/dL", "2.431")),
        _entry("phosphate", "Phosphate", "磷", "mmol/L", _over("mg/dL", "3.097")),
        _entry("albumin", "Albumin", "白蛋白", "g/L", "g/dL"),
        _entry("triglycerides", "Triglycerides", "甘油三酯", "mmol/L", _over("mg/dL", "88.57")),
        _entry("cholesterol", "Cholesterol", "胆固醇", "mmol/L", _over("mg/dL", "38.67")),
        _entry("fibrinogen", "Fibrinogen", "纤维蛋白原", "g/L", "mg/dL"),
        _count("wbc", "White blood cells", "白细胞"),
        _count("anc", "Neutrophils", "中性粒细胞绝对值"),
        _count("lymphocytes", "Lymphocytes", "淋巴细胞绝对值"),
        _count("cd4", "CD4 lymphocytes", "CD4⁺淋巴细胞"),
        _entry("neutrophils_pct", "Neutrophils, share", "中性粒细胞百分比", "%"),
        _entry("bands_pct", "Band neutrophils, share", "杆状核粒细胞百分比", "%"),
        _count("platelets", "Platelets", "血小板"),
        _electrolyte("potassium", "Potassium", "钾"),
        _electrolyte("sodium", "Sodium", "钠"),
        _electrolyte("chloride", "Chloride", "氯"),
        _enzyme("alt", "ALT", "丙氨酸氨基转移酶"),
        _enzyme("ast", "AST", "天门冬氨酸氨基转移酶"),
        _enzyme("alp", "Alkaline phosphatase", "碱性磷酸酶"),
        _enzyme("ggt", "GGT", "γ-谷氨酰转移酶"),
        _enzyme("ldh", "LDH", "乳酸脱氢酶"),
        _enzyme("amylase", "Amylase", "淀粉酶"),
        _enzyme("lipase", "Lipase", "脂肪酶"),
        _enzyme("ck", "Creatine kinase", "肌酸激酶"),
        _entry("inr", "INR", "国际标准化比值", "{INR}"),
        _entry("aptt", "aPTT", "活化部分凝血活酶时间", "s"),
        _entry("crp", "C-reactive protein", "C反应蛋白", "mg/L", "mg/dL"),
        _entry("ferritin", "Ferritin", "铁蛋白", "ug/L", "ng/mL"),
        _entry("igg", "Immunoglobulin G", "免疫球蛋白G", "g/L", "mg/dL"),
        _entry("methotrexate", "Methotrexate", "甲氨蝶呤", "umol/L", _over("mg/L", "0.45444")),
        _entry("weight", "Weight", "体重", "kg"),
        _entry("height", "Height", "身高", "cm", "m"),
        _entry(
            "temperature",
            "Temperature",
            "体温",
            "Cel",
            AcceptedUnit("[degF]", times=Decimal(5), over=Decimal(9), minus=Decimal(32)),
        ),
        _entry("pulse", "Pulse", "脉搏", "/min"),
        _entry("respiratory_rate", "Respiratory rate", "呼吸频率", "/min"),
        _entry("systolic", "Systolic blood pressure", "收缩压", "mm[Hg]"),
        _entry("diastolic", "Diastolic blood pressure", "舒张压", "mm[Hg]"),
        _entry("qtcf", "QTcF", "QTcF", "ms"),
        _entry("lvef", "Left ventricular ejection fraction", "左心室射血分数", "%"),
        _entry("spo2", "Oxygen saturation", "血氧饱和度", "%"),
        _entry("rbc", "Red blood cells", "红细胞", "10*12/L", "10*6/uL"),
        _entry("blasts", "Blasts", "原始细胞", "%"),
        _entry("pb_blasts", "Blasts in blood, share", "外周血原始细胞百分比", "%"),
        _entry("csf_wbc", "White cells in CSF", "脑脊液白细胞", "/uL", "10*6/L"),
        _entry("csf_rbc", "Red cells in CSF", "脑脊液红细胞", "/uL", "10*6/L"),
        # Laboratories report percent; rules work on the fraction, which is one hundredth of it.
        _entry("mrd", "MRD", "微小残留病", "%", "{fraction}"),
    )
)

_LABELS = {
    "umol/L": "µmol/L",
    "ug/L": "µg/L",
    "ug": "µg",
    "10*9/L": "10⁹/L",
    "10*6/L": "10⁶/L",
    "10*12/L": "10¹²/L",
    "10*6/uL": "10⁶/µL",
    "{fraction}": "fraction",
    "10*3/uL": "10³/µL",
    "/uL": "/µL",
    "/mm3": "/mm³",
    "meq/L": "mEq/L",
    "[IU]/L": "IU/L",
    "{INR}": "INR",
    "Cel": "°C",
    "[degF]": "°F",
    "mm[Hg]": "mmHg",
    "m2": "m²",
    "kg/m2": "kg/m²",
}

RATIOS = {"{INR}"}

# What sites and analysers write for the codes above, in the spelling that `_spelling` leaves.
_SYNONYMS = {
    "iu/l": "[iu]/l",
    "k/ul": "10*3/ul",
    "°c": "cel",
    "°f": "[degf]",
    "mmhg": "mm[hg]",
    "": "{inr}",
    "inr": "{inr}",
    "1": "{inr}",
    "fraction": "{fraction}",
    "sec": "s",
    "bpm": "/min",
    "次/分": "/min",
    "cells/ul": "/ul",
}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def analyte(key: str) -> Analyte:
    """The analyte of that key; UnitError when the table has none."""
    try:
        return ANALYTES[key]
    except KeyError:
        raise UnitError(
            "unknown-analyte", "“{analyte}” has no entry in the unit table.", analyte=key
        ) from None


def canonical_unit(key: str) -> str:
    """The code of the analyte's canonical unit; UnitError when the table does not hold the analyte."""
    return analyte(key).canonical


def unit_label(code: str) -> str:
    """How a unit code is shown on screens: `umol/L` as µmol/L."""
    return _LABELS.get(code, code)


def unit_beside(code: str) -> str:
    """What stands beside a number on screens: its unit; nothing beside a ratio, which has none."""
    return "" if code in RATIOS else unit_label(code)


def accepted_unit(analyte_key: str, unit: str) -> AcceptedUnit:
    """The analyte's unit meant by a code or a usual spelling (`µmol/L`, `x10^9/L`); else UnitError."""
    found = analyte(analyte_key)
    wanted = _spelling(unit)
    wanted = _SYNONYMS.get(wanted, wanted)
    for accepted in found.units:
        if _spelling(accepted.code) == wanted:
            return accepted
    raise UnitError(
        "unit-not-accepted",
        "{analyte} is not accepted in “{unit}”. Accepted: {accepted}.",
        analyte=found.label,
        unit=unit,
        accepted=", ".join(unit_label(each.code) for each in found.units),
    )


def to_canonical(analyte_key: str, value: Decimal, unit: str) -> Decimal:
    """The value in the analyte's canonical unit, unrounded; UnitError when the unit is not in its list."""
    accepted = accepted_unit(analyte_key, unit)
    return (value - accepted.minus) * accepted.times / accepted.over


def from_canonical(analyte_key: str, canonical: Decimal, unit: str) -> Decimal:
    """A canonical value in another of the analyte's units, for display; unrounded."""
    accepted = accepted_unit(analyte_key, unit)
    return canonical * accepted.over / accepted.times + accepted.minus


def _spelling(unit: str) -> str:
    """A unit without the differences that mean nothing: case, spaces, kind of µ, way to write a power."""
    raised = re.sub("(?<=10)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: "*" + power[1].translate(_SUPERSCRIPTS), unit)
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", raised)).casefold().replace("μ", "u")
    folded = re.sub(r"^[×x*](?=10)", "", folded)
    return re.sub(r"(?<=10)(?:\^|e|\*\*)(?=[0-9])", "*", folded).replace("mm^3", "mm3")
