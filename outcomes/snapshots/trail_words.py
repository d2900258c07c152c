"""How the trail speaks of data cuts: what a person reads of them, without digests and ids."""

from collections.abc import Mapping
from typing import Any


def hidden_of_cut(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - {"name", "cut_off", "reason", "release"}


def hidden_of_file(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - {"name", "sha256"}
