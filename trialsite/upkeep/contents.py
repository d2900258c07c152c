"""What a database holds, in figures that two databases can be compared by."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
ROWS = "SELECT count(*), COALESCE(sum(hashtextextended(row::text, 0)), 0)::text FROM {} AS row"
HEADS = "SELECT chain, length, encode(head, 'hex') FROM audit_chain ORDER BY chain"


@dataclass(frozen=True)
class Contents:
    """Each table with its number of rows and the sum of their hashes; each chain of the trail with length and head."""

    tables: Mapping[str, tuple[int, str]]
    heads: Mapping[str, tuple[int, str]]

    @property
    def rows(self) -> int:
        return sum(rows for rows, _hashes in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> "Contents":
        parts = (
            {name: (count, text) for name, (count, text) in found[part].items()}
            for part in ("tables", "heads")
        )
        return cls(*parts)


def contents_of(cursor: Cursor) -> Contents:
    """What the snapshot of this transaction holds. Reads every row: for a role that no policy holds back."""
    cursor.execute(TABLES)
    tables = {}
    for (name,) in cursor.fetchall():
        cursor.execute(sql.SQL(ROWS).format(sql.Identifier("public", name)))
        tables[name] = cursor.fetchone()
    cursor.execute(HEADS)
    return Contents(tables, {chain: (length, head) for chain, length, head in cursor.fetchall()})


def differences(told: Contents, found: Contents) -> Iterator[str]:
    """Where a restored database is not what was written down with the dump, a sentence each."""
    for name in sorted(told.tables.keys() | found.tables.keys()):
        rows, hashes = told.tables.get(name, (None, ""))
        rows_found, hashes_found = found.tables.get(name, (None, ""))
        if rows is None or rows_found is None:
            yield f"{name}: the table is {'missing' if rows_found is None else 'one too many'}"
        elif rows != rows_found:
            yield f"{name}: {rows_found} rows, and there were {rows}"
        elif hashes != hashes_found:
            yield f"{name}: as many rows as there were, with other contents"
    for chain in sorted(told.heads.keys() | found.heads.keys()):
        if told.heads.get(chain) != found.heads.get(chain):
            yield f"{chain}: the head of this chain of the trail is another one, or gone"
