"""Responses with sites and punctures, what is waited for, and both lists over REST."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.disease.awaited import index_alerts
from assessments.disease.later_counts import open_words
from assessments.disease.mrd_results import mrd_lines
from assessments.disease.responses import judged_responses
from assessments.models import AwaitedOfDisease
from tests.cast import Cast, bare_subject
from tests.integration.test_api import token_of
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

from .entries import enter, fact, marrow, result

DAY_1 = date(2026, 1, 12)
GOOD = {
    "anc": Quantity.parse("2", "10*9/L", "anc"),
    "platelets": Quantity.parse("200", "10*9/L", "platelets"),
}
LOW = {
    "anc": Quantity.parse("0.3", "10*9/L", "anc"),
    "platelets": Quantity.parse("20", "10*9/L", "platelets"),
}


def begin(cast: Cast, subject: Subject, phase: str = "IND_CHEMO", on: date = DAY_1) -> None:
    """The first day of a phase."""
    values = {
        "phase": phase,
        "weight": Quantity.parse("70", "kg", "weight"),
        "height": Quantity.parse("170", "cm", "height"),
    }
    enter(cast, subject, "CYC", on, visit="LOG", **values)


def latest(cast: Cast, subject: Subject):
    with acting(user=cast.coordinator):
        return judged_responses([subject.pk])[subject.pk][-1]


def awaited(cast: Cast, subject: Subject) -> list[tuple[str, str, str]]:
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
        rows = AwaitedOfDisease.objects.filter(subject=subject).order_by("kind")
        return [(one.kind, one.due.isoformat(), one.latest.isoformat()) for one in rows]


def with_sites(cast: Cast, subject: Subject, on: date, sites: list[dict], **values) -> None:
    clear = {"evaluable": True, "pb_blasts": False, "bm_blast_pct": Quantity.parse("2", "%", "blasts")}
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot(subject.pk, "IND_EOI1", "BM"),
            values={"performed_on": on, **clear, **GOOD, **values},
            rows={"sites": sites},
            by=cast.coordinator,
        )


def test_listed_sites_decide_on_extramedullary_disease(cast: Cast, subject: Subject) -> None:
    site = {"place": "TESTIS", "method": "US", "finding": "NEW"}
    with_sites(cast, subject, date(2026, 2, 3), [site])
    assert latest(cast, subject).category == "PD"


def test_a_site_against_the_answer_counts_and_is_warned_of(cast: Cast, subject: Subject) -> None:
    site = {"place": "SKIN", "method": "BIOPSY", "finding": "PRESENT"}
    with_sites(cast, subject, date(2026, 2, 3), [site], extramedullary=False)
    found = latest(cast, subject)
    assert found.category == "NR"
    assert "EMD_CONTRADICTED" in found.response.warnings


@pytest.mark.parametrize(("days", "category"), [(7, "NR"), (8, "CR")])
def test_cns_leukaemia_of_a_puncture_within_a_week_is_extramedullary(
    cast: Cast, subject: Subject, days: int, category: str
) -> None:
    day = date(2026, 2, 3)
    enter(
        cast, subject, "CSF", day - timedelta(days=days), visit="IND_D15",
        csf_wbc=Quantity.parse("20", "/uL", "csf_wbc"), csf_rbc=Quantity.parse("0", "/uL", "csf_rbc"), blasts=True,
    )  # fmt: skip
    with_sites(cast, subject, day, [], extramedullary=False, extramedullary_new=False)
    assert latest(cast, subject).category == category


def test_mrd_of_one_percent_of_the_same_day_warns(cast: Cast, subject: Subject) -> None:
    day = date(2026, 2, 3)
    marrow(cast, subject, day, "3", visit="IND_EOI1", **GOOD)
    row = {"method": "MFC", "qualifier": "QUANTIFIED", "value": Quantity.parse("1.5", "%", "mrd")}
    enter(cast, subject, "MRD", day, visit="IND_EOI1", rows=[row])
    found = latest(cast, subject)
    assert (found.category, "MRD_1PCT" in found.response.warnings) == ("CR", True)


# Awaiting recovery


@pytest.mark.parametrize(("day", "awaits"), [(41, True), (42, False)])
def test_counts_and_marrow_are_repeated_until_day_42(
    cast: Cast, subject: Subject, day: int, awaits: bool
) -> None:
    begin(cast, subject)
    on = DAY_1 + timedelta(days=day - 1)
    marrow(cast, subject, on, "3", visit="IND_EOI2", **LOW)
    again = [(on + timedelta(days=days)).isoformat() for days in (7, 14)]
    expected = [("repeat-counts", again[0], again[0]), ("repeat-marrow", again[1], again[1])]
    assert awaited(cast, subject) == (expected if awaits else [])


def test_a_marrow_that_recovers_ends_the_waiting(cast: Cast, subject: Subject) -> None:
    begin(cast, subject)
    marrow(cast, subject, DAY_1 + timedelta(days=21), "3", visit="IND_EOI1", **LOW)
    assert len(awaited(cast, subject)) == 2
    marrow(cast, subject, DAY_1 + timedelta(days=35), "3", visit="IND_EOI2", **GOOD)
    assert awaited(cast, subject) == []


# Later recovery


def blood(cast: Cast, subject: Subject, on: date, **more: str) -> None:
    """Recovered counts of a day, without blasts in blood unless said otherwise."""
    values = {"anc": "1.5", "platelets": "150", "pb_blasts": "0", **more}
    units = {"pb_blasts": "%"}
    rows = [result(key, text, units.get(key, "10*9/L")) for key, text in values.items() if text]
    enter(cast, subject, "HEM", on, visit="IND_EOI2", rows=rows)


def categories(cast: Cast, subject: Subject) -> list[tuple[str, str]]:
    with acting(user=cast.coordinator):
        return [(one.category, one.on.isoformat()) for one in judged_responses([subject.pk])[subject.pk]]


def unrecovered(cast: Cast, subject: Subject, **more: Any) -> date:
    """A clear marrow of day 22 without recovery."""
    begin(cast, subject)
    on = DAY_1 + timedelta(days=21)
    marrow(cast, subject, on, "3", visit="IND_EOI1", **LOW, **more)
    return on


@pytest.mark.parametrize(("days", "upgraded"), [(8, True), (28, True), (29, False)])
def test_counts_reported_later_upgrade_the_response_from_their_day(
    cast: Cast, subject: Subject, days: int, upgraded: bool
) -> None:
    on = unrecovered(cast, subject)
    later = on + timedelta(days=days)
    assert len(awaited(cast, subject)) == 2
    blood(cast, subject, later)
    first = ("MLFS", on.isoformat())
    assert categories(cast, subject) == ([first, ("CR", later.isoformat())] if upgraded else [first])
    assert len(awaited(cast, subject)) == (0 if upgraded else 2)
    found = fact(cast, subject, "in_crc")
    assert (found.value, found.on) == ((True, later) if upgraded else (False, on))


@pytest.mark.parametrize("missing", ["anc", "platelets", "pb_blasts"])
def test_counts_that_say_too_little_upgrade_nothing(cast: Cast, subject: Subject, missing: str) -> None:
    on = unrecovered(cast, subject)
    blood(cast, subject, on + timedelta(days=14), **{missing: ""})
    assert categories(cast, subject) == [("MLFS", on.isoformat())]
    assert (latest(cast, subject).undecided is not None) is (missing == "pb_blasts")


def test_counts_under_platelet_transfusion_leave_it_open_and_say_why(cast: Cast, subject: Subject) -> None:
    on = unrecovered(cast, subject)
    later = on + timedelta(days=14)
    transfused = {"product": "PLT", "units": 1}
    enter(cast, subject, "TF", later - timedelta(days=7), visit="LOG", **transfused)
    blood(cast, subject, later)
    assert categories(cast, subject) == [("MLFS", on.isoformat())]
    assert "platelets transfused" in open_words(latest(cast, subject).undecided)


def test_low_counts_reported_later_move_the_day_of_the_next_ones(cast: Cast, subject: Subject) -> None:
    on = unrecovered(cast, subject)
    blood(cast, subject, on + timedelta(days=6), anc="0.4", platelets="30")
    day = (on + timedelta(days=13)).isoformat()
    assert ("repeat-counts", day, day) in awaited(cast, subject)


def test_the_investigators_category_speaks_of_the_day_of_the_marrow(cast: Cast, subject: Subject) -> None:
    said = {"investigator_response": "CRi", "response_reason": "neutrophils of the day after"}
    on = unrecovered(cast, subject, **said)
    later = on + timedelta(days=14)
    blood(cast, subject, later)
    assert categories(cast, subject) == [("CRi", on.isoformat()), ("CR", later.isoformat())]
    assert not latest(cast, subject).differs


@pytest.mark.parametrize(("language", "words"), [("en", "From 2026-02-16"), ("zh-hans", "自2026-02-16起")])
def test_the_pages_say_from_when_by_which_counts(
    client: Client, cast: Cast, subject: Subject, language: str, words: str
) -> None:
    on = unrecovered(cast, subject)
    blood(cast, subject, on + timedelta(days=14))
    client.force_login(cast.coordinator)
    client.cookies["django_language"] = language
    page = client.get(Slot(subject.pk, "IND_EOI1", "BM").url()).content.decode()
    assert words in page
    table = client.get(reverse("assessments", args=[subject.pk])).content.decode()
    assert "2026-02-16" in table


def test_the_list_of_responses_gives_what_later_counts_made_of_a_marrow(
    client: Client, cast: Cast, subject: Subject
) -> None:
    on = unrecovered(cast, subject)
    blood(cast, subject, on + timedelta(days=14))
    (row,) = client.get("/api/v1/responses/", headers=token_of(cast.statistician)).json()["results"]
    assert (row["category"], row["in_crc"], row["response_on"]) == ("MLFS", False, on.isoformat())
    assert (row["recovered"], row["recovered_on"], row["recovered_in_crc"]) == ("CR", "2026-02-16", True)
    assert row["counts_again_by"] is None


def test_exactly_five_percent_asks_for_another_marrow(cast: Cast, subject: Subject) -> None:
    begin(cast, subject)
    on = DAY_1 + timedelta(days=21)
    marrow(cast, subject, on, "5.0", visit="IND_EOI1", **GOOD)
    by = (on + timedelta(days=14)).isoformat()
    assert awaited(cast, subject) == [("repeat-marrow", by, by)]


def test_a_single_positive_asks_for_a_second_sample_until_a_negative_or_a_confirmation(
    cast: Cast, subject: Subject
) -> None:
    begin(cast, subject)

    def mrd(on: date, visit: str, text: str) -> None:
        enter(cast, subject, "MRD", on, visit=visit, rows=[{"method": "MFC", **read(text)}])

    def read(text: str) -> dict:
        if text == "-":
            return {"qualifier": "NOT_DETECTED", "cells_analysed": 1_000_000}
        return {"qualifier": "QUANTIFIED", "value": Quantity.parse(text, "%", "mrd")}

    first = date(2026, 2, 3)
    marrow(cast, subject, first, "2", visit="IND_EOI1", **GOOD)
    mrd(first, "IND_EOI1", "-")
    assert awaited(cast, subject) == []
    mrd(date(2026, 3, 3), "CONS1_END", "0.02")
    assert awaited(cast, subject) == [("confirm-mrd", "2026-03-10", "2026-03-31")]
    mrd(date(2026, 3, 17), "CONS2_END", "0.03")
    assert awaited(cast, subject) == []


# The index sample


@pytest.fixture
def ngs(ven_cast: Cast) -> Cast:
    return ven_cast


def alerts(cast: Cast, subject: Subject) -> list[str]:
    with acting(user=cast.coordinator):
        found = Subject.objects.select_related("protocol_version", "site").get(pk=subject.pk)
        return list(index_alerts(found))


def screening_ngs(cast: Cast, subject: Subject, on: date, **line) -> None:
    row = {
        "method": "NGS_IG_TR",
        "qualifier": "QUANTIFIED",
        "value": Quantity.parse("60", "%", "mrd"),
        **line,
    }
    enter(cast, subject, "MRD", on, visit="SCR", rows=[row], time_point="SCREENING")


def first_phase(cast: Cast) -> str:
    return next(one.key for one in cast.version.protocol.phases if one.regimen)


def test_in_screening_the_index_sample_is_due_and_its_absence_alarms_once_treatment_begins(ngs: Cast) -> None:
    subject = bare_subject(ngs)
    assert awaited(ngs, subject) == [("index-sample", "2026-01-05", "2026-01-05")]
    assert alerts(ngs, subject) == []
    begin(ngs, subject, first_phase(ngs))
    (alert,) = alerts(ngs, subject)
    assert "No index sample" in alert
    assert awaited(ngs, subject)[0][0] == "index-sample"


@pytest.mark.parametrize(("days", "alarm"), [(-1, ""), (0, ""), (1, "after treatment began")])
def test_a_sample_of_the_day_on_which_treatment_began_is_in_time(ngs: Cast, days: int, alarm: str) -> None:
    subject = bare_subject(ngs)
    begin(ngs, subject, first_phase(ngs))
    screening_ngs(ngs, subject, DAY_1 + timedelta(days=days))
    found = alerts(ngs, subject)
    assert len(found) == bool(alarm)
    assert all(alarm in one for one in found)
    assert awaited(ngs, subject) == []


def test_a_study_without_ngs_asks_for_no_index_sample(cast: Cast, subject: Subject) -> None:
    begin(cast, subject)
    assert alerts(cast, subject) == []
    assert awaited(cast, subject) == []


def test_without_a_sequence_at_diagnosis_later_ngs_is_not_evaluable(ngs: Cast) -> None:
    subject = bare_subject(ngs)
    screening_ngs(ngs, subject, date(2026, 1, 6), index_found=False)
    row = {"method": "NGS_IG_TR", "qualifier": "NOT_DETECTED", "dna_ng": 20_000}
    enter(ngs, subject, "MRD", date(2026, 2, 9), visit="EOC1", rows=[row])
    with acting(user=ngs.coordinator):
        last = mrd_lines([subject.pk])[subject.pk][-1]
    assert last.verdict.verdict == "INDETERMINATE"
    assert "index sequence" in last.verdict.reason.en


# Over REST


def judged_subject(cast: Cast) -> Subject:
    """Somebody whom the investigator judged otherwise than the rules, with MRD of the same day."""
    subject = bare_subject(cast)
    begin(cast, subject)
    day = date(2026, 2, 3)
    said = {"investigator_response": "CRi", "response_reason": "counts under transfusion"}
    marrow(cast, subject, day, "2", visit="IND_EOI1", **GOOD, **said)
    row = {"method": "MFC", "reported_text": "<0.01%", "qualifier": "NOT_DETECTED"}
    enter(cast, subject, "MRD", day, visit="IND_EOI1", rows=[row])
    return subject


def test_the_list_of_responses_gives_both_and_which_counts(client: Client, cast: Cast) -> None:
    judged_subject(cast)
    (row,) = client.get("/api/v1/responses/", headers=token_of(cast.statistician)).json()["results"]
    assert (row["computed"], row["investigator"], row["category"], row["overridden"]) == (
        "CR",
        "CRi",
        "CRi",
        True,
    )
    assert row["investigator_reason"] == "counts under transfusion"
    assert (row["criteria_set"], row["protocol_version"]) == ("ELN2024", cast.version.version)
    assert (row["in_crc"], row["response_on"], row["visit"]) == (True, "2026-02-03", "IND_EOI1")
    single = client.get(f"/api/v1/responses/{row['id']}/", headers=token_of(cast.statistician)).json()
    assert single == row


def test_the_list_of_verdicts_gives_limit_source_class_and_whether_it_counts(
    client: Client, cast: Cast
) -> None:
    judged_subject(cast)
    (row,) = client.get("/api/v1/mrd-verdicts/", headers=token_of(cast.statistician)).json()["results"]
    assert (row["verdict"], row["lod_source"], row["reporting_class"]) == (
        "NEGATIVE",
        "REPORTED_BOUND",
        "COMPLETE",
    )
    assert (row["threshold"], row["lod"], row["counted"]) == ("0.0001", "0.0001", True)
    assert row["reported_text"] == "<0.01%"


@pytest.mark.parametrize("table", ["responses", "mrd-verdicts"])
def test_a_list_is_whole_as_csv_and_asks_no_more_for_more_subjects(
    client: Client, cast: Cast, table: str
) -> None:
    who, counts = token_of(cast.coordinator), []
    for _ in range(2):
        for _ in range(2):
            judged_subject(cast)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(f"/api/v1/{table}/?format=csv", headers=who)
            text = b"".join(answer.streaming_content).decode("utf-8-sig")
        counts.append(len(asked))
    assert len(list(csv.DictReader(io.StringIO(text)))) == 4
    assert counts[0] == counts[1]


@pytest.mark.parametrize("table", ["responses", "mrd-verdicts"])
def test_a_stranger_gets_an_empty_list_and_no_single_line(client: Client, cast: Cast, table: str) -> None:
    judged_subject(cast)
    (row,) = client.get(f"/api/v1/{table}/", headers=token_of(cast.coordinator)).json()["results"]
    who = token_of(cast.stranger)
    assert client.get(f"/api/v1/{table}/", headers=who).json()["results"] == []
    assert client.get(f"/api/v1/{table}/{row['id']}/", headers=who).status_code == 404
