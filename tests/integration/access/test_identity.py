"""Identity: encrypted at rest, read by site staff in one deliberate click, each view an event."""

import pytest
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.management import call_command
from django.db import connection
from django.test import Client

from tests.cast import Cast, bare_subject
from trialsite.access.encryption import decrypted, encrypted
from trialsite.access.identity import (
    Identity,
    persons_with_hospital_number,
    persons_with_national_id,
    register_person,
    show_identity,
)
from trialsite.access.models import Person
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook.models import Subject

WANG = Identity("王小明", "H-4711", "11010519491231002x", "13800138000")
FIRST = "the first key of the tests, long enough to be one"
SECOND = "the second key of the tests, long enough to be one"


@pytest.fixture
def subject(cast: Cast) -> Subject:
    found = bare_subject(cast)
    with acting(user=cast.coordinator):
        person = register_person(
            study_id=cast.study.pk, site_id=cast.here.pk, identity=WANG, by=cast.coordinator
        )
        Subject.objects.filter(pk=found.pk).update(person=person)
        found.refresh_from_db()
    return found


def raw_identities() -> str:
    """Everything that the tables of identity, of the trail and of the events hold, as text."""
    with acting(role="system"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(t::text, '') FROM (SELECT p::text AS t FROM access_person p"
            " UNION ALL SELECT a::text FROM audit_trail a UNION ALL SELECT e::text FROM audit_event e) all_rows"
        )
        return cursor.fetchone()[0]


def test_nothing_of_an_identity_lies_readable_in_the_database(subject: Subject, cast: Cast) -> None:
    with acting(user=cast.coordinator):
        show_identity(person_id=subject.person_id, subject_id=subject.pk, by=cast.coordinator)
    held = raw_identities()
    for part in ("王小明", "H-4711", "11010519491231002", "13800138000"):
        assert part not in held


def test_the_trail_keeps_that_identity_was_entered_and_not_what(subject: Subject, cast: Cast) -> None:
    with acting(role="system"):
        line = Trail.objects.filter(table_name="access_person", row_id=str(subject.person_id)).get()
    for item in ("full_name", "national_id", "phone", "hospital_number", "national_id_hash"):
        assert line.changes[item] == "***"


def test_site_staff_sees_it_in_one_click_which_is_an_event(
    client: Client, subject: Subject, cast: Cast
) -> None:
    client.force_login(cast.coordinator)
    assert "王小明" not in client.get(f"/subjects/{subject.pk}/").content.decode()
    assert client.get(f"/subjects/{subject.pk}/identity/").status_code == 405
    assert not Event.objects.filter(kind="identity.viewed").exists()
    answer = client.post(f"/subjects/{subject.pk}/identity/")
    for part in ("王小明", "H-4711", "11010519491231002x", "13800138000"):
        assert part in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    event = Event.objects.get(kind="identity.viewed")
    assert event.user_id == cast.coordinator.pk
    assert event.details["person"] == str(subject.person_id)
    assert event.details["subject"] == str(subject.pk)


@pytest.mark.parametrize("part", ["monitor", "data_manager", "statistician", "inspector"])
def test_who_reads_the_record_does_not_read_identity(
    client: Client, subject: Subject, cast: Cast, part: str
) -> None:
    client.force_login(cast.people()[part])
    assert "Show identity" not in client.get(f"/subjects/{subject.pk}/").content.decode()
    assert client.post(f"/subjects/{subject.pk}/identity/").status_code == 403
    with acting(user=cast.people()[part]), pytest.raises((PermissionDenied, Person.DoesNotExist)):
        show_identity(person_id=subject.person_id, subject_id=subject.pk, by=cast.people()[part])
    assert not Event.objects.filter(kind="identity.viewed").exists()


def test_another_sites_staff_do_not_find_it(client: Client, subject: Subject, cast: Cast) -> None:
    client.force_login(cast.stranger)
    assert client.post(f"/subjects/{subject.pk}/identity/").status_code == 404


def test_the_same_person_is_known_again_without_being_read(subject: Subject, cast: Cast) -> None:
    with acting(user=cast.coordinator):
        assert persons_with_national_id(" 110105 19491231 002X ").get().pk == subject.person_id
        assert persons_with_hospital_number("H-4711").get().pk == subject.person_id
        assert not persons_with_national_id("").exists()
        assert not persons_with_national_id("110105194912310021").exists()
    with acting(user=cast.stranger):
        assert not persons_with_national_id(WANG.national_id).exists()


def test_a_new_key_encrypts_while_the_old_one_still_decrypts(settings, subject: Subject, cast: Cast) -> None:
    old = settings.IDENTITY_KEYS
    settings.IDENTITY_KEYS = (FIRST, *old)
    with acting(user=cast.coordinator):
        shown = show_identity(person_id=subject.person_id, subject_id=subject.pk, by=cast.coordinator)
        assert shown == WANG
        assert persons_with_national_id(WANG.national_id).exists(), "found before the rotation too"
    call_command("rotate_identity")
    settings.IDENTITY_KEYS = (FIRST,)
    with acting(user=cast.coordinator):
        shown = show_identity(person_id=subject.person_id, subject_id=subject.pk, by=cast.coordinator)
        assert shown == WANG
        assert persons_with_national_id(WANG.national_id).get().pk == subject.person_id
    settings.IDENTITY_KEYS = old
    with acting(user=cast.coordinator), pytest.raises(ImproperlyConfigured, match="lacks the key"):
        show_identity(person_id=subject.person_id, subject_id=subject.pk, by=cast.coordinator)


def test_the_same_text_never_looks_the_same_twice() -> None:
    assert encrypted("王小明") != encrypted("王小明")
    assert decrypted(encrypted("王小明")) == "王小明"
    assert (encrypted(""), decrypted("")) == ("", "")
