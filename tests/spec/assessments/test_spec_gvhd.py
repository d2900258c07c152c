"""GVHD from what was measured at each organ: the worked examples, and both sides of every limit.

Sources: MAGIC (Harris 2016), NIH 2014 (Jagasia 2015); the organ cut-offs of NIH are general knowledge."""

from decimal import Decimal

import pytest

from assessments.domain.acute_stages import SI_PRINTED, AcuteFindings, acute_stages, liver_stage
from assessments.domain.chronic_scores import ChronicFindings, chronic_scores
from assessments.domain.grade_bounds import GradeBounds
from assessments.domain.gvhd import Criteria, acute_grade, chronic_severity
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity

T, F = Truth.TRUE, Truth.FALSE


def bilirubin(text, unit="umol/L"):
    return Quantity.parse(text, unit, "bilirubin")


LIVER = [
    # bilirubin             stage   by the SI table in circulation
    ("33", "umol/L",        "0",    "0"),
    ("34", "umol/L",        "1",    "1"),
    ("50", "umol/L",        "1",    "1"),
    ("51", "umol/L",        "1",    "2"),
    ("52", "umol/L",        "1",    "2"),  # G-04: 3.04 is 3.0
    ("53", "umol/L",        "2",    "2"),  # G-04: 3.1
    ("103", "umol/L",       "2",    "3"),
    ("104", "umol/L",       "3",    "3"),
    ("257", "umol/L",       "3",    "4"),
    ("258", "umol/L",       "4",    "4"),
    ("1.94", "mg/dL",       "0",    "0"),
    ("1.95", "mg/dL",       "1",    "0"),
    ("3.0", "mg/dL",        "1",    "2"),
    ("3.1", "mg/dL",        "2",    "2"),
    ("<34", "umol/L",       "≥ 0",  "≥ 0"),
    (">300", "umol/L",      "4",    "4"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "unit", "stage", "printed"), LIVER)
def test_liver_by_bilirubin(text, unit, stage, printed):
    value = bilirubin(text, unit)
    assert (str(liver_stage(value)), str(liver_stage(value, SI_PRINTED))) == (stage, printed)


ORGANS = [
    # organ       what was found                                             stage
    ("lower_gi",  {"stool_ml": 499, "severe_gut": F},                        "0"),
    ("lower_gi",  {"stool_ml": 500, "severe_gut": F},                        "1"),
    ("lower_gi",  {"stool_ml": 800, "severe_gut": F},                        "1"),  # G-05
    ("lower_gi",  {"stool_ml": 1000, "severe_gut": F},                       "2"),  # G-05
    ("lower_gi",  {"stool_ml": 1500, "severe_gut": F},                       "2"),  # G-05
    ("lower_gi",  {"stool_ml": 1501, "severe_gut": F},                       "3"),  # G-05
    ("lower_gi",  {"stool_episodes": 2, "severe_gut": F},                    "0"),
    ("lower_gi",  {"stool_episodes": 3, "severe_gut": F},                    "1"),
    ("lower_gi",  {"stool_episodes": 4, "severe_gut": F},                    "1"),
    ("lower_gi",  {"stool_episodes": 5, "severe_gut": F},                    "2"),
    ("lower_gi",  {"stool_episodes": 7, "severe_gut": F},                    "2"),
    ("lower_gi",  {"stool_episodes": 8, "severe_gut": F},                    "3"),
    ("lower_gi",  {"stool_ml": 600, "stool_episodes": 8, "severe_gut": F},   "1"),  # a measured volume decides
    ("lower_gi",  {"stool_ml": 100, "severe_gut": T},                        "4"),
    ("lower_gi",  {"stool_ml": 1501},                                        "≥ 3"),
    ("lower_gi",  {"severe_gut": F},                                         "≥ 0"),
    ("upper_gi",  {"upper_gi": T},                                           "1"),
    ("upper_gi",  {"upper_gi": F},                                           "0"),
    ("upper_gi",  {},                                                        "≥ 0"),
    ("skin",      {"skin_pct": 0},                                           "0"),
    ("skin",      {"skin_pct": Decimal("24.9")},                             "1"),
    ("skin",      {"skin_pct": 25},                                          "2"),
    ("skin",      {"skin_pct": 50},                                          "2"),
    ("skin",      {"skin_pct": 51, "bullae": F},                             "3"),
    ("skin",      {"skin_pct": 51, "bullae": T},                             "4"),
    ("skin",      {"skin_pct": 50, "bullae": T},                             "2"),
    ("skin",      {"skin_pct": 51},                                          "≥ 3"),
    ("skin",      {},                                                        "≥ 0"),
]  # fmt: skip


@pytest.mark.parametrize(("organ", "found", "stage"), ORGANS)
def test_stage_of_an_organ(organ, found, stage):
    assert str(acute_stages(AcuteFindings(**found))[organ]) == stage


OVERALL = [
    # skin, liver, upper, lower   MAGIC    Keystone
    ((2, 0, 0, 0),                "I",     "I"),     # G-01
    ((2, 0, 1, 0),                "II",    "II"),    # G-02
    ((3, 0, 0, 0),                "II",    "II"),
    ((3, 2, 0, 0),                "III",   "III"),   # G-07
    ((0, 0, 0, 3),                "III",   "III"),
    ((0, 0, 0, 4),                "IV",    "III"),   # the trap between the two
    ((4, 0, 0, 0),                "IV",    "IV"),
    ((0, 4, 0, 0),                "IV",    "IV"),
    ((2, None, 0, 0),             "≥ I",   "≥ I"),
    ((2, 0, 0, GradeBounds(1, 4)), "≥ II", "≥ II"),
    ((0, 0, 0, 0),                "0",     "0"),
]  # fmt: skip


@pytest.mark.parametrize(("stages", "magic", "keystone"), OVERALL)
def test_overall_grade_by_the_criteria_set(stages, magic, keystone):
    of_organs = dict(zip(("skin", "liver", "upper_gi", "lower_gi"), stages, strict=True))
    assert str(acute_grade(of_organs)) == magic
    assert str(acute_grade(of_organs, Criteria.KEYSTONE)) == keystone


CALM = {"bilirubin": Decimal(10), "bilirubin_raised": F, "alt": Decimal(1), "alp": Decimal(1)}
SCORES = [
    # organ    what was found                                                  score
    ("skin",   {"skin_pct": 0, "sclerosis": "NONE"},                           "0"),
    ("skin",   {"skin_pct": 1, "sclerosis": "NONE"},                           "1"),
    ("skin",   {"skin_pct": 18, "sclerosis": "NONE"},                          "1"),
    ("skin",   {"skin_pct": 19, "sclerosis": "NONE"},                          "2"),
    ("skin",   {"skin_pct": 50, "sclerosis": "NONE"},                          "2"),
    ("skin",   {"skin_pct": 51, "sclerosis": "NONE"},                          "3"),
    ("skin",   {"skin_pct": 5, "sclerosis": "SUPERFICIAL"},                    "2"),
    ("skin",   {"skin_pct": 5, "sclerosis": "DEEP"},                           "3"),
    ("skin",   {"skin_pct": 5},                                                "≥ 1"),
    ("gi",     {"gut": "NONE", "weight_loss_pct": 0},                          "0"),
    ("gi",     {"gut": "SYMPTOMS", "weight_loss_pct": Decimal("4.9")},         "1"),
    ("gi",     {"gut": "SYMPTOMS", "weight_loss_pct": 5},                      "2"),
    ("gi",     {"gut": "SYMPTOMS", "weight_loss_pct": 15},                     "2"),
    ("gi",     {"gut": "NONE", "weight_loss_pct": Decimal("15.1")},            "3"),
    ("gi",     {"gut": "MODERATE", "weight_loss_pct": 0},                      "2"),
    ("gi",     {"gut": "SEVERE", "weight_loss_pct": 0},                        "3"),
    ("liver",  CALM,                                                           "0"),
    ("liver",  CALM | {"alt": Decimal("2.9")},                                 "0"),
    ("liver",  CALM | {"alt": Decimal(3)},                                     "1"),
    ("liver",  CALM | {"alt": Decimal(5)},                                     "1"),
    ("liver",  CALM | {"alt": Decimal("5.1")},                                 "2"),
    ("liver",  CALM | {"alp": Decimal("2.9")},                                 "0"),
    ("liver",  CALM | {"alp": Decimal(3)},                                     "1"),
    ("liver",  CALM | {"bilirubin": Decimal("51.3"), "bilirubin_raised": T},   "2"),
    ("liver",  CALM | {"bilirubin": Decimal("51.4"), "bilirubin_raised": T},   "3"),
    ("liver",  CALM | {"alp": None},                                           "≥ 0"),
    ("liver",  {"bilirubin_raised": T},                                        "≥ 2"),
    ("lungs",  {"fev1": 80},                                                   "0"),
    ("lungs",  {"fev1": 79},                                                   "1"),
    ("lungs",  {"fev1": 60},                                                   "1"),
    ("lungs",  {"fev1": 59},                                                   "2"),
    ("lungs",  {"fev1": 40},                                                   "2"),
    ("lungs",  {"fev1": 39},                                                   "3"),
    ("lungs",  {"fev1": 85, "breath": "FLAT"},                                 "0"),  # FEV1 overrides symptoms
    ("lungs",  {"breath": "STAIRS"},                                           "1"),
    ("lungs",  {},                                                             "≥ 0"),
    ("lungs",  {"fev1": 39, "explained": frozenset({"lungs"})},                "0"),  # another cause explains it
]  # fmt: skip


@pytest.mark.parametrize(("organ", "found", "score"), SCORES)
def test_score_of_an_organ(organ, found, score):
    assert str(chronic_scores(ChronicFindings(**found))[organ]) == score


G_08 = [
    ({"mouth": 1, "skin": 1}, "MILD"),
    ({"mouth": 1, "skin": 1, "eyes": 1}, "MODERATE"),
    ({"lungs": 1}, "MODERATE"),
    ({"lungs": 2}, "SEVERE"),
    ({"gi": 2}, "MODERATE"),
]


@pytest.mark.parametrize(("scores", "severity"), G_08)
def test_g_08_global_severity(scores, severity):
    clear = dict.fromkeys(("skin", "mouth", "eyes", "gi", "liver", "lungs", "joints", "genital"), 0)
    assert str(chronic_severity(clear | scores)) == severity
