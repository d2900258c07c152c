"""What the treatment room records: cycles and their planned doses, doses given, infusions, transplant, cell therapy."""

from .course import Deviation, EndOfTreatment
from .cycles import CycleStart, DosePlan, PlannedDose
from .decisions import PhaseDecision
from .doses import DoseGiven, DosesGiven
from .infusions import BlinatumomabInfusion, InfusionSegment
from .medication import ConcomitantMedication, Transfusion
from .steps import TreatmentStep
from .transplant import CellTherapy, Donor, Transplant

__all__ = [
    "BlinatumomabInfusion",
    "CellTherapy",
    "ConcomitantMedication",
    "CycleStart",
    "Deviation",
    "Donor",
    "DoseGiven",
    "DosePlan",
    "DosesGiven",
    "EndOfTreatment",
    "InfusionSegment",
    "PhaseDecision",
    "PlannedDose",
    "Transfusion",
    "Transplant",
    "TreatmentStep",
]
