"""The files of a MedDRA dictionary as the MSSO ships them: lines of fields, each ended by a dollar sign.

llt.asc: code $ name $ code of the preferred term $ … $ currency (Y or N, the tenth field). pt.asc: code $ name $ …
Source: MedDRA Distribution File Format Document (MSSO). The dictionary is licensed and never part of the product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trialsite.clinical.text import Text

CURRENCY = 9


class FileProblem(ValueError):
    """A line that is not of the format, with its number; the sentence says what was expected."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(sentence.en)
        self.sentence = sentence


@dataclass(frozen=True)
class LowestTerm:
    """One lowest level term with the code of its preferred term; `current` is false for one not to be used any more."""

    code: str
    name: str
    preferred: str
    current: bool


def lowest_terms(lines: Iterable[str], file: str = "llt.asc") -> Iterator[LowestTerm]:
    """The terms of llt.asc; empty lines are passed over. Raises FileProblem at the first line of another shape."""
    for number, parts in _parts(lines):
        if len(parts) < 3 or not (parts[0].isdigit() and parts[2].isdigit()) or not parts[1].strip():
            raise FileProblem(_shape(file, number, "code$name$PT code$"))
        current = len(parts) <= CURRENCY or parts[CURRENCY].strip().upper() != "N"
        yield LowestTerm(parts[0], parts[1].strip(), parts[2], current)


def names(lines: Iterable[str], file: str = "pt.asc") -> dict[str, str]:
    """Code → name, of pt.asc or of a file in another language. Raises FileProblem as `lowest_terms`."""
    found: dict[str, str] = {}
    for number, parts in _parts(lines):
        if len(parts) < 2 or not parts[0].isdigit() or not parts[1].strip():
            raise FileProblem(_shape(file, number, "code$name$"))
        found[parts[0]] = parts[1].strip()
    return found


def _parts(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, line.strip().lstrip("\ufeff").split("$")


def _shape(file: str, number: int, shape: str) -> Text:
    return Text(
        f"{file}, line {number}: this is no line of a MedDRA file; accepted are lines such as {shape}…",
        f"{file} 第 {number} 行：不是 MedDRA 文件的格式；可接受的行如 {shape}…",
    )
