"""The trail: raw SQL is seen, hashes link, and another hand's change is found."""

import os

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.casebook.test_forms import enter
from trialsite.audit import acting, because
from trialsite.audit.models import Chain, Trail
from trialsite.audit.selectors import chain_breaks
from trialsite.casebook.models import Subject


def test_raw_sql_joins_the_trail_with_actor_and_reason(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator, request_id="r-1"), because("raw"), connection.cursor() as cursor:
        cursor.execute("UPDATE casebook_subject SET arm = 'Z' WHERE id = %s", [subject.pk])
    with acting(user=cast.coordinator):
        entry = Trail.objects.filter(row_id=str(subject.pk)).latest("id")
    assert entry.changes == {"arm": ["", "Z"]}
    assert (entry.user_id, entry.reason, entry.request_id) == (cast.coordinator.pk, "raw", "r-1")
    assert entry.subject_id == subject.pk


def test_items_of_the_protocol_are_changes_of_their_own(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        record = enter(subject, cast, missing={"pulse": "NOT_DONE"})
        entry = Trail.objects.get(row_id=str(record.pk))
    assert entry.changes["missing.pulse"] == "NOT_DONE"


def test_every_chain_counts_its_entries(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        enter(subject, cast)
        chain = Chain.objects.get(chain=f"subject:{subject.pk}")
        entries = Trail.objects.filter(chain=chain.chain)
        assert chain.length == entries.count() == 3
        assert bytes(entries.latest("position").hash) == bytes(chain.head)
    with acting(role="system"):
        assert chain_breaks() == []


def test_an_account_keeps_no_password_in_the_trail(cast: Cast) -> None:
    with acting(user=cast.administrator):
        entry = Trail.objects.get(table_name="access_user", row_id=str(cast.coordinator.pk))
    assert entry.changes["password"] == "***"


def test_what_prompted_a_correction_stands_beside_its_reason(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        with because("typing error", prompt="check VS-01 v2"):
            Subject.objects.filter(pk=subject.pk).update(arm="A")
        with because("typing error"):
            Subject.objects.filter(pk=subject.pk).update(arm="B")
        prompted, plain = Trail.objects.filter(row_id=str(subject.pk), action="U").order_by("id")
    assert (prompted.reason, prompted.prompt) == ("typing error", "check VS-01 v2")
    assert (plain.reason, plain.prompt) == ("typing error", "")
    with acting(role="system", prompt="check VS-01 v2"):
        Subject.objects.filter(pk=subject.pk).update(arm="C")
        assert Trail.objects.filter(row_id=str(subject.pk)).latest("id").prompt == "check VS-01 v2"
        assert chain_breaks() == []


@pytest.mark.parametrize(
    ("vandalism", "found"),
    [
        ('UPDATE audit_trail SET changes = changes || \'{"arm": "Q"}\' WHERE id = %s', "altered"),
        ("DELETE FROM audit_trail WHERE id = %s", "missing"),
        ("DELETE FROM audit_trail WHERE id >= %s", "missing"),
        ("UPDATE audit_trail SET user_id = NULL WHERE id = %s", "altered"),
        ("UPDATE audit_trail SET prompt = 'query 1' WHERE id = %s", "altered"),
    ],
)
def test_a_superusers_hand_is_found(committed_db, vandalism: str, found: str, capsys) -> None:
    cast = make_cast()
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        record = enter(subject, cast)
        target = Trail.objects.filter(chain=f"subject:{record.subject_id}").earliest("position").pk
    with psycopg2.connect(owner_url()) as raw, raw.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_trail DISABLE TRIGGER USER")
        cursor.execute(vandalism, [target])
        cursor.execute("ALTER TABLE audit_trail ENABLE TRIGGER USER")
    raw.close()
    with pytest.raises(CommandError):
        call_command("verify_audit")
    assert found in capsys.readouterr().out


def owner_url() -> str:
    """The owner's way into the database of this test: more than any process of the running system has."""
    return f"{os.environ['DATABASE_OWNER_URL'].rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}"
