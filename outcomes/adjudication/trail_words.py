"""How the trail speaks of a committee's decisions."""

from collections.abc import Mapping
from typing import Any

SHOWN = {"form_key", "seen", "chair", "verdict", "event_date_text", "cause", "words"}


def hidden_of_decision(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - SHOWN
