"""Planned doses, as a table: drug, body size, facts, and the dose before rounding.

Body surface by Mosteller to two decimals. Vincristine, idarubicin, prednisone as in registration 004;
Hyper-CVAD as published (PMC2940403); blinatumomab by weight as in its label (PMC6368716).
"""

from decimal import Decimal as D

import pytest

from treatment.domain.anthracyclines import (
    AnthracyclineAlert,
    AnthracyclineDose,
    alert_of,
    cumulative_dose,
    is_anthracycline,
)
from treatment.domain.doses import (
    PlannedDose,
    dexamethasone_equivalent,
    plan_cycle,
    total_planned,
)
from trialsite.clinical.body import drift_pct, drifted, needs_recalculation, round_half_up
from trialsite.clinical.facts import Fact
from trialsite.studies.domain.protocol import Regimen

HEAVY = {"fact": "weight_kg", "op": ">=", "value": 45}
LIGHT = {"fact": "weight_kg", "op": "<", "value": 45}


def drug(
    key: str, doses: list[dict[str, object]], days: list[int] | None = None, **more: object
) -> dict[str, object]:
    name = {"en": key, "zh": key}
    base = {"key": key, "name": name, "route": "IV", "unit": "mg", "days": days or [1], "doses": doses}
    return base | {"source": "assumption", "cite": "test"} | more


def per(amount: str, basis: str = "BSA", cap: str | None = None, **more: object) -> dict[str, object]:
    return {"amount": amount, "basis": basis} | ({"cap": cap} if cap else {}) | more


def changed(when: dict[str, object], reason: str, text: str, **effect: object) -> dict[str, object]:
    told = {"reason": reason, "text": {"en": text, "zh": text}, "source": "assumption", "cite": "test"}
    return {"when": when} | told | effect


def regimen(*drugs: dict[str, object]) -> Regimen:
    document = {"key": "R", "name": {"en": "R", "zh": "R"}, "cycle_days": 28, "drugs": list(drugs)}
    return Regimen.of(document | {"source": "assumption", "cite": "test"})


def blinatumomab(*steps: tuple[range, str, str, str]) -> Regimen:
    """Steps of (days, fixed µg/day, µg/m²/day, cap) by weight class."""
    doses = [per(flat, "FLAT", days=list(days), when=HEAVY) for days, flat, _, _ in steps]
    doses += [per(light, "BSA", cap, days=list(days), when=LIGHT) for days, _, light, cap in steps]
    every = [day for days, *_ in steps for day in days]
    return regimen(drug("BLINATUMOMAB", doses, every, unit="ug", route="CIVI"))


VCR = drug("VINCRISTINE", [per("1.4", cap="2")], [1, 8], rounding="0.1")
IDA = drug("IDARUBICIN", [per("8")], [1, 8], rounding="1")
PRED = drug("PREDNISONE", [per("60", cap="100")], list(range(1, 15)), rounding="5", route="PO")
MTX = drug("METHOTREXATE", [per("3000")], rounding="10")
FLUDARABINE = drug("FLUDARABINE", [per("30")], [1, 2, 3])
CAR_T = drug("CAR_T", [per("1000000", "KG")], unit="cells")
STEP_9, STEP_28 = (range(1, 8), "9", "5", "9"), (range(8, 29), "28", "15", "28")
RR_C1 = blinatumomab(STEP_9, STEP_28)
FLAT_28 = blinatumomab((range(1, 29), "28", "15", "28"))
SHORT14_STEP = blinatumomab(STEP_9, (range(8, 15), "28", "15", "28"))
SHORT14_FLAT = blinatumomab((range(1, 15), "28", "15", "28"))

DOSES = [
    # id, drug, cm, kg, calculated (two decimals), rounded, capped
    ("D-02", VCR, "170", "70", "2.00", "2", True),
    ("D-04", PRED, "170", "70", "100.00", "100", True),
    ("D-05 vincristine", VCR, "150", "40", "1.81", "1.8", False),
    ("D-05 idarubicin", IDA, "150", "40", "10.32", "10", False),
    ("D-05 prednisone", PRED, "150", "40", "77.40", "75", False),
    ("D-07 surface 1.66", PRED, "160", "62", "99.60", "100", False),
    ("D-07 surface 1.67", PRED, "160", "63", "100.00", "100", True),
    ("D-08 vincristine", VCR, "180", "100", "2.00", "2", True),
    ("D-08 idarubicin", IDA, "180", "100", "17.92", "18", False),
    ("D-08 methotrexate, no cap on surface", MTX, "180", "100", "6720.00", "6720", False),
    ("D-14 fludarabine", FLUDARABINE, "170", "70", "54.60", "54.6", False),
    ("D-14 CAR-T cells", CAR_T, "170", "68", "68000000.00", "68000000", False),
]


@pytest.mark.parametrize(
    ("one", "cm", "kg", "calculated", "rounded", "capped"),
    [row[1:] for row in DOSES],
    ids=[r[0] for r in DOSES],
)
def test_dose(one: dict[str, object], cm: str, kg: str, calculated: str, rounded: str, capped: bool) -> None:
    (planned,) = plan_cycle(regimen(one), D(cm), D(kg), {})
    assert planned.calculated is not None
    assert round_half_up(planned.calculated, 2) == D(calculated)
    assert planned.rounded == D(rounded)
    assert planned.cap_applied is capped


def test_d_01_the_surface_of_170_cm_and_70_kg_is_1_82() -> None:
    (planned,) = plan_cycle(regimen(drug("X", [per("1")])), D(170), D(70), {})
    assert planned.calculated == D("1.82")


def test_d_04_the_dexamethasone_equivalent_of_100_mg_prednisone_is_15_mg() -> None:
    assert dexamethasone_equivalent(D(100)) == 15


CYTARABINE = drug(
    "CYTARABINE",
    [
        per("1000", when={"fact": "age_years", "op": ">=", "value": 60}),
        per("3000", when={"fact": "age_years", "op": "<", "value": 60}),
    ],
    [2, 3],
    per_day=2,
)


@pytest.mark.parametrize(("age", "dose"), [(59, "5460"), (60, "1820")])
def test_d_10_cytarabine_is_reduced_from_60_years_on(age: int, dose: str) -> None:
    (planned,) = plan_cycle(regimen(CYTARABINE), D(170), D(70), {"age_years": Fact(age)})
    assert (planned.calculated, planned.days, planned.per_day) == (D(dose), (2, 3), 2)
    assert planned.total == D(dose) * 4


def test_an_unknown_fact_leaves_the_dose_unplanned_and_is_named() -> None:
    (planned,) = plan_cycle(regimen(CYTARABINE), D(170), D(70), {})
    assert (planned.planned, planned.calculated, planned.missing) == (False, None, ("age_years",))
    assert planned.working.en == "Not planned: age_years is missing."


@pytest.mark.parametrize(("lvef", "hours"), [("49", "48"), ("50", "24")])
def test_d_11_doxorubicin_runs_over_48_hours_when_the_ejection_fraction_is_below_50(
    lvef: str, hours: str
) -> None:
    slow = changed({"fact": "lvef", "op": "<", "value": 50}, "CARDIAC", "LVEF", hours="48")
    doxorubicin = drug("DOXORUBICIN", [per("50")], [4], infusion_hours="24", modifiers=[slow])
    (planned,) = plan_cycle(regimen(doxorubicin), D(170), D(70), {"lvef": Fact(D(lvef), "%")})
    assert planned.infusion_hours == D(hours)
    (unknown,) = plan_cycle(regimen(doxorubicin), D(170), D(70), {})
    assert (unknown.planned, unknown.missing) == (False, ("lvef",))


def test_the_working_says_why_an_infusion_takes_longer_and_older_files_are_read() -> None:
    low = {"lvef": Fact(D(45), "%")}
    slow = changed({"fact": "lvef", "op": "<", "value": 50}, "CARDIAC", "LVEF", hours="48")
    now = drug("DOXORUBICIN", [per("50")], [4], infusion_hours="24", modifiers=[slow])
    (planned,) = plan_cycle(regimen(now), D(170), D(70), low)
    assert planned.working.en == "50 mg/m² × 1.82 m² = 91 mg; over 48 h (LVEF 45 %)"
    assert planned.working.zh == "50 mg/m² × 1.82 m² = 91 mg，输注48小时（LVEF 45 %）"
    assert planned.reasons == ("CARDIAC",)
    before = [{"hours": "48", "when": {"fact": "lvef", "op": "<", "value": 50}}]
    then = drug("DOXORUBICIN", [per("50")], [4], infusion_hours="24", infusion_exceptions=before)
    assert plan_cycle(regimen(then), D(170), D(70), low)[0].infusion_hours == 48


def test_d_13_methotrexate_is_given_in_two_parts() -> None:
    parts = [{"fraction": "0.1", "hours": "0.5"}, {"fraction": "0.9", "hours": "23.5"}]
    (planned,) = plan_cycle(regimen(MTX | {"parts": parts}), D(170), D(70), {})
    assert [(one.amount, one.hours) for one in planned.parts] == [(D(546), D("0.5")), (D(4914), D("23.5"))]


def test_d_16_venetoclax_adds_up_to_10700_mg_in_28_days() -> None:
    ramp = [per("100", "FLAT", days=[1]), per("200", "FLAT", days=[2]), per("400", "FLAT")]
    doses = plan_cycle(regimen(drug("VENETOCLAX", ramp, list(range(1, 29)))), None, None, {})
    assert [one.days for one in doses] == [(1,), (2,), tuple(range(3, 29))]
    assert total_planned(doses, "VENETOCLAX") == 10_700


TOTALS = [
    ("B-01 two steps", RR_C1, "170", "70", "651"),
    ("B-01 flat", FLAT_28, "170", "70", "784"),
    ("B-01 short with step", SHORT14_STEP, "170", "70", "259"),
    ("B-01 short flat", SHORT14_FLAT, "170", "70", "392"),
    ("B-02 40 kg", RR_C1, "150", "40", "451.50"),
    ("45 kg is in the fixed class", RR_C1, "150", "45", "651"),
]


@pytest.mark.parametrize(
    ("plan", "cm", "kg", "total"), [row[1:] for row in TOTALS], ids=[r[0] for r in TOTALS]
)
def test_blinatumomab_total(plan: Regimen, cm: str, kg: str, total: str) -> None:
    assert total_planned(plan_cycle(plan, D(cm), D(kg), {}), "BLINATUMOMAB") == D(total)


def test_b_02_below_45_kg_blinatumomab_goes_by_surface() -> None:
    doses = plan_cycle(RR_C1, D(150), D(40), {})
    assert [(one.calculated, one.days[0], one.days[-1]) for one in doses] == [
        (D("6.45"), 1, 7),
        (D("19.35"), 8, 28),
    ]


@pytest.mark.parametrize("kg", ["44.9", "45.0"])
def test_the_weight_class_changes_at_45_kg(kg: str) -> None:
    first = plan_cycle(RR_C1, D(150), D(kg), {})[0]
    assert (first.calculated == 9) is (kg == "45.0")


def test_b_04_the_dose_by_surface_never_exceeds_the_fixed_dose() -> None:
    doses = plan_cycle(RR_C1, D(300), D("43.32"), {})
    assert [one.calculated for one in doses] == [9, 28]
    assert all(one.cap_applied for one in doses)


def test_the_weight_of_the_cycle_and_not_a_later_one_chooses_the_class() -> None:
    later = {"weight_kg": Fact(D(50), "kg")}
    assert plan_cycle(RR_C1, D(150), D(40), later)[0].calculated == D("6.45")


@pytest.mark.parametrize(
    ("cm", "kg", "missing"),
    [(None, "70", ("height_cm", "weight_kg")), ("170", None, ("height_cm", "weight_kg"))],
)
def test_a_dose_by_surface_needs_height_and_weight(
    cm: str | None, kg: str | None, missing: tuple[str, ...]
) -> None:
    size = (None if cm is None else D(cm), None if kg is None else D(kg))
    (planned,) = plan_cycle(regimen(VCR), *size, {})
    assert (planned.rounded, planned.missing) == (None, missing)
    assert total_planned([planned], "VINCRISTINE") is None


def test_a_fixed_dose_needs_neither_height_nor_weight() -> None:
    (planned,) = plan_cycle(regimen(drug("VENETOCLAX", [per("400", "FLAT")])), None, None, {})
    assert planned.rounded == 400
    (by_weight,) = plan_cycle(regimen(CAR_T), None, None, {})
    assert by_weight.missing == ("weight_kg",)
    assert total_planned([planned], "OTHER") == 0


def test_blinatumomab_without_a_weight_is_not_planned() -> None:
    doses = plan_cycle(RR_C1, D(150), None, {})
    assert {one.missing for one in doses} == {("weight_kg",)}


def test_no_level_that_applies_means_no_dose_and_nothing_missing() -> None:
    only_old = drug("X", [per("1", when={"fact": "age_years", "op": ">=", "value": 60})])
    (planned,) = plan_cycle(regimen(only_old), D(170), D(70), {"age_years": Fact(30)})
    assert (planned.planned, planned.missing) == (False, ())
    assert planned.working.en == "Not planned: no dose level applies."


WORKINGS = [
    (VCR, "1.4 mg/m² × 1.82 m² = 2.548 mg → cap 2 mg", "1.4 mg/m² × 1.82 m² = 2.548 mg → 上限2 mg"),
    (IDA, "8 mg/m² × 1.82 m² = 14.56 mg → 15 mg", "8 mg/m² × 1.82 m² = 14.56 mg → 15 mg"),
    (drug("V", [per("2", "FLAT")]), "2 mg", "2 mg"),
    (drug("B", [per("9", "FLAT")], unit="ug"), "9 µg", "9 µg"),
    (CAR_T, "1000000 cells/kg × 70 kg = 70000000 cells", "1000000 cells/kg × 70 kg = 70000000 cells"),
]


@pytest.mark.parametrize(("one", "en", "zh"), WORKINGS)
def test_the_working_stands_in_one_line(one: dict[str, object], en: str, zh: str) -> None:
    (planned,) = plan_cycle(regimen(one), D(170), D(70), {})
    assert (planned.working.en, planned.working.zh) == (en, zh)


def test_a_reduced_dose_level_multiplies_before_the_cap() -> None:
    (planned,) = plan_cycle(regimen(VCR), D(170), D(70), {}, factor=D("0.75"))
    assert (planned.calculated, planned.cap_applied) == (D("1.911"), False)
    assert planned.working.en == "1.4 mg/m² × 1.82 m² × 0.75 = 1.911 mg → 1.9 mg"


@pytest.mark.parametrize(
    ("amount", "step", "cap", "rounded"),
    [
        ("2.5", "5", None, "5"),
        ("2.4", "5", None, "0"),
        ("9.9", "1", "9.9", "9"),
        ("9.4", "1", "9.9", "9"),
        ("7.25", "0.1", None, "7.3"),
    ],
)
def test_rounding_is_half_up_and_never_lifts_a_dose_above_its_cap(
    amount: str, step: str, cap: str | None, rounded: str
) -> None:
    one = drug("X", [per(amount, "FLAT", cap)], rounding=step)
    assert plan_cycle(regimen(one), None, None, {})[0].rounded == D(rounded)


@pytest.mark.parametrize(("kg", "again"), [("77", True), ("76.9", False), ("63", True), ("63.1", False)])
def test_doses_are_computed_anew_when_weight_differs_by_ten_percent(kg: str, again: bool) -> None:
    assert needs_recalculation(D(kg), D(70)) is again
    assert (abs(drift_pct(D(kg), D(70))) >= 10) is again


@pytest.mark.parametrize(
    ("kg", "dosed", "again"),
    [
        ("63", "70", True),
        ("63.1", "70", False),
        ("62", "66", True),
        ("60.5", "60", False),
        ("54", "60", True),
    ],
)
def test_a_drift_is_told_until_the_doses_rest_on_it(kg: str, dosed: str, again: bool) -> None:
    assert drifted(D(kg), D(70), D(dosed)) is again


def test_the_plan_keeps_the_order_of_the_regimen() -> None:
    doses: tuple[PlannedDose, ...] = plan_cycle(regimen(VCR, IDA, PRED), D(170), D(70), {})
    assert [one.drug for one in doses] == ["VINCRISTINE", "IDARUBICIN", "PREDNISONE"]


VIP_DNR = [AnthracyclineDose("IDARUBICIN", D(8))] * 2 + [AnthracyclineDose("DAUNORUBICIN", D(40))] * 3


@pytest.mark.parametrize(("ratios", "total"), [("DNR_0_6", "152"), ("DNR_0_5", "140"), ("DNR_0_83", "179.6")])
def test_d_17_cumulative_anthracycline_by_ratio_set(ratios: str, total: str) -> None:
    found = cumulative_dose(VIP_DNR, ratios)
    assert (found.dox_eq_mg_m2, found.ratio_set) == (D(total), ratios)


def test_d_19_two_courses_of_hyper_cvad_a_and_one_idarubicin_make_140() -> None:
    doses = [AnthracyclineDose("DOXORUBICIN", D(50))] * 2 + [AnthracyclineDose("IDARUBICIN", D(8))]
    assert cumulative_dose(doses).dox_eq_mg_m2 == 140
    assert cumulative_dose(doses).working.en == "DOXORUBICIN 100 × 1 + IDARUBICIN 8 × 5 = 140 mg/m²"


def test_other_drugs_do_not_count_and_milligrams_are_divided_by_the_surface() -> None:
    found = cumulative_dose(
        [AnthracyclineDose("VINCRISTINE", D(2)), AnthracyclineDose.of("DOXORUBICIN", D(91), D("1.82"))]
    )
    assert found.dox_eq_mg_m2 == 50
    assert not is_anthracycline("VINCRISTINE")
    assert cumulative_dose([]).dox_eq_mg_m2 == 0


@pytest.mark.parametrize(
    ("total", "alert"),
    [
        ("99.9", AnthracyclineAlert.NONE),
        ("100", AnthracyclineAlert.INFO),
        ("249.9", AnthracyclineAlert.INFO),
        ("250", AnthracyclineAlert.WARNING),
        ("399.9", AnthracyclineAlert.WARNING),
        ("400", AnthracyclineAlert.STOP),
    ],
)
def test_alerts_by_cumulative_dose(total: str, alert: AnthracyclineAlert) -> None:
    assert alert_of(D(total)) is alert


@pytest.mark.parametrize(("since", "due"), [("40", True), ("41", False)])
def test_echocardiography_is_due_every_100_mg_m2(since: str, due: bool) -> None:
    doses = [AnthracyclineDose("DOXORUBICIN", D(140))]
    assert cumulative_dose(doses, echo_at_mg_m2=D(since)).echo_due is due
