"""Overall grades of graft-versus-host disease from the stages of the organs.

Acute: MAGIC consensus (Harris et al., BBMT 2016;22:4). Chronic: NIH 2014 consensus (Jagasia et al., BBMT
2015;21:389). The rows of both are general knowledge, to be verified by the sponsor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .grade_bounds import GradeBounds

ACUTE_ORGANS = {"skin": 4, "liver": 4, "upper_gi": 1, "lower_gi": 4}
CHRONIC_ORGANS = ("skin", "mouth", "eyes", "gi", "liver", "lungs", "joints", "genital")
ROMAN = ("0", "I", "II", "III", "IV")
Stage = int | GradeBounds | None  # as recorded, or as far as what was found decides it
SEVERITIES = ("NONE", "MILD", "MODERATE", "SEVERE")


@dataclass(frozen=True)
class Overall:
    """The lowest and highest overall grade that the recorded organs allow, as positions in a scale."""

    low: int
    high: int
    scale: tuple[str, ...]

    @property
    def grade(self) -> int | None:
        """The position in the scale once it is certain."""
        return self.low if self.low == self.high else None

    def __str__(self) -> str:
        return self.scale[self.low] if self.grade is not None else f"≥ {self.scale[self.low]}"


class Criteria(StrEnum):
    """Which set of rules makes the overall grade of acute GVHD of the stages."""

    MAGIC = "MAGIC"
    KEYSTONE = "KEYSTONE"


def acute_grade(stages: Mapping[str, Stage], criteria: Criteria = Criteria.MAGIC) -> Overall:
    """The overall grade, 0 to IV: of stages skin, liver, upper_gi, lower_gi, None where not recorded.

    MAGIC. IV: skin, liver or lower GI 4. III: liver or lower GI 2–3. II: skin 3, liver 1, upper GI 1 or lower GI 1.
    I: skin 1–2 alone. Keystone (modified Glucksberg) alike, but lower GI 4 is III."""
    low = {organ: lowest(stages.get(organ)) for organ in ACUTE_ORGANS}
    high = {organ: highest(stages.get(organ), most) for organ, most in ACUTE_ORGANS.items()}
    return Overall(_acute(low, criteria), _acute(high, criteria), ROMAN)


def chronic_severity(scores: Mapping[str, Stage]) -> Overall:
    """The NIH severity of organ scores 0 to 3, None where not recorded.

    Severe: any organ 3 or lungs 2. Moderate: any other organ 2, lungs 1, or 3 organs with 1. Mild: 1 or 2 organs
    with 1 and no lungs."""
    low = {organ: lowest(scores.get(organ)) for organ in CHRONIC_ORGANS}
    high = {organ: highest(scores.get(organ), 3) for organ in CHRONIC_ORGANS}
    return Overall(_chronic(low), _chronic(high), SEVERITIES)


def _acute(stages: Mapping[str, int], criteria: Criteria) -> int:
    skin, liver, lower = stages["skin"], stages["liver"], stages["lower_gi"]
    fourth = (skin, liver, lower) if criteria is Criteria.MAGIC else (skin, liver)
    if 4 in fourth:
        return 4
    if liver >= 2 or lower >= 2:
        return 3
    if skin == 3 or liver or lower or stages["upper_gi"]:
        return 2
    return 1 if skin else 0


def _chronic(scores: Mapping[str, int]) -> int:
    involved = [score for score in scores.values() if score]
    if not involved:
        return 0
    if 3 in involved or scores["lungs"] >= 2:
        return 3
    if 2 in involved or scores["lungs"] == 1 or len(involved) >= 3:
        return 2
    return 1


def lowest(stage: Stage) -> int:
    """The lowest that a stage may be; one that is not recorded may be 0."""
    return stage.low if isinstance(stage, GradeBounds) else stage or 0


def highest(stage: Stage, most: int) -> int:
    """The highest that a stage may be; one that is not recorded may be the organ's highest."""
    if isinstance(stage, GradeBounds):
        return min(stage.high, most)
    return most if stage is None else stage
