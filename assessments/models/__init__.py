"""What is measured, sampled and judged at visits: one model for each form, by noun."""

from .disease import (
    CerebrospinalFluid,
    Imaging,
    MarrowAssessment,
    MrdResult,
    MrdSample,
)
from .event_proposals import EventDecision, ProposedEvent
from .examinations import (
    Echocardiogram,
    Electrocardiogram,
    Hctci,
    LungFunction,
    PhysicalExam,
    VitalSigns,
)
from .gaps import RecordGap
from .laboratory import LabReport, LabResult, PregnancyTest, Virology
from .meddra import MeddraDictionary, MeddraTerm
from .ranges import ReferenceRange
from .sae import Admission, AdmissionDecision, SaeAssessment, SaeClock, SaeNotice, SaeVersion, SeriousEvent
from .safety import AdverseEvent, CytokineRelease, GradeChange, IceScore
from .transplant import AcuteGvhd, Chimerism, ChronicGvhd, Engraftment
from .tray import LabName, LabTrayRow
from .visits import PlannedVisit

__all__ = [
    "AcuteGvhd",
    "Admission",
    "AdmissionDecision",
    "AdverseEvent",
    "CerebrospinalFluid",
    "Chimerism",
    "ChronicGvhd",
    "CytokineRelease",
    "Echocardiogram",
    "Electrocardiogram",
    "Engraftment",
    "EventDecision",
    "GradeChange",
    "Hctci",
    "IceScore",
    "Imaging",
    "LabName",
    "LabReport",
    "LabResult",
    "LabTrayRow",
    "LungFunction",
    "MarrowAssessment",
    "MeddraDictionary",
    "MeddraTerm",
    "MrdResult",
    "MrdSample",
    "PhysicalExam",
    "PlannedVisit",
    "PregnancyTest",
    "ProposedEvent",
    "RecordGap",
    "ReferenceRange",
    "SaeAssessment",
    "SaeClock",
    "SaeNotice",
    "SaeVersion",
    "SeriousEvent",
    "Virology",
    "VitalSigns",
]
