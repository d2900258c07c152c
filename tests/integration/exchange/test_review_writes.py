"""Queries, verification, holds and signatures written by the API, by the rules of their pages."""

import logging
from typing import Any

import pytest
from django.test import Client

from tests.cast import PASSWORD, Cast, bare_subject, employ, user
from tests.integration.review.entries import enter
from tests.integration.test_api import token_of
from trialsite.access.models import Role, User
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.review.models import Signature

from .desk import put

AT = {"visit": "SCR.1", "form": "VS.1"}
SIGNED = {"form": AT, "visit": {"visit": "SCR.1"}, "casebook": {}}


@pytest.fixture
def subject(cast: Cast) -> Subject:
    found = bare_subject(cast)
    enter(found, cast)
    return found


def post(who: User, address: str, **body: Any) -> Any:
    """What the API answers to a person's program."""
    program = Client(headers=token_of(who))
    return program.post(f"/api/v1/{address}/", body, content_type="application/json")


def ask(cast: Cast, subject: Subject, **told: str) -> Any:
    question = {"subject": str(subject.pk), **AT, "item": "weight", "text": "Which scale?"}
    return post(cast.monitor, "queries", **(question | told))


# Queries


def test_a_query_is_asked_answered_and_closed(cast: Cast, subject: Subject) -> None:
    asked = ask(cast, subject)
    assert asked.status_code == 201, asked.content
    query = asked.json()
    assert (query["state"], query["item"], query["opened_by"]) == ("open", "weight", "monitor")
    steps = [
        (cast.coordinator, "answer", "The ward's.", "answered"),
        (cast.monitor, "ask_again", "Which ward?", "open"),
        (cast.coordinator, "answer", "Ward 3.", "answered"),
        (cast.data_manager, "close", "", "closed"),
        (cast.monitor, "reopen", "Ward 3 has two.", "open"),
        (cast.monitor, "cancel", "asked twice", "cancelled"),
    ]
    for who, step, text, state in steps:
        answer = post(who, f"queries/{query['id']}/{step}", text=text)
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.content
    assert [said["text"] for said in answer.json()["messages"]][:2] == ["Which scale?", "The ward's."]
    with acting(user=cast.monitor):
        last = Trail.objects.filter(table_name="review_query").latest("id")
    assert (last.user_id, str(last.request_id)) == (cast.monitor.pk, answer.headers["X-Request-ID"])


def test_a_question_that_cannot_be_asked_is_refused_at_its_field(cast: Cast, subject: Subject) -> None:
    for told in ({"text": " "}, {"text": "call 13800138000"}, {"item": "nonsense"}, {"visit": "SCR"}):
        answer = ask(cast, subject, **told)
        if "visit" in told:
            assert answer.status_code == 404
        else:
            assert (answer.status_code, list(answer.json()["errors"])) == (400, list(told))


def test_a_query_takes_no_step_that_its_table_does_not_have(cast: Cast, subject: Subject) -> None:
    query = ask(cast, subject).json()["id"]
    for step, status in (("close", 409), ("nonsense", 409), ("resolve", 409), ("answer", 403)):
        assert post(cast.monitor, f"queries/{query}/{step}", text="x").status_code == status
    assert post(cast.coordinator, f"queries/{query}/answer").json()["errors"].keys() == {"text"}
    assert post(cast.stranger, f"queries/{query}/answer", text="x").status_code == 404


# Verification


def test_items_are_verified_and_reopened_by_a_correction(cast: Cast, subject: Subject) -> None:
    told = {"subject": str(subject.pk), **AT}
    answer = post(cast.monitor, "verifications", **told, items=["weight", "ecog"])
    assert answer.status_code == 201
    assert [one["item"] for one in answer.json()] == ["ecog", "weight"]
    assert post(cast.monitor, "verifications", **told, items=["weight"]).json() == []
    for items in ([], ["nonsense"]):
        wrong = post(cast.monitor, "verifications", **told, items=items)
        assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["items"])
    program = Client(headers=token_of(cast.coordinator))
    corrected = put(
        program, Slot(subject.pk, "SCR", "VS"), {"weight": "71"}, base_version=1, reason="typing error"
    )
    assert corrected.status_code == 200
    standing = program.get("/api/v1/verifications/", {"standing": "true"}).json()["results"]
    assert [one["item"] for one in standing] == ["ecog"]


# Holds


@pytest.mark.parametrize("level", ["study", "site", "subject", "visit", "form"])
def test_a_frozen_place_refuses_a_form_until_it_is_released(cast: Cast, subject: Subject, level: str) -> None:
    places = {
        "study": {"study": cast.study.key},
        "site": {"study": cast.study.key, "site": cast.here.key},
        "subject": {"subject": str(subject.pk)},
        "visit": {"subject": str(subject.pk), "visit": "SCR.1"},
        "form": {"subject": str(subject.pk), **AT},
    }
    frozen = post(cast.data_manager, "holds", **places[level], kind="freeze")
    assert frozen.status_code == 201, frozen.content
    assert post(cast.data_manager, "holds", **places[level], kind="freeze").status_code == 409
    program, slot = Client(headers=token_of(cast.coordinator)), Slot(subject.pk, "SCR", "VS")
    told: dict[str, Any] = {"base_version": 1, "reason": "typing error"}
    refused = put(program, slot, {"weight": "71"}, **told)
    assert refused.status_code == 423
    assert "frozen" in refused.json()["detail"]
    step = f"holds/{frozen.json()['id']}/unfreeze"
    assert post(cast.data_manager, step).json()["errors"].keys() == {"reason"}
    assert post(cast.data_manager, step, reason="late result").json()["state"] == "released"
    assert put(program, slot, {"weight": "71"}, **told).status_code == 200


def test_a_lock_is_released_by_a_second_person(cast: Cast, subject: Subject) -> None:
    with acting(role="system"):
        second = user("second_data_manager")
        employ(second, Role.DATA_MANAGER, cast.version)
    lock = post(cast.data_manager, "holds", subject=str(subject.pk), kind="lock").json()
    steps = f"holds/{lock['id']}"
    assert post(cast.data_manager, f"{steps}/unlock").status_code == 409
    asked = post(cast.data_manager, f"{steps}/ask_unlock", reason="late result")
    assert (asked.json()["state"], asked.json()["asked_why"]) == ("release_asked", "late result")
    assert post(cast.data_manager, f"{steps}/unlock").status_code == 409
    assert post(cast.monitor, f"{steps}/unlock").status_code == 403
    assert post(second, f"{steps}/unlock").json()["released_by"] == "second_data_manager"


def test_a_hold_stands_on_a_place_of_ones_own(cast: Cast, subject: Subject) -> None:
    assert post(cast.stranger, "holds", subject=str(subject.pk), kind="lock").status_code == 404
    assert post(cast.data_manager, "holds", kind="lock").status_code == 404
    wrong = post(cast.data_manager, "holds", subject=str(subject.pk), kind="thaw")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["kind"])


# Signatures


def ceremony(signer: User, subject: Subject, at: dict[str, str], **told: str) -> Any:
    """Read what there is to sign, then sign it."""
    asked = {"subject": str(subject.pk), **at}
    program = Client(headers=token_of(signer))
    read = program.get("/api/v1/signatures/content/", asked)
    assert read.status_code == 200, read.content
    shown = {
        "meaning": "reviewed",
        "username": signer.username,
        "password": PASSWORD,
        "content_hash": read.json()["content_hash"],
    }
    return post(signer, "signatures", **asked, **(shown | told))


@pytest.mark.parametrize("level", SIGNED)
def test_what_was_read_is_signed(cast: Cast, subject: Subject, signer: User, level: str) -> None:
    answer = ceremony(signer, subject, SIGNED[level])
    assert answer.status_code == 201, answer.content
    signature = answer.json()
    assert (signature["level"], signature["meaning"], signature["signed_by"]) == (
        level, "reviewed", signer.username,
    )  # fmt: skip
    assert ceremony(signer, subject, SIGNED[level]).status_code == 409


@pytest.mark.parametrize("level", SIGNED)
def test_a_ceremony_that_is_none_is_refused_at_its_field_as_on_the_page(
    cast: Cast, subject: Subject, signer: User, level: str
) -> None:
    for at, told in (("meaning", "nonsense"), ("username", "somebody"), ("password", "wrong")):
        answer = ceremony(signer, subject, SIGNED[level], **{at: told})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [at])
    assert ceremony(signer, subject, SIGNED[level], content_hash="0" * 64).status_code == 409
    assert ceremony(cast.coordinator, subject, SIGNED[level]).status_code in (400, 403)
    with acting(user=signer):
        assert not Signature.objects.exists()


def test_there_is_nothing_to_sign_where_nothing_stands(cast: Cast, subject: Subject, signer: User) -> None:
    program = Client(headers=token_of(signer))
    asked = {"subject": str(subject.pk)}
    for at, status in (({"visit": "SCR.1", "form": "PE.1"}, 409), ({"visit": "IND-D8.1"}, 404)):
        assert program.get("/api/v1/signatures/content/", asked | at).status_code == status
    assert program.get("/api/v1/signatures/content/").json()["errors"].keys() == {"subject"}
    other = Client(headers=token_of(cast.stranger))
    assert other.get("/api/v1/signatures/content/", asked).status_code == 404


def test_the_fifth_wrong_password_locks_the_signer_out(
    cast: Cast, subject: Subject, signer: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for _attempt in range(4):
        assert ceremony(signer, subject, AT, password="the-wrong-one").status_code == 400
    locked = ceremony(signer, subject, AT, password="the-wrong-one")
    assert (locked.status_code, locked.json()["title"]) == (429, "Too many requests")
    assert ceremony(signer, subject, AT).status_code == 429
    assert Client().post("/login/", {"username": signer.username, "password": PASSWORD}).status_code == 429
    with acting(role="system"):
        events = list(Event.objects.filter(user_id=signer.pk).values_list("kind", "details"))
    kinds = [kind for kind, _details in events]
    assert kinds.count("signature.password_wrong") == 6
    assert "lockout" in kinds
    assert "logout" not in kinds
    assert "the-wrong-one" not in caplog.text + str(events)


# All of them


@pytest.mark.parametrize("name", ["queries", "verifications", "holds", "signatures"])
def test_what_is_no_field_is_named_and_the_document_describes_the_others(
    client: Client, cast: Cast, subject: Subject, name: str
) -> None:
    answer = post(cast.data_manager, name, subject=str(subject.pk), nonsense="x")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["nonsense"])
    told = client.get("/api/v1/schema/?format=json").json()["paths"][f"/api/v1/{name}/"]["post"]
    assert "application/json" in told["requestBody"]["content"]
    assert {"201", "400", "403", "404", "409", "423"} <= set(told["responses"])


def test_page_and_api_refuse_a_query_alike(client: Client, cast: Cast, subject: Subject) -> None:
    client.force_login(cast.monitor)
    slot = Slot(subject.pk, "SCR", "VS")
    page = client.post(slot.url("ask"), {"item": "nonsense", "text": "?"})
    (sentence,) = ask(cast, subject, item="nonsense").json()["errors"]["item"]
    assert sentence in page.content.decode()
