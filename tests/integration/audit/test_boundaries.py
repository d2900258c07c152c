"""What the app role sees and may do in raw SQL, under a site's context, under another's, and under none."""

import psycopg2
import pytest
from django.db import connection, transaction
from django.db.utils import Error
from django.test import Client

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.casebook.test_forms import enter
from trialsite.access.models import Delegation, Membership
from trialsite.access.services import end_role
from trialsite.access.staffing import end_delegation
from trialsite.audit import acting
from trialsite.audit.guards import protected_models
from trialsite.audit.middleware import streamed
from trialsite.casebook import tasks
from trialsite.casebook.tasks import refresh_subject

CLINICAL = [
    model._meta.db_table
    for model, protection in protected_models()
    if protection.rows in {"site", "identity"}
]


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        return cursor.fetchone()[0]


@pytest.fixture
def record(cast: Cast):
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        return enter(subject, cast)


def test_there_are_clinical_tables_to_test() -> None:
    assert {"casebook_subject", "casebook_visit", "assessments_vitalsigns", "access_person"} <= set(CLINICAL)


@pytest.mark.parametrize("table", CLINICAL)
def test_without_an_actor_a_table_shows_nothing(record, table: str) -> None:
    assert count(table) == 0


@pytest.mark.parametrize("table", CLINICAL)
def test_another_sites_staff_see_nothing(record, cast: Cast, table: str) -> None:
    with acting(user=cast.stranger):
        assert count(table) == 0


def test_the_own_site_and_study_wide_roles_see_the_record(record, cast: Cast) -> None:
    readers = (cast.monitor, cast.data_manager, cast.statistician, cast.inspector)
    for who in (cast.coordinator, cast.investigator, *readers):
        with acting(user=who):
            assert count("assessments_vitalsigns") == 1, who.username


def test_an_administrator_sees_no_clinical_data(record, cast: Cast) -> None:
    with acting(user=cast.administrator):
        assert [count(table) for table in CLINICAL] == [0] * len(CLINICAL)


def test_identity_is_for_site_staff_only(record, cast: Cast) -> None:
    with acting(user=cast.coordinator):
        assert count("access_person") == 1
    for who in (cast.monitor, cast.data_manager, cast.statistician, cast.inspector):
        with acting(user=who):
            assert count("access_person") == 0, who.username


def test_nested_actors_are_restored(record, cast: Cast) -> None:
    with acting(user=cast.coordinator):
        with acting(user=cast.stranger):
            assert count("casebook_subject") == 0
        assert count("casebook_subject") == 1
    assert count("casebook_subject") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trail SET reason = 'x'",
        "DELETE FROM audit_trail",
        "TRUNCATE audit_trail",
        "ALTER TABLE audit_trail DISABLE TRIGGER ALL",
        "UPDATE audit_chain SET length = 0",
        "INSERT INTO audit_trail (chain) VALUES ('x')",
        "DELETE FROM casebook_subject",
        "TRUNCATE casebook_subject CASCADE",
        "ALTER TABLE casebook_subject DISABLE ROW LEVEL SECURITY",
        "DROP TRIGGER trail ON casebook_subject",
        "UPDATE studies_protocolversion SET version = 'x'",
        "DELETE FROM audit_event",
    ],
)
def test_the_app_role_is_refused(record, cast: Cast, statement: str) -> None:
    with (
        acting(user=cast.data_manager),
        pytest.raises(Error),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_clinical_write_without_an_actor_raises(record) -> None:
    insert = (
        "INSERT INTO casebook_visit"
        " (id, subject_id, study_id, site_id, key, repeat, missed_reason, missed_text, added_why, added_forms) VALUES"
    )
    place = (record.subject_id, record.study_id, record.site_id)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{insert} (gen_random_uuid(), %s, %s, %s, 'X', 1, '', '', '', '')", place)


def test_a_write_into_another_site_raises(record, cast: Cast) -> None:
    insert = (
        "INSERT INTO casebook_visit"
        " (id, subject_id, study_id, site_id, key, repeat, missed_reason, missed_text, added_why, added_forms) VALUES"
    )
    place = (record.subject_id, record.study_id, record.site_id)
    refused = pytest.raises(Error, match="row-level security")
    with acting(user=cast.stranger), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{insert} (gen_random_uuid(), %s, %s, %s, 'X', 1, '', '', '', '')", place)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assessments_vitalsigns SET state = 'locked'",
        "UPDATE casebook_subject SET arm = 'X'",
        "INSERT INTO casebook_visit"
        " (id, subject_id, study_id, site_id, key, repeat, missed_reason, missed_text, added_why, added_forms)"
        " SELECT gen_random_uuid(), id, study_id, site_id, 'X', 1, '', '', '', '' FROM casebook_subject",
        "UPDATE access_membership SET ends_on = NULL WHERE study_id IS NOT NULL AND role = 'inspector'",
        "UPDATE access_membership SET role = 'data_manager', ends_on = NULL WHERE role = 'inspector'",
        "UPDATE access_delegation SET duties = '[]'",
    ],
)
def test_an_inspector_changes_nothing_in_raw_sql(record, cast: Cast, statement: str) -> None:
    with (
        acting(user=cast.inspector),
        pytest.raises(Error, match=r"changes nothing|Only an administrator|does not change"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_an_inspectors_time_ends(record, cast: Cast) -> None:
    with acting(role="system"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE access_membership SET starts_on = current_date - 9, ends_on = current_date - 1"
            " WHERE user_id = %s",
            [cast.inspector.pk],
        )
    with acting(user=cast.inspector):
        assert [count(table) for table in CLINICAL] == [0] * len(CLINICAL)


# Every path by which a query reaches the database: a request, a streamed answer, a task, a command, a bare connection


def test_after_a_request_the_connection_knows_nobody(client: Client, record, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    assert client.get("/subjects/").status_code == 200
    assert [count(table) for table in CLINICAL] == [0] * len(CLINICAL)


def test_a_streamed_answer_reads_as_its_reader_and_leaves_nothing_behind(
    client: Client, record, cast: Cast
) -> None:
    for who, lines in ((cast.coordinator, 2), (cast.inspector, 2), (cast.stranger, 1)):
        client.force_login(who)
        answer = client.get("/api/v1/subjects/?format=csv")
        assert count("casebook_subject") == 0, "before the body is read"
        assert len(b"".join(answer.streaming_content).splitlines()) == lines, who.username
        assert count("casebook_subject") == 0, "after the body was read"


def test_a_stream_that_breaks_off_leaves_nobody_behind(record, cast: Cast) -> None:
    rows = (str(count("casebook_subject")).encode() for _row in range(2))
    body = streamed(rows, {"user": cast.coordinator, "instant": None, "subject_id": None})
    assert next(body) == b"1"
    body.close()
    assert count("casebook_subject") == 0


@pytest.mark.parametrize(("part", "rows"), [("coordinator", 1), ("stranger", 0), ("administrator", 0)])
def test_a_task_reads_as_the_person_it_works_for(
    record, cast: Cast, monkeypatch: pytest.MonkeyPatch, part: str, rows: int
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(tasks, "bring_up_to_date", lambda _subjects: seen.append(count("casebook_subject")))
    refresh_subject.apply((str(record.subject_id), str(cast.people()[part].pk)), throw=True)
    assert seen == [rows]
    assert count("casebook_subject") == 0


def test_a_task_for_somebody_whose_role_is_no_longer_active_reads_nothing(
    record, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting(user=cast.investigator):
        delegation = Delegation.objects.get(membership__user=cast.coordinator)
        end_delegation(delegation=delegation, by=cast.investigator, reason="left")
    seen: list[int] = []
    monkeypatch.setattr(tasks, "bring_up_to_date", lambda _subjects: seen.append(count("casebook_subject")))
    refresh_subject.apply((str(record.subject_id), str(cast.coordinator.pk)), throw=True)
    assert seen == [0]


def test_a_second_connection_of_the_app_role_shows_nothing(committed_db: str) -> None:
    cast = make_cast()
    subject = bare_subject(cast)
    parameters = connection.get_connection_params()
    bare = psycopg2.connect(**{name: parameters[name] for name in ("dbname", "user", "host", "port")})
    try:
        with bare.cursor() as cursor:
            for context, expected in (("", 0), (str(cast.stranger.pk), 0), (str(cast.coordinator.pk), 1)):
                cursor.execute("SELECT set_config('app.user_id', %s, true)", [context])
                cursor.execute("SELECT count(*) FROM casebook_subject WHERE id = %s", [str(subject.pk)])
                assert cursor.fetchone() == (expected,)
            bare.rollback()
            cursor.execute("SELECT count(*) FROM casebook_subject")
            assert cursor.fetchone() == (0,), "the next transaction of the same connection knows nobody"
    finally:
        bare.close()


def test_what_a_context_may_see_is_not_kept_for_the_next_one(record, cast: Cast) -> None:
    with acting(user=cast.coordinator), connection.cursor() as cursor:
        assert count("casebook_subject") == 1
        for name, expected in ((cast.stranger, 0), (cast.coordinator, 1), (cast.administrator, 0)):
            cursor.execute("SELECT set_config('app.user_id', %s, true)", [str(name.pk)])
            assert count("casebook_subject") == expected, name.username


def test_an_ended_role_is_forgotten_by_the_next_context(record, cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.coordinator)
    with acting(user=cast.coordinator):
        assert count("casebook_subject") == 1
        with acting(user=cast.administrator):
            end_role(membership=membership, by=cast.administrator)
        assert count("casebook_subject") == 0
