"""Imports over REST: a file sent, read line by line, entered as it was read, reversed; refused with its field."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import encode_multipart

from tests.cast import Cast, bare_subject
from tests.integration.test_api import token_of
from trialsite.access.models import Profile, Scope
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.imports import runs
from trialsite.imports.models import ImportBatch, ImportRun

from .test_laboratory import ALT, MAPPING, WBC, committed, file_of, line, results

ADDRESS = "/api/v1/imports/"


@pytest.fixture
def subject(cast: Cast) -> Subject:
    return bare_subject(cast)


class Machine:
    """A laboratory's program with the coordinator's token."""

    def __init__(self, client: Client, who: dict[str, str]) -> None:
        self.client, self.who = client, who

    def send(self, content: bytes, **more: Any) -> Any:
        told = {"study": "BLINA-FULL", "site": "SGH", "kind": "laboratory", "source": "Central"}
        told |= {"mapping": json.dumps(MAPPING), "file": SimpleUploadedFile("labs.csv", content)} | more
        return self.client.post(ADDRESS, told, headers=self.who)

    def take(self, step: str, one: dict[str, Any], **told: Any) -> Any:
        address = f"{ADDRESS}{one['id']}/{step}/"
        return self.client.post(address, told, content_type="application/json", headers=self.who)

    def get(self, address: str) -> Any:
        return self.client.get(address, headers=self.who)


@pytest.fixture
def machine(client: Client, cast: Cast) -> Machine:
    return Machine(client, token_of(cast.coordinator))


def test_a_file_goes_from_a_program_into_the_record_and_back(
    machine: Machine, cast: Cast, subject: Subject
) -> None:
    content = file_of(line(subject, *WBC), line(subject, "Unheard of", "1", "", "", ""), line(subject, *ALT))
    sent = machine.send(content)
    one = sent.json()
    assert (sent.status_code, sent["Location"]) == (201, f"http://testserver{ADDRESS}{one['id']}/")
    assert [one[name] for name in ("state", "lines", "new", "rejected", "names", "work")] == [
        "staged", 3, 2, 1, ["Unheard of"], None,
    ]  # fmt: skip
    lines = machine.get(one["lines_at"]).json()["results"]
    assert [row["status"] for row in lines] == ["new", "rejected", "new"]
    assert lines[0]["changes"] == [
        {"item": "White blood cells", "old": "", "new": "4.2 10⁹/L · 3.5–9.5"},
    ]
    assert lines[1]["refused"][0]["column"] == "Test"
    tray = list(csv.DictReader(io.StringIO(machine.get(one["tray_at"]).content.decode("utf-8-sig"))))
    assert [row["import_line"] for row in tray] == ["3"]
    assert results(cast) == []
    done = machine.take("commit", one, preview=one["preview"])
    assert (done.status_code, done.json()["state"], done.json()["committed_by"]) == (
        200, "committed", cast.coordinator.username,
    )  # fmt: skip
    assert len(results(cast)) == 2
    back = machine.take("reverse", one, reason="wrong file")
    assert (back.json()["state"], back.json()["reason"]) == ("reversed", "wrong file")
    assert results(cast) == []
    assert [row["id"] for row in machine.get(f"{ADDRESS}?state=reversed").json()["results"]] == [one["id"]]


def test_lines_come_in_pages_and_by_status(machine: Machine, subject: Subject) -> None:
    lines = [line(subject, *WBC, when=f"2026-01-{day:02} 08:15") for day in range(6, 11)]
    one = machine.send(file_of(*lines, line(subject, "Unheard of", "1", "", "", ""))).json()
    first = machine.get(f"{one['lines_at']}?status=new&page_size=2").json()
    second = machine.get(first["next"]).json()
    third = machine.get(second["next"]).json()
    assert [row["line"] for page in (first, second, third) for row in page["results"]] == [2, 3, 4, 5, 6]
    assert (first["previous"], third["next"]) == (None, None)
    assert machine.get(second["previous"]).json() == first
    wrong = {"status=x": "status", "strange=1": "strange", "page_size=0": "page_size"}
    for query, field in wrong.items():
        answer = machine.get(f"{one['lines_at']}?{query}")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert machine.get(f"{one['lines_at']}?cursor=x").status_code == 404


def test_columns_that_nobody_told_are_named_and_once_told_remembered(
    machine: Machine, subject: Subject
) -> None:
    content = file_of(line(subject, *WBC))
    for mapping in ("{}", '{"subject": "No"}', '{"strange": "No"}'):
        refused = machine.send(content, mapping=mapping)
        told = refused.json()
        assert (refused.status_code, list(told["errors"])) == (400, ["mapping"])
        assert "Sampled" in told["detail"]
        assert told["columns"][:3] == ["No", "Name", "Sampled"]
        assert "result" in told["targets"]
    assert machine.send(content, mapping="[1]").json()["errors"].keys() == {"mapping"}
    assert machine.send(content).status_code == 201
    assert machine.send(content, mapping="{}").status_code == 201


@pytest.mark.parametrize(
    ("content", "more", "field"),
    [
        (b"a,a\n1,2\n", {}, "file"),
        (b"\xff\xfe\xff\xff", {}, "file"),
        (b"a,b\n1,2\n", {"kind": "nothing"}, "kind"),
        (b"a,b\n1,2\n", {"strange": "x"}, "strange"),
        (b"a,b\n1,2\n", {"file": "no file"}, "file"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    machine: Machine, content: bytes, more: dict[str, Any], field: str
) -> None:
    answer = machine.send(content, **more)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert answer["Content-Type"] == "application/problem+json"


def test_only_what_was_read_is_entered(machine: Machine, cast: Cast, subject: Subject) -> None:
    one = machine.send(file_of(line(subject, *WBC))).json()
    assert machine.take("commit", one).json()["errors"].keys() == {"preview"}
    assert machine.take("commit", one, preview="another").status_code == 412
    committed(cast, line(subject, "WBC", "5", "10^9/L", "", ""))
    moved = machine.take("commit", one, preview=one["preview"])
    assert moved.status_code == 409
    assert "The record has changed since this preview." in moved.json()["detail"]
    assert results(cast) == ["wbc 5 10*9/L None-None"]
    assert machine.take("commit", one, preview=one["preview"]).status_code == 412
    anew = machine.get(f"{ADDRESS}{one['id']}/").json()
    assert (anew["new"], anew["changed"]) == (0, 1)
    assert machine.take("commit", one, preview=anew["preview"]).status_code == 200


def test_a_file_sent_again_under_its_key_is_one_import(
    machine: Machine, cast: Cast, subject: Subject
) -> None:
    large = file_of(*[line(subject, *WBC).replace("Zhang San", "x" * 100_000)] * 30)
    answers = []
    for boundary in ("first", "second"):  # which programs make up anew each time
        told = {"study": "BLINA-FULL", "site": "SGH", "kind": "laboratory", "mapping": json.dumps(MAPPING)}
        body = encode_multipart(boundary, told | {"file": SimpleUploadedFile("labs.csv", large)})
        media_type = f"multipart/form-data; boundary={boundary}"
        headers = machine.who | {"Idempotency-Key": "labs of today"}
        answers.append(machine.client.post(ADDRESS, body, content_type=media_type, headers=headers))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotency-Replayed"] == "true"
    with acting(user=cast.coordinator):
        assert ImportBatch.objects.count() == 1


def test_names_are_told_and_an_import_is_cancelled(machine: Machine, cast: Cast, subject: Subject) -> None:
    one = machine.send(file_of(line(subject, "Leucos total", "4.2", "10^9/L", "", ""))).json()
    assert machine.take("names", one, names={"Other": "wbc"}).json()["errors"].keys() == {"names"}
    told = machine.take("names", one, names={"Leucos total": "wbc"}).json()
    assert (told["new"], told["names"]) == (1, [])
    assert machine.take("again", one).json()["new"] == 1
    assert machine.take("cancel", one).status_code == 200
    assert machine.get(f"{ADDRESS}{one['id']}/").status_code == 404
    with acting(user=cast.coordinator):
        assert not ImportBatch.objects.exists()


def test_what_stands_in_the_way_of_a_reversal_is_named(
    machine: Machine, cast: Cast, subject: Subject
) -> None:
    first = machine.send(file_of(line(subject, *WBC))).json()
    machine.take("commit", first, preview=first["preview"])
    committed(cast, line(subject, "WBC", "5", "10^9/L", "", ""))
    assert machine.take("reverse", first).json()["errors"].keys() == {"reason"}
    refused = machine.take("reverse", first, reason="wrong file")
    assert (refused.status_code, refused.json()["left"]) == (
        409,
        [f"{subject.number} Haematology · Screening"],
    )
    assert machine.take("reverse", first, reason="wrong file", leave_changed=True).status_code == 200


def test_a_stranger_finds_none_and_no_other_role_sends_one(
    machine: Machine, client: Client, cast: Cast, subject: Subject
) -> None:
    one = machine.send(file_of(line(subject, *WBC))).json()
    address = f"{ADDRESS}{one['id']}/"
    for user in (cast.stranger, cast.data_manager):  # who imports at another site, and other files
        other = Machine(client, token_of(user))
        assert [other.get(at).status_code for at in (address, f"{address}lines/", f"{address}tray/")] == [
            404
        ] * 3
        assert other.take("commit", one, preview=one["preview"]).status_code == 404
        assert other.get(ADDRESS).json()["results"] == []
    assert Machine(client, token_of(cast.stranger)).send(file_of(line(subject, *WBC))).status_code == 404
    assert Machine(client, token_of(cast.data_manager)).send(file_of(line(subject, *WBC))).status_code == 403
    for user in (cast.monitor, cast.statistician):
        assert Machine(client, token_of(user)).get(address).status_code == 403
    assert (
        Machine(client, token_of(cast.administrator)).get(address).status_code == 404
    )  # who imports accounts
    assert machine.take("strange", one).status_code == 404
    assert results(cast) == []


def test_a_token_sends_files_only_if_it_writes_and_reads_only_what_is_as_recorded(
    client: Client, cast: Cast, subject: Subject
) -> None:
    reads = Machine(client, token_of(cast.coordinator, scopes=[Scope.READ]))
    assert reads.send(file_of(line(subject, *WBC))).status_code == 403
    assert reads.get(ADDRESS).status_code == 200
    coded = token_of(cast.coordinator, scopes=[Scope.READ], profile=Profile.CODED, genetic=False)
    assert Machine(client, coded).get(ADDRESS).status_code == 403


def test_a_large_file_is_answered_at_once_and_worked_on_beside(
    machine: Machine, cast: Cast, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 1)
    monkeypatch.setattr(runs, "handed_over", lambda task, *given: True)
    sent = machine.send(file_of(line(subject, *WBC), line(subject, *ALT)))
    one = sent.json()
    assert (sent.status_code, one["preview"], one["new"]) == (202, "", 0)
    assert one["work"] == {"step": "again", "state": "queued", "done": 0, "total": 2, "sentence": ""}
    assert machine.take("again", one).status_code == 409
    stopped = machine.take("stop", one)
    assert (stopped.status_code, stopped.json()["work"]["sentence"]) == (200, "It was stopped.")
    assert machine.take("stop", one).status_code == 409
    assert machine.take("restart", one).status_code == 202
    with acting(user=cast.coordinator):
        assert ImportRun.objects.count() == 2
    assert machine.take("cancel", one).status_code == 200
    assert machine.get(ADDRESS).json()["results"] == []
