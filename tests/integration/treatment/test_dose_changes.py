"""What changes planned doses while a phase goes on, what is asked when doses are entered, and the worksheet."""

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.cast import Cast, make_cast
from treatment.doses.page import dose_context
from treatment.doses.services import replan_doses
from treatment.models import CycleStart, DosePlan, PlannedDose
from trialsite.audit import acting
from trialsite.casebook.edit_checks import run_checks
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate

from .subjects import DAY1, enrolled, log, size, start


@pytest.fixture
def vip(hsct_cast: Cast) -> Cast:
    return hsct_cast


@pytest.fixture
def ven(ven_cast: Cast) -> Cast:
    return ven_cast


def plan_of(cast: Cast, cycle: CycleStart, drug: str) -> dict[int, D | None]:
    """Day → the dose of the plan in force."""
    with acting(user=cast.coordinator):
        plan = DosePlan.objects.filter(cycle=cycle).order_by("-number").first()
        rows = PlannedDose.objects.filter(plan=plan, drug=drug)
        return {day: row.amount for row in rows for day in row.days}


def weighed(cast: Cast, subject: Subject, on: date, kg: str) -> None:
    with acting(user=cast.coordinator):
        values = {"performed_on": on, "weight": size(kg, "weight")}
        submit_form(slot=Slot(subject.pk, "SCR", "VS"), values=values, by=cast.coordinator)


def ago(subject: Subject, days: int) -> date:
    return site_today(subject) - timedelta(days=days)


def prompts(cast: Cast, cycle: CycleStart) -> list[str]:
    with acting(user=cast.coordinator):
        subject = Subject.objects.get(pk=cycle.subject_id)
        return [one.words for one in dose_context(subject)["cycle_doses"][str(cycle.pk)].prompts]


def test_a_phase_starts_at_a_level_of_the_protocol_with_its_reason(cast: Cast) -> None:
    cycle = start(cast, enrolled(cast), "CONS1_HCVAD_A", dose_level=D("0.5"), dose_level_reason="TOX")
    assert plan_of(cast, cycle, "CYCLOPHOSPHAMIDE")[1] == 270
    assert plan_of(cast, cycle, "MESNA")[1] == 1092
    with acting(user=cast.coordinator):
        assert DosePlan.objects.get(cycle=cycle).dose_level == D("0.5")


@pytest.mark.parametrize(
    ("more", "item"),
    [
        ({"dose_level": D("0.5")}, "dose_level_reason"),
        ({"dose_level": D("0.6"), "dose_level_reason": "TOX"}, "dose_level"),
        ({"dose_level_reason": "TOX"}, "dose_level_reason"),
    ],
)
def test_another_level_or_none_with_a_reason_is_refused(cast: Cast, more: dict[str, Any], item: str) -> None:
    subject = enrolled(cast)
    with pytest.raises(CheckFailed) as refusal:
        start(cast, subject, "CONS1_HCVAD_A", **more)
    assert list(refusal.value.messages) == [item]


def test_the_form_asks_for_levels_and_liver_only_where_a_regimen_needs_them(
    cast: Cast, client: Client
) -> None:
    pages = []
    for each in (cast, make_cast("BLINA-VEN", "v")):
        client.force_login(each.coordinator)
        pages.append(client.get(Slot(enrolled(each).pk, "LOG", "CYC").url()).content.decode())
    assert ["id_dose_level" in one for one in pages] == [True, False]
    assert ["id_child_pugh" in one for one in pages] == [False, True]


def test_venetoclax_waits_for_the_liver_and_is_planned_once_it_is_known(ven: Cast) -> None:
    subject = enrolled(ven)
    cycle = start(ven, subject, "C2", ago(subject, 0))
    assert set(plan_of(ven, cycle, "VENETOCLAX").values()) == {None}
    values = {"phase": "C2", "performed_on": cycle.performed_on, "child_pugh": "C"}
    values |= {"height": cycle.height, "weight": cycle.weight}
    with acting(user=ven.coordinator):
        submit_form(
            slot=Slot.of_record(cycle),
            values=values,
            base_version=cycle.version,
            by=ven.coordinator,
            reason="liver assessed",
        )
    (told,) = prompts(ven, cycle)
    assert "Venetoclax, day 1: not planned → 50 mg" in told
    with acting(user=ven.investigator):
        replan_doses(cycle_id=cycle.pk, by=ven.investigator, reason=told)
    assert [plan_of(ven, cycle, "VENETOCLAX")[day] for day in (1, 2, 3, 4)] == [50, 100, 200, 200]
    assert prompts(ven, cycle) == []


def test_an_inhibitor_that_starts_in_mid_cycle_asks_and_days_already_given_stay(
    ven: Cast, client: Client
) -> None:
    subject = enrolled(ven)
    cycle = start(ven, subject, "C2", ago(subject, 9), child_pugh="NONE")
    assert prompts(ven, cycle) == []
    log(ven, subject, "CM", {"medicine": "posaconazole", "started": PartialDate.of(ago(subject, 1))})
    (told,) = prompts(ven, cycle)
    assert told == "By what is known now: Venetoclax, days 10–28: 400 mg → 70 mg."
    client.force_login(ven.investigator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "Compute anew from day 10" in page
    address = f"/subjects/{subject.pk}/treatment/{cycle.pk}/replan/"
    assert client.post(address, {"from_day": "x", "reason": told}).status_code == 422
    assert client.post(address, {"from_day": "29", "reason": told}).status_code == 422
    assert client.post(address, {"from_day": "10", "reason": told}).status_code == 302
    found = plan_of(ven, cycle, "VENETOCLAX")
    assert [found[day] for day in (1, 3, 9, 10, 28)] == [100, 400, 400, 70, 70]
    assert prompts(ven, cycle) == []


def test_the_earlier_dose_comes_back_on_the_third_day_after_the_inhibitor(ven: Cast) -> None:
    subject = enrolled(ven)
    log(
        ven,
        subject,
        "CM",
        {
            "medicine": "posaconazole",
            "started": PartialDate.of(ago(subject, 20)),
            "stopped": PartialDate.of(ago(subject, 5)),
        },
    )
    cycle = start(ven, subject, "C2", ago(subject, 9), child_pugh="NONE")
    found = plan_of(ven, cycle, "VENETOCLAX")
    assert [found[day] for day in (1, 2, 3, 4, 5, 7, 8)] == [10, 20, 50, 70, 70, 70, 400]


@pytest.mark.parametrize(("kg", "asks"), [("63", True), ("63.1", False), ("77", True), ("76.9", False)])
def test_a_weight_ten_percent_from_cycle_1_asks_for_another_computation(
    vip: Cast, kg: str, asks: bool
) -> None:
    subject = enrolled(vip)
    cycle = start(vip, subject, "IND_VIP", ago(subject, 5))
    weighed(vip, subject, ago(subject, 1), kg)
    assert bool(prompts(vip, cycle)) is asks
    with acting(user=vip.investigator):
        lines = [one for one in work_of(vip.investigator).lines if one.kind == "weight"]
    assert [one.subject_id for one in lines] == ([subject.pk] if asks else [])


def test_doses_are_computed_by_the_new_weight_and_nobody_is_asked_again(vip: Cast) -> None:
    subject = enrolled(vip)
    cycle = start(vip, subject, "IND_VIP", ago(subject, 5))
    with acting(user=vip.investigator), pytest.raises(Refused, match="No weight was measured"):
        replan_doses(cycle_id=cycle.pk, measured_weight=True, by=vip.investigator, reason="drift")
    weighed(vip, subject, ago(subject, 1), "60")
    (told,) = prompts(vip, cycle)
    assert told.endswith("-14.3 % from the 70 kg of cycle 1.")
    with acting(user=vip.investigator):
        plan = replan_doses(
            cycle_id=cycle.pk, from_day=6, measured_weight=True, by=vip.investigator, reason="drift"
        )
        assert (plan.weight_kg, plan.from_day, plan.number) == (60, 6, 2)
        assert [one for one in work_of(vip.investigator).lines if one.kind == "weight"] == []
    found = plan_of(vip, cycle, "IDARUBICIN")
    assert (found[1], found[8]) == (15, 13)
    assert prompts(vip, cycle) == []


def fired(cast: Cast, subject: Subject, form: str, values: dict[str, Any], rows: Any = None) -> list[str]:
    """The items at which soft checks ask."""
    kind = form_type(form, subject)
    assert kind is not None
    with acting(user=cast.coordinator):
        return [one.item for one in run_checks(kind, values, rows or {}, subject)]


PLANNED = D(100)  # of prednisone, every day
LINES = [
    # prescribed, given, reason, drug, item that asks
    ("100", "100", "", "PREDNISONE", []),
    ("95", "95", "", "PREDNISONE", []),
    ("94.9", "94.9", "", "PREDNISONE", ["doses.0.reason"]),
    ("90", "90", "", "PREDNISONE", ["doses.0.reason"]),
    ("89.9", "89.9", "", "PREDNISONE", ["doses.0.reason"]),
    ("89.9", "89.9", "TOX", "PREDNISONE", []),
    ("89.9", "89.9", "OBESITY", "PREDNISONE", []),
    ("94", "94", "OBESITY", "PREDNISONE", ["doses.0.prescribed"]),
    ("100", "105", "", "PREDNISONE", []),
    ("100", "105.1", "", "PREDNISONE", ["doses.0.given"]),
    ("100", "110", "ERROR", "PREDNISONE", ["doses.0.given"]),
    ("100", "110.1", "ERROR", "PREDNISONE", []),
    ("15", "15", "", "DEXAMETHASONE", []),
    ("14", "14", "", "DEXAMETHASONE", ["doses.0.reason"]),
    ("7.5", "7.5", "", "HYDROCORTISONE", []),
]


@pytest.mark.parametrize(("prescribed", "given", "reason", "drug", "items"), LINES)
def test_what_is_asked_when_a_dose_is_entered(
    vip: Cast, prescribed: str, given: str, reason: str, drug: str, items: list[str]
) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    line = {"drug": drug, "given_on": DAY1, "unit": "mg", "reason": reason, "note": ""}
    line |= {"prescribed": D(prescribed), "given": D(given)}
    assert fired(vip, subject, "EX", {"performed_on": DAY1}, {"doses": [line]}) == items


def test_dexamethasone_stands_for_prednisone_in_words(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    line = {"drug": "DEXAMETHASONE", "given_on": DAY1, "prescribed": D(15), "given": D(15), "unit": "mg"}
    over = line | {"given_on": DAY1 + timedelta(days=1), "prescribed": D("15.1"), "given": D("15.1")}
    with acting(user=vip.coordinator):
        submit_form(
            slot=Slot(subject.pk, "IND_D1", "EX"),
            values={"performed_on": DAY1},
            rows={"doses": [line, over]},
            by=vip.coordinator,
        )
    client.force_login(vip.coordinator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "Dexamethasone 15 mg = 100 mg Prednisone (× 0.15)." in page
    assert "Dexamethasone above its limit of 15 mg a day." in page


@pytest.mark.parametrize(("days", "items"), [(7, []), (8, ["weighed_on"])])
def test_the_weight_of_a_phase_is_asked_about_when_it_is_old(vip: Cast, days: int, items: list[str]) -> None:
    values = {"phase": "IND_VIP", "performed_on": DAY1, "weight": size("70", "weight")}
    values |= {"weighed_on": DAY1 - timedelta(days=days)}
    assert fired(vip, enrolled(vip), "CYC", values) == items


def test_a_later_phase_with_another_weight_is_looked_at_twice(vip: Cast) -> None:
    subject = enrolled(vip)
    start(vip, subject, "IND_VIP")
    later = {"phase": "IND_BLINA", "performed_on": DAY1 + timedelta(days=14)}
    undecided = ["phase"]  # nobody decided what follows
    assert fired(vip, subject, "CYC", later | {"weight": size("63.1", "weight")}) == undecided
    assert sorted(fired(vip, subject, "CYC", later | {"weight": size("63", "weight")})) == ["phase", "weight"]


def test_venetoclax_tells_what_tumour_lysis_waits_for(ven: Cast) -> None:
    subject = enrolled(ven)
    assert fired(ven, subject, "CYC", {"phase": "C2", "performed_on": DAY1}) == ["phase"]
    cycle = start(ven, subject, "C2", ago(subject, 1), child_pugh="NONE")
    with acting(user=ven.coordinator):
        told = dose_context(subject)["cycle_doses"][str(cycle.pk)].lysis
    assert "Venetoclax starts only with: White blood cells < 25 10⁹/L. Known: nothing." in told[0]
    assert [line.split(":")[-1].strip() for line in told[1:]] == ["Before the dose · 6 to 8 hours after."] * 2
    with acting(user=ven.coordinator):
        checked = {"time_point": "BEFORE", "sample_date": ago(subject, 1), "clinical_tls": "yes"}
        submit_form(
            slot=Slot(subject.pk, "C2_D1", "TLS"),
            values=checked | {"venetoclax_held": "no"},
            by=ven.coordinator,
        )
        told = dose_context(subject)["cycle_doses"][str(cycle.pk)].lysis
    assert any("hold Venetoclax" in line for line in told)
    assert len(told) == 4


def test_the_worksheet_has_days_doses_workings_and_plan(vip: Cast, client: Client) -> None:
    subject = enrolled(vip)
    cycle = start(vip, subject, "IND_VIP", height="165", weight="90")
    address = f"/subjects/{subject.pk}/treatment/{cycle.pk}/worksheet/"
    client.force_login(vip.coordinator)
    page = client.get(address).content.decode()
    for words in ("Cycle worksheet", "Vincristine", "= 2.842 mg → cap 2 mg", "Signature", "Plan 1, computed"):
        assert words in page
    assert "BMI 33.1 kg/m²: dosed by the actual weight" in page
    assert vip.version.digest[:8] in page
    client.cookies["django_language"] = "zh-hans"
    with translation.override("zh-hans"):
        chinese = client.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    assert "长春新碱" in chinese
    assert "按实际体重计算" in chinese
    client.force_login(vip.stranger)
    assert client.get(address).status_code == 404
    client.force_login(vip.coordinator)
    other = enrolled(vip)
    assert client.get(f"/subjects/{other.pk}/treatment/{cycle.pk}/worksheet/").status_code == 404


def test_the_worksheet_shows_methotrexate_in_its_parts_and_asks_as_much_for_two_plans(
    vip: Cast, client: Client
) -> None:
    subject = enrolled(vip)
    cycle = start(vip, subject, mtx(vip))
    address = f"/subjects/{subject.pk}/treatment/{cycle.pk}/worksheet/"
    client.force_login(vip.coordinator)
    page = client.get(address).content.decode()
    assert "546 mg: 0.5 h" in page
    assert "4 914 mg: 23.5 h" in page
    before = counted(client, address)
    with acting(user=vip.investigator):
        replan_doses(cycle_id=cycle.pk, by=vip.investigator, reason="again")
    assert counted(client, address) == before


def mtx(cast: Cast) -> str:
    return next(one.key for one in cast.version.protocol.phases if one.regimen == "VP_HDMTX")


def counted(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)
