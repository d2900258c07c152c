"""Organ scores of chronic GVHD from what was measured (NIH 2014: Jagasia et al., BBMT 2015;21:389).

The cut-offs of the organs are general knowledge, to be verified by the sponsor. What another cause explains entirely
scores 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity, compare

from .grade_bounds import GradeBounds, worst

BILIRUBIN_3_MG_DL = Decimal("51.3")  # µmol/L
OPEN = GradeBounds(0, 3)
SCLEROSIS = {"NONE": 0, "SUPERFICIAL": 2, "DEEP": 3}
GUT = {"NONE": 0, "SYMPTOMS": 1, "MODERATE": 2, "SEVERE": 3}
BREATH = {"NONE": 0, "STAIRS": 1, "FLAT": 2, "REST": 3}


@dataclass(frozen=True)
class ChronicFindings:
    """What was found on one day. skin_pct: % of the body surface. weight_loss_pct: % of the body weight.

    bilirubin: µmol/L; bilirubin_raised: above the upper limit of normal. alt, alp: times the upper limit. fev1: % of
    predicted. explained: organs whose abnormality another cause explains entirely."""

    skin_pct: Decimal | None = None
    sclerosis: str = ""
    gut: str = ""
    weight_loss_pct: Decimal | None = None
    bilirubin: Quantity | Decimal | None = None
    bilirubin_raised: Truth = Truth.UNKNOWN
    alt: Decimal | None = None
    alp: Decimal | None = None
    fev1: Decimal | None = None
    breath: str = ""
    explained: frozenset[str] = frozenset()


def chronic_scores(found: ChronicFindings) -> dict[str, GradeBounds]:
    """The scores of the organs that are measured: skin, gut, liver, lungs. The others are judged."""
    scores = {
        "skin": skin_score(found),
        "gi": gut_score(found),
        "liver": liver_score(found),
        "lungs": lung_score(found),
    }
    return {
        organ: GradeBounds.at(0) if organ in found.explained else score for organ, score in scores.items()
    }


def coded(table: Mapping[str, int], code: str) -> GradeBounds:
    return GradeBounds.at(table[code]) if code in table else OPEN


def skin_score(found: ChronicFindings) -> GradeBounds:
    """The higher of surface (1–18 % 1, 19–50 % 2, above 50 % 3) and sclerosis (superficial 2, deep 3).

    A share between whole percents belongs to the lower row up to 18.9 (assumption)."""
    share = found.skin_pct
    surface = OPEN
    if share is not None:
        surface = GradeBounds.at(0 if share <= 0 else 1 if share < 19 else 2 if share <= 50 else 3)
    return worst((surface, coded(SCLEROSIS, found.sclerosis)))


def gut_score(found: ChronicFindings) -> GradeBounds:
    """The higher of symptoms and weight loss: 5–15 % is 2, above 15 % 3; less counts through symptoms alone."""
    loss = found.weight_loss_pct
    lost = OPEN if loss is None else GradeBounds.at(3 if loss > 15 else 2 if loss >= 5 else 0)
    return worst((coded(GUT, found.gut), lost))


def liver_score(found: ChronicFindings) -> GradeBounds:
    """Bilirubin above 3 mg/dL 3; raised to 3 mg/dL, or ALT above 5 × ULN 2; ALT or ALP from 3 × ULN on 1."""
    above = compare(found.bilirubin, ">", BILIRUBIN_3_MG_DL)
    if above is Truth.TRUE:
        return GradeBounds.at(3)
    alt, alp = found.alt, found.alp
    enzyme = GradeBounds(0, 2) if alt is None else GradeBounds.at(2 if alt > 5 else 1 if alt >= 3 else 0)
    phosphatase = GradeBounds(0, 1) if alp is None else GradeBounds.at(1 if alp >= 3 else 0)
    return worst((bile_score(found.bilirubin_raised, above), enzyme, phosphatase))


def bile_score(raised: Truth, above: Truth) -> GradeBounds:
    """What bilirubin gives: normal 0, raised 2, above 3 mg/dL 3, each as far as it is known."""
    if raised is Truth.FALSE:
        return GradeBounds.at(0)
    return GradeBounds(2 if raised is Truth.TRUE else 0, 2 if above is Truth.FALSE else 3)


def lung_score(found: ChronicFindings) -> GradeBounds:
    """By FEV1: 60–79 % 1, 40–59 % 2, 39 % or less 3 (below 40, so that nothing lies between); else by symptoms."""
    if found.fev1 is not None:
        return GradeBounds.at(
            0 if found.fev1 >= 80 else 1 if found.fev1 >= 60 else 2 if found.fev1 >= 40 else 3
        )
    return coded(BREATH, found.breath)
