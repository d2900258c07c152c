"""Concomitant medication: the page, what meets the treatment in both directions, corticosteroids, support of counts."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.disease.responses import judged_responses
from tests.cast import Cast
from tests.integration.assessments.entries import counts, enter, fact, marrow, result
from treatment.alerts import interaction_alerts
from treatment.medication.page import week_bars
from treatment.medication.taken import steroids_of
from treatment.registrations import FORMS
from trialsite.audit import acting
from trialsite.casebook.edit_checks import run_checks
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate

from .subjects import enrolled, log, start

VEN_DAY = date(2026, 1, 20)


def medicine(name: str, first: str, last: str = "", **more: Any) -> dict[str, Any]:
    started = PartialDate.parse(first)
    return {
        "medicine": name,
        "started": started,
        "stopped": PartialDate.parse(last) if last else None,
        "performed_on": started.earliest,
    } | more


def given(drug: str, on: date, amount: str = "100", unit: str = "mg") -> dict[str, Any]:
    return {"drug": drug, "given_on": on, "given": Decimal(amount), "unit": unit}


def dose(cast: Cast, subject: Subject, *lines: dict[str, Any]) -> Any:
    return log(cast, subject, "EX", {"performed_on": lines[0]["given_on"]}, {"doses": list(lines)})


def found(cast: Cast, subject: Subject, form: str, values: dict[str, Any], rows: Any = None) -> list[str]:
    """What the checks of a form say of what is typed, at which item."""
    with acting(user=cast.coordinator):
        fired = run_checks(forms[form], values, rows or {}, subject)
    return [f"{one.item}: {one.message}" for one in fired]


def page(client: Client, cast: Cast, subject: Subject, **asked: str) -> str:
    client.force_login(cast.coordinator)
    answer = client.get(reverse("medication", args=[subject.pk]), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def alerts(cast: Cast, subject: Subject, monkeypatch: pytest.MonkeyPatch, today: date) -> list[str]:
    monkeypatch.setattr("treatment.alerts.site_today", lambda _subject: today)
    with acting(user=cast.coordinator):
        return [str(one) for one in interaction_alerts(subject)]


def test_an_azole_that_is_entered_on_venetoclax_is_asked_about(cast: Cast) -> None:
    subject = enrolled(cast)
    dose(cast, subject, given("VENETOCLAX", VEN_DAY))
    (said,) = found(cast, subject, "CM", medicine("泊沙康唑肠溶片", "2026-01-18"))
    assert said.startswith("medicine: Posaconazole beside Venetoclax (2026-01-20): reduce venetoclax")
    assert "70 mg" in said
    assert found(cast, subject, "CM", medicine("Micafungin", "2026-01-18")) == []
    assert found(cast, subject, "CM", medicine("a herbal tea", "2026-01-18")) == []
    assert found(cast, subject, "CM", medicine("posaconazole", "2026-01-10", "2026-01-16")) == []


def test_venetoclax_that_is_entered_beside_an_azole_is_asked_about(cast: Cast) -> None:
    subject = enrolled(cast)
    log(cast, subject, "CM", medicine("voriconazole", "2026-01-18"))
    values = {"performed_on": VEN_DAY}
    lines = [given("CYTARABINE", VEN_DAY), given("VENETOCLAX", VEN_DAY), given("VINCRISTINE", VEN_DAY, "2")]
    said = found(cast, subject, "EX", values, {"doses": lines})
    assert [one.split(":")[0] for one in said] == ["doses.1.drug", "doses.2.drug"]
    assert "10, 20, 50 mg" in said[0]
    assert "azoles slow the breakdown of vinca alkaloids" in said[1]
    not_given = [given("VENETOCLAX", VEN_DAY, "0")]
    assert found(cast, subject, "EX", values, {"doses": not_given}) == []


def test_the_questions_stand_in_both_languages(cast: Cast) -> None:
    subject = enrolled(cast)
    dose(cast, subject, given("VENETOCLAX", VEN_DAY))
    with acting(user=cast.coordinator):
        (fired,) = run_checks(forms["CM"], medicine("voriconazole", "2026-01-18"), {}, subject)
    assert "Voriconazole" in fired.message_en
    assert "伏立康唑" in fired.message_zh
    assert "维奈克拉" in fired.message_zh
    assert not fired.check.hard


def test_an_interaction_stands_beside_the_subject_while_it_lasts(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = enrolled(cast)
    dose(cast, subject, given("VENETOCLAX", VEN_DAY))
    assert alerts(cast, subject, monkeypatch, VEN_DAY) == []
    log(cast, subject, "CM", medicine("voriconazole", "2026-01-18"))
    (said,) = alerts(cast, subject, monkeypatch, date(2026, 2, 3))
    assert said.startswith("Voriconazole beside Venetoclax")
    assert alerts(cast, subject, monkeypatch, date(2026, 2, 4)) == []


def test_a_partial_date_leaves_it_open(cast: Cast) -> None:
    subject = enrolled(cast)
    dose(cast, subject, given("VENETOCLAX", VEN_DAY))
    (said,) = found(cast, subject, "CM", medicine("voriconazole", "2026-01", "2026-01"))
    assert "may meet" in said


def test_the_inhibitor_comes_from_the_dictionary_where_nobody_answered(cast: Cast) -> None:
    subject = enrolled(cast)
    log(cast, subject, "CM", medicine("a herbal tea", "2026-01-18"))
    assert fact(cast, subject, "cyp3a_inhibitor").value == "NONE"
    log(cast, subject, "CM", medicine("伏立康唑", "2026-01-18"))
    assert fact(cast, subject, "cyp3a_inhibitor").value == "STRONG"
    log(cast, subject, "CM", medicine("诺科飞", "2026-01-18"))
    assert fact(cast, subject, "cyp3a_inhibitor").value == "POSACONAZOLE"


def test_another_inhibitor_than_the_dictionary_has_is_asked_about(cast: Cast) -> None:
    subject = enrolled(cast)
    (said,) = found(cast, subject, "CM", medicine("fluconazole", "2026-01-18", inhibitor="STRONG"))
    assert said.startswith("inhibitor: The dictionary of medicines has: Moderate")
    assert found(cast, subject, "CM", medicine("fluconazole", "2026-01-18", inhibitor="MODERATE")) == []
    assert found(cast, subject, "CM", medicine("unknown tea", "2026-01-18", inhibitor="STRONG")) == []


@pytest.mark.parametrize(
    ("items", "item"),
    [
        ({"amount": Decimal(200)}, "unit"),
        ({"unit": "mg"}, "amount"),
        ({"amount": Decimal(-1), "unit": "mg"}, "amount"),
    ],
)
def test_a_dose_needs_number_and_unit(cast: Cast, items: dict[str, Any], item: str) -> None:
    subject = enrolled(cast)
    (said,) = found(cast, subject, "CM", medicine("aciclovir", "2026-01-18", **items))
    assert said.startswith(f"{item}: ")


def test_corticosteroids_of_medication_and_treatment_add_up(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    dose(cast, subject, given("DEXAMETHASONE", date(2026, 1, 13), "15"))  # 100 mg of prednisone
    daily = {
        "amount": Decimal(20),
        "unit": "mg",
        "per_day": Decimal(2),
        "route": "IV",
    }  # 50 mg of prednisone a day
    log(cast, subject, "CM", medicine("甲强龙", "2026-01-14", "2026-01-15", **daily))
    log(cast, subject, "CM", medicine("hydrocortisone cream", "2026-01-14", route="TOPICAL"))
    with acting(user=cast.coordinator):
        steroids = steroids_of(subject, date(2026, 2, 1))
    assert (steroids.total(), steroids.complete) == (200, True)
    assert steroids.total(date(2026, 1, 14), date(2026, 1, 14)) == 50
    shown = page(client, cast, subject)
    assert "<strong>200 mg</strong> of prednisone equivalents" in shown
    assert "30 mg of dexamethasone" in shown
    assert "week of 2026-01-12" in shown
    later = page(client, cast, subject, first="2026-01-14", last="2026-01-14")
    assert "<strong>50 mg</strong> of prednisone equivalents" in later


MARCH = date(2026, 3, 1)


def course_of_cells(**more: Any) -> dict[str, Any]:
    line = {"agent": "DEXAMETHASONE", "reason": "CRS", "dose_mg": Decimal(6), "doses": 4}
    return line | {"started_on": MARCH, "stopped_on": date(2026, 3, 2)} | more


@pytest.mark.parametrize(
    ("more", "days", "complete"),
    [
        ({}, [80, 80], True),  # 4 × 6 mg over two days: 12 mg a day, 0.75 mg are 5 mg of prednisone
        ({"doses": 1, "stopped_on": None}, [40], True),
        ({"agent": "TOCILIZUMAB", "dose_mg": Decimal(480)}, [], True),
        ({"stopped_on": None}, [], False),
        ({"dose_mg": None}, [], False),
        ({"doses": None}, [], False),
        ({"agent": "METHYLPREDNISOLONE", "dose_mg": Decimal(40), "doses": 2}, [50, 50], True),
    ],
)
def test_corticosteroid_after_cells_counts_among_the_steroid_days(
    cast: Cast, more: dict[str, Any], days: list[int], complete: bool
) -> None:
    subject = enrolled(cast)
    log(cast, subject, "CTX", {"performed_on": date(2026, 3, 9)}, {"courses": [course_of_cells(**more)]})
    with acting(user=cast.coordinator):
        steroids = steroids_of(subject, date(2026, 4, 1))
    assert list(steroids.days.values()) == days
    assert steroids.complete is complete


def test_corticosteroid_after_cells_counts_once_where_forms_tell_of_it_twice(cast: Cast) -> None:
    subject = enrolled(cast)
    for told_on, until in ((date(2026, 3, 2), 2), (date(2026, 3, 9), 4)):  # the second form knows more
        line = course_of_cells(doses=2 * until, stopped_on=date(2026, 3, until))
        log(cast, subject, "CTX", {"performed_on": told_on}, {"courses": [line]})
    with acting(user=cast.coordinator):
        assert steroids_of(subject, date(2026, 4, 1)).total() == 4 * 80
    daily = {"amount": Decimal(12), "unit": "mg", "per_day": Decimal(1), "route": "IV"}
    log(cast, subject, "CM", medicine("dexamethasone", "2026-03-03", "2026-03-05", **daily))
    with acting(user=cast.coordinator):
        days_of = steroids_of(subject, date(2026, 4, 1)).days
    assert list(days_of.values()) == [80] * 5  # the 3rd and 4th stand on both forms


@pytest.mark.parametrize(
    ("empty", "labels"),
    [
        (2, ["week of 2026-01-05", "week of 2026-01-12", "week of 2026-01-19", "week of 2026-01-26"]),
        (3, ["week of 2026-01-05", "2026-01-12 to 2026-02-01", "week of 2026-02-02"]),
    ],
)
def test_a_long_time_without_steroids_is_one_line(empty: int, labels: list[str]) -> None:
    given = [Decimal(50), *[Decimal(0)] * empty, Decimal(5)]
    weeks = [(date(2026, 1, 5) + timedelta(weeks=n), mg) for n, mg in enumerate(given)]
    assert [bar.label for bar in week_bars(weeks)] == labels


def test_a_course_without_its_dose_makes_the_sum_a_lower_bound(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    log(cast, subject, "CM", medicine("prednisone", "2026-01-14", dose="tapering"))
    shown = page(client, cast, subject)
    assert "<strong>≥ 0 mg</strong>" in shown
    assert "not recorded: route, dose in mg, doses a day" in shown


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "yesterday"}, "Enter a day as 2026-03-31."),
        ({"first": "2026-02-02", "last": "2026-02-01"}, "This day lies before the first one."),
    ],
)
def test_a_period_that_is_none_is_said_beside_its_field(
    cast: Cast, client: Client, asked: dict[str, str], said: str
) -> None:
    subject = enrolled(cast)
    log(cast, subject, "CM", medicine("prednisone", "2026-01-14"))
    shown = page(client, cast, subject, **asked)
    assert said in shown
    assert asked["first"] in shown


def test_the_page_lists_medicines_and_transfusions(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    assert "No medicine has been entered." in page(client, cast, subject)
    log(cast, subject, "CM", medicine("诺科飞", "2026-01-14", indication="mould"))
    log(cast, subject, "CM", medicine("a herbal tea", "2026-01-14"))
    log(cast, subject, "TF", {"performed_on": VEN_DAY, "product": "PLT", "units": Decimal(1)})
    dose(cast, subject, given("VENETOCLAX", VEN_DAY))
    shown = page(client, cast, subject)
    for words in ("Posaconazole", "azole antifungal", "not in the dictionary", "Platelets", "mould"):
        assert words in shown
    assert "Medicines that meet the treatment" in shown
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    chinese = page(client, cast, subject)
    for words in ("泊沙康唑", "唑类抗真菌药", "血小板", "合并用药"):
        assert words in chinese


def test_a_stranger_finds_no_page(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    client.force_login(cast.stranger)
    assert client.get(reverse("medication", args=[subject.pk])).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_medicines(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    dose(cast, subject, given("VENETOCLAX", VEN_DAY))

    def seen() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, cast, subject)
        return len(queries)

    daily = {"amount": Decimal(5), "unit": "mg", "per_day": Decimal(1), "route": "ORAL"}
    log(cast, subject, "CM", medicine("voriconazole", "2026-01-14"))
    log(cast, subject, "CM", medicine("prednisone", "2026-01-14", **daily))
    log(cast, subject, "TF", {"performed_on": VEN_DAY, "product": "PLT"})
    seen()
    few = seen()
    for _number in range(3):
        log(cast, subject, "CM", medicine("itraconazole", "2026-01-14"))
        log(cast, subject, "CM", medicine("prednisone", "2026-01-14", **daily))
        log(cast, subject, "TF", {"performed_on": VEN_DAY, "product": "PLT"})
    assert seen() == few


def test_the_form_offers_the_names_and_keeps_a_route_in_words(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    record = log(cast, subject, "CM", medicine("posaconazole", "2026-01-14", route="through the tube"))
    client.force_login(cast.coordinator)
    shown = client.get(Slot.of_record(record).url() + "?edit=1").content.decode()
    assert '<datalist id="medicines">' in shown
    assert '<option value="Voriconazole">' in shown
    assert '<option value="through the tube" selected>' in shown


def test_the_form_of_a_medicine_says_what_the_dictionary_has(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    dose(cast, subject, given("VENETOCLAX", VEN_DAY))
    daily = {"amount": Decimal(8), "unit": "mg", "per_day": Decimal(2), "route": "IV"}
    client.force_login(cast.coordinator)

    def derived(values: dict[str, Any]) -> list[str]:
        record = log(cast, subject, "CM", values)
        with acting(user=cast.coordinator):
            kind = next(one for one in FORMS if one.key == "CM")
            assert kind.derived is not None
            return [f"{one.label}: {one.value}" for one in kind.derived(record)]

    assert derived(medicine("a herbal tea", "2026-01-14")) == ["Dictionary of medicines: not known"]
    assert "Prednisone equivalent a day: 20 mg" in derived(
        medicine("methylprednisolone", "2026-01-14", **daily)
    )
    assert derived(medicine("voriconazole", "2026-01-14"))[1].startswith(
        "To look at: Voriconazole beside Venetoclax"
    )


def test_support_behind_the_counts_is_known_from_medication_and_transfusions(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    on = date(2026, 2, 10)
    counts(cast, subject, on, "1.5", "120", visit="LOG")
    marrow(cast, subject, on, "2", visit="LOG", gcsf_7d=None, platelets_7d=None, trilineage=True)

    def warnings() -> set[str]:
        with acting(user=cast.coordinator):
            (judged,) = judged_responses([subject.pk])[subject.pk]
        return {one.value for one in judged.response.warnings}

    before = warnings()
    log(cast, subject, "TF", {"performed_on": date(2026, 2, 2), "product": "PLT"})
    assert warnings() == before
    log(cast, subject, "CM", medicine("瑞白", "2026-02-01", "2026-02-03"))
    assert warnings() != before
    clear = {"performed_on": on, "gcsf_7d": False, "platelets_7d": False}
    said = found(cast, subject, "BM", clear)
    assert any(one.startswith("gcsf_7d: The medication has G-CSF") for one in said)
    assert not any(one.startswith("platelets_7d") for one in said)


def test_engraftment_is_proposed_from_counts_and_transfusions(cast: Cast) -> None:
    subject = enrolled(cast)
    log(cast, subject, "HSCT", {"performed_on": date(2026, 3, 1)})
    log(cast, subject, "TF", {"performed_on": date(2026, 3, 7), "product": "PLT"})
    for day, (anc, platelets) in {12: ("0.4", "15"), 13: ("0.5", "20"), 14: ("0.7", "28"), 15: ("0.9", "31"),
                                  16: ("1.1", "40")}.items():  # fmt: skip
        rows = [result("anc", anc, "10*9/L"), result("platelets", platelets, "10*9/L")]
        log(cast, subject, "HEM", {"performed_on": date(2026, 3, day)}, {"results": rows})
    record = enter(cast, subject, "ENG", date(2026, 3, 20), visit="LOG")
    with acting(user=cast.coordinator):
        lines = {str(one.label): one.value for one in forms["ENG"].derived(record)}  # type: ignore[misc]
    assert lines["Neutrophil recovery"] == "proposed: 2026-03-13 (day +12)"
    assert "Platelet recovery" not in lines  # transfused within 7 days of the 13th and 14th
    said = found(
        cast, subject, "ENG", {"performed_on": date(2026, 3, 20), "neutrophils_on": date(2026, 3, 14)}
    )
    assert said == ["neutrophils_on: The counts give 2026-03-13. Is it right?"]
