"""Planned doses through the form of a phase: computed once, kept with what they rest on."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client

from tests.cast import Cast
from treatment.doses.services import replan_doses
from treatment.models import CycleStart, DosePlan, PlannedDose
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot

from .subjects import DAY1, enrolled, size, start


@pytest.fixture
def vip(hsct_cast: Cast) -> Cast:
    return hsct_cast


def doses(cast: Cast, cycle: CycleStart) -> dict[str, tuple[D | None, str]]:
    with acting(user=cast.coordinator):
        rows = PlannedDose.objects.filter(plan__cycle=cycle).order_by("plan__number", "line")
        return {row.drug: (row.amount, row.working_en) for row in rows}


def test_at_170_cm_and_70_kg_vincristine_is_capped_at_2_mg(vip: Cast) -> None:
    cycle = start(vip, enrolled(vip), "IND_VIP")
    planned = doses(vip, cycle)
    assert planned["VINCRISTINE"] == (D(2), "1.4 mg/m² × 1.82 m² = 2.548 mg → cap 2 mg")
    assert planned["IDARUBICIN"][0] == 15
    assert planned["PREDNISONE"][0] == 100
    with acting(user=vip.coordinator):
        plan = DosePlan.objects.get(cycle=cycle)
    assert (plan.bsa_m2, plan.digest) == (D("1.82"), vip.version.digest)
    assert plan.made_by_id == vip.coordinator.pk


def test_at_150_cm_and_40_kg_no_cap_bites(vip: Cast) -> None:
    planned = doses(vip, start(vip, enrolled(vip), "IND_VIP", height="150", weight="40"))
    assert {drug: amount for drug, (amount, _) in planned.items()} == {
        "VINCRISTINE": D("1.8"),
        "IDARUBICIN": D(10),
        "PREDNISONE": D(75),
    }


@pytest.mark.parametrize(("weight", "first"), [("44.9", "6.85"), ("45", "9")])
def test_blinatumomab_goes_by_surface_below_45_kg(cast: Cast, weight: str, first: str) -> None:
    cycle = start(cast, enrolled(cast), "IND_BLINA", height="150", weight=weight)
    with acting(user=cast.coordinator):
        row = PlannedDose.objects.filter(plan__cycle=cycle, drug="BLINATUMOMAB").order_by("line").first()
    assert row is not None
    assert row.amount == D(first)


def test_a_missing_fact_leaves_the_dose_unplanned_and_names_it(cast: Cast) -> None:
    planned = doses(cast, start(cast, enrolled(cast), "CONS1_HCVAD_A"))
    assert planned["DOXORUBICIN"] == (None, "Not planned: lvef is missing.")
    assert planned["CYCLOPHOSPHAMIDE"][0] == 550


def corrected(cast: Cast, cycle: CycleStart, weight: str) -> None:
    slot = Slot(cycle.subject_id, "LOG", "CYC", 1, cycle.form_repeat)
    values = {"phase": cycle.phase, "performed_on": cycle.performed_on, "height": cycle.height}
    with acting(user=cast.coordinator):
        submit_form(
            slot=slot,
            values=values | {"weight": size(weight, "weight")},
            base_version=cycle.version,
            by=cast.coordinator,
            reason="typing error",
        )


def test_a_later_correction_of_the_weight_leaves_the_plan_and_the_page_says_so(
    vip: Cast, client: Client
) -> None:
    cycle = start(vip, enrolled(vip), "IND_VIP")
    before = doses(vip, cycle)
    corrected(vip, cycle, "50")
    assert doses(vip, cycle) == before
    client.force_login(vip.coordinator)
    page = client.get(f"/subjects/{cycle.subject_id}/treatment/").content.decode()
    assert "Weight changed: 70 → 50 kg" in page
    assert "1.4 mg/m² × 1.82 m² = 2.548 mg → cap 2 mg" in page


def test_an_investigator_computes_anew_and_both_plans_are_kept(vip: Cast) -> None:
    cycle = start(vip, enrolled(vip), "IND_VIP")
    corrected(vip, cycle, "50")
    with acting(user=vip.investigator):
        with pytest.raises(Refused, match="why"):
            replan_doses(cycle_id=cycle.pk, by=vip.investigator, reason=" ")
        with pytest.raises(Refused, match="a mobile telephone number"):
            replan_doses(cycle_id=cycle.pk, by=vip.investigator, reason="call 13800138000")
        replan_doses(cycle_id=cycle.pk, by=vip.investigator, reason="weight corrected")
        plans = list(DosePlan.objects.filter(cycle=cycle).order_by("number"))
        assert Trail.objects.filter(table_name="treatment_doseplan", reason="weight corrected").count() == 1
    assert [plan.weight_kg for plan in plans] == [70, 50]
    assert [plan.reason for plan in plans] == ["", "weight corrected"]


def test_a_coordinator_does_not_decide_on_doses(vip: Cast) -> None:
    cycle = start(vip, enrolled(vip), "IND_VIP")
    with acting(user=vip.coordinator), pytest.raises(PermissionDenied):
        replan_doses(cycle_id=cycle.pk, by=vip.coordinator, reason="because")


def test_a_plan_cannot_be_changed_in_the_database(vip: Cast) -> None:
    cycle = start(vip, enrolled(vip), "IND_VIP")
    with (
        acting(user=vip.coordinator),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
    ):
        PlannedDose.objects.filter(plan__cycle=cycle).update(amount=1)


@pytest.mark.parametrize(
    ("change", "item"),
    [
        ({"phase": "CONS1_HCVAD_A"}, "phase"),
        ({"weight": size("700", "weight")}, "weight"),
        ({"height": size("17", "height")}, "height"),
        ({"ended_on": DAY1 - timedelta(days=1)}, "ended_on"),
    ],
)
def test_what_cannot_have_happened_is_refused_at_its_item(vip: Cast, change: dict, item: str) -> None:
    subject = enrolled(vip)
    phase = change.pop("phase", "IND_VIP")
    with pytest.raises(CheckFailed) as refusal:
        start_with(vip, subject, phase, change)
    assert list(refusal.value.messages) == [item]


def start_with(cast: Cast, subject: Subject, phase: str, change: dict) -> None:
    values = {
        "phase": phase,
        "performed_on": DAY1,
        "height": size("170", "height"),
        "weight": size("70", "weight"),
    }
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, "LOG", "CYC")
        submit_form(slot=slot, values=values | change, by=cast.coordinator)


def test_the_form_offers_the_phases_of_the_arm_with_the_next_one_chosen(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    client.force_login(vip.coordinator)
    page = client.get(Slot(subject.pk, "LOG", "CYC").url()).content.decode()
    assert '<option value="IND_VIP" selected>' in page
    assert "CONS1_HCVAD_A" not in page


def test_the_browser_form_computes_the_doses(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    client.force_login(vip.coordinator)
    typed = {"phase": "IND_VIP", "performed_on": "2026-01-12", "height": "170", "height_unit": "cm"}
    typed |= {"weight": "70", "weight_unit": "kg", "press": "submit", "base_version": "0"}
    answer = client.post(Slot(subject.pk, "LOG", "CYC").url(), typed)
    assert answer.status_code == 302, answer.content.decode()
    with acting(user=vip.coordinator):
        assert PlannedDose.objects.filter(subject=subject).count() == 3
