"""High-dose methotrexate: the form, its verdict, the conditions before it, page, inbox, list."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone, translation

from tests.cast import Cast
from tests.integration.assessments.entries import enter, result
from treatment.domain.methotrexate import Verdict
from treatment.methotrexate.checks import conditions_hold, dose_among_doses
from treatment.methotrexate.derived import methotrexate
from treatment.methotrexate.gate import gate_of, gated_drug
from treatment.methotrexate.selectors import judged_of
from treatment.methotrexate.work import KIND
from treatment.models import MethotrexateInfusion
from trialsite.audit import acting
from trialsite.casebook.errors import Asked, CheckFailed
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.review.models import Query

from .subjects import DAY1, SHANGHAI, at, enrolled, log, start

MTX_DAY = "2026-01-12 08:00"


@pytest.fixture
def vip(hsct_cast: Cast) -> Cast:
    return hsct_cast


def level(
    moment: str, text: str, unit: str = "umol/L", *, line: bool = False, creatinine: str = ""
) -> dict[str, Any]:
    own = Quantity.parse(creatinine, "umol/L", "creatinine") if creatinine else None
    quantity = Quantity.parse(text, unit, "methotrexate")
    return {"drawn_at": at(moment), "level": quantity, "from_line": line, "creatinine": own}


def infuse_mtx(cast: Cast, subject: Subject, *levels: dict[str, Any], **values: Any) -> MethotrexateInfusion:
    given = {
        "performed_on": DAY1,
        "start": at(MTX_DAY),
        "end": at("2026-01-13 08:00"),
        "planned_hours": D(24),
        "dose": D(5460),
    }
    record = log(cast, subject, "MTX", given | values, {"levels": list(levels)})
    assert isinstance(record, MethotrexateInfusion)
    return record


def on_mtx(cast: Cast) -> Subject:
    subject = enrolled(cast)
    start(cast, subject, "CONS2_VP_MTX")
    return subject


def creatinine(cast: Cast, subject: Subject, on: date, text: str, visit: str = "SCR") -> None:
    enter(cast, subject, "CHEM", on, visit=visit, rows=[result("creatinine", text, "umol/L")])


def verdict(cast: Cast, subject: Subject) -> Any:
    with acting(user=cast.coordinator):
        (found,) = judged_of(subject)
    return found


def test_levels_are_read_by_hours_from_start_and_end_with_the_unit_as_entered(vip: Cast) -> None:
    subject = on_mtx(vip)
    infuse_mtx(vip, subject, level("2026-01-14 02:00", "0.45", "mg/L"))
    (line,) = verdict(vip, subject).lines
    assert (line.level.hours_from_start, line.level.hours_from_end) == (D(42), D(18))
    assert (line.row.level.text, line.row.level.unit) == ("0.45", "mg/L")
    assert round(line.level.level.canonical, 3) == D("0.990")


def test_creatinine_of_the_laboratory_counts_where_none_was_entered(vip: Cast) -> None:
    subject = on_mtx(vip)
    creatinine(vip, subject, date(2026, 1, 11), "60")
    creatinine(vip, subject, date(2026, 1, 13), "91", visit="CONS2_D2")
    infuse_mtx(vip, subject, level("2026-01-13 08:00", "50"))
    found = verdict(vip, subject)
    assert (found.infusion.baseline_creatinine_umol_l, found.lines[0].level.creatinine_umol_l) == (60, 91)
    assert found.lines[0].from_report
    assert found.found.verdict is Verdict.DELAYED


def test_the_actual_hours_choose_the_table_and_without_one_there_is_no_dose(vip: Cast) -> None:
    subject = on_mtx(vip)
    infuse_mtx(vip, subject, level("2026-01-13 08:00", "60"), end=at("2026-01-12 20:00"))
    found = verdict(vip, subject).found
    assert (found.verdict, found.rescue) == (Verdict.ASK_PHARMACY, None)


def test_the_form_works_out_its_verdict_with_the_row_cited(vip: Cast) -> None:
    subject = on_mtx(vip)
    record = infuse_mtx(vip, subject, level("2026-01-14 08:00", "0.4"))
    with acting(user=vip.coordinator), timezone.override(SHANGHAI):
        shown = {str(one.label): one for one in methotrexate(record)}
    assert shown["Elimination"].value == "Normal elimination"
    assert "usual rescue" in shown["Elimination"].working
    assert "15 mg/m² × 1.82 m² = 27.3 mg every 6 h" in shown["Leucovorin by the table"].value
    assert shown["Next level"].value == "2026-01-15 08:00"


IMPOSSIBLE = [
    ({"end": at("2026-01-12 07:59")}, [], "end"),
    ({"end": at("2026-01-15 08:01")}, [], "end"),
    ({"planned_hours": D(0)}, [], "planned_hours"),
    ({}, [level("2026-01-12 07:00", "1")], "levels.0.drawn_at"),
    ({}, [level("2026-01-13 08:00", "1") | {"from_line": None}], "levels.0.from_line"),
    ({"start": datetime.now(UTC) + timedelta(days=2), "end": None}, [], "start"),
]


@pytest.mark.parametrize(("values", "levels", "item"), IMPOSSIBLE)
def test_what_cannot_be_is_refused_at_its_item(vip: Cast, values: dict, levels: list, item: str) -> None:
    subject = on_mtx(vip)
    with pytest.raises(CheckFailed) as refused:
        infuse_mtx(vip, subject, *levels, **values)
    assert item in refused.value.messages


def laboratory(
    cast: Cast, subject: Subject, *, anc: str = "1.0", platelets: str = "75", tbil: str = "42"
) -> None:
    day = date(2026, 1, 11)
    enter(
        cast,
        subject,
        "VS",
        day,
        height=Quantity.parse("170", "cm", "height"),
        weight=Quantity.parse("70", "kg", "weight"),
    )
    enter(
        cast,
        subject,
        "HEM",
        day,
        rows=[result("anc", anc, "10*9/L"), result("platelets", platelets, "10*9/L")],
    )
    rows = [result("bilirubin", tbil, "umol/L", uln=D(21)), result("creatinine", "80", "umol/L")]
    enter(cast, subject, "CHEM", day, rows=rows)
    enter(cast, subject, "DM", day, birth_date=PartialDate.parse("1990-01-01"), sex="M")


def truths(cast: Cast, subject: Subject, on: date = DAY1) -> dict[str, Truth]:
    with acting(user=cast.coordinator):
        drug = gated_drug(subject.protocol_version.protocol, "CONS2_VP_MTX")
        assert drug is not None
        return {one.condition.key: one.answer.truth for one in gate_of(subject, drug, on).answers}


def test_the_conditions_are_read_from_the_record_and_what_is_missing_is_unknown(vip: Cast) -> None:
    subject = on_mtx(vip)
    found = truths(vip, subject)
    assert found["INTERACTION"] is Truth.TRUE
    assert {found[key] for key in ("CRCL", "URINE_PH", "EFFUSION", "BILIRUBIN", "ANC", "PLATELETS")} == {
        Truth.UNKNOWN
    }
    laboratory(vip, subject)
    found = truths(vip, subject)
    assert [found[key] for key in ("CRCL", "BILIRUBIN", "ANC", "PLATELETS")] == [Truth.TRUE] * 4


def test_each_bound_belongs_to_its_side_and_old_results_are_unknown(vip: Cast) -> None:
    subject = on_mtx(vip)
    laboratory(vip, subject, anc="0.99", platelets="74", tbil="42.1")
    found = truths(vip, subject)
    assert [found[key] for key in ("BILIRUBIN", "ANC", "PLATELETS")] == [Truth.FALSE] * 3
    assert truths(vip, subject, date(2026, 1, 14))["ANC"] is Truth.FALSE
    assert truths(vip, subject, date(2026, 1, 15))["ANC"] is Truth.UNKNOWN
    with acting(user=vip.coordinator):
        drug = gated_drug(subject.protocol_version.protocol, "CONS2_VP_MTX")
        assert drug is not None
        evidence = [one.evidence for one in gate_of(subject, drug, date(2026, 1, 15)).lines]
    assert "Neutrophils 0.99 10⁹/L (2026-01-11): older than 3 days" in evidence


MEDICINES = [
    ("ibuprofen", "2026-01-10", "2026-01-10", Truth.FALSE),
    ("ibuprofen", "2026-01-09", "2026-01-09", Truth.TRUE),
    ("奥美拉唑", "2026-01-01", "", Truth.FALSE),
    ("哌拉西林他唑巴坦", "2026-01-05", "2026-01-12", Truth.FALSE),
    ("复方新诺明", "2026-01", "2026-01", Truth.UNKNOWN),
    ("paracetamol", "2026-01-10", "", Truth.TRUE),
    ("ibuprofen", "2026-01-13", "", Truth.TRUE),
]


@pytest.mark.parametrize(("medicine", "started", "stopped", "truth"), MEDICINES)
def test_medicines_of_the_last_48_hours(
    vip: Cast, medicine: str, started: str, stopped: str, truth: Truth
) -> None:
    subject = on_mtx(vip)
    first = PartialDate.parse(started)
    values = {"medicine": medicine, "started": first, "performed_on": first.earliest}
    values["stopped"] = PartialDate.parse(stopped) if stopped else None
    log(vip, subject, "CM", values)
    assert truths(vip, subject)["INTERACTION"] is truth


def test_an_infusion_that_starts_against_a_condition_is_asked_about_first(vip: Cast) -> None:
    subject = on_mtx(vip)
    laboratory(vip, subject, anc="0.5")
    values = {"performed_on": DAY1, "start": at(MTX_DAY), "end": None, "planned_hours": D(24), "dose": None}
    with acting(user=vip.coordinator), pytest.raises(Asked) as asked:
        submit_form(
            slot=Slot(subject.pk, LOG, "MTX"),
            values=values | {"urine_ph": D("6.99"), "effusion": False},
            by=vip.coordinator,
            ask_about_soft=True,
        )
    said = " ".join(one.message for one in asked.value.fired)
    assert "Neutrophils 1.0" in said
    assert "Urine pH" in said
    assert "effusion" not in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "No methotrexate of 2026-01-12 stands on the form of doses given."),
        ({"given_on": date(2026, 1, 13)}, "No methotrexate of 2026-01-12 stands on the form of doses given."),
        ({"drug": "METHOTREXATE_IT"}, "No methotrexate of 2026-01-12 stands on the form of doses given."),
        ({"given": D("5000")}, "The doses given have 5000 mg of methotrexate on 2026-01-12."),
        ({"given": D("5.46"), "prescribed": D("5.46"), "unit": "g"}, ""),
        ({"given": D("5460.0")}, ""),
    ],
)
def test_the_dose_is_compared_with_the_doses_given(vip: Cast, given: dict[str, Any], said: str) -> None:
    subject = on_mtx(vip)
    if given:
        line = {"drug": "METHOTREXATE", "given_on": DAY1, "unit": "mg", "reason": "", "note": ""}
        line |= {"prescribed": D(5460), "given": D(5460)} | given
        with acting(user=vip.coordinator):
            rows = {"doses": [line]}
            slot = Slot(subject.pk, LOG, "EX")
            submit_form(slot=slot, values={"performed_on": DAY1}, rows=rows, by=vip.coordinator)
    with acting(user=vip.coordinator):
        values = {"start": at(MTX_DAY), "dose": D(5460)}
        assert [str(one.message) for one in dose_among_doses.run(values, {}, subject)] == (
            [said] if said else []
        )
        assert list(dose_among_doses.run(values | {"dose": None}, {}, subject)) == []


def test_the_dose_that_stands_nowhere_else_is_a_query_of_the_form(vip: Cast) -> None:
    record = infuse_mtx(vip, on_mtx(vip))
    with acting(user=vip.coordinator):
        (query,) = Query.objects.filter(subject=record.subject, text_en__startswith="No methotrexate of")
    assert (query.item, "甲氨蝶呤" in query.text_zh) == ("dose", True)


def test_the_page_shows_levels_table_and_conditions_in_both_languages(vip: Cast, client: Client) -> None:
    subject = on_mtx(vip)
    client.force_login(vip.coordinator)
    before = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "not all conditions are known" in before
    infuse_mtx(vip, subject, level("2026-01-13 08:00", "52"), level("2026-01-14 08:00", "0.5"))
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    for words in (
        "delayed elimination",
        "&gt; 0.4 µmol/L 48 h after the start",
        "ask the pharmacy",
        "2026-01-15 08:00",
    ):
        assert words in page
    client.cookies["django_language"] = "zh-hans"
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert "排泄延迟或肾损伤" in page


def test_a_question_has_the_punctuation_of_its_language(vip: Cast) -> None:
    subject = on_mtx(vip)
    laboratory(vip, subject, anc="0.5")
    values = {"start": at(MTX_DAY), "urine_ph": D("6.99"), "effusion": False}
    with acting(user=vip.coordinator), translation.override("zh-hans"):
        said = " ".join(str(one.message) for one in conditions_hold.run(values, {}, subject))
    assert "中性粒细胞" in said
    assert re.findall(r"[\u4e00-\u9fff][:;,(] ?|[:;,] [\u4e00-\u9fff]", said) == []


def test_the_row_of_normal_elimination_shows_milligrams(vip: Cast, client: Client) -> None:
    subject = on_mtx(vip)
    record = infuse_mtx(vip, subject, level("2026-01-14 08:00", "0.3"))
    client.force_login(vip.coordinator)
    words = "15 mg/m² × 1.82 m² = 27.3 mg every 6 h"
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    assert page.count(words) == 2  # what holds, and the row of the table
    with acting(user=vip.coordinator):
        assert any(words in str(one.value) for one in methotrexate(record))


def test_a_stranger_sees_nothing_of_it(vip: Cast, client: Client) -> None:
    subject = on_mtx(vip)
    infuse_mtx(vip, subject)
    client.force_login(vip.stranger)
    assert client.get(f"/subjects/{subject.pk}/treatment/").status_code == 404


def test_a_level_stands_in_the_inbox_until_it_is_low_enough(
    vip: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 8 in the morning of Shanghai the level of 2 o'clock is late by hours, on the day it was due."""
    for module in ("treatment.methotrexate.work", "trialsite.casebook.due", "trialsite.casebook.site_day"):
        monkeypatch.setattr(f"{module}.now", lambda: datetime(2026, 1, 14, tzinfo=UTC))
    subject = on_mtx(vip)
    record = infuse_mtx(vip, subject, level("2026-01-13 08:00", "52"))

    def lines(who: str = "coordinator") -> list[Any]:
        with acting(user=vip.people()[who]):
            return [one for one in work_of(vip.people()[who]).lines if one.kind == KIND]

    (line,) = lines()
    assert (line.due, str(line.detail)) == (date(2026, 1, 14), "due 2026-01-14 02:00")
    assert (line.standing, str(line.standing_words)) == ("late", "6 h late")
    assert lines("stranger") == []
    assert lines("monitor") == []
    with acting(user=vip.coordinator):
        rows = [level("2026-01-13 08:00", "52") | {"line": 1}, level("2026-01-15 08:00", "0.09")]
        submit_form(
            slot=Slot.of_record(record),
            values={"start": record.start, "end": record.end, "planned_hours": D(24), "performed_on": DAY1},
            rows={"levels": rows},
            base_version=1,
            by=vip.coordinator,
            reason="NEW: level",
        )
    assert lines() == []


def test_a_day_in_what_is_wrong_is_not_broken_between_lines() -> None:
    said = ["Not before <2026-03-01>.", "Nor after 2026-04-01."]
    problems = [{"field_id": "id_start", "label": "Start", "sentences": said}]
    shown = render_to_string("components/problems.html", {"problems": problems})
    assert 'Not before &lt;<span class="text-nowrap">2026-03-01</span>&gt;. Nor after' in shown
    assert '<span class="text-nowrap">2026-04-01</span>' in shown
