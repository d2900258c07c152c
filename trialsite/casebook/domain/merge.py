"""Two people in one form: what each changed since the version that both started from, and the form that results.

A form is read as answers by place. A place is an item ("weight"), an item of a line ("results.2.value"), or a whole
line ("results.2") that one side lacks. Lines are known by their number; a line that only the second typed has a number
below zero.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Line = Mapping[str, Any]
LineKey = tuple[str, int]


class Choice(StrEnum):
    """Whose answer stands."""

    THEIRS = "theirs"
    MINE = "mine"


@dataclass(frozen=True)
class Answer:
    """The value of an item, and why it is empty."""

    value: Any
    why: str = ""


@dataclass(frozen=True)
class Content:
    """One version of a form: its items, and its lines by kind and number."""

    items: Mapping[str, Answer] = field(default_factory=dict)
    lines: Mapping[LineKey, Line] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """A place at which the two submissions differ; a line that is not there is None."""

    kind: str
    line: int
    item: str
    base: Any
    theirs: Any
    mine: Any

    @property
    def place(self) -> str:
        """The address of the place as one text."""
        return ".".join(filter(None, (self.kind, str(self.line) if self.kind else "", self.item)))

    @property
    def preselected(self) -> Choice | None:
        """Whose answer stands unless somebody chooses: of the one who changed it; None where both did."""
        if self.theirs == self.base:
            return Choice.MINE
        return Choice.THEIRS if self.mine == self.base else None


def differences(base: Content, theirs: Content, mine: Content) -> Iterator[Difference]:
    """Every place at which `theirs` and `mine` differ, items first, then line by line."""
    for item, answer in mine.items.items():
        saved = theirs.items[item]
        if answer != saved:
            yield Difference("", 0, item, base.items[item], saved, answer)
    for kind, number in sorted({*theirs.lines, *mine.lines}, key=in_order):
        key = (kind, number)
        was, saved_line, typed = base.lines.get(key), theirs.lines.get(key), mine.lines.get(key)
        if saved_line is None or typed is None:
            if saved_line != typed:
                yield Difference(kind, number, "", was, saved_line, typed)
            continue
        for item, value in typed.items():
            if value != saved_line.get(item):
                before = was.get(item) if was else None
                yield Difference(kind, number, item, before, saved_line.get(item), value)


def in_order(key: LineKey) -> tuple[str, bool, int]:
    """Lines by kind and number; those that only the second typed last, as they were typed."""
    kind, number = key
    return kind, number < 0, abs(number)


def is_asked(found: list[Difference]) -> bool:
    """Whether the second must look: something of the first would change without having been seen."""
    return any(one.preselected is not Choice.MINE for one in found)


def undecided(found: list[Difference], choices: Mapping[str, Choice]) -> set[str]:
    """The places at which both changed something and nobody has chosen."""
    return {one.place for one in found if one.preselected is None and one.place not in choices}


def merged(theirs: Content, mine: Content, found: list[Difference], choices: Mapping[str, Choice]) -> Content:
    """The form that results: what is saved, with the second's answers where they were chosen or changed alone."""
    items = {item: theirs.items[item] for item in mine.items}
    lines = {key: dict(line) for key, line in theirs.lines.items()}
    for one in found:
        if choices.get(one.place, one.preselected) is not Choice.MINE:
            continue
        if not one.kind:
            items[one.item] = one.mine
        elif one.item:
            lines[one.kind, one.line][one.item] = one.mine
        elif one.mine is None:
            del lines[one.kind, one.line]
        else:
            lines[one.kind, one.line] = dict(one.mine)
    return Content(items, lines)
