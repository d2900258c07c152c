"""A problem found in a protocol file, as one sentence with its place."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class ProtocolProblem:
    """One thing to put right: file, line (0 where there is none), path, and what would be accepted."""

    file: str
    line: int
    path: str
    sentence: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.sentence}" if self.path else f"{place}: {self.sentence}"


def dotted(path: Path) -> str:
    """A path as people write it: `criteria[3].rule.all[0]`; the document itself is the empty string."""
    words = ""
    for step in path:
        if isinstance(step, int):
            words += f"[{step}]"
        else:
            words += f".{step}" if words else step
    return words
