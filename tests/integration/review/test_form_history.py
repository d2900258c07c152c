"""The history of a form shows what stands on it beside what it says: holds, queries, verifications, signatures."""

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


def history(client: Client, user: User, slot: Slot, **asked: str) -> list[tuple[str, str, dict]]:
    """What, action and items (label → new value) of each line, the oldest first."""
    client.force_login(user)
    answer = client.get(slot.history_url, asked)
    assert answer.status_code == 200
    return [
        (one.what, one.action, {item.label: item.new for item in one.items})
        for one in reversed(answer.context["changes"])
    ]


def places(client: Client, user: User, slot: Slot) -> list[str]:
    """Visit and item of each line, the oldest first."""
    client.force_login(user)
    return [one.where for one in reversed(client.get(slot.history_url).context["changes"])]


def test_every_line_of_a_subjects_trail_names_form_visit_and_item(
    client: Client, cast: Cast, subject: Subject, signer: User
) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.monitor):
        query = open_query(slot=slot, item="weight", text="Which scale?", by=cast.monitor)
    with acting(user=cast.coordinator):
        take_query_step(query_id=query.pk, action="answer", text="The ward's.", by=cast.coordinator)
    sign("form", subject, signer)
    client.force_login(cast.monitor)
    page = client.get(f"/subjects/{subject.pk}/trail/", {"form": "VS"})
    found = [(one.what, one.where) for one in reversed(page.context["changes"])]
    assert found == [
        ("Vital signs", "Screening"),
        ("Query: Vital signs", "Screening · Weight"),
        ("Step of a query: Vital signs", "Screening · Weight"),
        ("Query: Vital signs", "Screening · Weight"),
        ("Step of a query: Vital signs", "Screening · Weight"),
        ("Electronic signature: Vital signs", "Screening"),
    ]


def test_a_query_stands_there_with_everything_that_was_said(
    client: Client, cast: Cast, subject: Subject
) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.monitor):
        query = open_query(slot=slot, item="weight", text="Which scale?", by=cast.monitor)
    with acting(user=cast.coordinator):
        take_query_step(query_id=query.pk, action="answer", text="The ward's.", by=cast.coordinator)
    found = history(client, cast.monitor, slot)[1:]
    assert found == [
        ("Query: Vital signs", "entered", {"Question": "Which scale?"}),
        ("Step of a query: Vital signs", "entered", {"Step": "Ask", "Words": "Which scale?"}),
        ("Query: Vital signs", "answered", {}),
        ("Step of a query: Vital signs", "entered", {"Step": "Answer", "Words": "The ward's."}),
    ]


def test_a_query_on_an_empty_slot_has_a_history_too(client: Client, cast: Cast) -> None:
    slot = Slot(bare_subject(cast).pk, "SCR", "VS")
    with acting(user=cast.monitor):
        open_query(slot=slot, text="Was it done?", by=cast.monitor)
    assert [what for what, _action, _items in history(client, cast.coordinator, slot)] == [
        "Query: Vital signs",
        "Step of a query: Vital signs",
    ]


def test_a_verification_and_what_ends_it(client: Client, cast: Cast, subject: Subject) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.monitor):
        verify_items(opened=open_slot(slot, subject, forms["VS"]), items=["weight"], by=cast.monitor)
    enter(subject, cast, "71", base_version=1, reason="typing error")
    found = history(client, cast.monitor, slot)
    assert ("Source verification: Vital signs", "entered", {}) in found
    assert ("Source verification: Vital signs", "to be verified again", {}) in found
    assert places(client, cast.monitor, slot)[1:] == ["Screening · Weight", "Screening", "Screening · Weight"]


def test_signatures_of_the_form_and_of_the_casebook(
    client: Client, cast: Cast, subject: Subject, signer: User
) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    sign("form", subject, signer)
    sign("casebook", subject, signer)
    found = [what for what, _action, _items in history(client, cast.monitor, slot)]
    assert found[1:] == ["Electronic signature: Vital signs", "Electronic signature: casebook"]
    said = [action for _what, action, _items in history(client, cast.monitor, slot)]
    assert "I reviewed this form" in said[1]
    assert "I reviewed this casebook" in said[2]


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("form", "Vital signs"),
        ("visit", "a visit"),
        ("subject", "a subject"),
        ("site", "a site"),
        ("study", "the study"),
    ],
)
def test_every_hold_that_covers_the_form(
    client: Client, cast: Cast, subject: Subject, level: str, words: str
) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    place = {
        "form": Place.of_slot(subject, slot),
        "visit": Place.of_visit(subject, "SCR", 1),
        "subject": Place.of_subject(subject),
        "site": Place(cast.study.pk, cast.here.pk),
        "study": Place(cast.study.pk),
    }[level]
    with acting(user=cast.data_manager):
        hold = place_hold(place=place, kind="freeze", by=cast.data_manager)
        take_hold_step(hold_id=hold.pk, action="unfreeze", by=cast.data_manager, reason="to correct")
    found = [(what, action) for what, action, _items in history(client, cast.data_manager, slot)]
    assert found[1:] == [(f"Frozen: {words}", "entered"), (f"Frozen: {words}", "released")]


def test_what_stands_on_another_form_is_not_shown(
    client: Client, cast: Cast, subject: Subject, signer: User
) -> None:
    other = bare_subject(cast)
    enter(other, cast)
    enter(subject, cast, visit="IND_D1")
    with acting(user=cast.monitor):
        open_query(slot=Slot(subject.pk, "IND_D1", "VS"), text="?", by=cast.monitor)
        open_query(slot=Slot(other.pk, "SCR", "VS"), text="?", by=cast.monitor)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_visit(subject, "IND_D1", 1), kind="freeze", by=cast.data_manager)
        place_hold(place=Place(cast.study.pk, cast.elsewhere.pk), kind="freeze", by=cast.data_manager)
    assert len(history(client, cast.data_manager, Slot(subject.pk, "SCR", "VS"))) == 1


def test_the_csv_has_the_lines_of_the_page(client: Client, cast: Cast, subject: Subject) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.monitor):
        open_query(slot=slot, item="weight", text="Which scale?", by=cast.monitor)
    client.force_login(cast.monitor)
    page = client.get(slot.history_url)
    text = b"".join(client.get(page.context["export"]).streaming_content).decode()
    tables = {line.split(",")[7] for line in text.splitlines()[1:]}
    assert tables == {"assessments_vitalsigns", "review_query", "review_querymessage"}


@pytest.mark.parametrize("address", ["nonsense", "00000000-0000-0000-0000-000000000000/SCR.1/VS.1", "x/y/z"])
def test_an_address_of_no_form_filters_to_nothing(client: Client, cast: Cast, address: str) -> None:
    client.force_login(cast.monitor)
    assert client.get("/api/v1/trail/", {"slot": address}).json()["results"] == []


def test_no_key_of_a_person_or_row_is_shown(client: Client, cast: Cast, subject: Subject) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.monitor):
        open_query(slot=slot, item="weight", text="Which scale?", by=cast.monitor)
        verify_items(opened=open_slot(slot, subject, forms["VS"]), items=["weight"], by=cast.monitor)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_slot(subject, slot), kind="lock", by=cast.data_manager)
    shown = str(history(client, cast.monitor, slot))
    for key in (cast.monitor.pk, cast.data_manager.pk, subject.pk):
        assert str(key) not in shown


def test_a_long_history_reads_as_often_as_a_short_one(client: Client, cast: Cast, subject: Subject) -> None:
    slot = Slot(subject.pk, "SCR", "VS")
    counts = []
    for more in (1, 8):
        with acting(user=cast.monitor):
            for _number in range(more):
                open_query(slot=slot, text="?", by=cast.monitor)
        history(client, cast.monitor, slot)
        with CaptureQueriesContext(connection) as seen:
            client.get(slot.history_url)
        counts.append(len(seen))
    assert counts[0] == counts[1]
