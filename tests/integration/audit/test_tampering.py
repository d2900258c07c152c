"""What a superuser's hand does to the trail or past it is found, and where; the app role cannot even try."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import Error

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.casebook.test_forms import enter
from trialsite.audit import acting
from trialsite.audit.digests import Line, published_lines
from trialsite.audit.events import record_event
from trialsite.audit.models import Chain, Digest, DigestHead, Event, Trail
from trialsite.audit.tasks import publish
from trialsite.celery import app as celery
from trialsite.demo.roles import with_database


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "digests.jsonl"


@pytest.fixture
def record(committed_db, published: Path, settings) -> Any:
    """A form, entered and corrected; a digest was published after each."""
    settings.DIGEST_PATH = str(published)
    cast = make_cast()
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        saved = enter(subject, cast)
    publish()
    with acting(user=cast.coordinator):
        enter(subject, cast, "71", base_version=1, reason="typing error")
    record_event(kind="login", user_id=cast.coordinator.pk)
    publish()
    return saved


@pytest.fixture
def superuser(database_admin: str, committed_db: str) -> Callable[..., None]:
    """SQL with every trigger off, as nobody of the running system could."""

    def run(*statements: str, **values: Any) -> None:
        with psycopg2.connect(with_database(database_admin, committed_db)) as raw, raw.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement, values)
        raw.close()

    return run


def verdict(capsys: Any, *arguments: str) -> str:
    """What verify_audit says when it refuses."""
    with pytest.raises(CommandError):
        call_command("verify_audit", *arguments)
    return capsys.readouterr().out


RECHAIN = """
    DO $$
    DECLARE entry audit_trail; before bytea := '';
    BEGIN
        FOR entry IN SELECT * FROM audit_trail WHERE chain = '{chain}' ORDER BY position LOOP
            before := sha256(before || audit_payload(entry));
            UPDATE audit_trail SET hash = before WHERE id = entry.id;
        END LOOP;
        UPDATE audit_chain SET head = before WHERE chain = '{chain}';
    END $$"""


def test_an_untouched_record_stands(record, capsys) -> None:
    call_command("verify_audit")
    said = capsys.readouterr().out
    assert "every hash agrees" in said
    assert "2 digests, 2 of them published" in said


@pytest.mark.parametrize(
    ("vandalism", "position", "problem"),
    [
        ("UPDATE audit_trail SET reason = 'x' WHERE chain = %(chain)s AND position = 2", 2, "was altered"),
        ("DELETE FROM audit_trail WHERE chain = %(chain)s AND position = 2", 3, "missing before"),
        (
            "DELETE FROM audit_trail WHERE chain = %(chain)s AND position = 4",
            4,
            "end of the chain is missing",
        ),
        ("DELETE FROM audit_chain WHERE chain = %(chain)s", 4, "the chain has no head"),
    ],
)
def test_an_edit_a_removed_row_and_a_cut_off_tail_are_found(
    record, superuser, capsys, vandalism: str, position: int, problem: str
) -> None:
    chain = f"subject:{record.subject_id}"
    superuser(vandalism, chain=chain)
    said = verdict(capsys)
    assert any(
        line.startswith(f"{chain} at {position}:") and problem in line for line in said.splitlines()
    ), said


def test_a_chain_rewritten_with_all_its_hashes_does_not_agree_with_the_digest(
    record, superuser, capsys
) -> None:
    chain = f"subject:{record.subject_id}"
    superuser(
        "UPDATE audit_trail SET reason = 'another reason' WHERE chain = %(chain)s AND position = 4",
        "UPDATE audit_trail SET request_id = 'x' WHERE chain = %(chain)s AND position = 2",
        RECHAIN.format(chain=chain),
        chain=chain,
    )
    said = verdict(capsys)
    number = Digest.objects.order_by("pk")[0].pk
    assert f"{chain} at 3: digest {number} of" in said  # the first published position that is another now


def test_a_whole_chain_removed_with_its_rows_does_not_agree_with_the_digest(
    record, superuser, capsys
) -> None:
    chain = f"subject:{record.subject_id}"
    superuser(
        "DELETE FROM audit_trail WHERE chain = %(chain)s",
        "DELETE FROM audit_chain WHERE chain = %(chain)s",
        "DELETE FROM assessments_vitalsigns",
        "DELETE FROM casebook_visit",
        "DELETE FROM casebook_subject",
        chain=chain,
    )
    said = verdict(capsys)
    assert f"{chain} at 3: digest" in said


def test_who_forges_trail_and_digests_alike_does_not_agree_with_the_published_file(
    record, superuser, capsys, published: Path
) -> None:
    chain = f"subject:{record.subject_id}"
    superuser(
        "DELETE FROM audit_trail WHERE chain = %(chain)s AND position = 4",
        "UPDATE audit_chain SET length = 3, head = (SELECT hash FROM audit_trail WHERE chain = %(chain)s"
        " AND position = 3) WHERE chain = %(chain)s",
        "UPDATE assessments_vitalsigns SET weight_text = '70', weight_value = 70, weight_canonical = 70, version = 1",
        "DELETE FROM audit_digest_head WHERE chain = %(chain)s AND position = 4",
        "UPDATE audit_digest d SET digest = audit_digest_of(d) WHERE id = (SELECT max(id) FROM audit_digest)",
        "UPDATE audit_trail SET changes = changes || jsonb_build_object('digest',"
        " (SELECT digest FROM audit_digest ORDER BY id DESC LIMIT 1)) WHERE id ="
        " (SELECT max(id) FROM audit_trail WHERE table_name = 'audit_digest')",
        RECHAIN.format(chain="system"),
        chain=chain,
    )
    said = verdict(capsys, "--published", str(published))
    last = Digest.objects.order_by("pk").last()
    assert last is not None
    assert f"digest at {last.pk}: it was published, and the database holds another" in said
    assert f"{chain} at 4: digest {last.pk} of" in said


def test_a_row_changed_past_the_trigger_is_found(record, superuser, capsys) -> None:
    superuser("UPDATE assessments_vitalsigns SET weight_text = '90'")
    assert f"assessments_vitalsigns at {record.pk}: the row is not what its trail says" in verdict(capsys)


def test_a_row_removed_or_added_past_the_trigger_is_found(record, superuser, capsys) -> None:
    superuser(
        "DELETE FROM assessments_vitalsigns",
        "INSERT INTO studies_site (id, key, name_en, name_zh, timezone)"
        " VALUES (gen_random_uuid(), 'X', 'X', 'X', 'UTC')",
    )
    said = verdict(capsys)
    assert f"assessments_vitalsigns at {record.pk}: the row is gone" in said
    assert "the row has no entry in the trail" in said


def test_events_are_chained_and_altered_ones_are_found(record, superuser, capsys) -> None:
    with acting(role="system"):
        event = Event.objects.get(kind="login")
        entry = Trail.objects.get(table_name="audit_event", row_id=str(event.pk))
    assert entry.chain == f"events:{event.user_id}"
    superuser("UPDATE audit_event SET kind = 'logout'")
    assert f"audit_event at {event.pk}: the row is not what its trail says" in verdict(capsys)
    superuser("DELETE FROM audit_event")
    assert f"audit_event at {event.pk}: the row is gone" in verdict(capsys)


def test_an_altered_line_of_the_published_file_is_found(record, capsys, published: Path) -> None:
    lines = published.read_text().splitlines()
    content = json.loads(lines[0])
    content["heads"][0][1] += 1
    published.write_text("\n".join([json.dumps(content), *lines[1:]]))
    assert f"published file at {content['number']}: this line was altered" in verdict(capsys)


def test_the_published_file_holds_what_anybody_can_recompute(record, published: Path) -> None:
    first, second = published_lines(published)
    assert second.previous == first.digest
    assert [line.computed() for line in (first, second)] == [first.digest, second.digest]
    chain = f"subject:{record.subject_id}"
    assert [position for name, position, _hash in first.heads if name == chain] == [3]
    assert [position for name, position, _hash in second.heads if name == chain] == [4]
    assert first.heads == tuple(sorted(first.heads))
    assert second.chains == Chain.objects.count()  # the digest's own entry joins a chain that was there
    assert Line.read(first.text()) == first


def test_a_digest_lists_the_heads_that_moved_and_only_those(record) -> None:
    publish()
    last = Digest.objects.order_by("pk").last()
    assert list(DigestHead.objects.filter(digest=last).values_list("chain", flat=True)) == ["system"]


def test_lines_that_were_not_written_follow_with_the_next_digest(record, published: Path) -> None:
    first, second = published.read_text().splitlines()
    published.write_text(f"{first}\n")
    publish()
    lines = published_lines(published)
    assert [line.number for line in lines] == list(Digest.objects.order_by("pk").values_list("pk", flat=True))
    assert lines[1].text() == second


def test_the_command_publishes_and_the_clock_does_every_hour(record, published: Path, capsys) -> None:
    call_command("publish_digest")
    assert str(published) in capsys.readouterr().out
    assert len(published_lines(published)) == 3
    (task,) = [one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == "audit.publish_digest"]
    assert task["schedule"] == 3600.0
    celery.loader.import_default_modules()
    assert "audit.publish_digest" in celery.tasks


def test_publishing_holds_up_nobody_who_saves(committed_db, database_admin: str, published, settings) -> None:
    """A save that has not committed holds its chain's lock; the digest goes past it, with the head before."""
    settings.DIGEST_PATH = str(published)
    cast = make_cast()
    subject = bare_subject(cast)
    with psycopg2.connect(with_database(database_admin, committed_db)) as saving, saving.cursor() as cursor:
        cursor.execute("SELECT set_config('app.role', 'system', true)")
        cursor.execute("UPDATE casebook_subject SET arm = 'Z'")
        with acting(role="system"), connection.cursor() as mine:
            mine.execute("SET LOCAL lock_timeout = '2s'")
            mine.execute("SELECT audit_publish()")
        assert DigestHead.objects.get(chain=f"subject:{subject.pk}").position == 1
    saving.close()
    publish()
    assert list(
        DigestHead.objects.filter(chain=f"subject:{subject.pk}")
        .order_by("pk")
        .values_list("position", flat=True)
    ) == [1, 2]


REFUSED = [
    *(
        f"{change} {table}"
        for table in ("audit_trail", "audit_event", "audit_chain", "audit_digest", "audit_digest_head")
        for change in ("DELETE FROM", "TRUNCATE", "DROP TABLE", "LOCK TABLE")
    ),
    "UPDATE audit_trail SET reason = 'x'",
    "UPDATE audit_event SET kind = 'x'",
    "UPDATE audit_digest SET digest = 'x'",
    "UPDATE audit_digest_head SET position = 0",
    "INSERT INTO audit_trail (chain) VALUES ('x')",
    "INSERT INTO audit_digest (digest) VALUES ('x')",
    "ALTER TABLE audit_trail DISABLE TRIGGER ALL",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "ALTER TABLE casebook_subject DISABLE TRIGGER trail",
    "DROP TRIGGER trail ON casebook_subject",
    "SET session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', true)",
    "SET ROLE trial_owner",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TABLE public.audit_trail_copy ()",
    "ALTER FUNCTION audit_record() RENAME TO nothing",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_app_role_is_refused(cast: Cast, statement: str) -> None:
    with (
        acting(role="system"),
        pytest.raises(Error, match=r"permission denied|must be owner|written once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_owner_too_is_refused_while_the_guards_stand(committed_db) -> None:
    from django.db import connections

    make_cast()
    for table in ("audit_trail", "audit_event", "audit_digest", "audit_digest_head"):
        for statement in (f"TRUNCATE {table} CASCADE", f"DELETE FROM {table}"):
            record_event(kind="login", user_id=None)
            publish()
            with (
                pytest.raises(Error, match="written once"),
                transaction.atomic(using="owner"),
                connections["owner"].cursor() as cursor,
            ):
                cursor.execute(statement)
