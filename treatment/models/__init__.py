"""What the treatment room records: cycles and their planned doses, doses given, infusions, transplant, cell therapy."""

from .anthracyclines import AnthracyclineDecision, AnthracyclineTotal
from .course import Deviation, EndOfTreatment
from .cycles import CycleStart, DosePlan, PlannedDose
from .doses import DoseGiven, DosesGiven
from .infusions import BlinatumomabInfusion, InfusionSegment
from .intensity import DoseIntensity
from .medication import ConcomitantMedication, Transfusion
from .methotrexate import LeucovorinDose, MethotrexateInfusion, MethotrexateLevel
from .steps import TreatmentStep
from .transplant import CellTherapy, Donor, Transplant

__all__ = [
    "AnthracyclineDecision",
    "AnthracyclineTotal",
    "BlinatumomabInfusion",
    "CellTherapy",
    "ConcomitantMedication",
    "CycleStart",
    "Deviation",
    "Donor",
    "DoseGiven",
    "DoseIntensity",
    "DosePlan",
    "DosesGiven",
    "EndOfTreatment",
    "InfusionSegment",
    "LeucovorinDose",
    "MethotrexateInfusion",
    "MethotrexateLevel",
    "PlannedDose",
    "Transfusion",
    "Transplant",
    "TreatmentStep",
]
