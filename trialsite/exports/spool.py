"""Rows kept in a temporary file, so that a table that costs many queries is made once and read several times."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .domain.table import Row, Table


def spooled(table: Table, folder: Path) -> Table:
    """The same table, its rows made now and read from a file in `folder` from then on; memory stays flat."""
    path = folder / f"{table.name}.rows"
    names = table.columns
    with path.open("wb") as file:
        writer = pickle.Pickler(file, protocol=pickle.HIGHEST_PROTOCOL)
        for row in table.rows():
            writer.dump([row.get(name) for name in names])
            writer.clear_memo()

    def rows() -> Iterator[Row]:
        with path.open("rb") as kept:
            while True:
                try:
                    values = pickle.load(kept)  # noqa: S301  (written above by this process)
                except EOFError:
                    return
                yield dict(zip(names, values, strict=True))

    return replace(table, rows=rows)
