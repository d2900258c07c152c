"""Laboratory results from a CSV file: tried out, entered as a whole, cancelled, reversed; and what is refused."""

import csv
import io
from datetime import date, time
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError
from django.test import Client
from django.urls import reverse

from assessments.laboratory.saving import save_draws
from assessments.laboratory.typed import Column
from assessments.models import LabReport, LabResult
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook import services
from trialsite.casebook.edit_checks import Fired, edit_check
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.imports import typing_in
from trialsite.imports.laboratory import unknown_names
from trialsite.imports.models import ImportBatch, ImportSource, ImportState
from trialsite.imports.outcomes import Row, rows_from
from trialsite.imports.services import (
    PreviewMoved,
    StandsChanged,
    cancel_import,
    commit_import,
    mapping_of,
    reverse_import,
    stage_import,
    tell_names,
)
from trialsite.imports.sheets import read_sheet
from trialsite.review.models import Query

MAPPING = {
    "subject": "No", "date": "Sampled", "test": "Test", "result": "Value", "unit": "Unit", "lower": "Low",
    "upper": "High",
}  # fmt: skip
HEADER = "No,Name,Sampled,Test,Value,Unit,Low,High"


@pytest.fixture
def subject(cast: Cast) -> Subject:
    return bare_subject(cast)


def line(subject: Subject, *cells: str, when: str = "2026-01-06 08:15") -> str:
    return ",".join([subject.number, "Zhang San", when, *cells])


def file_of(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


def staged(
    cast: Cast, *lines: str, by: User | None = None, source: str = "Central", **more: Any
) -> ImportBatch:
    content = file_of(*lines)
    user = by or cast.coordinator
    told = {"kind": "laboratory", "source": source, "file_name": "labs.csv", "mapping": MAPPING} | more
    with acting(user=user):
        sheet = read_sheet("labs.csv", content)
        return stage_import(study=cast.study, site=cast.here, content=content, sheet=sheet, by=user, **told)


def committed(cast: Cast, *lines: str, **more: Any) -> ImportBatch:
    batch = staged(cast, *lines, **more)
    with acting(user=cast.coordinator):
        return commit_import(batch_id=batch.pk, by=cast.coordinator)


def rows(batch: ImportBatch) -> list[Row]:
    return rows_from(batch.rows)


def told(batch: ImportBatch) -> list[tuple[int, str, list[str]]]:
    """Each line: its number, what becomes of it, its first change or the refused column."""
    return [
        (row.line, row.status, row.refused[0][:1] if row.refused else row.changes[0]) for row in rows(batch)
    ]


def results(cast: Cast) -> list[str]:
    with acting(user=cast.coordinator):
        lines = LabResult.objects.filter(voided=False, record__state="submitted").order_by("analyte", "pk")
        return [f"{one.analyte} {one.result_text} {one.result_unit} {one.lln}-{one.uln}" for one in lines]


WBC, ALT = ("WBC", "4.2", "10^9/L", "3.5", "9.5"), ("ALT", "45", "U/L", "", "40")


# Trying out and entering


def test_a_preview_says_what_each_line_would_enter_and_enters_nothing(cast: Cast, subject: Subject) -> None:
    batch = staged(cast, line(subject, *WBC), line(subject, *ALT))
    assert told(batch) == [
        (2, "new", ["White blood cells", "", "4.2 10⁹/L · 3.5–9.5"]),
        (3, "new", ["ALT", "", "45 U/L · Upper limit: 40"]),
    ]
    assert results(cast) == []
    with acting(user=cast.coordinator):
        assert not LabReport.objects.exists()
        assert not Trail.objects.filter(table_name__startswith="assessments").exists()


def test_what_was_shown_is_entered_with_its_moment_laboratory_and_origin(
    cast: Cast, subject: Subject
) -> None:
    batch = committed(cast, line(subject, *WBC), line(subject, *ALT))
    assert results(cast) == [
        "alt 45 U/L None-40.0000",
        "wbc 4.2 10*9/L 3.5000-9.5000",
    ]
    with acting(user=cast.coordinator):
        reports = list(LabReport.objects.all())
        assert {(one.performed_on, one.sample_time, one.laboratory) for one in reports} == {
            (date(2026, 1, 6), time(8, 15), "Central")
        }
        reasons = set(
            Trail.objects.filter(table_name="assessments_labreport").values_list("reason", flat=True)
        )
        assert reasons == {
            f"Import {batch.short_id} of labs.csv, line 2",
            f"Import {batch.short_id} of labs.csv, line 3",
        }
        event = Event.objects.get(kind="import.committed")
        assert event.details["sha256"] == batch.sha256
        assert (event.details["new"], event.details["rejected"], event.details["records"]) == (2, 0, 2)
    assert batch.state == ImportState.COMMITTED


def test_columns_that_nobody_named_are_not_kept(cast: Cast, subject: Subject) -> None:
    batch = staged(cast, line(subject, *WBC))
    assert "Zhang" not in str(batch.rows)
    assert rows(batch)[0].cells == {
        "subject": subject.number, "date": "2026-01-06 08:15", "test": "WBC", "result": "4.2", "unit": "10^9/L",
        "lower": "3.5", "upper": "9.5",
    }  # fmt: skip
    with acting(user=cast.coordinator):
        done = commit_import(batch_id=batch.pk, by=cast.coordinator)
    assert rows(done)[0].cells == {}


def test_the_same_file_again_changes_nothing(cast: Cast, subject: Subject) -> None:
    committed(cast, line(subject, *WBC), line(subject, *ALT))
    again = staged(cast, line(subject, *WBC), line(subject, *ALT))
    assert [row.status for row in rows(again)] == ["same", "same"]
    with acting(user=cast.coordinator), pytest.raises(Refused, match="would enter nothing"):
        commit_import(batch_id=again.pk, by=cast.coordinator)


def test_another_result_of_the_same_draw_corrects_it_and_others_join_its_report(
    cast: Cast, subject: Subject
) -> None:
    committed(cast, line(subject, *WBC))
    more = line(subject, "PLT", "200", "10^9/L", "", "")
    batch = committed(cast, line(subject, "WBC", "4.3", "10^9/L", "3.5", "9.5"), more)
    assert [row.status for row in rows(batch)] == ["changed", "new"]
    assert len(results(cast)) == 2
    with acting(user=cast.coordinator):
        report = LabReport.objects.get()
        assert report.version == 2
        assert LabResult.objects.get(analyte="wbc").result_text == "4.3"


def test_a_preview_of_a_change_shows_old_and_new(cast: Cast, subject: Subject) -> None:
    committed(cast, line(subject, *WBC))
    batch = staged(cast, line(subject, "WBC", "4.3", "10^9/L", "3.5", "9.5"))
    assert told(batch) == [(2, "changed", ["White blood cells", "4.2 10⁹/L", "4.3 10⁹/L"])]


def test_a_draw_at_another_time_is_another_report(cast: Cast, subject: Subject) -> None:
    committed(cast, line(subject, *WBC))
    batch = committed(cast, line(subject, *WBC, when="2026-01-06 20:00"))
    assert [row.status for row in rows(batch)] == ["new"]
    with acting(user=cast.coordinator):
        assert LabReport.objects.count() == 2


def test_a_report_of_that_day_without_its_time_is_not_entered_twice(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.coordinator):
        save_draws(
            subject=subject,
            columns=[Column({"date": "2026-01-06", "laboratory": "Central"}, {"wbc": "4.2"})],
            units={},
            by=cast.coordinator,
        )
    batch = staged(cast, line(subject, *WBC), line(subject, *WBC, when="2026-01-07 08:15"))
    assert [row.status for row in rows(batch)] == ["rejected", "new"]
    assert "may be the same draw" in rows(batch)[0].refused[0][1]


def test_a_soft_finding_is_shown_beside_its_line_and_opens_its_query(
    cast: Cast, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    @edit_check("Usual counts", hard=False)
    def usual(values: Any, rows: Any, subject: Any) -> Any:
        return ()

    def found(kind: Any, values: Any, rows: Any, subject: Any) -> list[Fired]:
        at = [n for n, row in enumerate(rows["results"]) if row["analyte"] == "platelets"]
        return [Fired(usual, f"results.{n}.result", "Unusual.", "Unusual.", "异常。") for n in at]

    monkeypatch.setattr(services, "run_checks", found)
    batch = staged(cast, line(subject, *WBC), line(subject, "PLT", "2900", "10^9/L", "", ""))
    assert [(row.status, row.asks) for row in rows(batch)] == [("new", []), ("new", ["Unusual."])]
    with acting(user=cast.coordinator):
        assert not Query.objects.exists()
        commit_import(batch_id=batch.pk, by=cast.coordinator)
        assert [one.text for one in Query.objects.all()] == ["Unusual."]


# What is refused


@pytest.mark.parametrize(
    ("cells", "when", "column"),
    [
        (("WBC", "4.2", "mmol/L", "", ""), "2026-01-06 08:15", "unit"),
        (("Creatinine", "1.2", "", "", ""), "2026-01-06 08:15", "unit"),
        (("WBC", "many", "10^9/L", "", ""), "2026-01-06 08:15", "result"),
        (("WBC", "", "10^9/L", "", ""), "2026-01-06 08:15", "result"),
        (("Unheard of", "4.2", "10^9/L", "", ""), "2026-01-06 08:15", "test"),
        (("WBC", "4.2", "10^9/L", "low", ""), "2026-01-06 08:15", "lower"),
        (("WBC", "4.2", "10^9/L", "", ""), "06/01/2026", "date"),
        (("WBC", "4.2", "10^9/L", "", ""), "2026-02-30", "date"),
        (("WBC", "4.2", "10^9/L", "", ""), "2126-01-06", "date"),
    ],
)
def test_a_line_that_is_no_clear_result_is_rejected_at_its_column_and_the_others_are_taken(
    cast: Cast, subject: Subject, cells: tuple[str, ...], when: str, column: str
) -> None:
    batch = staged(cast, line(subject, *cells, when=when), line(subject, *ALT))
    assert [(row.status, [one[0] for one in row.refused]) for row in rows(batch)] == [
        ("rejected", [column]),
        ("new", []),
    ]
    with acting(user=cast.coordinator):
        commit_import(batch_id=batch.pk, by=cast.coordinator)
    assert results(cast) == ["alt 45 U/L None-40.0000"]


def test_two_results_of_one_moment_are_both_rejected_and_the_same_twice_is_taken_once(
    cast: Cast, subject: Subject
) -> None:
    other = ("WBC", "4.3", "10^9/L", "3.5", "9.5")
    batch = staged(cast, line(subject, *WBC), line(subject, *other), line(subject, *ALT), line(subject, *ALT))
    assert [row.status for row in rows(batch)] == ["rejected", "rejected", "new", "same"]


def test_a_subject_of_another_site_is_as_unknown_as_none(cast: Cast, subject: Subject) -> None:
    elsewhere = bare_subject(cast, site=cast.elsewhere)
    batch = staged(cast, line(elsewhere, *WBC), line(subject, *WBC))
    assert [row.status for row in rows(batch)] == ["rejected", "new"]


def test_an_identifier_in_a_line_is_not_kept(cast: Cast, subject: Subject) -> None:
    batch = staged(cast, line(subject, "WBC", "13800138000", "10^9/L", "", ""), line(subject, *ALT))
    assert rows(batch)[0].status == "rejected"
    assert "13800138000" not in str(batch.rows)
    with acting(user=cast.coordinator):
        commit_import(batch_id=batch.pk, by=cast.coordinator)


def test_results_of_a_frozen_subject_are_rejected(cast: Cast, subject: Subject) -> None:
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="freeze", by=cast.data_manager)
    batch = staged(cast, line(subject, *WBC))
    assert [row.status for row in rows(batch)] == ["rejected"]


def test_who_enters_no_forms_there_imports_none(cast: Cast, subject: Subject) -> None:
    for user in (cast.monitor, cast.data_manager, cast.stranger):
        with pytest.raises(PermissionDenied):
            staged(cast, line(subject, *WBC), by=user)


# Atomic, and only what was shown


def test_a_record_that_changed_since_the_preview_refuses_the_whole(cast: Cast, subject: Subject) -> None:
    batch = staged(cast, line(subject, *WBC), line(subject, *ALT))
    committed(cast, line(subject, "WBC", "5", "10^9/L", "", ""))
    with acting(user=cast.coordinator), pytest.raises(PreviewMoved):
        commit_import(batch_id=batch.pk, by=cast.coordinator)
    assert results(cast) == ["wbc 5 10*9/L None-None"]
    with acting(user=cast.coordinator):
        assert ImportBatch.objects.get(pk=batch.pk).state == ImportState.STAGED


def test_a_failure_in_the_middle_keeps_nothing(
    cast: Cast, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = staged(cast, line(subject, *WBC), line(subject, *ALT))
    whole, calls = typing_in.submit_typed, []

    def broken(**told: Any) -> Any:
        calls.append(told)
        if len(calls) > 1:
            raise RuntimeError("the machine stops")
        return whole(**told)

    monkeypatch.setattr(typing_in, "submit_typed", broken)
    with pytest.raises(RuntimeError), acting(user=cast.coordinator):
        commit_import(batch_id=batch.pk, by=cast.coordinator)
    assert len(calls) == 2
    assert results(cast) == []
    with acting(user=cast.coordinator):
        assert ImportBatch.objects.get(pk=batch.pk).state == ImportState.STAGED


def test_cancelling_leaves_nothing_but_the_event(cast: Cast, subject: Subject) -> None:
    batch = staged(cast, line(subject, *WBC))
    with acting(user=cast.coordinator):
        cancel_import(batch_id=batch.pk, by=cast.coordinator)
        assert not ImportBatch.objects.exists()
        assert Event.objects.filter(kind="import.cancelled").count() == 1
    assert results(cast) == []


def test_an_import_is_entered_once(cast: Cast, subject: Subject) -> None:
    batch = committed(cast, line(subject, *WBC))
    for step in (commit_import, cancel_import):
        with acting(user=cast.coordinator), pytest.raises(Refused, match="not where it was"):
            step(batch_id=batch.pk, by=cast.coordinator)


@pytest.mark.parametrize("change", [{"rows": []}, {"sha256": ""}, {"touched": []}, {"state": "staged"}, None])
def test_the_database_keeps_what_was_entered(
    cast: Cast, subject: Subject, change: dict[str, Any] | None
) -> None:
    batch = committed(cast, line(subject, *WBC))
    kept = ImportBatch.objects.filter(pk=batch.pk)
    with acting(user=cast.coordinator), pytest.raises(ProgrammingError, match="stays as it was"):
        kept.delete() if change is None else kept.update(**change)


# Reversing


def test_reversing_voids_what_was_new_and_types_back_what_changed(cast: Cast, subject: Subject) -> None:
    committed(cast, line(subject, *WBC))
    before = results(cast)
    second = committed(
        cast,
        line(subject, "WBC", "5", "10^9/L", "4", "10"),
        line(subject, "PLT", "200", "10^9/L", "", ""),
        line(subject, *ALT),
    )
    assert len(results(cast)) == 3
    with acting(user=cast.coordinator):
        done = reverse_import(batch_id=second.pk, reason="wrong file", by=cast.coordinator)
    assert results(cast) == before
    assert (done.state, done.touched) == (ImportState.REVERSED, [])
    with acting(user=cast.coordinator):
        assert Trail.objects.filter(reason=f"Import {second.short_id} reversed: wrong file").exists()


def test_what_somebody_changed_since_is_named_and_may_be_left(cast: Cast, subject: Subject) -> None:
    batch = committed(cast, line(subject, *WBC), line(subject, *ALT))
    committed(cast, line(subject, "WBC", "5", "10^9/L", "3.5", "9.5"))
    with acting(user=cast.coordinator), pytest.raises(StandsChanged) as refused:
        reverse_import(batch_id=batch.pk, reason="wrong file", by=cast.coordinator)
    assert refused.value.places == [f"{subject.number} Haematology · Screening"]
    assert len(results(cast)) == 2
    with acting(user=cast.coordinator):
        done = reverse_import(batch_id=batch.pk, reason="wrong file", leave_changed=True, by=cast.coordinator)
    assert results(cast) == ["wbc 5 10*9/L 3.5000-9.5000"]
    assert [one["number"] for one in done.touched] == [subject.number]


def test_what_was_voided_by_hand_since_is_no_obstacle(cast: Cast, subject: Subject) -> None:
    batch = committed(cast, line(subject, *WBC), line(subject, *ALT))
    with acting(user=cast.coordinator):
        report = LabReport.objects.get(form_key="HEM")
        services.change_state(record=report, action="void", by=cast.coordinator, reason="wrong subject")
        reverse_import(batch_id=batch.pk, reason="wrong file", by=cast.coordinator)
    assert results(cast) == []


def test_reversing_needs_a_reason(cast: Cast, subject: Subject) -> None:
    batch = committed(cast, line(subject, *WBC))
    with acting(user=cast.coordinator), pytest.raises(CheckFailed, match="cannot be right"):
        reverse_import(batch_id=batch.pk, reason=" ", by=cast.coordinator)


# Names and columns


def test_a_name_that_was_told_once_is_known_at_that_laboratory_from_then_on(
    cast: Cast, subject: Subject
) -> None:
    batch = staged(cast, line(subject, "Leucos total", "4.2", "10^9/L", "", ""))
    assert unknown_names(rows(batch)) == ["Leucos total"]
    with acting(user=cast.coordinator):
        told_now = tell_names(batch_id=batch.pk, names={"Leucos total": "wbc"}, by=cast.coordinator)
    assert [row.status for row in rows(told_now)] == ["new"]
    assert [
        row.status for row in rows(staged(cast, line(subject, "leucos total", "4.2", "10^9/L", "", "")))
    ] == ["new"]
    other = staged(cast, line(subject, "Leucos total", "4.2", "10^9/L", "", ""), source="Elsewhere")
    assert [row.status for row in rows(other)] == ["rejected"]


def test_columns_are_remembered_for_their_source(cast: Cast, subject: Subject) -> None:
    staged(cast, line(subject, *WBC))
    with acting(user=cast.coordinator):
        asked = {"study": cast.study, "site": cast.here, "kind": "laboratory"}
        assert mapping_of(source=" Central ", **asked) == MAPPING
        assert mapping_of(source="Elsewhere", **asked) == {}
        assert ImportSource.objects.count() == 1


def test_a_file_whose_columns_are_not_told_is_refused(cast: Cast, subject: Subject) -> None:
    with pytest.raises(CheckFailed):
        staged(cast, line(subject, *WBC), mapping={"subject": "No"})


# Pages


def post(client: Client, cast: Cast, content: bytes, **more: str) -> Any:
    file = SimpleUploadedFile("labs.csv", content, "text/csv")
    return client.post(
        reverse("imports", args=[cast.study.key]),
        {"kind": "laboratory", "source": "Central", "files": file, **more},
    )


def test_a_file_goes_from_upload_to_the_record_on_the_pages(
    client: Client, cast: Cast, subject: Subject
) -> None:
    client.force_login(cast.coordinator)
    content = file_of(line(subject, *WBC), line(subject, "Unheard of", "1", "", "", ""))
    asked = post(client, cast, content)
    assert asked.status_code == 200
    with acting(user=cast.coordinator):
        assert not ImportBatch.objects.exists()
    context = asked.context
    fields = {f"column-{key}": column for key, column in MAPPING.items()}
    sent = {
        "site": "SGH",
        "kind": "laboratory",
        "source": "Central",
        "file_name": "labs.csv",
        "content": context["upload"].encoded,
    }
    answer = client.post(reverse("imports", args=[cast.study.key]), sent | fields)
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert "1 line would be entered" in page
    assert "Unheard of" in page
    assert results(cast) == []
    rejected = list(csv.DictReader(io.StringIO(client.get(answer.url + "tray/").content.decode("utf-8-sig"))))
    assert [(one["import_line"], one["Test"], one["why_rejected"][:5]) for one in rejected] == [
        ("3", "Unheard of", "Test:")
    ]
    assert client.post(answer.url, {"press": "commit"}).status_code == 302
    assert results(cast) == ["wbc 4.2 10*9/L 3.5000-9.5000"]
    assert client.post(answer.url, {"press": "reverse", "reason": ""}).status_code == 422
    assert client.post(answer.url, {"press": "reverse", "reason": "wrong file"}).status_code == 302
    assert results(cast) == []
    assert post(client, cast, content).status_code == 302  # the columns are known now


def test_a_stranger_finds_no_import_of_another_site(client: Client, cast: Cast, subject: Subject) -> None:
    batch = staged(cast, line(subject, *WBC))
    address = reverse("import", args=[cast.study.key, batch.pk])
    for user in (cast.stranger, cast.monitor, cast.data_manager, cast.administrator):
        client.force_login(user)
        assert client.get(address).status_code == 404
        assert client.get(address + "tray/").status_code == 404
        assert client.post(address, {"press": "commit"}).status_code == 404
    assert results(cast) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "something stands"),
        (b"a,b\n", "no lines"),
        (b"a,a\n1,2\n", "same name"),
        (b"a,b\n1,2,3\n", "more cells"),
        (b'a,b\n"1,2\n', "quotation mark"),
        (b"\xff\xfe\xff\xff", "cannot be read"),
    ],
)
def test_a_file_that_is_no_table_is_refused_beside_its_field(
    client: Client, cast: Cast, content: bytes, words: str
) -> None:
    client.force_login(cast.coordinator)
    answer = post(client, cast, content)
    assert answer.status_code == 422
    assert words in answer.content.decode()
