"""Checking a protocol file against everything that the rooms have registered."""

from pathlib import Path

from trialsite.studies.domain.check import check_reading
from trialsite.studies.domain.problems import ProtocolProblem
from trialsite.studies.domain.read import Reading, read_file, read_text
from trialsite.studies.domain.vocabulary import PHASE_ANCHORS

from .registries import anchors, facts, forms


def checked_file(path: Path) -> tuple[Reading, tuple[ProtocolProblem, ...]]:
    """A protocol file as read, and every problem of it; a name that nobody registered is one."""
    return checked(read_file(path))


def checked_text(text: str, name: str) -> tuple[Reading, tuple[ProtocolProblem, ...]]:
    """The same for the text of a file; `name` stands for it in problems."""
    return checked(read_text(text, name))


def checked(reading: Reading) -> tuple[Reading, tuple[ProtocolProblem, ...]]:
    known = {name for name in anchors if f"{name}:" not in PHASE_ANCHORS}
    return reading, check_reading(reading, set(facts), known, set(forms))
