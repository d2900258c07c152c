"""What the treatment room records: cycles and their planned doses, doses given, infusions, transplant, cell therapy."""

from .cells import BCellAplasia, BridgingDrug, CellCourse, CellCourses, CellTherapy
from .course import Deviation, EndOfTreatment
from .cycles import CycleStart, DosePlan, PlannedDose
from .doses import DoseGiven, DosesGiven
from .infusions import BlinatumomabInfusion, InfusionSegment, Premedication
from .medication import ConcomitantMedication, Transfusion
from .referrals import OpenReferral, Referral
from .steps import TreatmentStep
from .transplant import (
    ConditioningDrug,
    Donor,
    DonorCandidate,
    GvhdDrug,
    GvhdTreatment,
    ProphylaxisDrug,
    Transplant,
)

__all__ = [
    "BCellAplasia",
    "BlinatumomabInfusion",
    "BridgingDrug",
    "CellCourse",
    "CellCourses",
    "CellTherapy",
    "ConcomitantMedication",
    "ConditioningDrug",
    "CycleStart",
    "Deviation",
    "Donor",
    "DonorCandidate",
    "DoseGiven",
    "DosePlan",
    "DosesGiven",
    "EndOfTreatment",
    "GvhdDrug",
    "GvhdTreatment",
    "InfusionSegment",
    "OpenReferral",
    "PlannedDose",
    "Premedication",
    "ProphylaxisDrug",
    "Referral",
    "Transfusion",
    "Transplant",
    "TreatmentStep",
]
