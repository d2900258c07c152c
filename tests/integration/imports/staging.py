"""A file tried out and entered as somebody of the cast does it."""

from tests.cast import Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.imports.kinds import KINDS, guessed
from trialsite.imports.models import ImportBatch
from trialsite.imports.outcomes import Row, rows_from
from trialsite.imports.services import commit_import, reverse_import, stage_import


def staged(cast: Cast, kind: str, content: bytes, name: str, by: User) -> ImportBatch:
    with acting(user=by):
        sheet = KINDS[kind].read(name, content)
        return stage_import(
            study=cast.study,
            site=cast.here,
            kind=kind,
            source="",
            file_name=name,
            content=content,
            sheet=sheet,
            mapping=guessed(KINDS[kind], sheet.columns),
            by=by,
        )


def committed(batch: ImportBatch, by: User) -> ImportBatch:
    with acting(user=by):
        return commit_import(batch_id=batch.pk, by=by)


def taken_back(batch: ImportBatch, by: User) -> ImportBatch:
    with acting(user=by):
        return reverse_import(batch_id=batch.pk, reason="wrong file", by=by)


def rows(batch: ImportBatch) -> list[Row]:
    return rows_from(batch.rows)


def statuses(batch: ImportBatch) -> list[tuple[str, list[str]]]:
    """What becomes of each line, and the columns for which it is refused."""
    return [(row.status, [one[0] for one in row.refused]) for row in rows(batch)]
