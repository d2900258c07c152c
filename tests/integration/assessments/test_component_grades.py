"""Grades from components on the forms: checks, the laboratory of the day, earlier records, days for endpoints."""

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from outcomes.histories import acute_onsets, chronic_onsets
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.edit_checks import run_checks
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

from .entries import enter, result

DAY = date(2026, 1, 6)
FEVER = Quantity.parse("38.4", "Cel", "temperature")
CRS = {
    "performed_on": DAY,
    "temperature": FEVER,
    "other_cause": False,
    "hypotension": "NONE",
    "oxygen": "NONE",
}
JUDGED = {"joints": 0, "genital": 0}
CALM = {
    "skin_pct": D(0),
    "bullae": False,
    "upper_gi_symptoms": False,
    "stool_ml": D(100),
    "severe_gut": False,
}


def found(cast: Cast, subject: Subject, form: str, values: dict[str, Any]) -> dict[str, bool]:
    """The items that the checks of a form speak of, and whether they refuse."""
    with acting(user=cast.coordinator):
        return {one.item: one.check.hard for one in run_checks(forms[form], values, {}, subject)}


def derived(cast: Cast, record: Any) -> dict[str, str]:
    with acting(user=cast.coordinator):
        kind = forms[record.form_key]
        assert kind.derived is not None
        return {str(one.label): f"{one.value} | {one.working}" for one in kind.derived(record)}


HARD, SOFT = True, False
NEEDS = {"hypotension": "VASOPRESSOR"}
CHECKS: list[tuple[str, dict[str, Any], dict[str, bool]]] = [
    ("CRS", CRS, {}),
    ("CRS", CRS | {"ctcae_grade": 1}, {}),
    ("CRS", CRS | {"ctcae_grade": 2}, {"ctcae_reason": HARD}),
    ("CRS", CRS | {"ctcae_grade": 2, "ctcae_reason": "rigors"}, {}),
    ("CRS", CRS | {"oxygen": "", "ctcae_grade": 3}, {}),  # what is open contradicts nobody
    ("CRS", CRS | {"oxygen": "CANNULA"}, {"oxygen_flow": SOFT}),
    ("CRS", CRS | {"oxygen": "CANNULA", "oxygen_flow": D(2)}, {}),
    ("CRS", CRS | {"oxygen_flow": D(2)}, {"oxygen_flow": HARD}),
    ("CRS", CRS | {"fio2_pct": D(21)}, {}),
    ("CRS", CRS | {"fio2_pct": D(22)}, {"fio2_pct": HARD}),
    ("CRS", CRS | NEEDS, {"vasopressor": SOFT}),
    ("CRS", CRS | NEEDS | {"vasopressin": True}, {}),
    ("CRS", CRS | NEEDS | {"vasopressor": "DOPAMINE"}, {}),
    ("CRS", CRS | {"vasopressor": "DOPAMINE"}, {"vasopressor": HARD}),
    (
        "CRS",
        CRS | NEEDS | {"second_vasopressor": "DOPAMINE", "vasopressin": True},
        {"second_vasopressor": HARD},
    ),
    (
        "CRS",
        CRS | NEEDS | {"vasopressor": "DOPAMINE", "second_vasopressor": "DOPAMINE"},
        {"second_vasopressor": HARD},
    ),
    ("ICE", {"year": True, "month": True, "city": True, "hospital": False, "orientation": 3}, {}),
    (
        "ICE",
        {"year": True, "month": True, "city": True, "hospital": False, "orientation": 4},
        {"orientation": HARD},
    ),
    ("ICE", {"year": True, "orientation": 4}, {}),
    ("AGV", CALM, {}),
    ("AGV", CALM | {"lower_gi": 0}, {}),
    ("AGV", CALM | {"lower_gi": 2}, {"lower_gi": HARD}),
    ("AGV", CALM | {"lower_gi": 2, "stage_reason": "biopsy"}, {}),
    ("AGV", {"liver": 2}, {}),  # nothing was measured
    ("CGV", {"fev1_pct": D(70), "lungs": 1}, {}),
    ("CGV", {"fev1_pct": D(70), "lungs": 0}, {"lungs": HARD}),
    ("CGV", {"fev1_pct": D(70), "lungs": 0, "stage_reason": "asthma since childhood"}, {}),
]


@pytest.mark.parametrize(("form", "values", "items"), CHECKS)
def test_answers_that_contradict_each_other_are_said_at_their_item(
    cast: Cast, subject: Subject, form: str, values: dict[str, Any], items: dict[str, bool]
) -> None:
    no_graft = {"performed_on": SOFT} if form in ("AGV", "CGV") else {}
    assert found(cast, subject, form, {"performed_on": DAY} | values) == items | no_graft


@pytest.mark.parametrize("form", ["AGV", "CGV", "ENG", "CHI"])
@pytest.mark.parametrize(
    ("graft", "asked"),
    [(None, True), (0, False), (1, True)],
    ids=["no graft", "same day", "graft a day later"],
)
def test_what_only_a_graft_brings_is_asked_about_without_one(
    cast: Cast, subject: Subject, form: str, graft: int | None, asked: bool
) -> None:
    if graft is not None:
        enter(cast, subject, "HSCT", DAY + timedelta(days=graft), visit="LOG")
    assert (found(cast, subject, form, {"performed_on": DAY}).get("performed_on") is SOFT) == asked


def test_both_scales_stand_on_the_form(cast: Cast, subject: Subject) -> None:
    values = CRS | {
        "oxygen": "MASK",
        "oxygen_flow": D(8),
        "fio2_pct": D(35),
        "ctcae_grade": 3,
        "ctcae_reason": "tired",
    }
    values.pop("performed_on")
    shown = derived(cast, enter(cast, subject, "CRS", DAY, **values))
    assert shown["ASTCT grade of CRS"].startswith("3 | ")
    assert "Oxygen flow: 8" in shown["ASTCT grade of CRS"]
    assert shown["CTCAE grade of CRS, proposed"].startswith("2 | ")
    assert shown["To look at"] == "the investigator's CTCAE grade is 3 | tired"


def test_tremor_and_bleeding_are_named_as_no_part_of_icans(cast: Cast, subject: Subject) -> None:
    oriented = dict.fromkeys(("year", "month", "city", "hospital"), True)
    points = {"naming": 3, "command": 1, "writing": 1, "attention": 1}
    record = enter(cast, subject, "ICE", DAY, **oriented, **points, consciousness="AWAKE", tremor=True)
    shown = derived(cast, record)
    assert shown["ICE score"].startswith("10 / 10 | Knows the year: Yes")
    assert shown["ASTCT grade of ICANS"].startswith("0 | ")
    assert shown["To look at"].startswith("Tremor or myoclonus | ")


def test_the_laboratory_fills_what_the_form_leaves_empty(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "CHEM", DAY, rows=[result("bilirubin", "53", "umol/L", uln=D(21))])
    record = enter(cast, subject, "AGV", DAY, visit="LOG", **CALM)
    shown = derived(cast, record)
    assert shown["MAGIC grade"].startswith("III | ")
    assert "Liver stage: 2" in shown["MAGIC grade"]
    assert shown["Bilirubin"] == "53 µmol/L | from the laboratory report of this day"
    assert shown["Grade II or more since"].startswith("2026-01-06")
    assert shown["Grade III or more since"].startswith("2026-01-06")
    other_day = enter(cast, subject, "AGV", date(2026, 1, 7), visit="LOG", repeat=2, **CALM)
    assert derived(cast, other_day)["MAGIC grade"].startswith("≥ 0 | ")


def test_liver_values_of_the_day_score_chronic_gvhd(cast: Cast, subject: Subject) -> None:
    lines = [
        result("bilirubin", "15", "umol/L", uln=D(21)),
        result("alt", "220", "U/L", uln=D(40)),
        result("alp", "100", "U/L", uln=D(120)),
    ]
    enter(cast, subject, "CHEM", DAY, rows=lines)
    record = enter(cast, subject, "CGV", DAY, visit="LOG", mouth=1)
    assert "Liver: 2" in derived(cast, record)["NIH severity"]
    explained = enter(cast, subject, "CGV", DAY, visit="LOG", repeat=2, liver_explained=True)
    assert "Liver: 0" in derived(cast, explained)["NIH severity"]


def test_keystone_stands_beside_where_it_differs(cast: Cast, subject: Subject) -> None:
    bilirubin = Quantity.parse("10", "umol/L", "bilirubin")
    record = enter(
        cast, subject, "AGV", DAY, visit="LOG", **(CALM | {"severe_gut": True, "bilirubin": bilirubin})
    )
    shown = derived(cast, record)
    assert shown["MAGIC grade"].startswith("IV | ")
    assert shown["Grade by Keystone"].startswith("III | ")


@pytest.mark.parametrize(("weight", "named"), [("50", True), ("50.1", False)])
def test_a_body_of_50_kg_or_less_is_named(cast: Cast, subject: Subject, weight: str, named: bool) -> None:
    enter(cast, subject, "VS", DAY, weight=Quantity.parse(weight, "kg", "weight"))
    shown = derived(cast, enter(cast, subject, "AGV", DAY, visit="LOG", **CALM))
    assert ("To look at" in shown) is named


def test_stages_of_earlier_records_stand_as_they_are(cast: Cast, subject: Subject) -> None:
    record = enter(cast, subject, "AGV", DAY, visit="LOG", skin=2, liver=0, upper_gi=1, lower_gi=0)
    chronic = enter(
        cast, subject, "CGV", DAY, visit="LOG", skin=1, mouth=1, eyes=1, gi=0, liver=0, lungs=0, **JUDGED
    )
    assert derived(cast, record)["MAGIC grade"].startswith("II | ")
    assert derived(cast, chronic)["NIH severity"].startswith("moderate | ")


def test_endpoints_read_the_findings_and_the_earlier_stages(cast: Cast, subject: Subject) -> None:
    first = enter(cast, subject, "AGV", DAY, visit="LOG", skin=2, liver=0, upper_gi=0, lower_gi=0)
    bilirubin = Quantity.parse("53", "umol/L", "bilirubin")
    later = date(2026, 1, 9)
    second = enter(cast, subject, "AGV", later, visit="LOG", repeat=2, **(CALM | {"bilirubin": bilirubin}))
    chronic = enter(cast, subject, "CGV", later, visit="LOG", fev1_pct=D(39))
    with acting(user=cast.coordinator):
        assert [(one.on, one.grade) for one in acute_onsets([first, second], ())] == [(DAY, 1), (later, 3)]
        onsets = chronic_onsets([chronic], ())
    assert onsets["cgvhd_moderate_severe"].on == later


def options(client: Client, url: str, code: str) -> bool:
    return f'<option value="{code}"' in client.get(url).content.decode()


def test_coarser_answers_are_offered_only_where_they_stand(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    empty = Slot(subject.pk, "LOG", "CRS").url()
    assert options(desk, empty, "CANNULA")
    assert not options(desk, empty, "LOW_FLOW")
    record = enter(cast, subject, "CRS", DAY, visit="LOG", temperature=FEVER, oxygen="LOW_FLOW")
    stands = Slot.of_record(record).url() + "?edit=1"
    assert options(desk, stands, "LOW_FLOW")
    assert not options(desk, stands, "HIGH_FLOW")


def test_the_ice_calculator_has_its_script_and_words(desk: Client, subject: Subject) -> None:
    page = desk.get(Slot(subject.pk, "LOG", "ICE").url()).content.decode()
    assert "house/ice.js" in page
    assert 'data-ice="year"' in page
    assert "ICE score: {n} of 10" in page
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "ICE评分：{n}/10" in desk.get(Slot(subject.pk, "LOG", "ICE").url()).content.decode()


def test_scores_are_chosen_by_words(desk: Client, subject: Subject) -> None:
    page = desk.get(Slot(subject.pk, "SCR", "VS").url()).content.decode()
    assert '<option value="0">0: fully active</option>' in page
    assert "2: cares for self, up more than half of waking hours" in page
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "1：剧烈活动受限，可自由走动" in desk.get(Slot(subject.pk, "SCR", "VS").url()).content.decode()
