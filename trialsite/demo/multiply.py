"""Making a large study out of a small one, for the benchmark only: INSERT … SELECT as the owner role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper

from assessments.models import LoggedSample
from outcomes.models import EndpointResult
from trialsite.casebook.models import Subject

OWNER = "owner"
LONGER = "round(t.days * (0.5 + twin * 7919 %% 1000 / 1000.0))::integer"
TWIN = (  # the instant, version and variant of the key stay, so that a twin's rows were made when its model's were
    "(left(t.{0}::text, 15) || substr(md5(t.{0}::text || '-' || twin)::uuid::text, 16, 4)"
    " || substr(t.{0}::text, 20, 1) || substr(md5(t.{0}::text || '-' || twin)::uuid::text, 21))::uuid"
)
NUMBERED = "CASE WHEN t.{0} = '' THEN '' ELSE t.{0} || '-' || twin END"
CHANGED: dict[tuple[Any, str], str] = {
    (Subject, "screening_number"): NUMBERED.format("screening_number"),
    (Subject, "subject_number"): NUMBERED.format("subject_number"),
    (Subject, "usubjid"): NUMBERED.format("usubjid"),
    (LoggedSample, "label"): NUMBERED.format("label"),
    (EndpointResult, "days"): LONGER,
    (EndpointResult, "ended_on"): f"COALESCE(t.origin + {LONGER}, t.ended_on)",
}


def multiply(copies: int) -> None:
    """Give every subject `copies` twins with all that hangs on them; new keys are made from the old ones.

    The twins' changes do not enter the trail: the trail trigger rests meanwhile, and the twins' chains get the
    length that their projections were derived from, so that readers find these up to date. Each twin's endpoints take
    longer or shorter by a factor of its own, so that curves have the steps of a study of that size.
    """
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM casebook_subject")
        first = cursor.fetchone()[0]  # no number of an earlier round is used again
        for model in tables():
            copy_table(cursor, model, range(first, first + copies))
        cursor.execute(
            "INSERT INTO audit_chain (chain, length, head)"
            " SELECT 'subject:' || d.subject_id, d.chain_length, ''::bytea FROM casebook_derivation d"
            " ON CONFLICT DO NOTHING"
        )
    with connections[OWNER].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def tables() -> Iterator[type[models.Model]]:
    """Subject and every table that hangs on it, those that are pointed at first."""
    yield Subject
    waiting = [
        model
        for model in apps.get_models()
        if model is not Subject
        and any(field.related_model is Subject for field in model._meta.concrete_fields)
        and getattr(model, "protection", None)
        and model._meta.db_table != "casebook_draft"
    ]
    done: set[Any] = {Subject}
    while waiting:
        for model in list(waiting):
            points_at = {field.related_model for field in model._meta.concrete_fields if field.related_model}
            if not points_at & set(waiting) - {model}:
                yield model
                done.add(model)
                waiting.remove(model)


def copy_table(cursor: CursorWrapper, model: type[models.Model], numbers: range) -> None:
    """Copy the rows of one table once for each number; keys are made anew in the same way in every table."""
    table = model._meta.db_table
    copied = {kind for kind in apps.get_models() if kind is Subject or has_subject(kind)}
    columns, values = [], []
    for field in model._meta.concrete_fields:
        is_key = field.get_internal_type() == "UUIDField" and (
            field.primary_key or field.column in {"record_id", "person_key"}
        )
        new_key = is_key or field.related_model in copied
        if field.primary_key and field.get_internal_type() in {"BigAutoField", "AutoField"}:
            continue
        columns.append(f'"{field.column}"')
        if new_key:
            values.append(TWIN.format(f'"{field.column}"'))
        else:
            values.append(CHANGED.get((model, field.name), f't."{field.column}"'))
    with resting(cursor, table):
        cursor.execute(
            f'INSERT INTO "{table}" ({", ".join(columns)})'
            f' SELECT {", ".join(values)} FROM "{table}" t, generate_series(%s, %s) AS twin',
            [numbers.start, numbers.stop - 1],
        )


@contextmanager
def resting(cursor: CursorWrapper, table: str) -> Iterator[None]:
    """The table without its triggers and foreign keys: what a twin points at was made in the same way as the twin."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
        [table],
    )
    keys = cursor.fetchall()
    cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    for name, _definition in keys:
        cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    yield
    for name, definition in keys:
        held = definition.removesuffix(" NOT VALID")
        cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {held} NOT VALID')
    cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def has_subject(model: type[models.Model]) -> bool:
    return any(field.related_model is Subject for field in model._meta.concrete_fields)
