"""A backup is whole or not there, and only one that was restored and compared counts as good."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.cast import bare_subject
from tests.database import connections_to
from tests.integration.audit.moments import corrected_weight
from trialsite.audit import acting
from trialsite.audit.events import BACKUP_FAILED, BACKUP_PASSED, record_event
from trialsite.audit.models import Event
from trialsite.audit.tasks import publish
from trialsite.casebook.models import Subject
from trialsite.demo.roles import RIGHTS_SQL, clone_database, drop_database, run_in_database, with_database
from trialsite.upkeep import kept
from trialsite.upkeep.address import Address, BackupError, address_of_backup
from trialsite.upkeep.backups import take_backup
from trialsite.upkeep.checks import check_backup, restore
from trialsite.upkeep.contents import Contents, differences
from trialsite.upkeep.kept import Backup, backups_in, fingerprint, remove_old
from trialsite.upkeep.schedule import next_run, sleep_until

NOW = datetime(2026, 3, 31, 18, 30, tzinfo=UTC)


@pytest.fixture
def record(committed_db: str) -> Any:
    """A form of a subject, corrected after its digest was published, and a second subject."""
    cast, record, _then = corrected_weight()
    publish()
    bare_subject(cast)
    return record


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def backup(record, backups: Path) -> Backup:
    """A backup that nobody has tried yet."""
    return take_backup(backups, address_of_backup())


def checked(backup: Backup) -> list[str]:
    return check_backup(backup, address_of_backup())


def as_role(alias: str) -> Address:
    """This test's database as another role reaches it."""
    named = connections[alias].settings_dict
    return replace(address_of_backup(), role=named["USER"], password=named["PASSWORD"])


def environment_of(database: str) -> dict[str, str]:
    """What a command in a process of its own sees."""
    urls = {
        name: with_database(os.environ[name], database) for name in ("DATABASE_URL", "DATABASE_BACKUP_URL")
    }
    return {**os.environ, **urls}


def kinds() -> list[str]:
    return list(
        Event.objects.filter(kind__startswith="backup.").order_by("id").values_list("kind", flat=True)
    )


def write_down_again(backup: Backup, **changes: Any) -> None:
    """Forge what was written down with the dump."""
    manifest = {**backup.manifest(), **changes}
    kept.write_json(backup.folder / kept.MANIFEST, manifest)


# A good one


def test_a_backup_is_restored_and_nothing_differs(record, backups: Path, capsys) -> None:
    call_command("backup", "--to", str(backups))
    (backup,) = backups_in(backups)
    assert f"{backup.folder}: restored, and nothing differs" in capsys.readouterr().out
    report = json.loads((backup.folder / kept.REPORT).read_text())
    told = backup.manifest()
    assert (report["passed"], report["problems"]) == (True, [])
    assert (report["tables"], report["chains"]) == (len(told["tables"]), len(told["heads"]))
    assert told["tables"]["casebook_subject"][0] == 2
    assert f"subject:{record.subject_id}" in told["heads"]
    assert kinds() == [BACKUP_PASSED]


def test_nobody_but_its_owner_reads_a_backup(record, backups: Path) -> None:
    call_command("backup", "--to", str(backups))
    (backup,) = backups_in(backups)
    assert {path.name for path in backup.folder.iterdir()} == {
        kept.DUMP, kept.DIGESTS, kept.MANIFEST, kept.REPORT
    }  # fmt: skip
    assert backups.stat().st_mode & 0o777 == backup.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in backup.folder.iterdir()} == {0o600}


def test_what_is_saved_during_a_backup_is_not_half_in_it(record, backups: Path, monkeypatch) -> None:
    from trialsite.upkeep import backups as module

    dump = module.dump

    def dump_while_somebody_works(*arguments: Any) -> None:
        dump(*arguments)
        with acting(role="system"):
            Subject.objects.update(arm="Z")
        publish()

    monkeypatch.setattr(module, "dump", dump_while_somebody_works)
    assert checked(take_backup(backups, address_of_backup())) == []


def test_the_database_of_the_check_is_gone_afterwards(backup: Backup, committed_db: str) -> None:
    assert checked(backup) == []
    with address_of_backup().connected() as raw, raw.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{committed_db}%"])
        assert cursor.fetchall() == [(committed_db,)]


def test_a_system_rises_again_from_a_backup(backup: Backup, database_admin: str, committed_db: str) -> None:
    """The steps of docs/how-to/servers-of-your-own.md: an empty database, the dump as its owner, rights, migrate."""
    there = f"{committed_db}_new"
    clone_database(database_admin, "template0", there)
    try:
        restore(backup, as_role("owner").of(there))
        run_in_database(database_admin, there, RIGHTS_SQL)
        with connections_to(there):
            call_command("migrate", database="owner", verbosity=0)
            assert Subject.objects.count() == 0, "without an actor the app role sees no subject"
            with acting(role="system"):
                assert Subject.objects.count() == 2
                Subject.objects.update(arm="Z")
            call_command("verify_audit")
    finally:
        drop_database(database_admin, there)


# Bad ones


def test_a_truncated_dump_is_refused(backup: Backup) -> None:
    dump = backup.folder / kept.DUMP
    dump.write_bytes(dump.read_bytes()[:-100])
    assert checked(backup) == [f"{kept.DUMP}: the file is not the one that was written"]
    assert not backup.is_good()


def test_a_truncated_dump_that_somebody_vouches_for_cannot_be_restored(backup: Backup) -> None:
    dump = backup.folder / kept.DUMP
    dump.write_bytes(dump.read_bytes()[:-20000])
    write_down_again(backup, files=backup.manifest()["files"] | {kept.DUMP: fingerprint(dump)})
    (problem,) = checked(backup)
    assert "pg_restore failed" in problem


def test_a_dump_of_other_data_is_not_what_was_written_down(
    backup: Backup, database_admin: str, committed_db: str, tmp_path: Path
) -> None:
    """A row gone and a row changed past the trigger: the counts, the contents and verify_audit all say so."""
    told = backup.manifest()
    with psycopg2.connect(with_database(database_admin, committed_db)) as raw, raw.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM assessments_vitalsigns")
        cursor.execute("UPDATE casebook_subject SET arm = 'Z'")
        cursor.execute("UPDATE audit_chain SET head = '\\x00' WHERE chain = 'system'")
    raw.close()
    other = take_backup(tmp_path / "other", address_of_backup())
    write_down_again(other, tables=told["tables"], heads=told["heads"])
    problems = checked(other)
    assert "assessments_vitalsigns: 0 rows, and there were 1" in problems
    assert "casebook_subject: as many rows as there were, with other contents" in problems
    assert "system: the head of this chain of the trail is another one, or gone" in problems
    assert any("verify_audit" in problem and "the row is gone" in problem for problem in problems)


def test_a_trail_that_the_published_digests_do_not_bear_out_is_found(backup: Backup, tmp_path: Path) -> None:
    path = backup.folder / kept.DIGESTS
    line = json.loads(path.read_text().splitlines()[-1])
    path.write_text(json.dumps({**line, "digest": "0" * 64}) + "\n")
    write_down_again(backup, files=backup.manifest()["files"] | {kept.DIGESTS: fingerprint(path)})
    problems = checked(backup)
    assert any("verify_audit: published file" in problem for problem in problems)


@pytest.mark.parametrize(
    ("vandalism", "problem"),
    [
        (lambda folder: (folder / kept.MANIFEST).unlink(), "what was written down"),
        (lambda folder: (folder / kept.MANIFEST).write_text("[]"), "what was written down"),
        (lambda folder: (folder / kept.DIGESTS).unlink(), "digests.jsonl: the file is missing"),
        (lambda folder: (folder / kept.DUMP).unlink(), "trials.dump: the file is missing"),
    ],
)
def test_a_backup_of_which_a_part_is_missing_is_refused(
    backup: Backup, vandalism: Callable[[Path], Any], problem: str, capsys
) -> None:
    vandalism(backup.folder)
    with pytest.raises(CommandError, match=problem):
        call_command("check_backup", str(backup.folder))
    assert kinds() == [BACKUP_FAILED]
    assert not backup.is_good()


def test_a_role_from_which_a_policy_hides_rows_cannot_back_up(record, backups: Path) -> None:
    with pytest.raises(BackupError, match="pg_dump failed"):
        take_backup(backups, as_role("default"))
    assert list(backups.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE casebook_subject SET arm = 'Z'",
        "DELETE FROM django_session",
        "TRUNCATE django_session",
        "INSERT INTO audit_event (kind) VALUES ('x')",
        "SELECT audit_publish()",
        "SELECT nextval('audit_trail_id_seq')",
        "CREATE TABLE mine ()",
        "DROP TABLE casebook_subject",
        "SET ROLE trial_owner",
    ],
)
def test_the_role_of_the_backups_changes_nothing(committed_db, statement: str) -> None:
    with (
        address_of_backup().connected() as raw,
        raw.cursor() as cursor,
        pytest.raises(psycopg2.Error, match=r"permission denied|must be owner"),
    ):
        cursor.execute(statement)


def test_a_backup_that_cannot_be_made_is_told_and_leaves_nothing(
    committed_db, backups: Path, settings
) -> None:
    settings.POSTGRES_PROGRAMS = str(backups / "nowhere")
    with pytest.raises(CommandError, match=r"No backup was made\. .* cannot be run"):
        call_command("backup", "--to", str(backups))
    assert kinds() == [BACKUP_FAILED]
    assert list(backups.iterdir()) == []


def test_a_backup_that_was_killed_in_the_middle_is_not_there(
    record, backups: Path, tmp_path: Path, committed_db: str
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pg_dump").write_text(
        '#!/bin/sh\nfor each in "$@"; do case $each in --file=*) echo half > "${each#--file=}";; esac; done\n'
        "kill -9 $PPID\n"
    )
    (programs / "pg_dump").chmod(0o755)
    killed = subprocess.run(
        [sys.executable, "manage.py", "backup", "--to", str(backups)],
        env={**environment_of(committed_db), "POSTGRES_PROGRAMS": str(programs)},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9
    assert backups_in(backups) == []
    assert [path.name.startswith(kept.UNFINISHED) for path in backups.iterdir()] == [True]
    call_command("backup", "--to", str(backups))
    assert list(backups.iterdir()) == [backups_in(backups)[0].folder], "the left-over is gone"


# The old ones


def aged(folder: Path, days: int, *, good: bool) -> Backup:
    backup = Backup(folder / (NOW - timedelta(days=days)).strftime(kept.NAME))
    backup.folder.mkdir(parents=True)
    kept.write_json(backup.folder / kept.REPORT, {"passed": good})
    return backup


def test_old_backups_are_removed(tmp_path: Path) -> None:
    old, bad, young = (
        aged(tmp_path, days, good=good) for days, good in ((40, True), (35, False), (29, True))
    )
    (tmp_path / "notes").mkdir()
    assert remove_old(tmp_path, keep_days=30, now=NOW) == [old, bad]
    assert {path.name for path in tmp_path.iterdir()} == {young.folder.name, "notes"}


def test_the_last_good_one_is_never_removed(tmp_path: Path) -> None:
    older, last_good, bad = (
        aged(tmp_path, days, good=good) for days, good in ((50, True), (40, True), (35, False))
    )
    assert remove_old(tmp_path, keep_days=30, now=NOW) == [older, bad]
    assert backups_in(tmp_path) == [last_good]
    assert last_good.is_good()


def test_two_backups_at_once_are_one(record, backups: Path) -> None:
    with kept.folder_for_us(backups), pytest.raises(BackupError, match="Another backup is being made"):
        take_backup(backups, address_of_backup())


# Every night


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-31T18:29:59", "2026-03-31T18:30:00"),
        ("2026-03-31T18:30:00", "2026-04-01T18:30:00"),
        ("2026-12-31T23:00:00", "2027-01-01T18:30:00"),
    ],
)
def test_the_next_one_is_due_at_the_time_of_day(now: str, due: str) -> None:
    utc = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, due)]
    assert next_run(utc[0], time(18, 30)) == utc[1]


def test_the_wait_is_in_short_stretches() -> None:
    slept: list[float] = []
    with time_machine.travel(NOW, tick=False) as clock:

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            clock.shift(seconds)

        sleep_until(NOW + timedelta(seconds=130), sleep)
    assert slept == [60.0, 60.0, 10.0]


def test_every_night_goes_on_until_one_fails(record, backups: Path, monkeypatch, settings, capsys) -> None:
    """A failure ends the process with an error; whoever started it starts it again."""
    nights: list[datetime] = []

    def second_night_fails(due: datetime) -> None:
        nights.append(due)
        if len(nights) == 2:
            settings.POSTGRES_PROGRAMS = "/nowhere"

    monkeypatch.setattr("trialsite.upkeep.management.commands.backup.sleep_until", second_night_fails)
    with pytest.raises(CommandError, match="No backup was made"):
        call_command("backup", "--to", str(backups), "--nightly", "18:30")
    assert "The next backup is made at" in capsys.readouterr().out
    assert kinds() == [BACKUP_PASSED, BACKUP_FAILED]


@pytest.mark.parametrize(
    "wrong", [("--nightly", "25:00"), ("--nightly", "half two"), ("--keep", "0"), ("--keep", "x")]
)
def test_what_cannot_be_meant_is_refused(wrong: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="write"):
        call_command("backup", "--to", "/nowhere", *wrong)


# What administrators see


@pytest.mark.parametrize(
    ("kind", "hours", "said"),
    [
        (None, 0, "No backup is on record"),
        (BACKUP_PASSED, 3, "nothing differed"),
        (BACKUP_PASSED, 27, "the one of the last night is missing"),
        (BACKUP_FAILED, 3, "failed. What went wrong is in the log"),
    ],
)
def test_administrators_see_how_the_last_backup_went(
    cast, client: Client, kind, hours: int, said: str
) -> None:
    if kind:
        record_event(kind=kind, user_id=None)
    client.force_login(cast.administrator)
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        client.force_login(cast.administrator)
        page = client.get("/accounts/").content.decode()
    assert said in page


# Comparing


def test_every_kind_of_difference_is_told() -> None:
    told = Contents({"a": (1, "7"), "b": (2, "8"), "c": (1, "9")}, {"x": (1, "00"), "y": (1, "01")})
    found = Contents({"a": (1, "7"), "b": (2, "0"), "d": (0, "0")}, {"x": (2, "02")})
    assert list(differences(told, told)) == []
    assert list(differences(told, found)) == [
        "b: as many rows as there were, with other contents",
        "c: the table is missing",
        "d: the table is one too many",
        "x: the head of this chain of the trail is another one, or gone",
        "y: the head of this chain of the trail is another one, or gone",
    ]
