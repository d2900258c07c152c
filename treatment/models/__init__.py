"""What the treatment room records: cycles and their planned doses, doses given, infusions, transplant, cell therapy."""

from .anthracyclines import AnthracyclineDecision, AnthracyclineTotal
from .cells import BCellAplasia, BridgingDrug, CellCourse, CellCourses, CellTherapy
from .course import Deviation, EndOfTreatment
from .cycles import CycleStart, DosePlan, PlannedDose
from .decisions import PhaseDecision
from .doses import DoseGiven, DosesGiven
from .infusions import BlinatumomabInfusion, InfusionSegment, Premedication
from .intensity import DoseIntensity
from .medication import ConcomitantMedication, Transfusion
from .methotrexate import LeucovorinDose, MethotrexateInfusion, MethotrexateLevel
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
    "AnthracyclineDecision",
    "AnthracyclineTotal",
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
    "DoseIntensity",
    "DosePlan",
    "DosesGiven",
    "EndOfTreatment",
    "GvhdDrug",
    "GvhdTreatment",
    "InfusionSegment",
    "LeucovorinDose",
    "MethotrexateInfusion",
    "MethotrexateLevel",
    "OpenReferral",
    "PhaseDecision",
    "PlannedDose",
    "Premedication",
    "ProphylaxisDrug",
    "Referral",
    "Transfusion",
    "Transplant",
    "TreatmentStep",
]
