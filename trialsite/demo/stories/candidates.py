"""Who is screened and why some are not enrolled: about one in six, for the reasons a trial log shows."""

from __future__ import annotations

from dataclasses import dataclass

from .draws import Draw


@dataclass(frozen=True)
class Obstacle:
    """Something found at screening that keeps a candidate out, with the sentence in the screening log.

    `key` tells the screening forms what to write; the weight is a share of all failures.
    """

    key: str
    reason: str
    weight: float


PH_POSITIVE = Obstacle("ph_positive", "BCR::ABL1 positive (Ph-positive ALL)", 20)
T_ALL = Obstacle("t_all", "Central review: T-cell ALL", 6)
CNS = Obstacle("cns", "CNS leukaemia (CNS3) at the first lumbar puncture", 12)
LIVER = Obstacle("liver", "ALT above the limit, not due to leukaemic infiltration", 12)
KIDNEY = Obstacle("kidney", "Renal function below the limit", 10)
HEART = Obstacle("heart", "Heart function: NYHA class II or ejection fraction below the limit", 7)
LUNG = Obstacle("lung", "DLCO below 60 % of predicted", 12)
HEPATITIS = Obstacle("hbv", "HBV DNA detected", 9)
CD19 = Obstacle("cd19", "CD19 expression below 20 %", 5)
TOO_OLD = Obstacle("too_old", "Older than the protocol allows", 9)
STEROIDS = Obstacle("steroids", "More than 5 days of corticosteroid before screening", 8)
REFUSES = Obstacle("refuses", "Declined to take part after reading the consent form", 12)
PREGNANT = Obstacle("pregnant", "Pregnant", 3)
NO_DONOR = Obstacle("no_donor", "No eligible donor", 14)
MRD_POSITIVE = Obstacle("mrd_positive", "MRD 0.01 % or more at screening", 34)
NOT_HIGH_RISK = Obstacle("standard_risk", "No high-risk feature after central genetics", 20)
COMORBID = Obstacle("comorbid", "HCT-CI above the limit", 14)

FAILING_PCT = 17.0
OBSTACLES: dict[str, tuple[Obstacle, ...]] = {
    "BLINA-FULL": (
        PH_POSITIVE,
        T_ALL,
        CNS,
        LIVER,
        KIDNEY,
        HEART,
        HEPATITIS,
        CD19,
        TOO_OLD,
        STEROIDS,
        REFUSES,
        PREGNANT,
    ),
    "VIP-BLINA-HSCT": (PH_POSITIVE, T_ALL, CNS, LIVER, KIDNEY, LUNG, HEPATITIS, TOO_OLD, NO_DONOR, COMORBID),
    "BLINA-VEN": (PH_POSITIVE, CNS, LIVER, KIDNEY, HEART, HEPATITIS, CD19, TOO_OLD, PREGNANT),
    "BLINA-INTENS": (MRD_POSITIVE, NOT_HIGH_RISK, NO_DONOR, LUNG, COMORBID, TOO_OLD, LIVER),
}


def obstacle(draw: Draw, study: str) -> Obstacle | None:
    """What keeps this candidate out; None for the five in six who are eligible."""
    if not draw.chance(FAILING_PCT):
        return None
    return draw.weighted({each: each.weight for each in OBSTACLES[study]})
