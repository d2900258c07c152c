"""What the app role sees and may do in raw SQL, under a site's context, under another's, and under none."""

import pytest
from django.db import connection, transaction
from django.db.utils import Error

from tests.cast import Cast, bare_subject
from tests.integration.casebook.test_forms import enter
from trialsite.audit import acting
from trialsite.audit.guards import protected_models

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
        " (id, subject_id, study_id, site_id, key, repeat, missed_reason, missed_text) VALUES"
    )
    place = (record.subject_id, record.study_id, record.site_id)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{insert} (gen_random_uuid(), %s, %s, %s, 'X', 1, '', '')", place)


def test_a_write_into_another_site_raises(record, cast: Cast) -> None:
    insert = (
        "INSERT INTO casebook_visit"
        " (id, subject_id, study_id, site_id, key, repeat, missed_reason, missed_text) VALUES"
    )
    place = (record.subject_id, record.study_id, record.site_id)
    refused = pytest.raises(Error, match="row-level security")
    with acting(user=cast.stranger), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{insert} (gen_random_uuid(), %s, %s, %s, 'X', 1, '', '')", place)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assessments_vitalsigns SET state = 'locked'",
        "UPDATE casebook_subject SET arm = 'X'",
        "INSERT INTO casebook_visit (id, subject_id, study_id, site_id, key, repeat, missed_reason, missed_text)"
        " SELECT gen_random_uuid(), id, study_id, site_id, 'X', 1, '', '' FROM casebook_subject",
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
