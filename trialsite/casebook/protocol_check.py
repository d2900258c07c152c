"""Checking a protocol file against everything that the rooms have registered."""

from pathlib import Path

from trialsite.studies.domain.check import check_reading
from trialsite.studies.domain.problems import ProtocolProblem
from trialsite.studies.domain.read import Reading, read_file
from trialsite.studies.domain.vocabulary import PHASE_ANCHORS

from .registries import anchors, facts, forms


def checked_file(path: Path) -> tuple[Reading, tuple[ProtocolProblem, ...]]:
    """A protocol file as read, and every problem of it; a name that nobody registered is one."""
    reading = read_file(path)
    known = {name for name in anchors if f"{name}:" not in PHASE_ANCHORS}
    return reading, check_reading(reading, set(facts), known, set(forms))
