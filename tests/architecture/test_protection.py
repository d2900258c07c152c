"""Every table of ours says how PostgreSQL guards it, and PostgreSQL does so."""

import re

import pytest
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from trialsite.audit.as_of import columns_of, new_names
from trialsite.audit.guards import protected_models
from trialsite.casebook.models import CasebookRecord, CasebookRow, Projection, SiteBound, Subject, Visit

ROOMS = {
    "audit",
    "access",
    "studies",
    "casebook",
    "reminders",
    "review",
    "deviations",
    "exchange",
    "enrollment",
    "assessments",
    "treatment",
    "outcomes",
    "exports",
    "imports",
}
OURS = [model for model in apps.get_models() if model._meta.app_label in ROOMS]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_declares_its_protection(model) -> None:
    assert getattr(model, "protection", None) is not None


@pytest.mark.parametrize(
    "model", [m for m in OURS if issubclass(m, (CasebookRecord, CasebookRow))], ids=lambda m: m._meta.label
)
def test_every_form_and_line_is_in_the_trail_and_behind_the_site_boundary(model) -> None:
    assert model.protection.trail == "subject"
    assert model.protection.rows == "site"
    assert "delete" not in model.protection.app


NOT_OF_THE_RECORD = {
    "casebook.Draft": "nobody's record: what one author has typed",
    "review.AttachmentContent": "bytes, written once; their digest is in the trail of review.Attachment",
    "imports.ImportBatch": "what a file says; what of it is entered stands in the trail of its forms",
    "imports.ImportRun": "how far a worker is with a file",
    "enrollment.RandomisationSlot": "no role reads it; the allocation is a row of enrollment.Randomisation",
}


ROWS_OF_OTHERS_TOO = {
    "casebook.Transfer": "both_sites",  # the receiving site reads what it is asked
    "outcomes.AdjudicationDecision": "committee",  # its members write, and are of no site
}


def clinical(model) -> bool:
    """Whether a model says something about a subject: it is one, or leads to one, and is no projection."""
    leads_to = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
    of_a_subject = model is Subject or any(
        issubclass(other, Subject | Visit | CasebookRecord | CasebookRow) for other in leads_to
    )
    return (of_a_subject or issubclass(model, SiteBound)) and not issubclass(model, Projection)


OF_A_WHOLE_SITE = {  # no subject of their own
    "casebook.Outage": "study",
    "assessments.ReferenceRange": "study",
    "assessments.LabName": "study",
    "assessments.Shipment": "study",
    "assessments.SiteDay": "study",
    "imports.ImportSource": "study",
}
CLINICAL = [model for model in OURS if clinical(model) and model._meta.label not in NOT_OF_THE_RECORD]


def test_there_are_clinical_models_to_enumerate() -> None:
    assert len(CLINICAL) > 40
    assert set(NOT_OF_THE_RECORD) <= {model._meta.label for model in OURS if clinical(model)}


@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model._meta.label)
def test_every_clinical_model_is_in_its_subjects_chain_behind_the_boundary_and_never_deleted(model) -> None:
    assert model.protection.trail == OF_A_WHOLE_SITE.get(model._meta.label, "subject")
    assert model.protection.rows == ROWS_OF_OTHERS_TOO.get(model._meta.label, "site")
    assert "delete" not in model.protection.app


@pytest.mark.parametrize(
    "label",
    [
        "access.User",
        "access.Membership",
        "access.Token",
        "access.Person",
        "studies.Study",
        "studies.StudySite",
        "studies.Site",
        "studies.ProtocolVersion",
        "studies.ProtocolFile",
        "audit.Event",
        "audit.Digest",
    ],
)
def test_accounts_roles_set_up_events_and_digests_are_in_the_trail(label: str) -> None:
    assert apps.get_model(label).protection.trail


@pytest.mark.parametrize("model", [m for m in OURS if issubclass(m, SiteBound)], ids=lambda m: m._meta.label)
def test_every_row_of_a_site_is_behind_row_level_security(model) -> None:
    assert model.protection.rows or model.protection.app is None


@pytest.mark.django_db
def test_the_database_guards_what_the_models_declare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid"
            " AND t.tgname = 'trail' AND t.tgenabled <> 'D'), pg_get_userbyid(c.relowner)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r'"
        )
        found = {name: (rows, trail, owner) for name, rows, trail, owner in cursor.fetchall()}
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        app, superuser, bypass = cursor.fetchone()
    assert not superuser
    assert not bypass
    for model, protection in protected_models():
        rows, trail, owner = found[model._meta.db_table]
        assert rows == bool(protection.rows), model._meta.label
        assert trail == bool(protection.trail), model._meta.label
        assert owner != app, model._meta.label


@pytest.mark.django_db
def test_definer_functions_fix_their_search_path() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE p.prosecdef AND n.nspname = 'public'"
        )
        functions = cursor.fetchall()
    assert {"audit_record", "audit_breaks"} <= {name for name, _config in functions}
    for name, config in functions:
        assert any("search_path=public, pg_temp" in setting for setting in config or []), name


@pytest.mark.django_db
def test_every_renamed_column_of_the_trail_is_declared_with_its_migration() -> None:
    """Older entries hold the old name; as of an instant they are read under the new one (docs/adr/0015)."""
    for (room, name), migration in MigrationLoader(connection).disk_migrations.items():
        for operation in migration.operations if room in ROOMS else ():
            assert not isinstance(operation, migrations.RenameModel | migrations.AlterModelTable), (
                f"{room}.{name}: entries of the trail name the table; give it its old name by db_table"
            )
            if isinstance(operation, migrations.RenameField):
                declared = apps.get_model(room, operation.model_name).renamed
                wanted = (operation.old_name, operation.new_name, f"{room}.{name}")
                assert wanted in [(one.old, one.new, one.migration) for one in declared]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_renamed_column_leads_to_one_that_is_there(model) -> None:
    columns = columns_of(model)
    for old, new in new_names(model).items():
        assert old not in columns, f"{old} is a column again: an item key is never reused"
        assert new in columns or new.startswith(("extra.", "missing."))


ASKS_FOR_RIGHTS = {
    "access_standing",
    "access_guard_delegations",
}  # the second one asks who is principal investigator


@pytest.mark.django_db
def test_rights_are_asked_for_in_one_place() -> None:
    """A function or policy that read the memberships by itself would forget trainings and delegations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        sources = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM pg_policies WHERE qual LIKE '%access\\_membership%'")
        (policies,) = cursor.fetchone()
    assert {name for name, source in sources.items() if "access_membership" in source} == ASKS_FOR_RIGHTS
    assert policies == 0


@pytest.mark.django_db
def test_rights_are_those_of_today_where_the_record_is_read_as_of_an_instant() -> None:
    """Temporary tables stand before those of the schema: what tells rights names the schema."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc WHERE proname = ANY (%s)", [[*ASKS_FOR_RIGHTS, "app_places"]]
        )
        sources = dict(cursor.fetchall())
    for name, source in sources.items():
        named = re.findall(r"(?:FROM|JOIN) (\S*(?:access|studies)_(?!standing)\w+)", source)
        assert named, name
        assert all(table.startswith("public.") for table in named), (name, named)
