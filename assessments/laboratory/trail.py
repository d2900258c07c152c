"""How the trail speaks of the tray: the columns that a reader needs, codes in words."""

from collections.abc import Collection, Mapping
from typing import Any

from trialsite.casebook.registries import TrailWords

from ..models.tray import TrayState, TrayWhy, analyte_word

SHOWN_OF_ROWS = {"label", "result", "unit", "reference", "drawn_on", "sample_time", "laboratory", "why", "state",
                 "analyte", "reason"}  # fmt: skip
SHOWN_OF_NAMES = {"laboratory", "name", "analyte", "in_use"}


def hidden_of_row(changes: Mapping[str, Any]) -> Collection[str]:
    return set(changes) - SHOWN_OF_ROWS


def hidden_of_name(changes: Mapping[str, Any]) -> Collection[str]:
    return set(changes) - SHOWN_OF_NAMES


def state_word(code: Any) -> Any:
    return TrayState(code).label if code in TrayState.values else code


def why_word(code: Any) -> Any:
    return TrayWhy(code).label if code in TrayWhy.values else code


WORDS_OF_ROWS = TrailWords(
    hidden=hidden_of_row, values={"state": state_word, "why": why_word, "analyte": analyte_word}
)
WORDS_OF_NAMES = TrailWords(hidden=hidden_of_name, values={"analyte": analyte_word})
