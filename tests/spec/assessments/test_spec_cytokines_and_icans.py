"""Cytokine release and ICANS from their components: the worked examples, and both sides of every limit.

Sources: ASTCT consensus (Lee 2019), CTCAE 5.0."""

from decimal import Decimal

import pytest

from assessments.domain.crs import CrsFindings, crs_grade, ctcae_crs_grade
from assessments.domain.icans import IceFindings, icans_grade, ice_total, orientation_points
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
WELL = {
    "temperature": Decimal("38.5"),
    "hypotension": "NONE",
    "oxygen": "NONE",
    "other_cause": F,
    "anticytokine": F,
}
NO_FLOW, LITRE = {"oxygen": "CANNULA"}, Decimal(1)


def oxygen(device, flow=None, fio2=None):
    return {"oxygen": device, "flow": flow and Decimal(flow), "fio2": fio2 and Decimal(fio2)}


def pressed(*named, vasopressin=F):
    return {"hypotension": "VASOPRESSOR", "vasopressors": named, "vasopressin": vasopressin}


CRS = [
    # example                                    what differs from fever, normal pressure, room air   ASTCT  CTCAE
    ("C-01 38.5 °C, normal BP, room air",        {},                                                  "1",   "1"),
    ("C-02 and C-08 fluids only",                {"hypotension": "FLUIDS"},                           "2",   "2"),
    ("C-04 nasal cannula 6 L/min",               oxygen("CANNULA", "6", "39"),                        "2",   "2"),
    ("C-04 high-flow 7 L/min",                   oxygen("HIGH_FLOW_CANNULA", "7", "40"),              "3",   "3"),
    ("C-04 CPAP",                                oxygen("CPAP"),                                      "4",   "4"),
    ("C-05 37.2 °C after tocilizumab, 4 L/min",  {"temperature": Decimal("37.2"), "anticytokine": T,
                                                  **oxygen("CANNULA", "4", "36")},                    "2",   "2"),
    ("C-07 fever and ALT 10 × ULN",              {},                                                  "1",   "1"),
    ("38.0 °C is fever",                         {"temperature": Decimal("38.0")},                    "1",   "1"),
    ("37.9 °C is none",                          {"temperature": Decimal("37.9")},                    "0",   "0"),
    ("above 39 °C as the thermometer ends",      {"temperature": Quantity("39", ">", Decimal(39), "Cel", Decimal(39))},
                                                                                                      "1",   "1"),
    ("fever of another cause",                   {"other_cause": T},                                  "0",   "0"),
    ("37.2 °C, nothing given, 4 L/min",          {"temperature": Decimal("37.2"), **oxygen("CANNULA", "4")},
                                                                                                      "0",   "0"),
    ("cannula 6.0 L/min",                        oxygen("CANNULA", "6.0"),                            "2",   "≥ 2"),
    ("cannula 6.1 L/min",                        oxygen("CANNULA", "6.1"),                            "3",   "≥ 2"),
    ("cannula, flow not recorded",               oxygen("CANNULA"),                                   "≥ 2", "≥ 2"),
    ("mask with 39 % and",                       oxygen("MASK", None, "39"),                          "3",   "2"),
    ("with 40 % oxygen",                         oxygen("MASK", None, "40"),                          "3",   "3"),
    ("blow-by",                                  oxygen("BLOW_BY", None, "28"),                       "2",   "2"),
    ("non-rebreather",                           oxygen("NON_REBREATHER", "10", "80"),                "3",   "3"),
    ("intubated",                                oxygen("INTUBATED", None, "30"),                     "4",   "4"),
    ("one vasopressor",                          pressed("NOREPINEPHRINE"),                           "3",   "3"),
    ("one vasopressor with vasopressin",         pressed("NOREPINEPHRINE", vasopressin=T),            "3",   "≥ 3"),
    ("vasopressin alone",                        pressed(vasopressin=T),                              "3",   "3"),
    ("two vasopressors",                         pressed("NOREPINEPHRINE", "DOPAMINE"),               "4",   "4"),
    ("the same one written twice",               pressed("DOPAMINE", "DOPAMINE"),                     "3",   "3"),
    ("vasopressors, none named",                 pressed(),                                           "≥ 3", "≥ 3"),
    ("one vasopressor, as entered earlier",      {"hypotension": "ONE_PRESSOR"},                      "3",   "3"),
    ("several, as entered earlier",              {"hypotension": "PRESSORS"},                         "4",   "4"),
    ("high flow, as entered earlier",            {"oxygen": "HIGH_FLOW"},                             "3",   "≥ 2"),
    ("oxygen not recorded",                      {"oxygen": ""},                                      "≥ 1", "≥ 1"),
    ("nothing recorded",                         {"temperature": None, "hypotension": "", "oxygen": "",
                                                  "other_cause": U, "anticytokine": U},               "≥ 0", "≥ 0"),
    ("death due to it",                          {"fatal": T},                                        "5",   "5"),
]  # fmt: skip


@pytest.mark.parametrize(("example", "changed", "astct", "ctcae"), CRS, ids=[row[0] for row in CRS])
def test_cytokine_release_on_both_scales(example, changed, astct, ctcae):
    found = CrsFindings(**(WELL | changed))
    assert (str(crs_grade(found)), str(ctcae_crs_grade(found))) == (astct, ctcae)


FULL = {"orientation": 4, "naming": 3, "command": 1, "writing": 1, "attention": 1, "consciousness": "AWAKE"}
NONE = dict.fromkeys(("orientation", "naming", "command", "writing", "attention"), 0)
ICANS = [
    # example                              what differs from ICE 10, awake                     ICE   ICANS
    ("I-01 ICE 8",                         {"orientation": 3, "writing": 0},                   8,    "1"),
    ("I-02 ICE 10, tremor",                {},                                                 10,   "0"),
    ("I-04 ICE 0 awake, global aphasia",   NONE,                                               0,    "3"),
    ("I-04 ICE 0, unarousable",            NONE | {"consciousness": "UNAROUSABLE"},            0,    "4"),
    ("I-05 ICE 5, seizure of 6 minutes",   {"orientation": 1, "naming": 1, "seizure": "PROLONGED"}, 5, "4"),
    ("I-07 ICE not done, awakens to voice", {"orientation": None, "consciousness": "VOICE"},   None, "≥ 2"),
    ("ICE 9",                              {"attention": 0},                                   9,    "1"),
    ("ICE 7",                              {"naming": 0},                                      7,    "1"),
    ("ICE 6",                              {"orientation": 0},                                 6,    "2"),
    ("ICE 3",                              {"orientation": 0, "naming": 0},                    3,    "2"),
    ("ICE 2",                              {"orientation": 0, "naming": 0, "attention": 0},    2,    "3"),
    ("a seizure that resolves",            {"seizure": "BRIEF"},                               10,   "3"),
    ("deep focal weakness",                {"motor_weakness": T},                              10,   "4"),
    ("focal oedema",                       {"oedema": "FOCAL"},                                10,   "3"),
    ("diffuse oedema",                     {"oedema": "DIFFUSE"},                              10,   "4"),
    ("awakens to touch under sedation",    {"consciousness": "TACTILE", "sedated": T},         10,   "0"),
    ("awakens to touch",                   {"consciousness": "TACTILE", "sedated": F},         10,   "3"),
    ("not done under sedation",            {"orientation": None, "sedated": T},                None, "≥ 0"),
    ("unarousable, ICE not done",          {"orientation": None, "consciousness": "UNAROUSABLE"}, None, "4"),
    ("consciousness not recorded",         {"consciousness": ""},                              10,   "≥ 0"),
    ("another cause explains all of it",   NONE | {"other_cause": T},                          0,    "0"),
    ("death due to it",                    {"fatal": T},                                       10,   "5"),
]  # fmt: skip


@pytest.mark.parametrize(("example", "changed", "total", "grade"), ICANS, ids=[row[0] for row in ICANS])
def test_icans_is_the_worst_domain(example, changed, total, grade):
    found = IceFindings(**(FULL | changed))
    assert (ice_total(found), str(icans_grade(found))) == (total, grade)


ORIENTATION = [
    # year, month, city, hospital       as noted   points
    ((True, True, True, False),         None,      3),
    ((False, False, False, False),      None,      0),
    ((True, True, True, True),          2,         4),
    ((True, True, True, None),          None,      None),
    ((None, None, None, None),          3,         3),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "noted", "points"), ORIENTATION)
def test_orientation_gives_a_point_for_each_right_answer(answers, noted, points):
    assert orientation_points(answers, noted) == points
