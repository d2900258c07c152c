"""Rows read straight from their columns are those that the serializers show, where no date is shifted."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Cast
from trialsite.access.models import Profile
from trialsite.audit import acting
from trialsite.exchange.profiles import Release
from trialsite.exports import raw
from trialsite.exports.domain.table import Row
from trialsite.exports.extract import Extract
from trialsite.exports.straight import straight_rows
from trialsite.exports.writers.delimited import in_text

Filled = tuple[Cast, dict[str, Any]]
RELEASES = [Release(), Release(Profile.CODED, genetic=False)]


def texts(rows: Iterator[Row]) -> list[dict[str, str]]:
    return [{name: in_text(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("release", RELEASES, ids=["identified", "coded"])
def test_columns_give_what_serializers_show(filled: Filled, release: Release) -> None:
    cast, _subjects = filled
    compared = 0
    with acting(user=cast.data_manager):
        for table in raw.tables(Extract(cast.study, cast.data_manager, release)):
            rows = texts(table.rows())
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(raw, "straight_rows", lambda *_told: None)
                assert rows == texts(table.rows()), table.name
            compared += bool(rows)
    assert compared >= 20


def test_every_list_of_forms_is_read_straight(filled: Filled) -> None:
    cast, _subjects = filled
    with acting(user=cast.data_manager):
        extract = Extract(cast.study, cast.data_manager)
        plans = raw.plans_of(extract)
        own = [item.key for plan in plans for item in plan.items]
        for name, view in raw.lists().items():
            if name.startswith("forms/") and name not in raw.OWN:
                table = raw.table_of(extract, name, view, plans)
                assert straight_rows(raw.listing(extract, view), table.variables, own, ()) is not None, name
