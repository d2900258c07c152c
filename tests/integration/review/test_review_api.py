"""Queries, holds, verifications and signatures over REST: the permissions of the screens, filters, pages, CSV."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast, bare_subject
from tests.integration.review.entries import enter
from tests.integration.review.signing import sign
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.holds import Place, place_hold, take_hold_step
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.slots import Slot
from trialsite.review.queries import open_query, take_query_step
from trialsite.review.verification import verify_items

LISTS = ("queries", "query-messages", "holds", "verifications", "signatures")


@pytest.fixture
def subject(cast: Cast, signer: User) -> Subject:
    """One of everything: an answered query, an open and a released hold, a verification, two signatures."""
    found = bare_subject(cast)
    enter(found, cast)
    slot = Slot(found.pk, "SCR", "VS")
    with acting(user=cast.monitor):
        query = open_query(slot=slot, item="weight", text="=Which scale?", by=cast.monitor)
        verify_items(opened=open_slot(slot, found, forms["VS"]), items=["weight"], by=cast.monitor)
    with acting(user=cast.coordinator):
        take_query_step(query_id=query.pk, action="answer", text="The ward's.", by=cast.coordinator)
    sign("visit", found, signer)
    sign("casebook", found, signer)
    with acting(user=cast.data_manager):
        hold = place_hold(place=Place.of_slot(found, slot), kind="freeze", by=cast.data_manager)
        take_hold_step(hold_id=hold.pk, action="unfreeze", by=cast.data_manager, reason="to correct")
        place_hold(place=Place(cast.study.pk), kind="freeze", by=cast.data_manager)
    return found


def rows(client: Client, user: User, name: str, **asked: str) -> list[dict]:
    client.force_login(user)
    answer = client.get(f"/api/v1/{name}/", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_a_query_comes_with_everything_that_was_said(client: Client, cast: Cast, subject: Subject) -> None:
    (row,) = rows(client, cast.statistician, "queries")
    assert (row["subject_number"], row["form_key"], row["item"], row["state"]) == (
        subject.number, "VS", "weight", "answered",
    )  # fmt: skip
    assert [(said["action"], said["text"], said["by"]) for said in row["messages"]] == [
        ("open", "=Which scale?", "monitor"),
        ("answer", "The ward's.", "coordinator"),
    ]


def test_a_hold_names_its_place_and_what_is_held_whole(client: Client, cast: Cast, subject: Subject) -> None:
    whole, of_form = (
        rows(client, cast.data_manager, "holds", state="placed"),
        rows(client, cast.data_manager, "holds", state="released"),
    )
    assert [(one["site"], one["subject"], one["subject_number"], one["form_key"]) for one in whole] == [
        (None, None, None, "")
    ]
    assert [(one["form_key"], one["released_by"], one["asked_why"]) for one in of_form] == [
        ("VS", "data_manager", "to correct")
    ]


def test_a_verification_says_whether_it_stands(client: Client, cast: Cast, subject: Subject) -> None:
    (row,) = rows(client, cast.monitor, "verifications", standing="true")
    assert (row["item"], row["verified_by"], row["reopened_by"]) == ("weight", "monitor", None)
    assert rows(client, cast.monitor, "verifications", standing="false") == []


@pytest.mark.parametrize(("level", "visit"), [("visit", "SCR"), ("casebook", None)])
def test_a_signature_says_on_what_it_stands(
    client: Client, cast: Cast, subject: Subject, level: str, visit: str | None
) -> None:
    (row,) = rows(client, cast.monitor, "signatures", level=level)
    assert (row["level"], row["visit_key"], row["record"], len(row["content_hash"])) == (
        level,
        visit,
        None,
        64,
    )


@pytest.mark.parametrize("name", LISTS)
def test_another_site_sees_nothing_of_a_subject(
    client: Client, cast: Cast, subject: Subject, name: str
) -> None:
    assert str(subject.pk) not in str(rows(client, cast.stranger, name))
    (first, *_rest) = rows(client, cast.data_manager, name)
    client.force_login(cast.stranger)
    assert client.get(f"/api/v1/{name}/{first['id']}/").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_who_sees_no_record_gets_no_list(client: Client, cast: Cast, name: str) -> None:
    client.force_login(cast.administrator)
    assert client.get(f"/api/v1/{name}/").status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_that_is_none_is_said(client: Client, cast: Cast, subject: Subject, name: str) -> None:
    assert rows(client, cast.monitor, name, study="BLINA-VEN") == []
    client.force_login(cast.monitor)
    answer = client.get(f"/api/v1/{name}/", {"subjct": subject.screening_number})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["subjct"])


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_a_csv_of_the_same_rows(
    client: Client, cast: Cast, subject: Subject, name: str
) -> None:
    expected = rows(client, cast.data_manager, name)
    answer = client.get(f"/api/v1/{name}/", {"format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["id"] for line in lines] == [row["id"] for row in expected]
    if name == "queries":
        assert lines[0]["text_en"] == "'=Which scale?"


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_as_many_questions_for_many_rows(
    client: Client, cast: Cast, subject: Subject, name: str
) -> None:
    client.force_login(cast.data_manager)
    with CaptureQueriesContext(connection) as few:
        client.get(f"/api/v1/{name}/")
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.monitor):
        for item in ("ecog", "height", "pulse"):
            open_query(slot=slot, item=item, text="?", by=cast.monitor)
        verify_items(
            opened=open_slot(slot, subject, forms["VS"]), items=["ecog", "performed_on"], by=cast.monitor
        )
    with acting(user=cast.data_manager):
        for form in ("VS", "PE", "ECG"):
            place = Place.of_slot(subject, Slot(subject.pk, "SCR", form))
            place_hold(place=place, kind="freeze", by=cast.data_manager)
    client.force_login(cast.data_manager)
    client.get("/")
    with CaptureQueriesContext(connection) as many:
        client.get(f"/api/v1/{name}/")
    assert len(many) <= len(few)


def test_the_schema_describes_each_list_with_its_filters(client: Client, cast: Cast) -> None:
    client.force_login(cast.statistician)
    schema = client.get("/api/v1/schema/?format=json").json()
    for name in LISTS:
        parameters = {one["name"] for one in schema["paths"][f"/api/v1/{name}/"]["get"]["parameters"]}
        assert {"subject", "study", "site", "cursor"} <= parameters
    assert "messages" in schema["components"]["schemas"]["Query"]["properties"]
