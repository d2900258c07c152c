"""How the trail speaks of historical controls: what a person reads of them, without codes, rows and digests."""

from collections.abc import Mapping
from typing import Any


def hidden_of_control(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - {"name", "version", "source", "period_from", "period_to", "definition"}
