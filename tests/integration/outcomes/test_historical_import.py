"""A study goes live with thirty subjects already treated: they load by import, and their endpoints are right."""

import json
from datetime import date

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from assessments.models import PlannedVisit, RecordGap
from enrollment.imports import Trial, import_from_paper
from enrollment.models import PaperEntry
from enrollment.selectors import places_taken
from outcomes.models import EndpointResult
from tests.cast import PASSWORD, Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import next_number
from trialsite.review.models import Query

from .historical import SUBJECTS, files, subjects_csv

UNTIL = date(2025, 12, 31)


def load(cast: Cast, tables: dict[str, str] | None = None, *, keep: bool = True) -> Trial:
    with acting(user=cast.coordinator):
        return import_from_paper(
            study=cast.study,
            sites=[cast.here],
            tables=tables or files(cast.here.key, UNTIL),
            keep=keep,
            by=cast.coordinator,
        )


@pytest.fixture
def loaded(hsct_cast: Cast) -> Trial:
    trial = load(hsct_cast)
    assert trial.refused == []
    return trial


def test_thirty_subjects_load_and_their_endpoints_are_those_of_the_table(
    hsct_cast: Cast, loaded: Trial
) -> None:
    assert loaded.taken["subjects.csv"] == len(SUBJECTS) == 30
    with acting(user=hsct_cast.monitor):
        bring_up_to_date(Subject.objects.all())
        found = {
            (one.subject.screening_number, one.endpoint): (one.days, one.event_type)
            for one in EndpointResult.objects.select_related("subject")
        }
    for one in SUBJECTS:
        assert found[f"OLD-{one.name}", "RFS"] == one.rfs, one.name
        assert found[f"OLD-{one.name}", "OS"] == one.os, one.name
    with acting(user=hsct_cast.coordinator):
        nobody_is_flooded(hsct_cast.coordinator)
    with acting(user=hsct_cast.investigator):
        assert len(work_of(hsct_cast.investigator, kind="paper-sign").lines) == 30


def nobody_is_flooded(user: User) -> None:
    """One line for all gaps together; no visit, phase or query of the past asks for anything."""
    lines = work_of(user).lines
    others = [line for line in lines if line.kind != "visits"]
    assert [(line.kind, line.subject_number) for line in others] == [("gaps", "30 subjects")]
    assert all(line.latest > UNTIL for line in lines if line.kind == "visits" and line.latest)
    assert PlannedVisit.objects.filter(latest__lte=UNTIL, done_on=None).exists()  # the flood that is not
    assert RecordGap.objects.filter(kind="visit").exists()
    assert RecordGap.objects.filter(on__gt=UNTIL).count() == 0
    assert Query.objects.count() == 0
    assert mail.outbox == []


def test_the_trail_says_who_entered_them_and_counters_move_past_them(hsct_cast: Cast, loaded: Trial) -> None:
    with acting(user=hsct_cast.coordinator):
        assert PaperEntry.objects.filter(batch=loaded.batch, entered_by=hsct_cast.coordinator).count() == 30
        tables = ["casebook_subject", "outcomes_relapse", "treatment_transplant"]
        entries = Trail.objects.filter(table_name__in=tables)
        assert entries.count() > 60
        assert {entry.user_id for entry in entries} == {hsct_cast.coordinator.pk}
        assert places_taken(hsct_cast.study.pk) == 30
        assert next_number(f"subject:{hsct_cast.study.key}") == 31


def few(cast: Cast) -> dict[str, str]:
    """The files of three of them, of whom nothing but the numbers is loaded."""
    return {"subjects.csv": subjects_csv(cast.here.key, UNTIL, SUBJECTS[:3])}


def test_what_today_would_refuse_waits_for_the_investigator(hsct_cast: Cast, client: Client) -> None:
    load(hsct_cast, few(hsct_cast))
    with acting(user=hsct_cast.investigator):
        lines = work_of(hsct_cast.investigator, kind="paper-sign").lines
        assert len(lines) == 3
    subject = lines[0].subject_id
    client.force_login(hsct_cast.investigator)
    address = f"/subjects/{subject}/from-paper/"
    page = client.get(address)
    assert "Eligibility was judged on paper (Dr Lin" in page.content.decode()
    told = {"username": "investigator", "password": PASSWORD, "content_hash": page.context["to_sign"].digest}
    wrong = client.post(address + "sign/", told | {"password": "guessed"})
    assert wrong.status_code == 422
    assert "This is not your password" in wrong.content.decode()
    assert client.post(address + "sign/", told).status_code == 302
    with acting(user=hsct_cast.investigator):
        left = work_of(hsct_cast.investigator, kind="paper-sign").lines
    assert len(left) == 2
    assert subject not in {line.subject_id for line in left}
    assert client.post(address + "sign/", told).status_code == 422


def test_a_trial_run_keeps_nothing(hsct_cast: Cast) -> None:
    trial = load(hsct_cast, keep=False)
    assert (trial.refused, trial.taken["subjects.csv"]) == ([], 30)
    with acting(user=hsct_cast.coordinator):
        assert Subject.objects.count() == PaperEntry.objects.count() == 0
        assert Trail.objects.filter(table_name="casebook_subject").count() == 0


def test_one_wrong_cell_keeps_all_of_it_out_and_is_named(hsct_cast: Cast) -> None:
    tables = files(hsct_cast.here.key, UNTIL)
    tables["REL.csv"] = tables["REL.csv"].replace("MARROW", "MARRROW", 1)
    tables["HSCT.csv"] += "OLD-H99,2024-05-01\nOLD-H13,2024-13-01\n"
    tables["subjects.csv"] = tables["subjects.csv"].replace("VBH-0002", "VBH-0001")
    trial = load(hsct_cast, tables)
    refused = {(one.file, one.line, one.column): one for one in trial.refused}
    assert ("REL.csv", 2, "relapse_site") in refused
    assert "MARROW" in refused["REL.csv", 2, "relapse_site"].accepted
    assert ("HSCT.csv", 32, "subject") in refused
    assert refused["HSCT.csv", 33, "performed_on"].accepted == "2026-03-05"
    assert "VBH-0001" in refused["subjects.csv", 3, "subject_number"].sentence
    with acting(user=hsct_cast.coordinator):
        assert Subject.objects.count() == 0


def test_the_page_previews_then_keeps(hsct_cast: Cast, client: Client) -> None:
    client.force_login(hsct_cast.coordinator)
    address = f"/studies/{hsct_cast.study.key}/from-paper/import/"
    tables = few(hsct_cast) | {"HSCT.csv": "subject,performed_on\nOLD-P01,2024-01-11\n"}
    uploads = [SimpleUploadedFile(name, text.encode()) for name, text in tables.items()]
    preview = client.post(address, {"files": uploads})
    assert preview.status_code == 200
    with acting(user=hsct_cast.coordinator):
        assert Subject.objects.count() == 0
    content = preview.context["content"]
    assert set(json.loads(content)) == set(tables)
    assert client.post(address, {"press": "keep", "content": content}).status_code == 302
    with acting(user=hsct_cast.coordinator):
        assert Subject.objects.count() == 3
    assert client.get(f"/studies/{hsct_cast.study.key}/gaps/").status_code == 200
    assert client.post(address, {"press": "keep", "content": "[1]"}).status_code == 422
    assert client.post(address, {"press": "keep", "content": content}).status_code == 422
