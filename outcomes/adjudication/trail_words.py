"""How the trail speaks of a committee's decisions."""

from collections.abc import Mapping
from typing import Any

from trialsite.casebook.registries import TrailWords, forms

SHOWN = {"form_key", "seen", "chair", "verdict", "event_date_text", "cause", "words"}


def hidden_of_decision(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - SHOWN


def form_word(key: str) -> str:
    """The form of the event by its title."""
    return str(forms[key].title)


DECISION_WORDS = TrailWords(hidden=hidden_of_decision, values={"form_key": form_word})
