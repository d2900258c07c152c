"""Installs the guards of every table: grants of the app role, row-level security, triggers, definer functions.

Runs after each migration as the owner role and is idempotent: what stands here is what the database does. Each room
may keep SQL of its own in `<room>/sql/*.sql` (definer functions); it is executed in the order of INSTALLED_APPS.
"""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper

from .protection import Protection

MEMBER_ROWS = """((SELECT app_is_system()) OR study_id::text || COALESCE(site_id::text, '') =
    ANY ((SELECT app_places({roles}))::text[]))"""

OF_MEMBER = """(decided_by_id = (SELECT app_user_id())
    AND study_id::text = ANY ((SELECT app_places(ARRAY['adjudicator', 'chair']))::text[]))"""

# Reading `both_sites`, writing the sending one alone: what the other site decides goes through a function of its own.
ROWS_WRITTEN = {"both_sites": "site", "committee": "member"}
ROW_RULES = {
    "site": MEMBER_ROWS.format(roles=""),
    "identity": MEMBER_ROWS.format(roles="ARRAY['coordinator', 'investigator']"),
    "author": f"(author_id = (SELECT app_user_id()) AND {MEMBER_ROWS.format(roles='')})",
    # Who reads the record reads what was decided; a member of the committee the own decisions alone.
    "committee": f"({MEMBER_ROWS.format(roles='')} OR {OF_MEMBER})",
    "member": OF_MEMBER,
    "both_sites": " OR ".join(
        MEMBER_ROWS.format(roles="").replace("site_id", column) for column in ("site_id", "to_site_id")
    ).join("()"),
    "part": """((SELECT app_is_system()) OR study_id::text = ANY ((SELECT app_places())::text[]) AND (NOT closed
        OR study_id::text = ANY ((SELECT app_places(ARRAY['data_manager', 'statistician']))::text[])
        OR EXISTS (SELECT 1 FROM public.studies_study s WHERE s.id = study_id AND s.locked_at IS NOT NULL)))""",
    "trail": f"""(CASE WHEN study_id IS NULL THEN (SELECT app_is_system()) OR EXISTS (
            SELECT 1 FROM app_roles() r WHERE r.role = 'administrator')
        WHEN subject_id = ANY ((SELECT app_transferred(false))::uuid[])
            THEN subject_id = ANY ((SELECT app_transferred(true))::uuid[])
        ELSE {MEMBER_ROWS.format(roles="")} END)""",
}


def protected_models() -> Iterator[tuple[type[models.Model], Protection]]:
    """Every concrete model that declares its protection."""
    for model in apps.get_models():
        protection = getattr(model, "protection", None)
        if protection is not None and model._meta.managed:
            yield model, protection


def install_guards(*, using: str) -> None:
    """Make the database's guards what the models and SQL files say, in one transaction."""
    connection = connections[using]
    app_role = settings.DATABASES["default"]["USER"]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == app_role:
            raise RuntimeError("Migrate as the owner role: manage.py migrate --database owner.")
        tell_base(cursor)
        for name in ("context", "transfers", "changes", "trail", "holds", "as_of", "digest"):
            run_file(cursor, Path(__file__).parent / "sql" / f"{name}.sql")
        grant_default(cursor, app_role)
        for model, protection in protected_models():
            guard_table(cursor, model._meta.db_table, protection, app_role)
            stop_where_held(cursor, model, protection)
        tell_forms(cursor)
        seal_trail(cursor)
        for config in apps.get_app_configs():
            for file in sorted((Path(config.path) / "sql").glob("*.sql")):
                if config.label != "audit":
                    run_file(cursor, file)


def run_file(cursor: CursorWrapper, path: Path) -> None:
    cursor.execute(path.read_text(encoding="utf-8").replace("%", "%%"), [])


def grant_default(cursor: CursorWrapper, app_role: str) -> None:
    """Tables of Django and its packages are working tables of the app; none of them holds clinical facts."""
    role = quoted(app_role)
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}")
    cursor.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
    cursor.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}")


def guard_table(cursor: CursorWrapper, table: str, protection: Protection, app_role: str) -> None:
    """Grants, policy and trail trigger of one table."""
    name, role = quoted(table), quoted(app_role)
    cursor.execute(f"REVOKE ALL ON {name} FROM {role}")
    if protection.app is not None:
        rights = ", ".join(["SELECT", *(right.upper() for right in protection.app)])
        cursor.execute(f"GRANT {rights} ON {name} TO {role}")
    cursor.execute(f"DROP POLICY IF EXISTS boundary ON {name}")
    if protection.rows:
        cursor.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        written = ROW_RULES[ROWS_WRITTEN.get(protection.rows, protection.rows)]
        cursor.execute(
            f"CREATE POLICY boundary ON {name} USING {ROW_RULES[protection.rows]} WITH CHECK {written}"
        )
    else:
        cursor.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
    cursor.execute(f"DROP TRIGGER IF EXISTS trail ON {name}")
    if protection.trail:
        redacted = ",".join(protection.redacted)
        cursor.execute(
            f"CREATE TRIGGER trail AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW "
            f"EXECUTE FUNCTION audit_record('{protection.trail}', '{redacted}')"
        )


def stop_where_held(cursor: CursorWrapper, model: type[models.Model], protection: Protection) -> None:
    """The trigger that refuses what a freeze or lock stops."""
    name = quoted(model._meta.db_table)
    cursor.execute(f"DROP TRIGGER IF EXISTS held ON {name}")
    if protection.held:
        how, parent = place_of_rows(model)
        cursor.execute(
            f"CREATE TRIGGER held BEFORE INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW "
            f"EXECUTE FUNCTION casebook_held('{protection.held}', '{how}', '{parent}')"
        )


def place_of_rows(model: type[models.Model]) -> tuple[str, str]:
    """How the slot of a row is found, and the table of its owner where that has it: the form of a line, say.

    "form": by its visit; "visit": a visit is named itself; "slot": named in the row; "record": of what stands on a
    form, or without one on a visit or a whole casebook; "subject": of a subject as a whole."""
    columns = {field.name: field for field in model._meta.concrete_fields}
    for owner in columns.keys() & {"record", "query"}:
        parent = columns[owner].related_model
        return place_of_rows(parent)[0], parent._meta.db_table  # type: ignore[arg-type, union-attr]
    if {"visit", "form_key"} <= set(columns):
        return "form", ""
    if {"key", "repeat", "missed_reason"} <= set(columns):
        return "visit", ""
    if "visit_key" in columns:
        return "slot", ""
    return ("record" if "record_id" in columns else "subject"), ""


def tell_forms(cursor: CursorWrapper) -> None:
    """The function that finds where a form stands by its id alone, whatever its table."""
    tables = [
        quoted(model._meta.db_table)
        for model, protection in protected_models()
        if protection.held and place_of_rows(model) == ("form", "")
    ]
    each = " UNION ALL ".join(
        f"SELECT f.visit_id, f.form_key, f.form_repeat FROM {table} f WHERE f.id = $1" for table in tables
    )
    cursor.execute(
        "CREATE OR REPLACE FUNCTION casebook_form(form uuid)"
        " RETURNS TABLE (visit_id uuid, form_key varchar, form_repeat smallint) LANGUAGE sql STABLE AS"
        f" $${each}$$"
    )


def tell_base(cursor: CursorWrapper) -> None:
    """The function that gives what is added to the server's own count of transactions.

    It is raised where the trail holds a transaction that this server has not reached: the record came from another one.
    """
    cursor.execute("SELECT to_regprocedure('public.audit_base()') IS NOT NULL")
    base = 0
    if cursor.fetchone()[0]:
        cursor.execute("SELECT public.audit_base()")
        base = cursor.fetchone()[0]
    cursor.execute("SELECT COALESCE(max(transaction), 0) FROM public.audit_trail")
    newest = cursor.fetchone()[0]
    cursor.execute(
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    )  # after the look at the trail
    if newest >= base + cursor.fetchone()[0]:
        base = newest
    cursor.execute(
        "CREATE OR REPLACE FUNCTION public.audit_base() RETURNS bigint LANGUAGE sql IMMUTABLE AS"
        f" $$SELECT {base}::bigint$$"
    )


def seal_trail(cursor: CursorWrapper) -> None:
    """The trail refuses change from every role, its owner included."""
    for table in ("audit_trail", "audit_event", "audit_digest", "audit_digest_head"):
        cursor.execute(f"DROP TRIGGER IF EXISTS once_rows ON {table}")
        cursor.execute(
            f"CREATE TRIGGER once_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"
        )
        cursor.execute(f"DROP TRIGGER IF EXISTS once_table ON {table}")
        cursor.execute(
            f"CREATE TRIGGER once_table BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
