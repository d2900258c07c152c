"""The feed of changes: everything that was committed is told, once, to those who may see it, and no value."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.casebook.test_forms import enter
from tests.integration.exchange.test_problems import told
from tests.integration.test_api import token_of
from trialsite.access.models import Profile
from trialsite.audit import acting
from trialsite.audit.guards import install_guards
from trialsite.casebook.models import Subject
from trialsite.casebook.services import change_state, submit_form
from trialsite.casebook.slots import Slot
from trialsite.exchange.changes import START, Position, settled_end
from trialsite.exchange.lists import router, tables_told
from trialsite.review.queries import open_query

FEED = "/api/v1/changes/"


class Follower:
    """A client that keeps asking where the last answer said to go on."""

    def __init__(self, client: Client, headers: dict[str, str], address: str = f"{FEED}?since=now") -> None:
        self.client, self.headers, self.address = client, headers, address
        self.told: list[dict[str, Any]] = []
        self.ask()

    def ask(self) -> list[dict[str, Any]]:
        """What came since."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            answer = self.client.get(self.address, headers=self.headers)
            assert answer.status_code == 200, answer.content
            page = answer.json()
            found += page["results"]
            self.address, more = page["next"], page["more"]
        self.told += found
        return found


@pytest.fixture
def trial(committed_db: str) -> Iterator[Cast]:
    yield make_cast()
    connections.close_all()


@pytest.fixture
def subject(trial: Cast) -> Subject:
    return bare_subject(trial)


def vitals(subject: Subject, cast: Cast, *, ecog: int, version: int | None = None, reason: str = "") -> Any:
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, "SCR", "VS")
        values = {"performed_on": subject.screened_on, "ecog": ecog}
        return submit_form(slot=slot, values=values, by=cast.coordinator, base_version=version, reason=reason)


def test_a_form_is_told_as_created_corrected_and_voided(
    client: Client, trial: Cast, subject: Subject
) -> None:
    follower = Follower(client, token_of(trial.coordinator))
    form = vitals(subject, trial, ecog=1)
    (created,) = [one for one in follower.ask() if one["kind"] == "forms/VS"]
    assert created | {"at": "", "trail": 0} == {
        "kind": "forms/VS", "id": str(form.pk), "record": None, "study": "BLINA-FULL", "site": trial.here.key,
        "subject": str(subject.pk), "visit": "SCR.1", "form": "VS.1", "action": "created", "version": 1, "at": "",
        "trail": 0,
    }  # fmt: skip
    assert (
        client.get(f"/api/v1/{created['kind']}/{created['id']}/", headers=follower.headers).status_code == 200
    )
    assert client.get(f"/api/v1/trail/{created['trail']}/", headers=follower.headers).status_code == 200
    vitals(subject, trial, ecog=2, version=1, reason="typing error")
    (corrected,) = [one for one in follower.ask() if one["kind"] == "forms/VS"]
    assert (corrected["id"], corrected["action"], corrected["version"]) == (str(form.pk), "corrected", 2)
    with acting(user=trial.coordinator):
        form.refresh_from_db()
        change_state(record=form, action="void", reason="wrong visit", by=trial.coordinator)
    (voided,) = [one for one in follower.ask() if one["kind"] == "forms/VS"]
    assert (voided["action"], voided["version"]) == ("voided", 3)
    assert follower.ask() == []


def test_who_commits_late_is_told_late_and_not_lost(client: Client, trial: Cast, subject: Subject) -> None:
    """The first to write commits last: its entries are numbered before those that were told meanwhile."""
    other = bare_subject(trial)
    follower = Follower(client, token_of(trial.coordinator))
    written, may_commit = threading.Event(), threading.Event()
    made: list[Any] = []

    def slow() -> None:
        with acting(user=trial.coordinator):
            slot, values = Slot(subject.pk, "SCR", "VS"), {"performed_on": subject.screened_on, "ecog": 1}
            made.append(submit_form(slot=slot, values=values, by=trial.coordinator))
            written.set()
            assert may_commit.wait(20)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    quick = vitals(other, trial, ecog=2)
    during = follower.ask()
    may_commit.set()
    thread.join()
    after = follower.ask()
    ids = [one["id"] for one in during + after if one["kind"] == "forms/VS"]
    assert sorted(ids) == sorted([str(made[0].pk), str(quick.pk)])  # both, each once
    assert [
        one["id"] for one in during if one["kind"] == "forms/VS"
    ] == []  # a number passed cannot come back
    assert follower.ask() == []


def test_following_in_small_pages_tells_what_one_large_page_tells(
    client: Client, trial: Cast, subject: Subject
) -> None:
    vitals(subject, trial, ecog=1)
    headers = token_of(trial.coordinator)
    whole = Follower(client, headers, f"{FEED}?page_size=1000").told
    small = Follower(client, headers, f"{FEED}?page_size=2").told
    assert small == whole
    assert len({one["trail"] for one in whole}) == len(whole) > 4


def test_the_filters_narrow_and_the_cursor_keeps_them(client: Client, trial: Cast, subject: Subject) -> None:
    headers = token_of(trial.data_manager)
    queries = Follower(client, headers, f"{FEED}?since=now&kind=queries,query-messages&study=BLINA-FULL")
    elsewhere = Follower(client, headers, f"{FEED}?since=now&site={trial.elsewhere.key}")
    vitals(subject, trial, ecog=1)
    with acting(user=trial.monitor):
        open_query(slot=Slot(subject.pk, "SCR", "VS"), item="ecog", text="Who saw it?", by=trial.monitor)
    found = queries.ask()
    assert {one["kind"] for one in found} == {"queries", "query-messages"}
    assert {(one["form"], one["action"]) for one in found} == {("VS.1", "created")}
    assert elsewhere.ask() == []
    told(client.get(f"{FEED}?kind=forms/NONE", headers=headers), 400, "invalid")
    told(client.get(f"{FEED}?colour=red", headers=headers), 400, "invalid")


def test_each_is_told_of_the_own_sites_and_of_lists_that_they_may_open(
    client: Client, trial: Cast, subject: Subject
) -> None:
    stranger = Follower(client, token_of(trial.stranger))
    manager = Follower(client, token_of(trial.data_manager))
    vitals(subject, trial, ecog=1)
    assert stranger.ask() == []
    assert {one["kind"] for one in manager.ask()} >= {"forms/VS"}
    told(client.get(FEED, headers=token_of(trial.administrator)), 403, "not-allowed")
    told(
        client.get(FEED, headers=token_of(trial.statistician, profile=Profile.CODED, scopes=["read"])),
        403,
        "not-allowed",
    )
    told(client.get(f"{FEED}?as_of=2026-01-01T00:00Z", headers=token_of(trial.coordinator)), 400, "invalid")


def test_how_a_committee_judged_is_told_to_those_who_see_it(
    client: Client, trial: Cast, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vital signs stand for decisions: the list says which action opens its rows."""
    view = next(one for name, one, _basename in router.registry if name == "adjudications")
    assert view.opened_by == "adjudication.view"
    vitals_view = next(one for name, one, _basename in router.registry if name == "forms/VS")
    monkeypatch.setattr(vitals_view, "opened_by", "adjudication.view")
    vitals(subject, trial, ecog=1)
    for user, told_of in ((trial.coordinator, False), (trial.data_manager, True)):
        told_now = Follower(client, token_of(user), FEED).told
        assert told_now
        assert ("forms/VS" in {one["kind"] for one in told_now}) is told_of


@pytest.mark.parametrize("cursor", ["nonsense", "é", Position(7, 999_999_999).cursor, "MQ", "LTEuLTE"])
def test_a_cursor_that_names_no_entry_is_gone(client: Client, trial: Cast, cursor: str) -> None:
    told(client.get(FEED, {"since": cursor}, headers=token_of(trial.coordinator)), 410, "gone")


def test_the_number_of_queries_does_not_grow(client: Client, trial: Cast, subject: Subject) -> None:
    headers = token_of(trial.coordinator)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{FEED}?page_size=1000", headers=headers).status_code == 200
        return len(queries)

    vitals(subject, trial, ecog=1)
    asked()
    before = asked()
    for _number in range(2):
        other = bare_subject(trial)
        with acting(user=trial.coordinator):
            enter(other, trial, "70")
    assert asked() == before


def test_a_page_is_read_by_the_index_however_long_the_trail_is(trial: Cast) -> None:
    with acting(role="system"), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM audit_trail WHERE transaction >= 5 AND (transaction > 5 OR id > 7)"
            " ORDER BY transaction, id LIMIT 100"
        )
        assert "trail_transaction" in "\n".join(row for (row,) in cursor.fetchall())


def test_a_record_restored_on_another_server_goes_on_in_order(trial: Cast, subject: Subject) -> None:
    """The other server's count of transactions begins anew: what it writes still follows what was restored."""
    far = 10**12
    owner = connections["owner"]
    with owner.cursor() as cursor:  # as the owner restores a trail that another server wrote
        cursor.execute("ALTER TABLE audit_trail DISABLE TRIGGER once_rows")
        cursor.execute("UPDATE audit_trail SET transaction = transaction + %s", [far])
        cursor.execute("ALTER TABLE audit_trail ENABLE TRIGGER once_rows")
    assert settled_end() == START  # nothing is told before the guards are installed
    install_guards(using="owner")
    restored = settled_end()
    assert restored.transaction > far
    vitals(subject, trial, ecog=1)
    assert settled_end() > restored
    install_guards(using="owner")
    assert settled_end().transaction < 2 * far  # once is enough


def test_every_form_and_the_lists_of_review_are_told() -> None:
    kinds = {*tables_told().values()}
    assert kinds >= {"subjects", "queries", "holds", "signatures", "deviations", "forms/VS", "forms/HEM/results",
                     "forms/PROTOCOL", "randomisations", "activations"}  # fmt: skip
    assert not kinds & {"trail", "changes", "visits", "endpoints"}
