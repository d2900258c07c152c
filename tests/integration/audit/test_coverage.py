"""No path past the trail: first entries, raw SQL, bulk writes, jobs, set-up, accounts, roles; and what is an event."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.cast import PASSWORD, Cast, bare_subject
from tests.integration.casebook.test_forms import enter
from trialsite.access.models import Role, Token
from trialsite.access.services import create_user, end_role, grant_role, issue_token, revoke_token
from trialsite.audit import acting, because
from trialsite.audit.models import Event, Trail
from trialsite.casebook.models import Subject, Visit
from trialsite.casebook.registries import forms
from trialsite.keys import new_id


def entries(**condition: Any) -> list[Trail]:
    with acting(role="system"):
        return list(Trail.objects.filter(**condition).order_by("id"))


def events(**condition: Any) -> list[Event]:
    with acting(role="system"):
        return list(Event.objects.filter(**condition).order_by("id"))


def test_a_first_entry_holds_every_item_who_when_where_and_which_request(cast: Cast) -> None:
    subject = bare_subject(cast)
    before = timezone.now()
    with acting(user=cast.coordinator, request_id="r-9"):
        record = enter(subject, cast)
    (entry,) = entries(row_id=str(record.pk))
    assert entry.action == "I"
    assert (entry.changes["weight_text"], entry.changes["ecog"]) == ("70", 1)
    assert (entry.user_id, entry.role, entry.site_id) == (cast.coordinator.pk, "coordinator", cast.here.pk)
    assert (entry.study_id, entry.subject_id) == (cast.study.pk, subject.pk)
    assert before - timedelta(seconds=5) < entry.at < timezone.now() + timedelta(seconds=5)
    assert entry.request_id == "r-9"


def visits(cast: Cast, subject: Subject) -> list[Visit]:
    place = {"subject": subject, "study": cast.study, "site": cast.here}
    return [Visit(key=f"V{number}", **place) for number in range(3)]


@pytest.mark.parametrize("way", ["bulk_create", "update", "raw insert", "raw update"])
def test_every_way_of_writing_is_in_the_trail(cast: Cast, way: str) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator), because("by another way"), connection.cursor() as cursor:
        if way == "bulk_create":
            Visit.objects.bulk_create(visits(cast, subject))
        elif way == "update":
            Subject.objects.filter(pk=subject.pk).update(arm="A")
        elif way == "raw insert":
            cursor.execute(
                "INSERT INTO casebook_visit"
                " (id, subject_id, study_id, site_id, key, repeat, missed_reason, missed_text, added_why, added_forms)"
                " VALUES (%s, %s, %s, %s, 'V', 1, '', '', '', '')",
                [new_id(), subject.pk, cast.study.pk, cast.here.pk],
            )
        else:
            cursor.execute("UPDATE casebook_subject SET arm = 'B' WHERE id = %s", [subject.pk])
    found = entries(chain=f"subject:{subject.pk}", reason="by another way")
    assert len(found) == (3 if way == "bulk_create" else 1)
    assert {one.user_id for one in found} == {cast.coordinator.pk}


def test_a_job_of_nobody_is_the_system_and_a_job_for_a_person_is_that_person(cast: Cast) -> None:
    subject = bare_subject(cast)
    with acting(role="system", reason="nightly import"):
        Subject.objects.filter(pk=subject.pk).update(arm="A")
    with acting(user=cast.investigator):
        Subject.objects.filter(pk=subject.pk).update(arm="B")
    nobody, person = entries(row_id=str(subject.pk), action="U")
    assert (nobody.user_id, nobody.role, nobody.reason) == (None, "system", "nightly import")
    assert (person.user_id, person.role) == (cast.investigator.pk, "investigator")


def test_a_loaded_protocol_and_opened_sites_are_in_the_trail_of_the_study(cast: Cast) -> None:
    tables = {entry.table_name for entry in entries(chain=f"study:{cast.study.pk}")}
    assert {"studies_study", "studies_protocolversion", "studies_protocolfile", "studies_studysite"} <= tables


def test_accounts_roles_and_tokens_leave_old_and_new_without_secrets(cast: Cast) -> None:
    admin = cast.administrator
    with acting(user=admin):
        fresh = create_user(username="fresh", password=PASSWORD, full_name="Fresh", by=admin)
        held = grant_role(user=fresh, role=Role.MONITOR, study_id=cast.study.pk, by=admin)
        end_role(membership=held, by=admin)
        issue_token(user=admin, name="R", expires_at=timezone.now() + timedelta(days=1), by=admin)
        token = Token.objects.get(name="R")
        revoke_token(token=token, by=admin)
    (account,) = entries(row_id=str(fresh.pk))
    assert (account.changes["username"], account.changes["password"]) == ("fresh", "***")
    given, ended = entries(row_id=str(held.pk))
    assert (given.changes["role"], given.user_id) == ("monitor", admin.pk)
    assert ended.changes["ends_on"] == [None, timezone.now().date().isoformat()]
    assert set(ended.changes) == {"ends_on", "ended_at", "ended_by_id"}
    issued, revoked = entries(row_id=str(token.pk))
    assert issued.changes["digest"] == "***"
    assert list(revoked.changes) == ["revoked_at"]


def test_log_ins_failed_ones_and_log_outs_are_events_without_what_was_typed(
    client: Client, cast: Cast
) -> None:
    with acting(role="system"):
        cast.coordinator.set_password(PASSWORD)
        cast.coordinator.save()
    name = cast.coordinator.username
    client.post("/login/", {"username": name, "password": "wrong"})
    client.post("/login/", {"username": "nobody at all", "password": "wrong"})
    client.post("/login/", {"username": name, "password": PASSWORD})
    client.post("/logout/")
    found = events(kind__startswith="log")
    who = cast.coordinator.pk
    assert [(one.kind, one.user_id) for one in found] == [
        ("login.failed", who), ("login.failed", None), ("login", who), ("logout", who),
    ]  # fmt: skip
    assert "wrong" not in str([one.details for one in found])
    assert "nobody at all" not in str([one.details for one in found])
    chained = entries(table_name="audit_event")
    assert {entry.chain for entry in chained} >= {f"events:{who}", "events:-"}


LISTS = [
    "subjects",
    "sites",
    "studies",
    "visits",
    "endpoints",
    *(f"forms/{key}" for key in sorted(forms)[:4]),
]


@pytest.mark.parametrize("name", LISTS)
def test_every_export_is_an_event_with_who_what_filters_and_rows(
    client: Client, cast: Cast, name: str
) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        enter(subject, cast)
    client.force_login(cast.monitor)
    for kind in ("json", "csv"):
        answer = client.get(f"/api/v1/{name}/", {"format": kind, "study": "BLINA-FULL"})
        body = b"".join(answer.streaming_content) if kind == "csv" else answer.content
        (event,) = events(kind=f"export.{kind}")
        rows = body.count(b"\r\n") - 1 if kind == "csv" else len(answer.json()["results"])
        assert event.user_id == cast.monitor.pk
        assert event.details["filters"] == {"study": "BLINA-FULL"}
        assert event.details["rows"] == rows
        assert event.details["table"] in (name, name.removeprefix("forms/").lower())


def test_one_record_by_the_api_is_an_event(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.monitor)
    client.get(f"/api/v1/subjects/{subject.pk}/")
    (event,) = events(kind="export.json")
    assert event.details["record"] == str(subject.pk)


def test_a_refused_export_is_none(client: Client, cast: Cast) -> None:
    client.force_login(cast.administrator)
    assert client.get("/api/v1/subjects/?format=csv").status_code == 403
    assert events(kind__startswith="export") == []
