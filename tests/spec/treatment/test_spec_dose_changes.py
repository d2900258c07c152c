# ruff: noqa: E501 (tables are read across)
"""What changes a dose in the four trials, as a table: the file's own rules on both sides of every bound.

A body of 170 cm and 70 kg (1.82 m²) unless said. Sources stand with each modifier in the protocol files.
"""

from decimal import Decimal as D
from functools import cache
from pathlib import Path

import pytest

from treatment.domain.body_size import BodySize, body_size, weight_is_fresh
from treatment.domain.doses import PlannedDose, plan_cycle, total_planned
from trialsite.clinical.body import BsaFormula, round_half_up
from trialsite.clinical.facts import Fact
from trialsite.studies.domain.protocol import ObesityPlan, Protocol
from trialsite.studies.domain.read import read_file

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"


@cache
def protocol(key: str) -> Protocol:
    return Protocol.from_document(read_file(FOLDER / f"{key}.yaml").document)


UNITS = {"crcl": "mL/min", "creat": "umol/L", "lvef": "%", "wbc": "10*9/L"}


def known(**facts: str | int) -> dict[str, Fact]:
    """Facts as rooms give them: numbers as decimals with their unit, codes as they stand."""
    return {
        name: Fact(D(value), UNITS[name]) if name in UNITS else Fact(value) for name, value in facts.items()
    }


def planned(
    key: str, regimen: str, drug: str, cm: str = "170", kg: str = "70", **facts: str | int
) -> list[PlannedDose]:
    doses = plan_cycle(protocol(key).regimen_of(regimen), D(cm), D(kg), known(**facts))
    return [one for one in doses if one.drug == drug]


FLU, ARA, MTX, VEN = "FLUDARABINE", "CYTARABINE", "METHOTREXATE", "VENETOCLAX"
GOOD = {"creat": "80", "age_years": 30}
CHANGES = [
    # trial, regimen, drug, facts, calculated (two decimals), reasons
    ("BLINA-FULL", "CAR_T", FLU, {"crcl": "70.1"}, "54.60", ()),
    ("BLINA-FULL", "CAR_T", FLU, {"crcl": "70"}, "43.68", ("RENAL",)),
    ("BLINA-FULL", "CAR_T", FLU, {"crcl": "30"}, "43.68", ("RENAL",)),
    ("BLINA-FULL", "CAR_T", FLU, {"crcl": "29.9"}, "0.00", ("RENAL",)),
    ("BLINA-FULL", "HCVAD_B", ARA, GOOD, "5460.00", ()),
    ("BLINA-FULL", "HCVAD_B", ARA, GOOD | {"age_years": 59}, "5460.00", ()),
    ("BLINA-FULL", "HCVAD_B", ARA, GOOD | {"age_years": 60}, "1820.00", ("AGE",)),
    ("BLINA-FULL", "HCVAD_B", ARA, {"age_years": 60}, "1820.00", ("AGE",)),
    ("BLINA-FULL", "HCVAD_B", ARA, GOOD | {"creat": "132.6"}, "5460.00", ()),
    ("BLINA-FULL", "HCVAD_B", ARA, GOOD | {"creat": "132.7"}, "1820.00", ("RENAL",)),
    ("BLINA-FULL", "HCVAD_B", MTX, {"crcl": "60"}, "1820.00", ()),
    ("BLINA-FULL", "HCVAD_B", MTX, {"crcl": "59.9"}, "910.00", ("RENAL",)),
]


@pytest.mark.parametrize(("key", "regimen", "drug", "facts", "dose", "reasons"), CHANGES)
def test_a_dose_changes_by_the_rule_of_its_drug(
    key: str, regimen: str, drug: str, facts: dict[str, str | int], dose: str, reasons: tuple[str, ...]
) -> None:
    (one,) = planned(key, regimen, drug, **facts)
    assert one.calculated is not None
    assert (round_half_up(one.calculated, 2), one.reasons) == (D(dose), reasons)


UNKNOWN = [
    # trial, regimen, drug, facts, what is missing
    ("BLINA-FULL", "CAR_T", FLU, {}, ("crcl",)),
    ("BLINA-FULL", "HCVAD_B", ARA, {"age_years": 59}, ("creat",)),
    ("BLINA-FULL", "HCVAD_B", ARA, {"creat": "80"}, ("age_years",)),
    ("BLINA-FULL", "HCVAD_B", MTX, {}, ("crcl",)),
    ("BLINA-FULL", "HCVAD_A", "DOXORUBICIN", {}, ("lvef",)),
    ("BLINA-VEN", "C2_VEN_BLINA", VEN, {"cyp3a_inhibitor": "NONE"}, ("child_pugh",)),
    ("BLINA-VEN", "C2_VEN_BLINA", VEN, {"child_pugh": "NONE"}, ("cyp3a_inhibitor",)),
]


@pytest.mark.parametrize(("key", "regimen", "drug", "facts", "missing"), UNKNOWN)
def test_an_unknown_fact_never_means_the_full_dose(
    key: str, regimen: str, drug: str, facts: dict[str, str | int], missing: tuple[str, ...]
) -> None:
    doses = planned(key, regimen, drug, **facts)
    assert all((one.rounded, one.missing) == (None, missing) for one in doses)


WORKINGS = [
    (
        FLU,
        "CAR_T",
        {"crcl": "45"},
        "30 mg/m² × 1.82 m² × 0.8 (creatinine clearance 45 mL/min) = 43.68 mg",
        "30 mg/m² × 1.82 m² × 0.8（肌酐清除率 45 mL/min） = 43.68 mg",
    ),
    (
        FLU,
        "CAR_T",
        {"crcl": "25"},
        "Omitted (creatinine clearance 25 mL/min)",
        "不给药（肌酐清除率 25 mL/min）",
    ),
    (
        ARA,
        "HCVAD_B",
        GOOD | {"age_years": 61},
        "1000 mg/m² (age 61) × 1.82 m² = 1820 mg",
        "1000 mg/m²（年龄 61） × 1.82 m² = 1820 mg",
    ),
]


@pytest.mark.parametrize(("drug", "regimen", "facts", "en", "zh"), WORKINGS)
def test_the_working_names_what_changed_the_dose_and_its_value(
    drug: str, regimen: str, facts: dict[str, str | int], en: str, zh: str
) -> None:
    (one,) = planned("BLINA-FULL", regimen, drug, **facts)
    assert (one.working.en, one.working.zh) == (en, zh)


def test_an_omitted_dose_is_a_plan_of_nothing_and_needs_no_further_fact() -> None:
    (one,) = planned("BLINA-FULL", "CAR_T", FLU, crcl="20")
    assert (one.planned, one.rounded, one.total, one.missing) == (True, 0, 0, ())


# inhibitor, Child-Pugh, doses of day 1, 2, 3, 4, total of 28 days
VENETOCLAX = [
    ("NONE", "NONE", "100 200 400 400", "10700"),
    ("NONE", "A", "100 200 400 400", "10700"),
    ("NONE", "B", "100 200 400 400", "10700"),
    ("NONE", "C", "50 100 200 200", "5350"),
    ("MODERATE", "NONE", "50 100 200 200", "5350"),
    ("STRONG", "NONE", "10 20 50 100", "2580"),
    ("POSACONAZOLE", "NONE", "10 20 50 70", "1830"),
]  # fmt: skip


def by_day(doses: list[PlannedDose]) -> dict[int, D | None]:
    return {day: one.rounded for one in doses for day in one.days}


@pytest.mark.parametrize(("inhibitor", "liver", "ramp", "total"), VENETOCLAX)
def test_venetoclax_by_inhibitor_and_liver(inhibitor: str, liver: str, ramp: str, total: str) -> None:
    doses = planned("BLINA-VEN", "C2_VEN_BLINA", VEN, cyp3a_inhibitor=inhibitor, child_pugh=liver)
    assert [by_day(doses)[day] for day in (1, 2, 3, 4)] == [D(one) for one in ramp.split()]
    assert total_planned(doses, VEN) == D(total)


def test_an_inhibitor_of_some_days_changes_those_days_only() -> None:
    azole = {day: {"cyp3a_inhibitor": Fact("POSACONAZOLE")} for day in range(10, 15)}
    facts = known(cyp3a_inhibitor="NONE", child_pugh="NONE")
    regimen = protocol("BLINA-VEN").regimen_of("C2_VEN_BLINA")
    doses = plan_cycle(regimen, None, D(70), facts, by_day=azole)
    found = by_day([one for one in doses if one.drug == VEN])
    assert [found[day] for day in (9, 10, 14, 15)] == [400, 70, 70, 400]
    assert total_planned(doses, VEN) == 10_700 - 5 * 330


@pytest.mark.parametrize(
    ("factor", "cyclophosphamide", "mesna", "vincristine"),
    [("1", "546", "1092", "2"), ("0.75", "409.5", "1092", "2"), ("0.5", "273", "1092", "2")],
)
def test_a_dose_level_concerns_the_drugs_that_the_regimen_names(
    factor: str, cyclophosphamide: str, mesna: str, vincristine: str
) -> None:
    regimen = protocol("BLINA-FULL").regimen_of("HCVAD_A")
    assert regimen.dose_levels is not None
    assert D(factor) in regimen.dose_levels.factors
    doses = plan_cycle(regimen, D(170), D(70), known(lvef="60"), factor=D(factor))
    found = {one.drug: one.calculated for one in doses}
    assert [found[name] for name in ("CYCLOPHOSPHAMIDE", "MESNA", "VINCRISTINE")] == [
        D(cyclophosphamide),
        D(mesna),
        D(vincristine),
    ]


# trial, regimen, drug, planned (before rounding) for 170 cm and 70 kg, and for 150 cm and 40 kg
HEALTHY = {
    "age_years": 30,
    "creat": "70",
    "crcl": "100",
    "lvef": "62",
    "cyp3a_inhibitor": "NONE",
    "child_pugh": "NONE",
}
REGIMENS = [
    ("BLINA-FULL", "IND_REDUCED", "IDARUBICIN 14.56 10.32, VINDESINE 4 3.87, DEXAMETHASONE 15 11.61"),
    ("BLINA-FULL", "BLINA_STEP14", "BLINATUMOMAB 9 6.45, BLINATUMOMAB 28 19.35"),
    ("BLINA-FULL", "BLINA_FLAT14", "BLINATUMOMAB 28 19.35"),
    ("BLINA-FULL", "BLINA_28", "BLINATUMOMAB 28 19.35"),
    (
        "BLINA-FULL",
        "HCVAD_A",
        "CYCLOPHOSPHAMIDE 546 387, MESNA 1092 774, VINCRISTINE 2 2, DOXORUBICIN 91 64.5, DEXAMETHASONE 40 40, METHOTREXATE_IT 12 12, CYTARABINE_IT 100 100",
    ),
    (
        "BLINA-FULL",
        "HCVAD_B",
        "METHOTREXATE 1820 1290, CYTARABINE 5460 3870, METHYLPREDNISOLONE 50 50, LEUCOVORIN_FIRST 50 50, LEUCOVORIN 15 15, METHOTREXATE_IT 12 12, CYTARABINE_IT 100 100",
    ),
    ("BLINA-FULL", "CAR_T", "FLUDARABINE 54.6 38.7, CYCLOPHOSPHAMIDE 546 387, CAR_T_CELLS 70000000 40000000"),
    ("VIP-BLINA-HSCT", "VIP", "VINCRISTINE 2 1.806, IDARUBICIN 14.56 10.32, PREDNISONE 100 77.4"),
    ("VIP-BLINA-HSCT", "BLINA_STEP14", "BLINATUMOMAB 9 6.45, BLINATUMOMAB 28 19.35"),
    (
        "VIP-BLINA-HSCT",
        "VDCP",
        "VINCRISTINE 2 1.806, DAUNORUBICIN 72.8 51.6, CYCLOPHOSPHAMIDE 1365 967.5, PREDNISONE 100 77.4",
    ),
    (
        "VIP-BLINA-HSCT",
        "VP_HDMTX",
        "VINCRISTINE 2 1.806, PREDNISONE 100 77.4, METHOTREXATE 5460 3870, LEUCOVORIN_FIRST 27.3 19.35, LEUCOVORIN 27.3 19.35",
    ),
    ("VIP-BLINA-HSCT", "BLINA_28", "BLINATUMOMAB 28 19.35"),
    (
        "BLINA-VEN",
        "C1_VCD_BLINA",
        "VINDESINE 4 3.87, CYCLOPHOSPHAMIDE 546 387, DEXAMETHASONE 18.2 12.9, BLINATUMOMAB 9 6.45, BLINATUMOMAB 28 19.35",
    ),
    (
        "BLINA-VEN",
        "C2_VEN_BLINA",
        "VENETOCLAX 100 100, VENETOCLAX 200 200, VENETOCLAX 400 400, BLINATUMOMAB 28 19.35",
    ),
    ("BLINA-INTENS", "BLINA_FLAT14", "BLINATUMOMAB 28 19.35"),
]


@pytest.mark.parametrize(
    ("key", "regimen", "doses"), REGIMENS, ids=[f"{row[0]} {row[1]}" for row in REGIMENS]
)
def test_every_dose_of_every_regimen_for_two_bodies(key: str, regimen: str, doses: str) -> None:
    table = [line.split() for line in doses.split(", ")]
    for place, (cm, kg) in enumerate((("170", "70"), ("150", "40")), start=1):
        found = plan_cycle(protocol(key).regimen_of(regimen), D(cm), D(kg), known(**HEALTHY))
        assert [(one.drug, one.calculated) for one in found] == [(row[0], D(row[place])) for row in table]


def test_the_table_above_has_every_regimen_of_every_trial() -> None:
    keys = ("BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS")
    assert {(key, one.key) for key in keys for one in protocol(key).regimens} == {row[:2] for row in REGIMENS}


@pytest.mark.parametrize("key", ["BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"])
def test_obesity_is_dosed_by_actual_weight_without_a_limit_in_all_four(key: str) -> None:
    plan = protocol(key)
    assert (plan.bsa_formula, plan.obesity.bmi_from, plan.obesity.handling, plan.obesity.cap) == (
        "mosteller",
        30,
        "actual",
        None,
    )


CAPPED, ADJUSTED = ObesityPlan(D(30), "capped_bsa", D("2.0")), ObesityPlan(D(30), "adjusted_weight")
ACTUAL = ObesityPlan(D(30), "actual")
BODIES = [
    # handling, cm, kg, sex, surface, kg that counts, said to be obese
    (ACTUAL, "180", "97.1", "M", "2.20", "97.1", False),
    (ACTUAL, "180", "97.2", "M", "2.20", "97.2", True),
    (ACTUAL, "180", "100", None, "2.24", "100", True),
    (CAPPED, "180", "97.1", "M", "2.20", "97.1", False),
    (CAPPED, "180", "97.2", "M", "2.0", "97.2", True),
    (CAPPED, "150", "70", "F", "1.71", "70", True),
    (ADJUSTED, "180", "100", "M", "2.06", "85.0", True),
    (ADJUSTED, "180", "100", "F", "2.03", "82.3", True),
    (ADJUSTED, "180", "100", None, None, None, False),
]


@pytest.mark.parametrize(("plan", "cm", "kg", "sex", "surface", "dosed", "obese"), BODIES)
def test_what_obesity_does_to_the_body_that_is_dosed(
    plan: ObesityPlan, cm: str, kg: str, sex: str | None, surface: str | None, dosed: str | None, obese: bool
) -> None:
    size: BodySize = body_size(D(cm), D(kg), BsaFormula.MOSTELLER, plan, Fact(sex) if sex else None)
    assert size.bsa_m2 == (None if surface is None else D(surface))
    assert size.dosed_kg == (None if dosed is None else D(dosed))
    assert (size.obese is not None) is obese
    assert size.missing == (() if surface else ("sex",))
    assert size.weight_kg == D(kg)


@pytest.mark.parametrize(("days_before", "fresh"), [(0, True), (7, True), (8, False), (-1, False)])
def test_the_weight_of_a_cycle_is_at_most_seven_days_old(days_before: int, fresh: bool) -> None:
    from datetime import date, timedelta

    assert weight_is_fresh(date(2026, 1, 12) - timedelta(days=days_before), date(2026, 1, 12)) is fresh


@pytest.mark.parametrize(("formula", "surface"), [("MOSTELLER", "1.82"), ("DUBOIS", "1.81"), ("XU", "1.78")])
def test_d_01_the_study_pins_the_formula_of_the_surface(formula: str, surface: str) -> None:
    size = body_size(D(170), D(70), BsaFormula(formula))
    assert size.bsa_m2 == D(surface)
    assert formula.casefold() in size.working.casefold()
