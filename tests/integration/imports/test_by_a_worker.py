"""Large files by a worker: entered once, stopped, gone, without a broker, moved; and what their pages cost."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import LabReport
from tests.cast import Cast, bare_subject, make_cast
from trialsite.access.models import Membership
from trialsite.access.services import end_role
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.demo import commands
from trialsite.demo.children import wait_until
from trialsite.demo.roles import with_database
from trialsite.imports import laboratory, runs
from trialsite.imports.models import ImportBatch, ImportRun, ImportState
from trialsite.imports.progress import went_on
from trialsite.imports.runs import (
    cancel,
    import_file,
    start_again,
    stop_import_run,
    take_import_step,
    work,
)
from trialsite.imports.sheets import MOST_LINES, read_sheet

from .test_laboratory import MAPPING, file_of, line, results

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def cast(committed_db: str) -> Cast:
    return make_cast()


@pytest.fixture
def subject(cast: Cast) -> Subject:
    return bare_subject(cast)


@pytest.fixture(autouse=True)
def every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 0)


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked for is taken by the broker and waits; the test itself is the worker."""
    monkeypatch.setattr(runs, "handed_over", lambda task, *given: True)


def draws(subject: Subject, count: int, value: str = "4.2") -> list[str]:
    """Lines of so many draws, one an hour."""
    whens = [f"2026-01-{6 + n // 24:02} {n % 24:02}:15" for n in range(count)]
    return [line(subject, "WBC", value, "10^9/L", "3.5", "9.5", when=when) for when in whens]


def imported(cast: Cast, *lines: str) -> ImportBatch:
    content = file_of(*lines)
    told: dict[str, Any] = {
        "kind": "laboratory",
        "source": "Central",
        "file_name": "labs.csv",
        "mapping": MAPPING,
    }
    with acting(user=cast.coordinator):
        sheet = read_sheet("labs.csv", content)
        return import_file(
            study=cast.study, site=cast.here, content=content, sheet=sheet, by=cast.coordinator, **told
        )


def asked(cast: Cast, batch: ImportBatch, step: str, **told: Any) -> ImportRun:
    with acting(user=cast.coordinator):
        run = take_import_step(batch=now(cast, batch), step=step, told=told, by=cast.coordinator)
    assert run is not None
    return run


def now(cast: Cast, batch: ImportBatch) -> ImportBatch:
    with acting(user=cast.coordinator):
        return ImportBatch.objects.prefetch_related("runs").get(pk=batch.pk)


def newest(cast: Cast, batch: ImportBatch) -> ImportRun:
    run = runs.run_of(now(cast, batch))
    assert run is not None
    return run


def worked(cast: Cast, batch: ImportBatch) -> ImportRun:
    """The newest run after this process has taken it."""
    work(newest(cast, batch).pk, cast.coordinator)
    return newest(cast, batch)


def tried_out(cast: Cast, *lines: str) -> ImportBatch:
    batch = imported(cast, *lines)
    assert worked(cast, batch).state == "done"
    return now(cast, batch)


def in_thread(run: ImportRun, cast: Cast) -> threading.Thread:
    def take() -> None:
        try:
            work(run.pk, cast.coordinator)
        finally:
            connections.close_all()

    thread = threading.Thread(target=take)
    thread.start()
    return thread


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """A worker that says when it has done a line, and waits until it may go on."""
    begun, go_on = threading.Event(), threading.Event()

    def waits(count: int = 1) -> None:
        begun.set()
        assert go_on.wait(30)
        went_on(count)

    monkeypatch.setattr(laboratory, "went_on", waits)
    monkeypatch.setattr(runs, "SECONDS", 0)
    return begun, go_on


# Real processes


class Workers:
    """Worker processes on the database of this test."""

    def __init__(self, database: str, log: Path) -> None:
        self.log = log
        self.environment = {**os.environ, "DATABASE_URL": with_database(os.environ["DATABASE_URL"], database)}
        self.environment.pop("DATABASE_OWNER_URL", None)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *commands.WORKER],
                env=self.environment,
                cwd=REPOSITORY,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def workers(committed_db: str, tmp_path: Path) -> Iterator[Workers]:
    found = Workers(committed_db, tmp_path / "worker.log")
    yield found
    found.kill()


def comes_to_be(condition: Callable[[], bool], workers: Workers) -> None:
    assert wait_until(condition, seconds=120, pause_seconds=0.05), workers.log.read_text()[-3000:]


def test_a_worker_takes_every_step_of_a_file_and_another_goes_on_where_one_died(
    cast: Cast, subject: Subject, workers: Workers, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.start()
    client.force_login(cast.coordinator)
    batch = imported(cast, *draws(subject, 40))
    page = reverse("import", args=[cast.study.key, batch.pk])
    comes_to_be(lambda: 0 < newest(cast, batch).done < 40, workers)
    part = client.get(f"{page}progress/")
    assert "of 40" in part.text
    assert "HX-Refresh" not in part
    workers.kill()
    assert "Start again" not in client.get(page).text
    monkeypatch.setattr(runs, "PATIENCE", timedelta(0))
    assert "Start again" in client.get(page).text
    assert client.get(f"{page}progress/")["HX-Refresh"] == "true"
    client.post(page, {"press": "restart"})
    monkeypatch.undo()
    monkeypatch.setattr(runs, "AT_ONCE", 0)
    workers.start()
    comes_to_be(lambda: newest(cast, batch).state == "done", workers)
    assert now(cast, batch).counts == {"new": 40, "changed": 0, "same": 0, "rejected": 0}
    assert results(cast) == []
    assert client.post(page, {"press": "commit", "preview": now(cast, batch).preview}).status_code == 302
    comes_to_be(lambda: now(cast, batch).state == ImportState.COMMITTED, workers)
    assert len(results(cast)) == 40
    assert client.post(page, {"press": "reverse", "reason": "wrong file"}).status_code == 302
    comes_to_be(lambda: now(cast, batch).state == ImportState.REVERSED, workers)
    assert results(cast) == []
    assert newest(cast, batch).done == newest(cast, batch).total == 40


# One at a time


def test_two_workers_with_one_step_enter_it_once(cast: Cast, subject: Subject, no_worker: None) -> None:
    batch = tried_out(cast, *draws(subject, 3))
    run = asked(cast, batch, "commit")
    threads = [in_thread(run, cast) for _number in range(2)]
    for thread in threads:
        thread.join()
    with acting(user=cast.coordinator):
        assert LabReport.objects.count() == 3
        assert Event.objects.filter(kind="import.committed").count() == 1
    assert newest(cast, batch).state == "done"


def test_two_people_ask_for_one_step_at_a_time(cast: Cast, subject: Subject, no_worker: None) -> None:
    batch = tried_out(cast, *draws(subject, 2))
    asked(cast, batch, "commit")
    for step in ("commit", "again"):
        with pytest.raises(Refused, match="A worker is at this import already"):
            asked(cast, batch, step)


def test_what_was_given_up_and_works_after_all_keeps_nothing(
    cast: Cast, subject: Subject, no_worker: None, held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = held
    batch = imported(cast, *draws(subject, 2))
    slow = in_thread(newest(cast, batch), cast)
    assert begun.wait(30)
    monkeypatch.setattr(runs, "PATIENCE", timedelta(0))
    with acting(user=cast.coordinator):
        start_again(batch=now(cast, batch), by=cast.coordinator)
    go_on.set()
    slow.join()
    assert now(cast, batch).counts == {}
    assert worked(cast, batch).state == "done"
    assert now(cast, batch).counts["new"] == 2


# Stopped, cancelled


def being_entered(
    cast: Cast, subject: Subject, held: Any
) -> tuple[ImportBatch, threading.Thread, threading.Event]:
    """A file of which a worker has entered a line; it goes on once the event is set."""
    begun, go_on = held
    go_on.set()
    batch = tried_out(cast, *draws(subject, 3))
    go_on.clear()
    begun.clear()
    entering = in_thread(asked(cast, batch, "commit"), cast)
    assert begun.wait(30)
    return batch, entering, go_on


def test_cancelling_leaves_nothing_while_a_worker_enters(
    cast: Cast, subject: Subject, no_worker: None, held: Any
) -> None:
    batch, entering, go_on = being_entered(cast, subject, held)
    with acting(user=cast.coordinator):
        cancel(batch=now(cast, batch), by=cast.coordinator)
    go_on.set()
    entering.join()
    assert results(cast) == []
    with acting(user=cast.coordinator):
        assert not ImportBatch.objects.exists()
        assert not ImportRun.objects.exists()


def test_cancelling_before_a_worker_begins_leaves_nothing(
    cast: Cast, subject: Subject, no_worker: None
) -> None:
    batch = imported(cast, *draws(subject, 2))
    run = newest(cast, batch)
    with acting(user=cast.coordinator):
        cancel(batch=now(cast, batch), by=cast.coordinator)
    work(run.pk, cast.coordinator)
    with acting(user=cast.coordinator):
        assert not ImportBatch.objects.exists()


def test_what_was_stopped_is_as_before_and_can_begin_again(
    cast: Cast, subject: Subject, no_worker: None, held: Any
) -> None:
    batch, entering, go_on = being_entered(cast, subject, held)
    with acting(user=cast.coordinator):
        stop_import_run(batch=now(cast, batch), by=cast.coordinator)
    go_on.set()
    entering.join()
    assert results(cast) == []
    assert (now(cast, batch).state, newest(cast, batch).sentence) == (ImportState.STAGED, "It was stopped.")
    asked(cast, batch, "commit")
    worked(cast, batch)
    assert len(results(cast)) == 3


# What goes wrong is said


def test_without_a_broker_the_page_says_so_and_it_is_started_again(
    cast: Cast, subject: Subject, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "handed_over", lambda task, *given: False)
    batch = imported(cast, *draws(subject, 2))
    client.force_login(cast.coordinator)
    page = reverse("import", args=[cast.study.key, batch.pk])
    assert "No worker could be reached." in client.get(page).text
    monkeypatch.setattr(runs, "handed_over", lambda task, *given: True)
    client.post(page, {"press": "again"})
    worked(cast, batch)
    assert "2 lines would be entered" in client.get(page).text


def test_a_preview_that_moved_is_made_anew_and_says_so(
    cast: Cast, subject: Subject, client: Client, no_worker: None
) -> None:
    batch, other = tried_out(cast, *draws(subject, 2)), tried_out(cast, *draws(subject, 2, value="5"))
    asked(cast, other, "commit")
    worked(cast, other)
    asked(cast, batch, "commit")
    assert worked(cast, batch).failed
    assert now(cast, batch).counts["changed"] == 2
    assert results(cast) == ["wbc 5 10*9/L 3.5000-9.5000"] * 2
    client.force_login(cast.coordinator)
    said = client.get(reverse("import", args=[cast.study.key, batch.pk])).text
    assert "The record has changed since this preview." in said
    asked(cast, batch, "commit")
    worked(cast, batch)
    assert results(cast) == ["wbc 4.2 10*9/L 3.5000-9.5000"] * 2


def test_a_reversal_that_would_leave_something_names_it(
    cast: Cast, subject: Subject, client: Client, no_worker: None
) -> None:
    first, second = tried_out(cast, *draws(subject, 1)), tried_out(cast, *draws(subject, 1, value="5"))
    for batch in (first, second):
        asked(cast, batch, "again")
        worked(cast, batch)
        asked(cast, batch, "commit")
        worked(cast, batch)
    with pytest.raises(CheckFailed):
        asked(cast, first, "reverse", reason="")
    asked(cast, first, "reverse", reason="wrong file")
    assert worked(cast, first).left == [f"{subject.number} Haematology · Screening"]
    client.force_login(cast.coordinator)
    page = reverse("import", args=[cast.study.key, first.pk])
    assert "Leave these as they stand" in client.get(page).text
    client.post(page, {"press": "reverse", "reason": "wrong file", "leave": "on"})
    worked(cast, first)
    assert now(cast, first).state == ImportState.REVERSED
    assert results(cast) == ["wbc 5 10*9/L 3.5000-9.5000"]


def test_who_may_no_longer_enter_forms_there_enters_nothing(
    cast: Cast, subject: Subject, no_worker: None
) -> None:
    batch = tried_out(cast, *draws(subject, 1))
    asked(cast, batch, "commit")
    with acting(user=cast.administrator):
        membership = Membership.objects.get(user=cast.coordinator)
        end_role(membership=membership, by=cast.administrator)
    with acting(role="system"):
        run = ImportRun.objects.get(batch=batch, ended_at=None)
    work(run.pk, cast.coordinator)
    with acting(role="system"):
        assert not LabReport.objects.exists()


# What it costs


def test_the_page_of_an_import_takes_as_many_queries_however_many_lines_it_has(
    cast: Cast, subject: Subject, client: Client, no_worker: None
) -> None:
    client.force_login(cast.coordinator)
    client.get(reverse("imports", args=[cast.study.key]))
    counted = []
    for count in (2, 30):
        batch = tried_out(cast, *draws(subject, count))
        address = reverse("import", args=[cast.study.key, batch.pk])
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        assert page.text.count("2026-01-06") >= 2
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_as_many_lines_as_a_file_may_have_are_read_and_one_more_is_refused(subject: Subject) -> None:
    lines = [line(subject, "WBC", "4.2", "10^9/L", "", "")] * MOST_LINES
    assert len(read_sheet("labs.csv", file_of(*lines)).lines) == MOST_LINES == 20_000
    with pytest.raises(CheckFailed) as refused:
        read_sheet("labs.csv", file_of(*lines, lines[0]))
    assert "more than 20000 lines" in refused.value.messages["files"]


def is_free(subject: Subject, cast: Cast) -> bool:
    """Whether somebody else can lock a subject now."""
    found = []

    def try_it() -> None:
        try:
            with acting(user=cast.coordinator):
                Subject.objects.select_for_update(nowait=True).get(pk=subject.pk)
                found.append(True)
        except OperationalError:
            found.append(False)
        finally:
            connections.close_all()

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    return found == [True]


def test_a_trial_holds_one_subject_at_a_time_and_entering_all_of_them(
    cast: Cast, subject: Subject, no_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = bare_subject(cast)
    free: list[tuple[bool, bool]] = []

    def look(count: int = 1) -> None:
        free.append((is_free(subject, cast), is_free(other, cast)))
        went_on(count)

    monkeypatch.setattr(laboratory, "went_on", look)
    batch = tried_out(cast, *draws(subject, 1), *draws(other, 1))
    assert free == [(False, True), (True, False)]
    free.clear()
    asked(cast, batch, "commit", preview=batch.preview)
    assert worked(cast, batch).state == "done"
    assert free == [(False, True), (False, False)]
