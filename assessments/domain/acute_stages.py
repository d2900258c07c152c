"""Stages of acute GVHD from what was measured at each organ (MAGIC: Harris et al., BBMT 2016;22:4).

Stool is that of an adult above 50 kg, the mean of three days, stool mixed with urine counted half."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trialsite.clinical.body import round_half_up
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity

from .grade_bounds import GradeBounds, worst

UMOL_L_PER_MG_DL = Decimal("17.1")
ADULT_STOOL_KG = Decimal(50)  # volumes in mL are meant above this weight
OPEN = GradeBounds(0, 4)


@dataclass(frozen=True)
class LiverCutOffs:
    """From which bilirubin on each stage 1 to 4 begins: in mg/dL rounded half-up to one decimal, or in whole µmol/L."""

    name: str
    unit: str
    begins: tuple[Decimal, Decimal, Decimal, Decimal]
    source: str

    def stage(self, umol_l: Decimal) -> int:
        """The stage of a bilirubin in µmol/L."""
        shown = (
            round_half_up(umol_l / UMOL_L_PER_MG_DL, 1) if self.unit == "mg/dL" else round_half_up(umol_l, 0)
        )
        return sum(shown >= begin for begin in self.begins)


def _cuts(*numbers: str) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    one, two, three, four = (Decimal(number) for number in numbers)
    return one, two, three, four


MAGIC_ROUNDED = LiverCutOffs(
    "MAGIC_ROUNDED",
    "mg/dL",
    _cuts("2.0", "3.1", "6.1", "15.1"),
    "Harris 2016, 2.0–3.0, 3.1–6.0, 6.1–15.0, above 15.0 mg/dL; rounded, so that nothing lies between 3.0 and 3.1",
)
SI_PRINTED = LiverCutOffs(
    "SI_PRINTED",
    "µmol/L",
    _cuts("34", "51", "103", "256"),
    "tables in circulation: 34–50, 51–102, 103–255, above 255 µmol/L (general knowledge)",
)
LIVER_CUT_OFFS = MAGIC_ROUNDED  # pinned: one set for all sites; the sponsor confirms it


@dataclass(frozen=True)
class AcuteFindings:
    """What was found on one day. skin_pct: % of the body surface with active rash, 0 when none. bullae: bullae or
    desquamation above 5 % of the surface. bilirubin: µmol/L. upper_gi: persistent nausea, vomiting or anorexia.
    stool_ml, stool_episodes: a day, 0 when none. severe_gut: severe abdominal pain, ileus or grossly bloody stool."""

    skin_pct: Decimal | None = None
    bullae: Truth = Truth.UNKNOWN
    bilirubin: Quantity | None = None
    upper_gi: Truth = Truth.UNKNOWN
    stool_ml: Decimal | None = None
    stool_episodes: int | None = None
    severe_gut: Truth = Truth.UNKNOWN


def acute_stages(found: AcuteFindings, cut_offs: LiverCutOffs = LIVER_CUT_OFFS) -> dict[str, GradeBounds]:
    """The stage of each organ as far as what was found decides it."""
    return {
        "skin": skin_stage(found),
        "liver": liver_stage(found.bilirubin, cut_offs),
        "upper_gi": {Truth.TRUE: GradeBounds.at(1), Truth.FALSE: GradeBounds.at(0)}.get(
            found.upper_gi, GradeBounds(0, 1)
        ),
        "lower_gi": lower_gi_stage(found),
    }


def skin_stage(found: AcuteFindings) -> GradeBounds:
    """None 0, below 25 % 1, to 50 % 2, above 50 % 3; above 50 % with bullae or desquamation 4."""
    share = found.skin_pct
    if share is None:
        return OPEN
    if share <= 50:
        return GradeBounds.at(0 if share <= 0 else 1 if share < 25 else 2)
    return GradeBounds(4 if found.bullae is Truth.TRUE else 3, 3 if found.bullae is Truth.FALSE else 4)


def liver_stage(bilirubin: Quantity | None, cut_offs: LiverCutOffs = LIVER_CUT_OFFS) -> GradeBounds:
    """The stage of a bilirubin; of "<34" anything below, of ">300" anything above."""
    if bilirubin is None or bilirubin.canonical is None:
        return OPEN
    stage = cut_offs.stage(bilirubin.canonical)
    return GradeBounds(
        0 if bilirubin.comparator.startswith("<") else stage,
        4 if bilirubin.comparator.startswith(">") else stage,
    )


def lower_gi_stage(found: AcuteFindings) -> GradeBounds:
    """By volume where it was measured, else by episodes; severe pain, ileus or blood is 4 whatever the volume."""
    stool = (
        volume_stage(found.stool_ml) if found.stool_ml is not None else episode_stage(found.stool_episodes)
    )
    if found.severe_gut is Truth.TRUE:
        return GradeBounds.at(4)
    severe = GradeBounds.at(0) if found.severe_gut is Truth.FALSE else OPEN
    return worst((stool, severe))


def volume_stage(ml: Decimal) -> GradeBounds:
    """Below 500 mL a day 0, below 1000 1, to 1500 2, above 3."""
    return GradeBounds.at(3 if ml > 1500 else 2 if ml >= 1000 else 1 if ml >= 500 else 0)


def episode_stage(episodes: int | None) -> GradeBounds:
    """Below 3 a day 0, 3–4 1, 5–7 2, above 3."""
    if episodes is None:
        return GradeBounds(0, 3)
    return GradeBounds.at(3 if episodes > 7 else 2 if episodes >= 5 else 1 if episodes >= 3 else 0)
