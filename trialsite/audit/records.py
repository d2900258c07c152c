"""Whether the tables hold what their trail says: a change made past the trigger leaves the two apart."""

from collections.abc import Iterator

from django.db import connection, models

from .as_of import fold_of, primary_key
from .guards import protected_models, quoted
from .protection import Protection

EVER = "infinity"


def records_astray() -> Iterator[tuple[str, str, str]]:
    """Rows that are not as the trail leaves them: table, row id, problem. Reads everything: act as the system."""
    for model, protection in protected_models():
        if protection.trail:
            yield from rows_astray(model, protection)


def rows_astray(model: type[models.Model], protection: Protection) -> Iterator[tuple[str, str, str]]:
    """The same of one table. Table and trail are read in one statement, so a save under way does not mislead."""
    table, key, hidden = model._meta.db_table, quoted(primary_key(model)), list(protection.redacted)
    folded, params = fold_of(model, protection, EVER, None, [])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH told AS ({folded}), stored AS (SELECT * FROM public.{quoted(table)})"
            f" SELECT COALESCE(stored.{key}, told.{key})::text, CASE"
            f" WHEN stored.{key} IS NULL THEN 'the row is gone, and its trail does not say so'"
            f" WHEN told.{key} IS NULL THEN 'the row has no entry in the trail'"
            " ELSE 'the row is not what its trail says' END"
            f" FROM stored FULL JOIN told ON told.{key} = stored.{key}"
            " WHERE jsonb_strip_nulls(to_jsonb(stored) - %s::text[])"
            " IS DISTINCT FROM jsonb_strip_nulls(to_jsonb(told) - %s::text[]) ORDER BY 1",
            [*params, hidden, hidden],
        )
        for row_id, problem in cursor.fetchall():
            yield table, row_id, problem
