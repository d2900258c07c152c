"""The laboratory table: typing, pasting, the tray, saving all or nothing, and what others see of it."""

import re
from datetime import date, time
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.domain.lab_match import Unmatched, Why
from assessments.laboratory.saving import save_draws
from assessments.laboratory.tray import assign_row, dismiss_row, forget_name, keep_rows, learned_names
from assessments.laboratory.typed import Column
from assessments.models import LabName, LabReport, LabResult, LabTrayRow
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook import services
from trialsite.casebook.edit_checks import Fired, edit_check
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import LOG, Draft, Subject
from trialsite.casebook.selectors import work_of
from trialsite.casebook.slots import Slot

from .entries import enter, result

DAY = date(2026, 1, 6)
BLOCK = """姓名：张三  住院号：123456
采样时间：2026-01-06 08:15
项目\t结果\t单位\t参考范围
WBC 白细胞\t0.8\t10^9/L\t3.5-9.5
肌酐\t1.2\tmg/dL\t0.5-1.1
血清总钙量\t1.15\tmmol/L\t1.10-1.34
"""


def url(subject: Subject) -> str:
    return reverse("laboratory", args=[subject.pk])


def typed(*columns: dict[str, str], press: str = "submit", **more: str) -> dict[str, str]:
    """What the page sends: one column after the other, "date" or an analyte → its text."""
    fields = {f"d{n}-{name}": text for n, column in enumerate(columns) for name, text in column.items()}
    return {"columns": str(len(columns)), "draft_version": "0", "press": press, **fields, **more}


def results(cast: Cast, subject: Subject) -> dict[str, list[str]]:
    """Every stored result: form and its repeat → analyte and text with unit."""
    with acting(user=cast.coordinator):
        found: dict[str, list[str]] = {}
        for line in LabResult.objects.filter(subject=subject).select_related("record__visit").order_by("pk"):
            place = f"{line.record.visit.key} {line.record.form_key}.{line.record.form_repeat}"
            found.setdefault(place, []).append(f"{line.analyte} {line.result_text} {line.result_unit}")
        return found


# Entering


def test_a_column_becomes_a_report_of_each_panel_at_the_visit_of_its_day(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    column = {"date": "2026-01-06", "time": "08:15", "laboratory": "Central", "wbc": "<0.1", "alt": "45"}
    answer = desk.post(url(subject), typed(column | {"creatinine": "1.2 mg/dL", "inr": "1.1"}))
    assert answer.status_code == 302, answer.content.decode()
    with acting(user=cast.coordinator):
        reports = LabReport.objects.filter(subject=subject)
        assert {(one.performed_on, one.sample_time, one.laboratory) for one in reports} == {
            (DAY, time(8, 15), "Central")
        }
    found = results(cast, subject)
    assert sorted(line for lines in found.values() for line in lines) == [
        "alt 45 U/L",
        "creatinine 1.2 mg/dL",
        "inr 1.1 {INR}",
        "wbc <0.1 10*9/L",
    ]
    assert {place.split()[1] for place in found} == {"HEM.1", "CHEM.1", "COAG.1"}


def test_a_chosen_visit_takes_the_report_and_a_second_one_is_refused_beside_it(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    column = {"date": "2026-01-06", "visit": "SCR.1", "wbc": "4"}
    assert desk.post(url(subject), typed(column)).status_code == 302
    assert set(results(cast, subject)) == {"SCR HEM.1"}
    answer = desk.post(url(subject), typed(column))
    assert answer.status_code == 422
    assert "such a report stands already" in answer.content.decode()
    assert desk.post(url(subject), typed(column | {"visit": LOG})).status_code == 302
    assert set(results(cast, subject)) == {"SCR HEM.1", "LOG HEM.1"}


def test_what_the_clinician_found_is_chosen_beside_results_whose_grade_asks(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    shown = desk.get(url(subject)).content.decode()
    assert 'name="d0-potassium-finding"' in shown
    assert 'name="d0-alt-finding"' not in shown
    column = {"date": "2026-01-06", "potassium": "3.2", "potassium-finding": "SYMPTOMS_OR_TREATMENT"}
    assert desk.post(url(subject), typed(column)).status_code == 302
    with acting(user=cast.coordinator):
        assert LabResult.objects.get(subject=subject).finding == "SYMPTOMS_OR_TREATMENT"


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ({"potassium-finding": "NONE"}, "Type the result that this finding goes with."),
        ({"alt": "45", "alt-finding": "SYMPTOMS"}, "This finding changes no grade of this analyte"),
    ],
)
def test_a_finding_that_belongs_to_nothing_is_refused_beside_its_cell(
    desk: Client, cast: Cast, subject: Subject, column: dict[str, str], sentence: str
) -> None:
    answer = desk.post(url(subject), typed({"date": "2026-01-06"} | column))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert results(cast, subject) == {}


def test_a_finding_stays_while_the_table_is_refused(desk: Client, subject: Subject) -> None:
    column = {"date": "2026-01-06", "sodium": "12x9", "sodium-finding": "SYMPTOMS"}
    answer = desk.post(url(subject), typed(column))
    assert answer.status_code == 422
    assert '<option value="SYMPTOMS" selected>' in answer.content.decode()


def test_two_draws_at_the_same_time_are_two_reports(desk: Client, cast: Cast, subject: Subject) -> None:
    first = {"date": "2026-01-06", "time": "08:00", "visit": LOG, "potassium": "3.1"}
    answer = desk.post(url(subject), typed(first, first | {"potassium": "5.6"}))
    assert answer.status_code == 302
    assert results(cast, subject) == {
        "LOG CHEM.1": ["potassium 3.1 mmol/L"],
        "LOG CHEM.2": ["potassium 5.6 mmol/L"],
    }
    page = desk.get(url(subject)).content.decode()
    assert page.count('class="lab-day">08:00') == 2


def test_what_is_wrong_stands_beside_its_cell_and_nothing_is_saved(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    good = {"date": "2026-01-06", "wbc": "4.1"}
    answer = desk.post(url(subject), typed(good, {"date": "2026-01-07", "alt": "1,5", "ast": "3 mg/dL"}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(r'id="wrong_d1-alt">[^<]*contains a comma', page)
    assert re.search(r'id="wrong_d1-ast">[^<]*not accepted in', page)
    assert 'name="d0-wbc" value="4.1"' in page
    assert 'name="d1-alt" value="1,5"' in page
    assert results(cast, subject) == {}


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ({"date": "soon", "wbc": "4"}, "Write the date as year, month, day"),
        ({"wbc": "4"}, "This field is required"),
        ({"date": "2999-01-01", "wbc": "4"}, "This day has not come yet"),
        ({"date": "2026-01-06", "time": "8 h", "wbc": "4"}, "Write the time as hours and minutes"),
        ({"date": "2026-01-06", "wbc": "-4"}, "There is no amount below zero"),
        ({"date": "2026-01-06"}, "Type at least one result"),
        ({"date": "2026-01-06", "wbc": "4", "visit": "NOWHERE.1"}, "has no visit NOWHERE"),
        ({"date": "2026-01-06", "wbc": "4", "laboratory": "13812345678"}, "a mobile telephone number"),
    ],
)
def test_bad_input_is_answered_in_a_sentence(
    desk: Client, cast: Cast, subject: Subject, column: dict[str, str], sentence: str
) -> None:
    answer = desk.post(url(subject), typed(column))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert results(cast, subject) == {}


def test_soft_findings_ask_and_are_answered(
    desk: Client, cast: Cast, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    @edit_check("Usual counts", hard=False)
    def usual(values: Any, rows: Any, subject: Any) -> Any:
        return ()

    def found(kind: Any, values: Any, rows: Any, subject: Any) -> list[Fired]:
        at = [n for n, row in enumerate(rows["results"]) if row["analyte"] == "wbc"]
        return [Fired(usual, f"results.{n}.result", "Unusual.", "Unusual.", "异常。") for n in at]

    monkeypatch.setattr(services, "run_checks", found)
    column = {"date": "2026-01-06", "visit": LOG, "wbc": "400", "haemoglobin": "90"}
    answer = desk.post(url(subject), typed(column))
    assert answer.status_code == 422
    assert results(cast, subject) == {}
    name = re.search(r'name="(comment-[^"]+)"', answer.content.decode())
    assert name is not None
    assert "Unusual." in answer.content.decode()
    more = {name[1]: "Leukaemia."}
    assert desk.post(url(subject), typed(column, **more)).status_code == 302
    assert results(cast, subject) == {"LOG HEM.1": ["wbc 400 10*9/L", "haemoglobin 90 g/L"]}


def test_a_cell_takes_the_unit_in_which_the_analyte_was_reported_last(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    enter(cast, subject, "CHEM", DAY, rows=[result("creatinine", "1.1", "mg/dL")])
    assert desk.post(url(subject), typed({"date": "2026-01-07", "creatinine": "1.2"})).status_code == 302
    assert ["creatinine 1.2 mg/dL"] in results(cast, subject).values()


# The table


def test_saved_draws_show_value_arrow_grade_and_the_way_to_their_forms(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    enter(cast, subject, "HEM", DAY, rows=[result("anc", "0.4", "10*9/L", lln=1.8, uln=6.3)])
    enter(cast, subject, "HEM", date(2026, 1, 9), visit=LOG, rows=[result("anc", "2.0", "10*9/L", lln=1.8)])
    page = desk.get(url(subject)).content.decode()
    assert ">0.4</a>" in page
    assert "below the limits" in page
    assert re.search(r"status-bad[^>]*>G4<", page)
    assert 'class="spark-severe"' in page
    assert 'href="/subjects/' in page
    assert page.index('lab-day">2026-01-09') < page.index(
        'lab-day">2026-01-06'
    )  # the newest beside what is typed


def test_the_number_of_queries_does_not_grow_with_the_draws(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(url(subject)).status_code == 200
        return len(queries)

    for day in (6, 7):
        enter(
            cast,
            subject,
            "HEM",
            date(2026, 1, day),
            visit=LOG,
            repeat=day,
            rows=[result("anc", "1", "10*9/L")],
        )
    asked()  # brings the derived tables up to date
    before = asked()
    for day in (8, 9, 10):
        enter(
            cast,
            subject,
            "HEM",
            date(2026, 1, day),
            visit=LOG,
            repeat=day,
            rows=[result("anc", "1", "10*9/L")],
        )
    asked()
    assert asked() == before


def test_who_may_not_enter_reads_the_table_and_has_no_open_column(
    client: Client, cast: Cast, subject: Subject
) -> None:
    enter(cast, subject, "HEM", DAY, rows=[result("anc", "0.4", "10*9/L")])
    client.force_login(cast.monitor)
    page = client.get(url(subject)).content.decode()
    assert ">0.4</a>" in page
    assert 'name="d0-wbc"' not in page
    assert client.post(url(subject), typed({"date": "2026-01-06", "wbc": "4"})).status_code == 403


def test_a_stranger_does_not_learn_that_the_subject_is_there(
    client: Client, cast: Cast, subject: Subject
) -> None:
    client.force_login(cast.stranger)
    assert client.get(url(subject)).status_code == 404
    assert client.post(url(subject), typed({"date": "2026-01-06", "wbc": "4"})).status_code == 404
    assert client.post(reverse("laboratory-draft", args=[subject.pk]), typed({})).status_code == 404


def test_the_page_speaks_chinese(desk: Client, subject: Subject) -> None:
    page = desk.get(url(subject), headers={"accept-language": "zh-hans"}).content.decode()
    assert "粘贴检验报告" in page
    assert "白细胞" in page


# Drafts


def test_what_is_typed_comes_back_and_a_pasted_text_is_never_kept(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    sent = typed({"date": "2026-01-06", "wbc": "4.1"}, window="w", window_step="1", paste="张三 WBC")
    answer = desk.post(reverse("laboratory-draft", args=[subject.pk]), sent)
    assert answer.status_code == 200
    with acting(user=cast.coordinator):
        draft = Draft.objects.get(subject=subject)
        assert draft.typed["d0-wbc"] == ["4.1"]
        assert "张三" not in str(draft.typed)
    page = desk.get(url(subject)).content.decode()
    assert 'name="d0-wbc" value="4.1"' in page
    assert url(subject) in desk.get("/").content.decode()
    assert "Laboratory table" in desk.get(reverse("subject", args=[subject.pk])).content.decode()
    again = typed({"date": "2026-01-06", "wbc": "4.1"}) | {"draft_version": str(answer.json()["version"])}
    assert desk.post(url(subject), again).status_code == 302
    with acting(user=cast.coordinator):
        assert not Draft.objects.filter(subject=subject).exists()


# Paste and tray


def read(desk: Client, subject: Subject, block: str = BLOCK, **more: str) -> str:
    answer = desk.post(url(subject), typed({}, press="read", paste=block, paste_laboratory="检验科", **more))
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def tray(cast: Cast, subject: Subject) -> list[LabTrayRow]:
    with acting(user=cast.coordinator):
        return list(LabTrayRow.objects.filter(subject=subject).order_by("kept_at", "pk"))


def test_a_pasted_block_stands_in_the_table_and_is_not_saved(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    page = read(desk, subject)
    assert 'name="d0-date" value="2026-01-06"' in page
    assert 'name="d0-time" value="08:15"' in page
    assert 'name="d0-wbc" value="0.8"' in page
    assert 'name="d0-creatinine" value="1.2 mg/dL"' in page
    assert 'name="d0-creatinine-uln" value="97.24"' in page
    assert "2 results stand in the table" in page
    assert "1 row waits in the tray" in page
    assert "张三" not in page
    assert results(cast, subject) == {}
    (row,) = tray(cast, subject)
    assert (row.label, row.result, row.unit, row.why) == ("血清总钙量", "1.15", "mmol/L", "name")
    assert (row.drawn_on, row.sample_time, row.laboratory) == (DAY, time(8, 15), "检验科")


def test_the_same_row_is_laid_into_the_tray_once(desk: Client, cast: Cast, subject: Subject) -> None:
    read(desk, subject)
    read(desk, subject)
    assert len(tray(cast, subject)) == 1


def test_the_tray_stands_in_the_inbox_until_it_is_empty(desk: Client, cast: Cast, subject: Subject) -> None:
    def lines(user: User) -> list[str]:
        with acting(user=user):
            return [one.subject_number for one in work_of(user, kind="lab-tray").lines]

    assert lines(cast.coordinator) == []
    read(desk, subject)
    assert lines(cast.coordinator) == [subject.number]
    assert lines(cast.monitor) == []
    assert lines(cast.stranger) == []
    row = tray(cast, subject)[0]
    with acting(user=cast.coordinator):
        dismiss_row(row_id=row.pk, by=cast.coordinator, reason="not asked for")
    assert lines(cast.coordinator) == []


def test_a_row_is_assigned_when_its_result_is_submitted_and_its_name_is_remembered(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    read(desk, subject)
    (row,) = tray(cast, subject)
    column = {"date": "2026-01-06", "time": "08:15", "laboratory": "检验科", "wbc": "0.8"}
    chosen = {f"tray-{row.pk}-analyte": "calcium"}
    answer = desk.post(url(subject), typed(column, press="place", **chosen))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'name="d0-calcium" value="1.15"' in page
    assert tray(cast, subject)[0].state == "open"
    placed = chosen | {f"tray-{row.pk}-placed": "0:calcium"}
    sent = typed(column | {"calcium": "1.15"}, **placed)
    assert desk.post(url(subject), sent).status_code == 302
    (row,) = tray(cast, subject)
    assert (row.state, row.analyte, row.settled_by) == ("assigned", "calcium", cast.coordinator)
    with acting(user=cast.coordinator):
        assert learned_names(subject, "检验科") == {"血清总钙量": "calcium"}
        assert learned_names(subject, "another") == {}
    page = read(desk, subject, BLOCK.replace("2026-01-06", "2026-01-09"))
    assert 'name="d0-calcium" value="1.15"' in page
    assert "in the tray" not in page


def test_a_row_whose_cell_was_emptied_stays_in_the_tray(desk: Client, cast: Cast, subject: Subject) -> None:
    read(desk, subject)
    (row,) = tray(cast, subject)
    sent = typed(
        {"date": "2026-01-06", "wbc": "0.8", "calcium": ""}, **{f"tray-{row.pk}-placed": "0:calcium"}
    )
    assert desk.post(url(subject), sent).status_code == 302
    assert tray(cast, subject)[0].state == "open"


def test_submitting_with_a_chosen_row_shows_it_in_the_table_first(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    read(desk, subject)
    (row,) = tray(cast, subject)
    chosen = {f"tray-{row.pk}-analyte": "calcium"}
    answer = desk.post(url(subject), typed({"date": "2026-01-06", "wbc": "0.8"}, **chosen))
    assert answer.status_code == 200
    assert "look at them, then submit" in answer.content.decode()
    assert results(cast, subject) == {}


def test_a_row_is_dismissed_with_a_reason_and_what_was_typed_stays(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    read(desk, subject)
    (row,) = tray(cast, subject)
    column = {"date": "2026-01-06", "wbc": "0.8"}
    answer = desk.post(url(subject), typed(column, press=f"dismiss:{row.pk}"))
    assert answer.status_code == 422
    assert "Say why this row is not entered." in answer.content.decode()
    assert 'name="d0-wbc" value="0.8"' in answer.content.decode()
    reason = {f"tray-{row.pk}-reason": "not asked for"}
    answer = desk.post(url(subject), typed(column, press=f"dismiss:{row.pk}", **reason))
    assert answer.status_code == 200
    assert 'name="d0-wbc" value="0.8"' in answer.content.decode()
    (row,) = tray(cast, subject)
    assert (row.state, row.reason) == ("dismissed", "not asked for")
    with acting(role="system"):
        entry = Trail.objects.filter(table_name=LabTrayRow._meta.db_table).order_by("-pk").first()
        assert entry is not None
        assert entry.reason == "not asked for"
    answer = desk.post(url(subject), typed(column, press=f"dismiss:{row.pk}", **reason))
    assert answer.status_code == 422
    assert "Somebody has settled this row" in answer.content.decode()


def test_a_dismissed_row_leaves_the_table_unless_another_value_was_typed(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    read(desk, subject)
    (row,) = tray(cast, subject)
    said = {
        f"tray-{row.pk}-analyte": "calcium",
        f"tray-{row.pk}-placed": "0:calcium",
        f"tray-{row.pk}-reason": "ionised, not total",
    }
    column = {"date": "2026-01-06", "wbc": "0.8", "calcium": "1.15"}
    text = desk.post(url(subject), typed(column, press=f"dismiss:{row.pk}", **said)).content.decode()
    assert "its value is out of the table" in text
    assert 'name="d0-calcium" value=""' in text
    assert 'name="d0-wbc" value="0.8"' in text
    read(desk, subject, BLOCK.replace("血清总钙量", "某项目"))
    (row,) = [one for one in tray(cast, subject) if one.state == "open"]
    said = {f"tray-{row.pk}-{name.rpartition('-')[2]}": value for name, value in said.items()}
    text = desk.post(
        url(subject), typed(column | {"calcium": "2.2"}, press=f"dismiss:{row.pk}", **said)
    ).content.decode()
    assert 'name="d0-calcium" value="2.2"' in text


@pytest.mark.parametrize("press", ["place", "submit"])
def test_a_unit_that_the_analyte_does_not_have_is_refused_before_the_table(
    desk: Client, cast: Cast, subject: Subject, press: str
) -> None:
    read(desk, subject, BLOCK.replace("1.15\tmmol/L", "1.15\tU/L"))
    (row,) = tray(cast, subject)
    chosen = {f"tray-{row.pk}-analyte": "calcium"}
    answer = desk.post(url(subject), typed({"date": "2026-01-06", "wbc": "0.8"}, press=press, **chosen))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "is not accepted in “U/L”. Accepted: mmol/L" in text
    assert 'name="d0-calcium" value=""' in text
    assert results(cast, subject) == {}


def test_what_was_refused_is_listed_at_the_top_with_links(desk: Client, subject: Subject) -> None:
    text = desk.post(url(subject), typed({"date": "2026-01-06", "wbc": "much"})).content.decode()
    assert 'href="#id_d0-wbc"' in text
    assert "Nothing was saved: 1 place needs a look." in text


def test_the_page_leads_to_the_ranges_of_the_site(desk: Client, cast: Cast, subject: Subject) -> None:
    way = f"{reverse('reference-ranges', args=[subject.study.key])}?site={subject.site.key}"
    assert way in desk.get(url(subject)).content.decode()
    desk.post(url(subject), typed({"date": "2026-01-06", "alt": "45"}))
    text = desk.get(url(subject)).content.decode()
    assert "no CTCAE grade, because a limit of normal is missing" in text
    with acting(user=cast.coordinator):
        report = LabReport.objects.select_related("visit").get(subject=subject)
        form = Slot.of_record(report).url()
    text = desk.get(form).content.decode()
    assert "not gradable" in text.lower()
    assert f"{way.replace('&', '&amp;')}&amp;analyte=alt" in text
    assert (
        "Look at, record or correct the reference ranges of the site"
        in desk.get(f"{form}?edit=1").content.decode()
    )


def test_a_name_that_was_told_wrongly_is_taken_back(desk: Client, cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        keep_rows(subject=subject, rows=[unmatched()], laboratory="检验科", by=cast.coordinator)
    (row,) = tray(cast, subject)
    with acting(user=cast.coordinator):
        assign_row(row_id=row.pk, analyte="calcium", by=cast.coordinator)
        name = LabName.objects.get()
    assert "血清总钙量 =" in desk.get(url(subject)).content.decode()
    refused = desk.post(url(subject), {"press": "forget", "name": str(name.pk), "forget_reason": ""})
    assert refused.status_code == 422
    assert "Say why this name" in refused.content.decode()
    desk.post(url(subject), {"press": "forget", "name": str(name.pk), "forget_reason": "it is ionised"})
    with acting(user=cast.coordinator):
        assert learned_names(subject, "检验科") == {}


@pytest.mark.parametrize(
    ("block", "sentence"), [("", "Paste the rows"), ("x" * 60_001, "more than a report")]
)
def test_a_paste_that_is_none_is_answered(desk: Client, subject: Subject, block: str, sentence: str) -> None:
    answer = desk.post(url(subject), typed({"wbc": "4.1"}, press="read", paste=block))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'name="d0-wbc" value="4.1"' in answer.content.decode()


# Services


def unmatched(label: str = "血清总钙量", why: Why = Why.NAME) -> Unmatched:
    return Unmatched(label, "1.15", "mmol/L", "", DAY, None, why)


def test_a_row_with_an_identifier_is_not_kept(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        rows = [unmatched("13812345678"), unmatched()]
        assert keep_rows(subject=subject, rows=rows, by=cast.coordinator) == 1
        assert keep_rows(subject=subject, rows=rows, by=cast.coordinator) == 0


@pytest.mark.parametrize(
    ("why", "analyte", "error"),
    [(Why.NAME, "weight", CheckFailed), (Why.NAME, "", CheckFailed), (Why.NUMBER, "calcium", Refused)],
)
def test_a_row_is_assigned_to_an_analyte_of_the_list_only(
    cast: Cast, subject: Subject, why: Why, analyte: str, error: type[Refused]
) -> None:
    with acting(user=cast.coordinator):
        keep_rows(subject=subject, rows=[unmatched(why=why)], by=cast.coordinator)
        with pytest.raises(error):
            assign_row(row_id=LabTrayRow.objects.get().pk, analyte=analyte, by=cast.coordinator)
        assert LabTrayRow.objects.get().state == "open"


def test_only_who_enters_forms_writes_to_the_tray(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        keep_rows(subject=subject, rows=[unmatched()], by=cast.coordinator)
        row = LabTrayRow.objects.get()
        assign_row(row_id=row.pk, analyte="calcium", by=cast.coordinator)
        name = LabName.objects.get()
    with acting(user=cast.monitor):
        assert LabTrayRow.objects.count() == 1
        with pytest.raises(PermissionDenied):
            keep_rows(subject=subject, rows=[unmatched("x")], by=cast.monitor)
        with pytest.raises(PermissionDenied):
            forget_name(name_id=name.pk, by=cast.monitor, reason="wrong")
        with pytest.raises(PermissionDenied):
            save_draws(
                subject=subject,
                columns=[Column({"date": "2026-01-06"}, {"wbc": "4"})],
                units={},
                by=cast.monitor,
            )
    with acting(user=cast.stranger):
        assert not LabTrayRow.objects.exists()
        assert not LabName.objects.exists()
        with pytest.raises(Subject.DoesNotExist):
            keep_rows(subject=subject, rows=[unmatched("x")], by=cast.stranger)


def test_names_of_one_site_are_not_those_of_another(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        keep_rows(subject=subject, rows=[unmatched()], by=cast.coordinator)
        assign_row(row_id=LabTrayRow.objects.get().pk, analyte="calcium", by=cast.coordinator)
    other = bare_subject(cast, site=cast.elsewhere)
    with acting(user=cast.stranger):
        assert learned_names(other, "") == {}
