"""The diagnostic sample in which NGS finds the index sequence: due at screening, before steroids.

NGS of IG/TR follows a sequence that was found when the leukaemia was there; steroids take it away within days.
The record has days and no hours for both, so a sample of the day on which steroids began counts as drawn before
them. Source: NGS needs a diagnostic index sequence (general knowledge); the days are assumptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trialsite.clinical.text import Text


class IndexState(StrEnum):
    """Where the index sample stands."""

    IN_TIME = "IN_TIME"
    LATE = "LATE"  # drawn after steroids or induction began
    DUE = "DUE"  # screening goes on, nothing began
    MISSING = "MISSING"  # something began, or screening is complete, and nothing was drawn


@dataclass(frozen=True)
class IndexSample:
    """The state with its sentence; `since` is the day from which it is missing."""

    state: IndexState
    sentence: Text
    since: date | None = None

    @property
    def alarms(self) -> bool:
        return self.state in (IndexState.LATE, IndexState.MISSING)


def index_sample(drawn_on: date | None, began_on: date | None, enrolled_on: date | None) -> IndexSample:
    """The index sample of one subject.

    drawn_on: the first sample for NGS of screening. began_on: steroids or induction, whichever came first.
    enrolled_on: screening is complete. None: not recorded."""
    if drawn_on is not None and (began_on is None or drawn_on <= began_on):
        return IndexSample(
            IndexState.IN_TIME,
            Text(f"Index sample for NGS drawn on {drawn_on}.", f"NGS诊断基线标本已于{drawn_on}采集。"),
        )
    if drawn_on is not None:
        sentence = Text(
            f"Index sample for NGS drawn on {drawn_on}, after treatment began on {began_on}: the index sequence may be "
            "lost.",
            f"NGS诊断基线标本采集于{drawn_on}，晚于{began_on}开始治疗，可能已无法检出标记序列。",
        )
        return IndexSample(IndexState.LATE, sentence, began_on)
    since = min((day for day in (began_on, enrolled_on) if day), default=None)
    if since is None:
        return IndexSample(
            IndexState.DUE,
            Text("Index sample for NGS: draw before steroids.", "NGS诊断基线标本：应在使用激素前采集。"),
        )
    if began_on is not None:
        missing = Text(
            f"No index sample for NGS was drawn, and treatment began on {began_on}.",
            f"未采集NGS诊断基线标本，而治疗已于{began_on}开始。",
        )
    else:
        missing = Text("No index sample for NGS was drawn at screening.", "筛选期未采集NGS诊断基线标本。")
    return IndexSample(IndexState.MISSING, missing, since)
