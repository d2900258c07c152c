"""What changed between two data cuts, endpoint by endpoint: who counts now, who no more, whose result is another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .cut_rows import Row

COMPARED = ("status", "origin", "ended_on", "days", "cause", "event_type")


class Change(StrEnum):
    """NEW: counts in the later cut only. GONE: counts in the earlier cut only. CHANGED: counts in both, differently."""

    NEW = "NEW"
    GONE = "GONE"
    CHANGED = "CHANGED"


@dataclass(frozen=True)
class SubjectChange:
    """One subject whose result of an endpoint is another. A side is empty where the subject does not count there."""

    endpoint: str
    kind: Change
    subject: str
    site: str
    old: Mapping[str, str]
    new: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """The columns that differ."""
        return [name for name in COMPARED if self.old.get(name, "") != self.new.get(name, "")]


@dataclass(frozen=True)
class EndpointChange:
    """One endpoint between two cuts: how many count, and who changed."""

    endpoint: str
    before: int
    after: int
    subjects: tuple[SubjectChange, ...]

    def count(self, kind: Change) -> int:
        return sum(one.kind == kind for one in self.subjects)


def difference(
    earlier: Iterable[Row], later: Iterable[Row], endpoints: Sequence[str]
) -> list[EndpointChange]:
    """The endpoints in their order, each with its changed subjects in the order of the files."""
    old, new = by_endpoint(earlier), by_endpoint(later)
    return [endpoint_change(key, old.get(key, {}), new.get(key, {})) for key in endpoints]


def by_endpoint(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    """Endpoint → subject → its line, of those who count."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["in_set"] == "Y":
            found.setdefault(row["endpoint"], {})[row["subject"]] = row
    return found


def endpoint_change(key: str, old: Mapping[str, Row], new: Mapping[str, Row]) -> EndpointChange:
    changes = [subject_change(key, old.get(one), new.get(one)) for one in dict.fromkeys([*old, *new])]
    return EndpointChange(key, len(old), len(new), tuple(one for one in changes if one is not None))


def subject_change(key: str, old: Row | None, new: Row | None) -> SubjectChange | None:
    """What changed for one subject; None where nothing did."""
    row = new or old
    assert row is not None
    kind = Change.NEW if old is None else Change.GONE if new is None else Change.CHANGED
    found = SubjectChange(key, kind, row["subject"], row["site"], dict(old or {}), dict(new or {}))
    return found if found.columns or kind != Change.CHANGED else None
