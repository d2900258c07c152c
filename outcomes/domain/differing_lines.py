"""Where two tables, or two trees of figures, differ: one line a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .cut_rows import Row

Line = tuple[str, str, str, str]  # key of the row, column, what it was, what it is


def differing_lines(before: Sequence[Row], after: Sequence[Row], key: Sequence[str]) -> list[Line]:
    """Rows by their key: each column that differs; a row that is there on one side only, whole, at the column ""."""
    old, new = ({tuple(row[name] for name in key): row for row in rows} for rows in (before, after))
    found: list[Line] = []
    for one in dict.fromkeys([*old, *new]):
        was, now = old.get(one), new.get(one)
        name = " ".join(one)
        if was is None or now is None:
            found.append((name, "", whole(was), whole(now)))
            continue
        columns = dict.fromkeys([*was, *now])
        found += [
            (name, column, was.get(column, ""), now.get(column, ""))
            for column in columns
            if was.get(column) != now.get(column)
        ]
    return found


def whole(row: Row | None) -> str:
    return "" if row is None else ", ".join(value for value in row.values() if value)


def differing_values(before: Any, after: Any, place: str = "") -> list[Line]:
    """Leaves of two trees that differ, by their path ("RFS groups 0 at_landmark"); what is missing is empty."""
    old, new = branches(before), branches(after)
    if old is None or new is None:
        if before == after:
            return []
        path, _, leaf = place.rpartition(" ")
        return [(path, leaf, leaf_text(before), leaf_text(after))]
    found: list[Line] = []
    for name in dict.fromkeys([*old, *new]):
        found += differing_values(old.get(name), new.get(name), f"{place} {name}".strip())
    return found


def branches(tree: Any) -> dict[str, Any] | None:
    """What hangs beneath; None at a leaf."""
    if isinstance(tree, Mapping):
        return dict(tree)
    if isinstance(tree, list):
        return {str(place): one for place, one in enumerate(tree)}
    return None


def leaf_text(value: Any) -> str:
    return "" if value is None else str(value)
