"""Versions of protocols by the API: as on the pages, in data."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import PASSWORD, Cast, make_cast
from tests.integration.amendments.files import NEXT, changed, shipped
from tests.integration.test_api import token_of
from trialsite.access.models import Profile
from trialsite.amendments.sign_off import sign_off
from trialsite.audit import acting

URL = "/api/v1/protocol-versions/"


def post(client: Client, **told: Any) -> Any:
    return client.post(URL, told, content_type="application/json")


@pytest.fixture
def manager(client: Client, cast: Cast) -> Client:
    client.force_login(cast.data_manager)
    return client


def test_a_file_is_refused_with_line_path_sentence_and_text(manager: Client) -> None:
    text = changed(shipped(), NEXT, ("op: in, value: [0, 1, 2, 3]", "op: within, value: [0, 1, 2, 3]"))
    answer = post(manager, text=text)
    assert answer.status_code == 400
    (problem,) = answer.json()["problems"]
    line = next(n for n, words in enumerate(text.splitlines(), 1) if "op: within" in words)
    assert (problem["line"], problem["text"]) == (line, text.splitlines()[line - 1].strip())
    assert problem["path"].startswith("criteria[")
    assert "The operator is one of" in problem["sentence"]


def test_findings_are_sent_back_and_then_the_version_is_stored(manager: Client) -> None:
    text = changed(shipped(), NEXT, ("value: [0, 1, 2, 3]", "value: [0, 1, 2]"))
    asked = post(manager, text=text)
    assert asked.status_code == 409
    (finding,) = asked.json()["findings"]
    assert (finding["code"], asked.json()["new_study"]) == ("consent@000", False)
    stored = post(manager, text=text, seen=["consent@000"])
    assert (stored.status_code, stored.json()["version"]) == (201, "1.1")
    assert post(manager, text=text).status_code == 200
    listed = manager.get(URL, {"study": "BLINA-FULL"}).json()["results"]
    assert {one["version"] for one in listed} == {"1.0", "1.1"}
    whole = manager.get(f"{URL}{stored.json()['id']}/").json()
    assert whole["document"]["version"] == "1.1"
    assert {"path": "criteria[0]", "source": "registration", "cite": "registration 000"} in whole["sources"]
    assert [one["code"] for one in whole["findings"]] == ["consent@000"]
    (part,) = manager.get(f"{URL}{stored.json()['id']}/difference/").json()
    assert (part["part"], part["lines"][0]["key"], part["lines"][0]["kind"]) == (
        "criteria",
        "000-I4",
        "changed",
    )
    same = manager.get(f"{URL}{stored.json()['id']}/difference/", {"since": "1.1"})
    assert same.json() == []
    assert manager.get(f"{URL}{stored.json()['id']}/difference/", {"since": "8.8"}).status_code == 404


def test_the_same_version_with_other_content_is_refused(manager: Client) -> None:
    answer = post(
        manager, text=changed(shipped(), ("value: [0, 1, 2, 3]", "value: [0, 1, 2]")), seen=["consent@000"]
    )
    assert answer.status_code == 409
    assert "loaded already with other content" in answer.json()["detail"]


def test_a_field_that_is_none_is_refused(manager: Client) -> None:
    assert post(manager, text="", text_of="x").status_code == 400


def test_versions_of_other_studies_are_not_there(cast: Cast, client: Client) -> None:
    other = make_cast("BLINA-VEN", prefix="other_")
    client.force_login(other.monitor)
    assert {one["study"] for one in client.get(URL).json()["results"]} == {"BLINA-VEN"}
    assert client.get(f"{URL}{cast.version.pk}/").status_code == 404
    assert client.get(f"{URL}{cast.version.pk}/difference/").status_code == 404


def test_sign_offs_are_listed_to_readers_of_the_study_and_coded_without_the_name(
    cast: Cast, client: Client
) -> None:
    with acting(user=cast.data_manager):
        cast.data_manager.set_password(PASSWORD)
        sign_off(
            version=cast.version,
            username=cast.data_manager.username,
            password=PASSWORD,
            reference="SPONSOR-7",
            by=cast.data_manager,
        )
    address = "/api/v1/sign-offs/?study=BLINA-FULL&version=1.0"
    (row,) = client.get(address, headers=token_of(cast.monitor)).json()["results"]
    assert (row["reference"], row["signed_by"], row["digest"]) == (
        "SPONSOR-7",
        "data_manager",
        cast.version.digest,
    )
    assert row["signer_name"] == "Data Manager"
    coded = token_of(cast.monitor, scopes=["read"], profile=Profile.CODED)
    (row,) = client.get(address, headers=coded).json()["results"]
    assert "signer_name" not in row
    other = make_cast("BLINA-VEN", prefix="other_")
    assert client.get("/api/v1/sign-offs/", headers=token_of(other.monitor)).json()["results"] == []
    assert client.post("/api/v1/sign-offs/", headers=token_of(cast.data_manager)).status_code == 405
