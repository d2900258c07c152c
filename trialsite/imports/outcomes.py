"""What becomes of the lines of a file, and the way back from what they entered."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

NEW, CHANGED, SAME, REJECTED = "new", "changed", "same", "rejected"
STATUSES = (NEW, CHANGED, SAME, REJECTED)


@dataclass
class Row:
    """One line: what it says, what becomes of it.

    `cells`: target of the mapping, or field of the form → text. `place`: where it goes, in words. `changes`: label,
    old and new text of each item. `asks`: soft findings, which become queries. `refused`: column, sentence, accepted.
    """

    line: int
    cells: dict[str, str]
    status: str = ""
    subject: str = ""
    place: str = ""
    changes: list[list[str]] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    refused: list[list[str]] = field(default_factory=list)

    def reject(self, column: str, sentence: str, accepted: str = "") -> None:
        self.status, self.changes, self.asks = REJECTED, [], []
        said = [column, str(sentence), accepted]
        if said not in self.refused:
            self.refused.append(said)

    @property
    def rejected(self) -> bool:
        return self.status == REJECTED

    @property
    def writes(self) -> bool:
        return self.status in (NEW, CHANGED)

    def kept(self) -> "Row":
        """The row of an import that was entered: what it entered stands in the record, not here."""
        if self.rejected:
            return self
        return Row(
            self.line, {}, self.status, self.subject, self.place, [[one[0], "", ""] for one in self.changes]
        )


@dataclass
class Touched:
    """A record that an import entered (`new`) or changed: which version it left, and what to type to go back.

    `form`: key of the form, or "" of what is no form; `subject`: id; `number`, `place`: words for people.
    """

    record: str
    version: int
    new: bool
    form: str = ""
    subject: str = ""
    number: str = ""
    place: str = ""
    back: dict[str, str] = field(default_factory=dict)


@dataclass
class Work:
    """What a run over a file did."""

    rows: list[Row]
    touched: list[Touched] = field(default_factory=list)


def rows_from(stored: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [Row(**one) for one in stored]


def touched_from(stored: Iterable[Mapping[str, Any]]) -> list[Touched]:
    return [Touched(**one) for one in stored]


def as_json(found: Sequence[Any]) -> list[dict[str, Any]]:
    return [asdict(one) for one in found]


def counts(rows: Iterable[Row]) -> dict[str, int]:
    """How many rows have each status, all of them named."""
    found = Counter(row.status for row in rows)
    return {status: found[status] for status in STATUSES}
