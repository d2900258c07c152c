"""High-dose methotrexate: levels judged by the table for the infusion's length, leucovorin, glucarpidase, discharge."""

from dataclasses import replace
from decimal import Decimal as D
from functools import cache
from pathlib import Path

import pytest

from treatment.domain.methotrexate import Infusion, Level, Verdict, judge, rise_pct
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file

PROTOCOLS = Path("trialsite/studies/protocols")


@cache
def plan(key: str):
    return Protocol.from_document(read_file(PROTOCOLS / f"{key}.yaml").document).methotrexate


def infusion(hours: str | None, levels: str, creatinine: str = "") -> Infusion:
    """Levels as "24: 8, 48: 0.9" (hours from the start: µmol/L); creatinine as "60; 24: 125" (before; hour: value)."""
    before, _sep, after = creatinine.partition(";")
    known = {D(h): D(v) for h, v in (pair.split(":") for pair in after.split(",") if pair.strip())}
    run = None if hours is None else D(hours)
    found = []
    for pair in (one for one in levels.split(",") if one.strip()):
        at, text = (part.strip() for part in pair.split(":"))
        line = text.endswith("line")
        quantity = Quantity.parse(text.removesuffix("line").strip(), "umol/L", "methotrexate")
        end = None if run is None else D(at) - run
        found.append(Level(D(at), end, quantity, not line, known.get(D(at))))
    return Infusion(run, tuple(found), D(before) if before.strip() else None)


LABEL, DAY, HCVAD = ("VIP-BLINA-HSCT", "4"), ("VIP-BLINA-HSCT", "24"), ("BLINA-FULL", "24")
TABLE = [
    # example                          infusion  levels                        creatinine      verdict
    ("H-01",                           LABEL, "24: 8, 48: 0.9, 72: 0.15",      "",             "NORMAL"),
    ("H-02",                           LABEL, "72: 0.25, 96: 0.06",            "",             "DELAYED_LATE"),
    ("H-04",                           LABEL, "24: 60",                        "",             "DELAYED_EARLY"),
    ("H-05",                           LABEL, "24: 12",                        "60; 24: 125",  "DELAYED_EARLY"),
    ("50 at 24 h",                     LABEL, "24: 50",                        "60; 24: 60",   "DELAYED_EARLY"),
    ("just below 50 at 24 h",          LABEL, "24: 49.9",                      "60; 24: 60",   "PENDING"),
    ("5 at 48 h",                      LABEL, "24: 9, 48: 5",                  "60; 24: 60",   "DELAYED_EARLY"),
    ("just below 5 at 48 h",           LABEL, "24: 9, 48: 4.99",               "60; 24: 60",   "PENDING"),
    ("creatinine doubled",             LABEL, "24: 9",                         "60; 24: 120",  "DELAYED_EARLY"),
    ("creatinine not quite doubled",   LABEL, "24: 9",                         "60; 24: 119.9", "PENDING"),
    ("0.2 at 72 h is in no row",       LABEL, "24: 9, 48: 1, 72: 0.2",         "60; 24: 60",   "NO_ROW"),
    ("just below 0.2 at 72 h",         LABEL, "24: 9, 48: 1, 72: 0.19",        "60; 24: 60",   "NORMAL"),
    ("just above 0.2, 96 h to come",   LABEL, "24: 9, 48: 1, 72: 0.21",        "60; 24: 60",   "PENDING"),
    ("0.05 at 96 h is not above",      LABEL, "24: 9, 48: 1, 72: 0.3, 96: 0.05", "60; 24: 60", "NO_ROW"),
    ("just above 0.05 at 96 h",        LABEL, "24: 9, 48: 1, 72: 0.3, 96: 0.051", "60; 24: 60", "DELAYED_LATE"),
    ("censored below the limit",       LABEL, "24: 9, 48: 1, 72: <0.1",        "60; 24: 60",   "NORMAL"),
    ("censored across the limit",      LABEL, "24: 9, 48: 1, 72: <0.3",        "60; 24: 60",   "PENDING"),
    ("drawn late and still above",     LABEL, "30: 55",                        "",             "DELAYED_EARLY"),
    ("drawn late and below: unknown",  LABEL, "30: 20",                        "",             "PENDING"),
    ("from the infusion line",         LABEL, "24: 60 line",                   "",             "PENDING"),
    ("nothing drawn",                  LABEL, "",                              "",             "PENDING"),
    ("24 h: hour 24 informs only",     DAY,   "24: 55",                        "60; 24: 62",   "INFORMATION"),
    ("24 h: 1 at 42 h",                DAY,   "24: 55, 42: 1, 48: 0.4",        "60; 24: 62",   "NORMAL"),
    ("24 h: above 1 at 42 h",          DAY,   "24: 55, 42: 1.01",              "60; 24: 62",   "DELAYED"),
    ("24 h: above 0.4 at 48 h",        DAY,   "24: 55, 48: 0.41",              "60; 24: 62",   "DELAYED"),
    ("24 h: creatinine up by 50 %",    DAY,   "24: 55",                        "60; 24: 90",   "DELAYED"),
    ("24 h: up by a little less",      DAY,   "24: 55",                        "60; 24: 89.9", "INFORMATION"),
    ("24 h: no baseline creatinine",   DAY,   "24: 55, 48: 0.4",               "; 24: 90",     "NORMAL"),
    ("Hyper-CVAD: 20 at the end",      HCVAD, "24: 20",                        "",             "PENDING"),
    ("Hyper-CVAD: above 20",           HCVAD, "24: 20.1",                      "",             "DELAYED"),
    ("Hyper-CVAD: above 1 a day later", HCVAD, "24: 15, 48: 1.1",              "",             "DELAYED"),
    ("Hyper-CVAD: 1 a day later",      HCVAD, "24: 15, 48: 1",                 "",             "PENDING"),
    ("Hyper-CVAD: above 0.1 after two", HCVAD, "24: 15, 48: 0.8, 72: 0.11",    "",             "DELAYED"),
    ("Hyper-CVAD: 0.1 after two",      HCVAD, "24: 15, 48: 0.8, 72: 0.1",      "",             "NORMAL"),
    ("no table for 12 h",              ("VIP-BLINA-HSCT", "12"), "24: 60",     "",             "ASK_PHARMACY"),
    ("4 h table: 5 h at its bound",    ("VIP-BLINA-HSCT", "5"), "24: 60",      "",             "DELAYED_EARLY"),
    ("4 h table: beyond its bound",    ("VIP-BLINA-HSCT", "5.1"), "24: 60",    "",             "ASK_PHARMACY"),
    ("hours of infusion not known",    ("VIP-BLINA-HSCT", None), "24: 60",     "",             "ASK_PHARMACY"),
    ("a trial without tables",         ("BLINA-VEN", "24"), "24: 60",          "",             "ASK_PHARMACY"),
]  # fmt: skip


@pytest.mark.parametrize(("example", "where", "levels", "creatinine", "verdict"), TABLE)
def test_the_row_of_a_set_of_levels(example, where, levels, creatinine, verdict):
    key, hours = where
    found = judge(plan(key), infusion(hours, levels, creatinine))
    assert found.verdict == verdict
    if verdict in ("ASK_PHARMACY", "NO_ROW", "PENDING", "INFORMATION"):
        assert found.rescue is None  # never a dose
    if verdict in ("ASK_PHARMACY", "NO_ROW"):
        assert "ask the pharmacy" in found.sentence.en


RESCUE = [
    (LABEL, "24: 8, 48: 0.9, 72: 0.15", "15 mg every 6 h × 10"),
    (LABEL, "24: 60", "150 mg IV every 3 h until methotrexate is below 1 µmol/L, "
                      "then 15 mg every 3 h until methotrexate is below 0.05 µmol/L"),
    (LABEL, "72: 0.25, 96: 0.06", "15 mg every 6 h until methotrexate is below 0.05 µmol/L"),
    (HCVAD, "24: 20.1", "50 mg every 6 h until methotrexate is below 0.1 µmol/L"),
    (DAY, "48: 0.4", "15 mg/m² every 6 h from 36 h after the start until methotrexate is below 0.1 µmol/L"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "levels", "rescue"), RESCUE)
def test_the_leucovorin_of_a_row(where, levels, rescue):
    found = judge(plan(where[0]), infusion(where[1], levels))
    assert found.rescue.en == rescue
    assert found.row.cite


PER_M2 = [
    ("1.82", "15 mg/m² × 1.82 m² = 27.3 mg every 6 h", "15 mg/m² × 1.82 m² = 27.3 mg，每6小时1次"),
    (None, "15 mg/m² every 6 h", "15 mg/m²，每6小时1次"),
]


@pytest.mark.parametrize(("bsa", "en", "zh"), PER_M2)
def test_leucovorin_per_m2_is_worked_out_by_the_body_surface(bsa, en, zh):
    levels = replace(infusion("24", "48: 0.4"), bsa_m2=D(bsa) if bsa else None)
    found = judge(plan("VIP-BLINA-HSCT"), levels)
    assert found.rescue.en.startswith(en)
    assert zh in found.rescue.zh


def test_leucovorin_in_mg_needs_no_body_surface():
    levels = replace(infusion("4", "24: 8, 48: 0.9, 72: 0.15"), bsa_m2=D("1.82"))
    assert judge(plan("VIP-BLINA-HSCT"), levels).rescue.en == "15 mg every 6 h × 10"


def test_a_delay_without_a_dose_in_the_file_asks_the_pharmacy():
    found = judge(plan("VIP-BLINA-HSCT"), infusion("24", "48: 0.5"))
    assert (found.verdict, found.rescue) == (Verdict.DELAYED, None)
    assert "ask the pharmacy" in found.sentence.en


STEPS = [
    ("24: 60", D(150)),
    ("24: 60, 48: 1", D(150)),
    ("24: 60, 48: 0.99", D(15)),
    ("24: 60, 96: 0.05", D(15)),
    ("24: 60, 96: 0.04", None),
]


@pytest.mark.parametrize(("levels", "amount"), STEPS)
def test_the_step_that_the_last_level_asks_for(levels, amount):
    now = judge(plan("VIP-BLINA-HSCT"), infusion("4", levels)).now
    assert (now.amount if now else None) == amount


NEXT = [
    (LABEL, "", D(24)),
    (LABEL, "24: 8", D(48)),
    (LABEL, "24: 8, 48: 0.9, 72: 0.15", D(96)),
    (LABEL, "24: 8, 48: 0.9, 72: 0.1", D(96)),
    (LABEL, "24: 8, 48: 0.9, 72: 0.09", None),
    (LABEL, "72: 0.25, 96: 0.06", D(120)),  # late: to below 0.05
    (LABEL, "72: 0.25, 96: 0.06, 120: 0.04", None),
    (DAY, "24: 55", D(42)),
    (DAY, "24: 55 line", D(24)),
    (HCVAD, "", D(24)),
    (HCVAD, "24: 15", D(48)),
    (("VIP-BLINA-HSCT", "12"), "24: 60", D(48)),
]


@pytest.mark.parametrize(("where", "levels", "hours"), NEXT)
def test_when_the_next_level_is_due(where, levels, hours):
    assert judge(plan(where[0]), infusion(where[1], levels)).next_h == hours


GLUCARPIDASE = [
    # levels     creatinine      what is said
    ("36: 30",   "60; 36: 120",  ""),
    ("36: 30.1", "60; 36: 120",  "consult now"),
    ("42: 10",   "60; 42: 120",  ""),
    ("42: 10.1", "60; 42: 120",  "consult now"),
    ("48: 5",    "60; 48: 120",  ""),
    ("48: 5.1",  "60; 48: 90",   "consult now"),
    ("48: 5.1",  "60; 48: 89.9", ""),
    ("48: 5.1",  "",             "not known"),
]  # fmt: skip


@pytest.mark.parametrize(("levels", "creatinine", "said"), GLUCARPIDASE)
def test_advice_on_glucarpidase_needs_a_level_and_a_rise(levels, creatinine, said):
    found = judge(plan("VIP-BLINA-HSCT"), infusion("24", levels, creatinine))
    assert (found.glucarpidase is Truth.TRUE) is (said == "consult now")
    assert said in found.glucarpidase_sentence.en
    assert bool(found.glucarpidase_sentence.en) is bool(said)


DISCHARGE = [
    ("72: 0.1", Truth.FALSE),
    ("72: 0.099", Truth.TRUE),
    ("72: <0.1", Truth.TRUE),
    ("72: <0.2", Truth.UNKNOWN),
    ("", Truth.UNKNOWN),
]


@pytest.mark.parametrize(("levels", "truth"), DISCHARGE)
def test_discharge_only_below_the_limit_of_the_study(levels, truth):
    assert judge(plan("VIP-BLINA-HSCT"), infusion("24", levels)).over is truth


def test_a_level_in_mg_per_litre_is_kept_as_entered_and_converted():
    level = Quantity.parse("0.45", "mg/L", "methotrexate")  # H-07
    assert (level.text, level.unit, round(level.canonical, 3)) == ("0.45", "mg/L", D("0.990"))


def test_the_rise_of_creatinine_in_per_cent():
    found = rise_pct(infusion("4", "24: 12", "60; 24: 125"))  # H-05
    assert round(found) == 108
    assert rise_pct(infusion("4", "24: 12", "; 24: 125")) is None


def test_what_was_not_drawn_is_named_beside_a_normal_course():
    found = judge(plan("VIP-BLINA-HSCT"), infusion("4", "24: 8, 48: 0.9, 72: 0.15"))
    assert [one.en for one in found.open] == ["creatinine up by 100 % or more at 24 h after the start"]
