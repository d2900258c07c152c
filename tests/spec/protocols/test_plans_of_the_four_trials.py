# ruff: noqa: E501 (tables are read across)
"""Regimens, visits, MRD thresholds and endpoints of the four files against what the trials say."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from treatment.domain.doses import plan_cycle, total_planned
from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, parse_rule
from trialsite.studies.domain.check import check_reading
from trialsite.studies.domain.fact_names import FACTS
from trialsite.studies.domain.protocol import Drug, Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.vocabulary import ANCHORS, FORMS

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
KEYS = ("BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS")


@cache
def protocol(key: str) -> Protocol:
    return Protocol.from_document(read_file(FOLDER / f"{key}.yaml").document)


def drug(key: str, regimen: str, name: str) -> Drug:
    return next(one for one in protocol(key).regimen_of(regimen).drugs if one.key == name)


def flat_total(plan: Drug, **facts: object) -> Decimal:
    """The planned total of a drug with flat doses: for each day the first level whose rule is true."""
    known = {name: Fact(value) for name, value in facts.items()}  # type: ignore[arg-type]
    total = Decimal(0)
    for day in plan.days:
        level = next(
            dose
            for dose in plan.doses
            if dose.covers(day)
            and (dose.when is None or evaluate(parse_rule(dose.when), known).truth is Truth.TRUE)
        )
        assert level.basis == "FLAT"
        total += level.amount * plan.per_day
    return total


@pytest.mark.parametrize("key", KEYS)
def test_the_file_of_the_trial_has_no_problem(key: str) -> None:
    assert check_reading(read_file(FOLDER / f"{key}.yaml"), FACTS, ANCHORS, FORMS) == ()


@pytest.mark.parametrize(
    ("key", "number", "design"),
    [
        ("BLINA-FULL", 101, "single-arm"),
        ("VIP-BLINA-HSCT", 45, "single-arm"),
        ("BLINA-VEN", 20, "single-arm"),
        ("BLINA-INTENS", None, "randomised"),
    ],
)
def test_the_planned_number_is_that_of_the_registration(key: str, number: int | None, design: str) -> None:
    assert (protocol(key).planned_enrolment, protocol(key).design) == (number, design)
    assert sum(site.planned or 0 for site in protocol(key).sites) == (number or 0)


# trial, regimen, drug, amount, basis, cap, days, times a day
DOSES = [
    ("VIP-BLINA-HSCT", "VIP", "VINCRISTINE", "1.4", "BSA", "2", (1, 8), 1),
    ("VIP-BLINA-HSCT", "VIP", "IDARUBICIN", "8", "BSA", None, (1, 8), 1),
    ("VIP-BLINA-HSCT", "VIP", "PREDNISONE", "60", "BSA", "100", tuple(range(1, 15)), 1),
    ("VIP-BLINA-HSCT", "VDCP", "DAUNORUBICIN", "40", "BSA", None, (1, 2, 3), 1),
    ("VIP-BLINA-HSCT", "VP_HDMTX", "METHOTREXATE", "3000", "BSA", None, (1,), 1),
    ("BLINA-FULL", "HCVAD_A", "CYCLOPHOSPHAMIDE", "300", "BSA", None, (1, 2, 3), 2),
    ("BLINA-FULL", "HCVAD_A", "VINCRISTINE", "2", "FLAT", "2", (4, 11), 1),
    ("BLINA-FULL", "HCVAD_A", "DOXORUBICIN", "50", "BSA", None, (4,), 1),
    ("BLINA-FULL", "HCVAD_A", "DEXAMETHASONE", "40", "FLAT", "40", (1, 2, 3, 4, 11, 12, 13, 14), 1),
    ("BLINA-FULL", "HCVAD_B", "METHYLPREDNISOLONE", "50", "FLAT", None, (1, 2, 3), 2),
    ("BLINA-FULL", "CAR_T", "FLUDARABINE", "30", "BSA", None, (1, 2, 3), 1),
    ("BLINA-FULL", "CAR_T", "CAR_T_CELLS", "1000000", "KG", None, (6,), 1),
    ("BLINA-VEN", "C1_VCD_BLINA", "DEXAMETHASONE", "10", "BSA", "20", tuple(range(1, 8)), 1),
]


@pytest.mark.parametrize(("key", "regimen", "name", "amount", "basis", "cap", "days", "per_day"), DOSES)
def test_a_drug_is_planned_as_the_source_says(
    key: str,
    regimen: str,
    name: str,
    amount: str,
    basis: str,
    cap: str | None,
    days: tuple[int, ...],
    per_day: int,
) -> None:
    plan = drug(key, regimen, name)
    (level,) = plan.doses
    assert (level.amount, level.basis) == (Decimal(amount), basis)
    assert level.cap == (None if cap is None else Decimal(cap))
    assert (plan.days, plan.per_day) == (days, per_day)


# trial, regimen, weight, total in µg
BLINATUMOMAB = [
    ("BLINA-FULL", "BLINA_STEP14", "45", "259"),
    ("BLINA-FULL", "BLINA_FLAT14", "70", "392"),
    ("BLINA-FULL", "BLINA_28", "70", "784"),
    ("VIP-BLINA-HSCT", "BLINA_STEP14", "70", "259"),
    ("BLINA-VEN", "C1_VCD_BLINA", "70", "259"),
    ("BLINA-INTENS", "BLINA_FLAT14", "45.0", "392"),
]


@pytest.mark.parametrize(("key", "regimen", "weight", "total"), BLINATUMOMAB)
def test_blinatumomab_from_45_kg_adds_up_to_the_planned_total(
    key: str, regimen: str, weight: str, total: str
) -> None:
    assert flat_total(drug(key, regimen, "BLINATUMOMAB"), weight_kg=Decimal(weight)) == Decimal(total)


@pytest.mark.parametrize(("weight", "basis"), [("44.9", "BSA"), ("45", "FLAT")])
def test_45_kg_belongs_to_the_fixed_dose(weight: str, basis: str) -> None:
    known = {"weight_kg": Fact(Decimal(weight), "kg")}
    for dose in drug("BLINA-FULL", "BLINA_STEP14", "BLINATUMOMAB").doses:
        holds = evaluate(parse_rule(dose.when), known).truth is Truth.TRUE
        assert holds is (dose.basis == basis)


@pytest.mark.parametrize(
    ("inhibitor", "total"),
    [("NONE", "10700"), ("MODERATE", "5350"), ("STRONG", "2580"), ("POSACONAZOLE", "1830")],
)
def test_venetoclax_follows_the_ramp_and_the_inhibitor(inhibitor: str, total: str) -> None:
    known = {"cyp3a_inhibitor": Fact(inhibitor), "child_pugh": Fact("NONE")}
    doses = plan_cycle(protocol("BLINA-VEN").regimen_of("C2_VEN_BLINA"), None, Decimal(70), known)
    assert total_planned(doses, "VENETOCLAX") == Decimal(total)


@pytest.mark.parametrize(
    ("key", "method", "threshold"),
    [
        ("BLINA-FULL", "MFC", "0.0001"),
        ("VIP-BLINA-HSCT", "MFC", "0.0001"),
        ("VIP-BLINA-HSCT", "NGS_IG_TR", "0.000001"),
        ("BLINA-VEN", "MFC", "0.001"),
        ("BLINA-VEN", "NGS_IG_TR", "0.000001"),
        ("BLINA-INTENS", "MFC", "0.0001"),
        ("BLINA-INTENS", "RQPCR_IG_TR", "0.0001"),
    ],
)
def test_mrd_has_the_threshold_of_its_trial(key: str, method: str, threshold: str) -> None:
    assert {one.threshold for one in protocol(key).mrd if one.method == method} == {Decimal(threshold)}


# trial, endpoint, kind, set, origin, landmark in months
PRIMARY = [
    ("BLINA-FULL", "RFS", "time-to-event", "CRC", "first_crc", "24"),
    ("VIP-BLINA-HSCT", "RFS", "time-to-event", "TRANSPLANTED", "hsct_d0", "18"),
    ("BLINA-VEN", "MRD_NEG_CR", "proportion", "ALL_TREATED", None, None),
    ("BLINA-INTENS", "RFS", "time-to-event", "TRANSPLANTED", "hsct_d0", "24"),
]


@pytest.mark.parametrize(("key", "name", "kind", "who", "origin", "landmark"), PRIMARY)
def test_the_primary_endpoint_is_that_of_the_registration(
    key: str, name: str, kind: str, who: str, origin: str | None, landmark: str | None
) -> None:
    (primary,) = (one for one in protocol(key).endpoints if one.role == "primary")
    assert (primary.key, primary.kind, primary.analysis_set, primary.origin) == (name, kind, who, origin)
    assert primary.landmark_months == (None if landmark is None else Decimal(landmark))


@pytest.mark.parametrize("key", KEYS)
def test_every_trial_has_rfs_and_os(key: str) -> None:
    assert protocol(key).endpoint_of("RFS").events == ("relapse", "death")
    assert protocol(key).endpoint_of("OS").events == ("death",)


# trial, visit, anchor, days or months, window before and after
VISITS = [
    ("BLINA-FULL", "IND_D8", "c1d1", 7, None, (2, 2)),
    ("BLINA-FULL", "IND_EOI1", "end_of_blinatumomab", 1, None, (2, 2)),
    ("BLINA-FULL", "IND_EOI2", "infusion_end:IND_EXT", 1, None, (2, 2)),
    ("BLINA-FULL", "LM24", "first_crc", None, 24, (0, 45)),
    ("BLINA-FULL", "EOT", "last_dose", 30, None, (7, 7)),
    ("VIP-BLINA-HSCT", "ASSESS1", "end_of_blinatumomab", 1, None, (3, 3)),
    ("VIP-BLINA-HSCT", "ASSESS2", "conditioning", -1, None, (13, 0)),
    ("VIP-BLINA-HSCT", "HSCT_M18", "hsct_d0", None, 18, (0, 45)),
    ("VIP-BLINA-HSCT", "HSCT_M24", "hsct_d0", None, 24, (30, 30)),
    ("BLINA-VEN", "EOC1", "phase:C1", 27, None, (2, 5)),
    ("BLINA-VEN", "EOC2", "phase:C2", 27, None, (2, 5)),
    ("VIP-BLINA-HSCT", "IND_STEP_DAILY", "infusion_day:IND_BLINA:8", 0, None, (0, 0)),
    ("BLINA-VEN", "C1_BLI_DAILY", "infusion_day:C1:1", 0, None, (0, 0)),
    ("BLINA-INTENS", "ITT_M24", "randomisation", None, 24, (0, 45)),
    ("BLINA-INTENS", "A_D15", "phase:BLINA", 14, None, (1, 1)),
    ("BLINA-INTENS", "HSCT_M24", "hsct_d0", None, 24, (0, 45)),
    ("BLINA-INTENS", "HSCT_M18", "hsct_d0", None, 18, (14, 14)),
]


@pytest.mark.parametrize(("key", "name", "anchor", "days", "months", "window"), VISITS)
def test_a_visit_stands_where_the_schedule_says(
    key: str, name: str, anchor: str, days: int | None, months: int | None, window: tuple[int, int]
) -> None:
    visit = protocol(key).visit_of(name)
    assert (visit.anchor, visit.offset_days, visit.offset_months) == (anchor, days, months)
    assert (visit.before_days, visit.after_days) == window


@pytest.mark.parametrize(
    ("key", "anchor", "late"),
    [("BLINA-FULL", "c1d1", 6), ("VIP-BLINA-HSCT", "c1d1", 2), ("BLINA-VEN", "c1d1", 6), ("BLINA-INTENS", "randomisation", 6)],
)  # fmt: skip
def test_survival_contacts_go_on_every_three_then_every_six_months(key: str, anchor: str, late: int) -> None:
    early, later = protocol(key).visit_of("SUR_Q3M"), protocol(key).visit_of("SUR_Q6M")
    assert early.repeat is not None
    assert later.repeat is not None
    assert (early.anchor, early.offset_months, early.repeat.count, early.repeat.every_months) == (
        anchor,
        3,
        8,
        3,
    )
    assert (later.anchor, later.offset_months, later.repeat.count, later.repeat.every_months) == (
        anchor,
        30,
        late,
        6,
    )
    assert not early.only_after_treatment


def test_only_arm_a_has_blinatumomab_visits_and_only_arm_b_waits() -> None:
    plan = protocol("BLINA-INTENS")
    assert {visit.arms for visit in plan.visits if visit.phase == "BLINA"} == {("A",)}
    assert plan.visit_of("B_WAIT").arms == ("B",)
    assert plan.visit_of("B_WAIT").until == "conditioning"
    assert plan.arm_of("A").phases == ("BLINA", "HSCT", "OBSERVATION")


def test_the_tumour_lysis_check_stands_around_the_ramp() -> None:
    plan = protocol("BLINA-VEN")
    for day in (1, 2, 3, 4):
        assert ("TLS", True) in [(form.form, form.required) for form in plan.visit_of(f"C2_D{day}").forms]
    (form,) = plan.forms
    assert [choice.code for choice in form.items[0].choices] == ["BEFORE", "H6_8", "H24", "OTHER"]


def decision(key: str, phase: str, **facts: object) -> str | None:
    """Where the branches of a phase lead: read from the top, stopping at an unknown one."""
    known = {name: Fact(value) for name, value in facts.items()}  # type: ignore[arg-type]
    for branch in protocol(key).phase_of(phase).branches:
        truth = evaluate(parse_rule(branch.when), known).truth
        if truth is Truth.TRUE:
            return branch.to
        if truth is Truth.UNKNOWN:
            return None
    return None


IN_CRC = {"relapsed": False, "in_crc": True, "kmt2a_r": False, "tp53_mut": False, "donor_available": True}

# phase, facts, where it leads
PATHS: list[tuple[str, dict[str, object], str | None]] = [
    ("IND_BLINA", {"relapsed": False, "response_latest": "MLFS", "response_latest_day": 22, "in_crc": False}, "AWAIT"),
    ("IND_BLINA", {"relapsed": False, "response_latest": "MLFS", "response_latest_day": 42, "in_crc": False}, "IND_EXT"),
    ("IND_BLINA", {"relapsed": False, "response_latest": "NR", "response_latest_day": 22, "in_crc": False}, "IND_EXT"),
    ("IND_BLINA", {"relapsed": False, "response_latest": "CR", "response_latest_day": 22, "in_crc": True}, "CONS1_HCVAD_A"),
    ("IND_EXT", {"relapsed": False, "response_latest": "NR", "response_latest_day": 36, "in_crc": False}, "OFF_TREATMENT"),
    ("CONS2_BLINA", {"relapsed": True}, "OFF_TREATMENT"),
    ("CONS2_BLINA", {**IN_CRC, "kmt2a_r": True, "mrd_state": "NEGATIVE"}, "HSCT"),
    ("CONS2_BLINA", {**IN_CRC, "kmt2a_r": True, "donor_available": False, "mrd_state": "NEGATIVE"}, "CONS3_HCVAD_B"),
    ("CONS2_BLINA", {**IN_CRC, "mrd_state": "PERSISTENT"}, "HSCT"),
    ("CONS2_BLINA", {**IN_CRC, "mrd_state": "RECURRENCE"}, "HSCT"),
    ("CONS2_BLINA", {**IN_CRC, "mrd_state": "POSITIVE_UNCONFIRMED"}, "AWAIT"),
    ("CONS2_BLINA", {**IN_CRC, "mrd_state": "NEGATIVE"}, "CONS3_HCVAD_B"),
    ("CONS2_BLINA", {**IN_CRC, "kmt2a_r": "PENDING", "mrd_state": "NEGATIVE"}, None),
    ("CAR_T", {**IN_CRC, "mrd_state": "NEGATIVE"}, "OBSERVATION"),
]  # fmt: skip


@pytest.mark.parametrize(("phase", "facts", "expected"), PATHS)
def test_the_way_through_blina_full_follows_its_decision_table(
    phase: str, facts: dict[str, object], expected: str | None
) -> None:
    assert decision("BLINA-FULL", phase, **facts) == expected
