"""Every refusal of the API is told as problem details (RFC 9457)."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject
from tests.integration.exchange.desk import VITALS, api, put
from tests.integration.test_api import token_of
from trialsite.casebook.slots import Slot
from trialsite.problems import KINDS, MEDIA_TYPE


def told(answer: Any, status: int, kind: str) -> dict[str, Any]:
    """The problem that an answer tells; it is of that status and kind, and says all that the standard asks for."""
    assert (answer.status_code, answer["Content-Type"]) == (status, MEDIA_TYPE)
    body: dict[str, Any] = answer.json()
    assert body["type"].endswith(f"/api/v1/problems/#{kind}")
    assert (body["status"], body["title"]) == (status, str(KINDS[kind][1]))
    assert body["detail"]
    assert body["instance"] == answer.wsgi_request.path
    return body


@pytest.fixture
def slot(cast: Cast) -> Slot:
    return Slot(bare_subject(cast).pk, "SCR", "VS")


@pytest.mark.parametrize(
    ("who", "address", "options", "status", "kind"),
    [
        ("coordinator", "subjects/?colour=red", {}, 400, "invalid"),
        ("coordinator", "subjects/?as_of=yesterday", {}, 400, "invalid"),
        ("administrator", "subjects/", {}, 403, "not-allowed"),
        ("coordinator", "subjects/00000000-0000-7000-8000-000000000000/", {}, 404, "not-found"),
        ("coordinator", "nothing/", {}, 404, "not-found"),
        ("coordinator", "subjects/", {"method": "DELETE"}, 405, "method-not-allowed"),
        ("coordinator", "recruitment/?format=csv", {}, 404, "not-found"),
        ("coordinator", "recruitment/", {"accept": "text/csv"}, 406, "not-acceptable"),
        ("coordinator", "queries/", {"method": "POST", "type": "text/plain"}, 415, "unsupported-media-type"),
        ("coordinator", "queries/", {"method": "POST"}, 400, "invalid"),
    ],
)
def test_each_status_is_told_as_a_problem(
    client: Client, cast: Cast, who, address, options, status, kind
) -> None:
    headers = token_of(getattr(cast, who)) | ({"Accept": options["accept"]} if "accept" in options else {})
    answer = client.generic(
        options.get("method", "GET"),
        f"/api/v1/{address}",
        b"not JSON",
        options.get("type", "application/json"),
        headers=headers,
    )
    told(answer, status, kind)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Token of nobody"}])
def test_without_a_token_and_with_a_wrong_one(client: Client, cast: Cast, headers) -> None:
    answer = client.get("/api/v1/subjects/", headers=headers)
    told(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"] == "Token"


def test_a_refused_csv_is_told_in_json(client: Client, cast: Cast) -> None:
    answer = client.get("/api/v1/subjects/?format=csv&colour=red", headers=token_of(cast.coordinator))
    assert told(answer, 400, "invalid")["errors"]["colour"]


def test_fields_keep_their_sentences(client: Client, cast: Cast, slot: Slot) -> None:
    client.force_login(cast.coordinator)
    assert "weight" in told(put(client, slot, VITALS | {"weight": "much"}), 400, "invalid")["errors"]


def test_what_stands_against_it_is_a_conflict(client: Client, cast: Cast, slot: Slot) -> None:
    client.force_login(cast.coordinator)
    told(client.delete(api(slot), {"reason": "x"}, content_type="application/json"), 409, "conflict")


def test_the_kinds_are_told_to_everybody(client: Client, db) -> None:
    rows = client.get("/api/v1/problems/").json()
    assert [(row["kind"], row["status"]) for row in rows] == [(kind, KINDS[kind][0]) for kind in KINDS]


def test_a_page_that_is_not_there_is_still_a_page(client: Client, cast: Cast) -> None:
    answer = client.get("/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_failure_is_told_too(client: Client, cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr("trialsite.exchange.api.studies_visible_to", lambda user: 1 / 0)
    client.raise_request_exception = False
    told(client.get("/api/v1/studies/", headers=token_of(cast.coordinator)), 500, "failed")
