"""What hospitals print for an analyte, in Chinese and English: from a printed name to the key of the unit table.

Source of the names: usual abbreviations of Chinese hospital reports (general-knowledge). A name is taken whole or not
at all: "离子钙 Ca" is no calcium, because one of its parts is not known. What is not known waits for a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from trialsite.clinical.units import ANALYTES

from ..laboratory.panels import PANELS

NAMES: dict[str, tuple[str, ...]] = {
    "wbc": ("WBC", "白细胞", "白细胞数", "白细胞总数", "leukocytes", "white blood cell"),
    "anc": ("ANC", "NEUT#", "NE#", "NEU#", "GRAN#", "GR#", "中性粒细胞数", "中性粒细胞#", "NEUT", "NE", "NEU",
            "中性粒细胞", "嗜中性粒细胞", "中性粒细胞绝对数", "neutrophil count"),
    "lymphocytes": ("LYM#", "LYMPH#", "LY#", "淋巴细胞数", "淋巴细胞#", "LYM", "LYMPH", "LY", "淋巴细胞",
                    "淋巴细胞绝对数", "lymphocyte"),
    "rbc": ("RBC", "红细胞", "红细胞数", "erythrocytes", "red blood cell"),
    "haemoglobin": ("HGB", "Hb", "HB", "血红蛋白", "血色素", "hemoglobin"),
    "platelets": ("PLT", "血小板", "血小板数", "BPC", "platelet"),
    "alt": ("ALT", "GPT", "SGPT", "丙氨酸转氨酶", "谷丙转氨酶", "丙氨酸氨基转移酶",
            "alanine aminotransferase"),
    "ast": ("AST", "GOT", "SGOT", "谷草转氨酶", "天门冬氨酸转氨酶", "天冬氨酸氨基转移酶", "门冬氨酸氨基转移酶",
            "aspartate aminotransferase"),
    "alp": ("ALP", "AKP", "碱性磷酸酶"),
    "ggt": ("GGT", "γ-GT", "r-GT", "GGTP", "谷氨酰转肽酶", "γ-谷氨酰转肽酶", "谷氨酰转移酶", "γ谷氨酰基转移酶"),
    "ldh": ("LDH", "LD", "乳酸脱氢酶", "lactate dehydrogenase"),
    "bilirubin": ("TBIL", "T-BIL", "TB", "STB", "总胆红素", "bilirubin"),
    "bilirubin_direct": ("DBIL", "D-BIL", "DB", "直接胆红素", "结合胆红素", "conjugated bilirubin"),
    "albumin": ("ALB", "白蛋白", "清蛋白"),
    "creatinine": ("CREA", "Cr", "CRE", "SCr", "Scr", "肌酐", "血肌酐"),
    "urea": ("UREA", "BUN", "尿素", "尿素氮", "血尿素氮", "blood urea nitrogen"),
    "uric_acid": ("UA", "URIC", "尿酸", "血尿酸", "urate"),
    "glucose": ("GLU", "葡萄糖", "血糖", "空腹血糖", "FBG"),
    "sodium": ("Na", "Na+", "钠", "血钠"),
    "potassium": ("K", "K+", "钾", "血钾"),
    "chloride": ("Cl", "Cl-", "氯", "血氯", "氯化物"),
    "calcium": ("Ca", "Ca2+", "钙", "血钙", "总钙"),
    "magnesium": ("Mg", "Mg2+", "镁", "血镁"),
    "phosphate": ("P", "PHOS", "IP", "磷", "无机磷", "血磷", "phosphorus"),
    "amylase": ("AMY", "AMS", "淀粉酶", "血淀粉酶"),
    "lipase": ("LIP", "LPS", "LIPA", "脂肪酶"),
    "triglycerides": ("TG", "TRIG", "甘油三酯", "甘油三脂"),
    "cholesterol": ("TC", "CHOL", "TCHO", "胆固醇", "总胆固醇", "total cholesterol"),
    "crp": ("CRP", "hsCRP", "hs-CRP", "C反应蛋白", "C-反应蛋白", "超敏C反应蛋白"),
    "ferritin": ("FER", "FERR", "SF", "铁蛋白"),
    "igg": ("IgG", "免疫球蛋白G"),
    "methotrexate": ("MTX", "甲氨蝶呤", "甲氨蝶呤血药浓度"),
    "neutrophils_pct": ("NEUT%", "NE%", "NEU%", "GRAN%", "GR%", "中性粒细胞百分比", "中性粒细胞%", "中性粒细胞比率"),
    "bands_pct": ("杆状核粒细胞", "杆状核", "中性杆状核粒细胞", "BAND%", "bands"),
    "pb_blasts": ("BLAST", "BLAST%", "blasts", "原始细胞", "原始细胞%", "原始细胞百分比", "原始+幼稚细胞", "原幼细胞",
                  "外周血原始细胞", "幼稚细胞", "幼稚细胞%", "原始及幼稚淋巴细胞"),
    "cd4": ("CD4", "CD4+T淋巴细胞绝对值", "CD4+T细胞绝对计数", "CD4绝对计数"),
    "ck": ("CK", "CPK", "肌酸激酶", "肌酸磷酸激酶"),
    "calcium_ionised": ("iCa", "iCa2+", "Ca++", "离子钙", "游离钙", "ionized calcium"),
    "inr": ("INR", "PT-INR", "国际标准化比值", "国际标准化比率"),
    "aptt": ("APTT", "活化部分凝血活酶时间", "部分凝血活酶时间"),
    "fibrinogen": ("FIB", "FBG", "Fbg", "纤维蛋白原"),
}  # fmt: skip

# Printed alike for the absolute count and for the share of white cells: only the unit tells.
TOLD_BY_UNIT = (
    "NEUT",
    "NE",
    "NEU",
    "中性粒细胞",
    "嗜中性粒细胞",
    "LYM",
    "LYMPH",
    "LY",
    "淋巴细胞",
    "lymphocyte",
)
# Beside a name they change nothing.
NEUTRAL = (
    "血清", "血浆", "全血", "静脉血", "serum", "plasma", "blood", "仪器法", "酶法", "速率法", "比色法", "绝对值",
    "计数", "测定", "定量", "急诊", "生化", "血常规", "干化学法",
)  # fmt: skip
ENDINGS = re.compile("(计数|测定|定量|浓度|含量|活性|检测)$")
BEGINNINGS = re.compile("^(血清|血浆|全血)")
OTHER_SPECIMEN = re.compile(
    r"尿液|尿(?![素酸])|脑脊液|胸水|腹水|胸腹水|骨髓|粪|便隐血|唾液|痰|urin|\bcsf\b|cerebrospinal|marrow|stool|pleural",
    re.IGNORECASE,
)
PARTS = re.compile(
    r"[()（）\[\]【】{}/|,，、;；]|(?<=[一-鿿])\s*(?=[A-Za-zγβ])|(?<=[A-Za-z#%+*])\s*(?=[一-鿿])"
)


def folded(name: str) -> str:
    """A printed name without the differences that mean nothing: width, case, spaces, hyphens, marks."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s*★☆▲△·._:：‐-―-]+", "", plain)


@cache
def known_names() -> Mapping[str, str]:
    """Folded name → analyte, of every analyte of the laboratory forms."""
    keys = [key for keys in PANELS.values() for key in keys]
    names = {key: (*NAMES.get(key, ()), ANALYTES[key].label.en, ANALYTES[key].label.zh) for key in keys}
    return {folded(name): key for key, several in names.items() for name in several}


@cache
def _told_by_unit() -> frozenset[str]:
    return frozenset(folded(name) for name in TOLD_BY_UNIT)


@cache
def _neutral() -> frozenset[str]:
    return frozenset(folded(word) for word in NEUTRAL)


def analytes_of(label: str, learned: Mapping[str, str]) -> set[str]:
    """The analytes that a printed name means: one, none, or several where its parts disagree.

    `learned`: folded name → analyte, as people at the site told it; it goes before everything else."""
    whole = folded(label)
    if whole in learned:
        return {learned[whole]}
    if single := _named(whole):
        return {single}
    parts = [part for part in map(folded, PARTS.split(label)) if part and part not in _neutral()]
    found = {_named(part) for part in parts}
    return set() if "" in found else found


def _named(part: str) -> str:
    names = known_names()
    bare = BEGINNINGS.sub("", ENDINGS.sub("", part))
    return names.get(part) or names.get(bare) or names.get(BEGINNINGS.sub("", part)) or ""


def needs_unit(label: str) -> bool:
    """Whether only the unit tells the count from the percentage."""
    parts = [folded(part) for part in (label, *PARTS.split(label))]
    known = [part for part in parts if part and (_named(part) or part in _told_by_unit())]
    return bool(known) and all(part in _told_by_unit() for part in known)


def other_specimen(label: str) -> bool:
    """Whether the name says that no blood was measured: urine, cerebrospinal fluid, effusions, marrow."""
    return bool(OTHER_SPECIMEN.search(label))
