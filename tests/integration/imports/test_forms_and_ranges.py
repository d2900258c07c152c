"""Forms and reference ranges from CSV: entered, corrected, reversed, refused by line."""

import csv
import io
from collections.abc import Collection
from decimal import Decimal as D
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied

from assessments.models import ReferenceRange, VitalSigns
from enrollment.import_columns import as_csv
from tests.cast import Cast, bare_subject
from trialsite.access.models import Profile, User
from trialsite.audit import acting
from trialsite.casebook import services
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.exchange.profiles import WHOLE, Release
from trialsite.exports.extract import Extract
from trialsite.exports.raw import tables
from trialsite.exports.writers.delimited import write_csv
from trialsite.imports.models import ImportBatch
from trialsite.imports.services import StandsChanged, reverse_import

from . import staging
from .staging import rows, statuses


@pytest.fixture
def subject(cast: Cast) -> Subject:
    return bare_subject(cast)


def staged(cast: Cast, kind: str, text: str, name: str = "VS.csv", by: User | None = None) -> ImportBatch:
    return staging.staged(cast, kind, text.encode(), name, by or cast.coordinator)


def committed(cast: Cast, kind: str, text: str, name: str = "VS.csv") -> ImportBatch:
    return staging.committed(staged(cast, kind, text, name), cast.coordinator)


def vitals(cast: Cast) -> list[tuple[str, int | None, str]]:
    with acting(user=cast.coordinator):
        found = VitalSigns.objects.filter(state="submitted").order_by("pk")
        return [(one.weight_text, one.ecog, one.weight_unit) for one in found]


def reversed_now(cast: Cast, batch: ImportBatch) -> None:
    with acting(user=cast.coordinator):
        reverse_import(batch_id=batch.pk, reason="wrong file", by=cast.coordinator)


HEADER = "subject,visit,performed_on,weight,ecog\n"


def test_a_form_is_entered_corrected_and_taken_back_in_that_order(cast: Cast, subject: Subject) -> None:
    day = subject.screened_on.isoformat()
    first = committed(cast, "forms", f"{HEADER}{subject.number},SCR,{day},70,1\n")
    assert vitals(cast) == [("70", 1, "kg")]
    again = staged(cast, "forms", f"{HEADER}{subject.number},SCR,{day},70,1\n")
    assert statuses(again) == [("same", [])]
    second = committed(cast, "forms", f"{HEADER}{subject.number},SCR,{day},71,1\n")
    assert statuses(second) == [("changed", [])]
    assert vitals(cast) == [("71", 1, "kg")]
    with acting(user=cast.coordinator), pytest.raises(StandsChanged):
        reverse_import(batch_id=first.pk, reason="wrong file", by=cast.coordinator)
    reversed_now(cast, second)
    assert vitals(cast) == [("70", 1, "kg")]


def test_a_form_that_was_new_is_voided(cast: Cast, subject: Subject) -> None:
    batch = committed(cast, "forms", f"{HEADER}{subject.number},SCR,{subject.screened_on},70,1\n")
    reversed_now(cast, batch)
    assert vitals(cast) == []


def test_each_line_says_at_which_field_it_is_refused(cast: Cast, subject: Subject) -> None:
    day, number = subject.screened_on.isoformat(), subject.number
    text = (
        "subject,visit,performed_on,weight,ecog,unknown\n"
        f"{number},SCR,{day},much,1,\n{number},SCR,{day},70,9,\n{number},SCR,{day},70,1,x\n{number},,{day},70,1,\n"
        f"nobody,SCR,{day},70,1,\n{number},NOWHERE,{day},70,1,\n{number},SCR,{day},70,1,\n{number},SCR,{day},71,1,\n"
    )
    assert statuses(staged(cast, "forms", text)) == [
        ("rejected", ["weight"]),
        ("rejected", ["ecog"]),
        ("rejected", ["unknown"]),
        ("rejected", ["visit"]),
        ("rejected", ["subject"]),
        ("rejected", [""]),
        ("new", []),
        ("rejected", [""]),
    ]


def test_a_file_that_is_called_after_no_form_is_refused_line_by_line(cast: Cast, subject: Subject) -> None:
    batch = staged(cast, "forms", f"{HEADER}{subject.number},SCR,{subject.screened_on},70,1\n", name="x.csv")
    assert statuses(batch) == [("rejected", [""])]
    assert "this protocol has no form x" in rows(batch)[0].refused[0][1]


def test_a_form_of_today_that_somebody_voided_is_entered_anew(cast: Cast, subject: Subject) -> None:
    text = f"{HEADER}{subject.number},SCR,{subject.screened_on},70,1\n"
    committed(cast, "forms", text)
    with acting(user=cast.coordinator):
        record = VitalSigns.objects.get()
        services.change_state(record=record, action="void", by=cast.coordinator, reason="wrong person")
        assert services.lock_slot(slot=Slot(subject.pk, "SCR", "VS"), by=cast.coordinator).record is None
    assert statuses(staged(cast, "forms", text)) == [("new", [])]


# Reference ranges

RANGES = "analyte,unit,lower,upper,from,source,sex\n"


def limits(cast: Cast) -> list[tuple[str, D | None, D | None, str]]:
    with acting(user=cast.coordinator):
        found = ReferenceRange.objects.filter(withdrawn_at=None).order_by("analyte", "sex")
        return [(one.analyte, one.lln, one.uln, one.sex) for one in found]


def test_ranges_are_recorded_corrected_and_taken_back(cast: Cast) -> None:
    text = RANGES + "ALT,U/L,7,40,2025-01-01,list of 2025,男\n肌酐,µmol/L,44,97,2025-01-01,list of 2025,\n"
    first = committed(cast, "ranges", text)
    assert statuses(first) == [("new", []), ("new", [])]
    assert limits(cast) == [("alt", D(7), D(40), "M"), ("creatinine", D(44), D(97), "")]
    second = committed(cast, "ranges", text.replace(",40,", ",50,"))
    assert statuses(second) == [("changed", []), ("same", [])]
    assert limits(cast)[0] == ("alt", D(7), D(50), "M")
    reversed_now(cast, second)
    assert limits(cast) == [("alt", D(7), D(40), "M"), ("creatinine", D(44), D(97), "")]


def test_a_range_that_was_new_is_withdrawn_and_one_corrected_since_is_named(cast: Cast) -> None:
    text = RANGES + "ALT,U/L,7,40,2025-01-01,list of 2025,\n"
    first = committed(cast, "ranges", text)
    committed(cast, "ranges", text.replace(",40,", ",50,"))
    with acting(user=cast.coordinator), pytest.raises(StandsChanged):
        reverse_import(batch_id=first.pk, reason="wrong file", by=cast.coordinator)
    other = committed(cast, "ranges", RANGES + "AST,U/L,7,40,2025-01-01,list of 2025,\n")
    reversed_now(cast, other)
    assert [one[0] for one in limits(cast)] == ["alt"]


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("Unheard of,U/L,7,40,2025-01-01,list,", ["analyte"]),
        ("ALT,kg,7,40,2025-01-01,list,", ["unit"]),
        ("ALT,U/L,50,40,2025-01-01,list,", ["upper"]),
        ("ALT,U/L,low,40,2025-01-01,list,", ["lower"]),
        ("ALT,U/L,7,40,soon,list,", ["from"]),
        ("ALT,U/L,7,40,2025-01-01,,", ["source"]),
        ("ALT,U/L,7,40,2025-01-01,list,X", ["sex"]),
        ("ALT,U/L,7,40,2025-01-01,list,", []),
    ],
)
def test_a_line_that_is_no_range_is_refused_at_its_column(cast: Cast, line: str, columns: list[str]) -> None:
    batch = staged(cast, "ranges", f"{RANGES}{line}\n")
    assert statuses(batch) == [("rejected" if columns else "new", columns)]
    assert limits(cast) == []


def test_who_records_no_ranges_imports_none(cast: Cast) -> None:
    text = RANGES + "ALT,U/L,7,40,2025-01-01,list of 2025,\n"
    for user in (cast.investigator, cast.monitor, cast.stranger):
        with pytest.raises(PermissionDenied):
            staged(cast, "ranges", text, by=user)
    assert statuses(staged(cast, "ranges", text, by=cast.data_manager)) == [("new", [])]


# Tables of the raw export


@pytest.fixture
def studied(filled: tuple[Cast, dict[str, Subject]]) -> tuple[Cast, Subject]:
    """A subject with a form that has quantities, codes and a reason for an empty item."""
    cast, subjects = filled
    text = "subject,visit,performed_on,weight,weight_unit,ecog,missing__height\n"
    line = f"{subjects['ann'].number},IND_D8,2026-01-19,70.50,kg,1,NOT_DONE\n"
    committed(cast, "forms", text + line)
    return cast, subjects["ann"]


def table(cast: Cast, name: str, folder: Path, release: Release = WHOLE) -> str:
    """A table of the raw export of the coordinator's site."""
    return exported(cast, [name], folder, release)[name]


def exported(cast: Cast, names: Collection[str], folder: Path, release: Release = WHOLE) -> dict[str, str]:
    """Tables of the raw export of the coordinator's site as CSV."""
    with acting(user=cast.coordinator):
        found = [one for one in tables(Extract(cast.study, cast.coordinator, release)) if one.name in names]
        for one in found:
            write_csv(one, folder / f"{one.name}.csv")
    return {one.name: (folder / f"{one.name}.csv").read_text(encoding="utf-8-sig") for one in found}


@pytest.mark.parametrize("name", ["vs", "ae", "bm", "crs", "cyc", "mrd"])
def test_an_exported_table_is_as_it_stands(studied: tuple[Cast, Subject], tmp_path: Path, name: str) -> None:
    cast, _subject = studied
    batch = staged(cast, "forms", table(cast, name, tmp_path), name=f"{name}.csv")
    assert {(row.status, tuple(map(tuple, row.refused))) for row in rows(batch)} == {("same", ())}


def test_every_form_of_the_raw_export_is_as_it_stands(
    every_form: tuple[Cast, dict[str, Subject]], tmp_path: Path
) -> None:
    cast, subjects = every_form
    found = exported(cast, {key.lower() for key in subjects}, tmp_path)
    assert len(found) == len(subjects)
    for name, text in found.items():
        batch = staged(cast, "forms", text, name=f"{name}.csv")
        assert [(name, row.changes, row.refused) for row in rows(batch) if row.status != "same"] == []


def test_a_cell_of_an_exported_table_that_differs_is_changed_alone(
    studied: tuple[Cast, Subject], tmp_path: Path
) -> None:
    cast, _subject = studied
    lines = list(csv.DictReader(io.StringIO(table(cast, "vs", tmp_path))))
    lines[0] |= {"weight.text": "71.2", "weight.canonical": "999", "missing": "height=UNKNOWN"}
    batch = staged(cast, "forms", as_csv([list(lines[0]), list(lines[0].values())]), name="vs.csv")
    assert rows(batch)[0].changes == [["Weight", "70.50 kg", "71.2 kg"], ["Why empty", "NOT_DONE", "UNKNOWN"]]
    events = table(cast, "ae", tmp_path)
    assert events.count("2026-01-14,2026-01-14,2026-01-14") == 1  # onset: text, earliest, latest
    batch = staged(
        cast, "forms", events.replace("2026-01-14,2026-01-14,2026-01-14", "2026-01,,"), name="ae.csv"
    )
    assert [row.changes for row in rows(batch) if row.status != "same"] == [
        [["Onset", "2026-01-14", "2026-01"]]
    ]


def test_a_refusal_names_the_column_of_the_table_and_unknown_ones_are_refused(
    studied: tuple[Cast, Subject], tmp_path: Path
) -> None:
    cast, subject = studied
    head = "subject_number,visit,performed_on,weight.text,weight.unit,weight.mood,entered_by\n"
    batch = staged(cast, "forms", f"{head}{subject.number},IND_D8,2026-01-19,much,kg,x,y\n")
    [(status, columns)] = statuses(batch)
    assert (status, sorted(columns)) == ("rejected", ["entered_by", "weight.mood"])
    batch = staged(cast, "forms", f"{head}{subject.number},IND_D8,2026-01-19,70,cm,,\n")
    assert statuses(batch) == [("rejected", ["weight.text"])]


def test_a_table_with_shifted_dates_and_voided_forms_are_refused(
    studied: tuple[Cast, Subject], tmp_path: Path
) -> None:
    cast, _subject = studied
    shifted = table(cast, "vs", tmp_path, Release(Profile.DATE_SHIFTED))
    assert statuses(staged(cast, "forms", shifted, name="vs.csv")) == [("rejected", ["subject"])]
    with acting(user=cast.coordinator):
        record = VitalSigns.objects.get()
        services.change_state(record=record, action="void", by=cast.coordinator, reason="wrong person")
    batch = staged(cast, "forms", table(cast, "vs", tmp_path), name="vs.csv")
    assert statuses(batch) == [("rejected", [""])]
    assert "voided" in rows(batch)[0].refused[0][1]
