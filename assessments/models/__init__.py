"""What is measured, sampled and judged at visits: one model for each form, by noun."""

from .disease import (
    CerebrospinalFluid,
    Imaging,
    MarrowAssessment,
    MrdResult,
    MrdSample,
)
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
from .reminders import ReminderSent
from .sae import Admission, AdmissionDecision, SaeAssessment, SaeClock, SaeNotice, SaeVersion, SeriousEvent
from .safety import AdverseEvent, CytokineRelease, IceScore
from .transplant import AcuteGvhd, Chimerism, ChronicGvhd, Engraftment
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
    "Hctci",
    "IceScore",
    "Imaging",
    "LabReport",
    "LabResult",
    "LungFunction",
    "MarrowAssessment",
    "MrdResult",
    "MrdSample",
    "PhysicalExam",
    "PlannedVisit",
    "PregnancyTest",
    "RecordGap",
    "ReminderSent",
    "SaeAssessment",
    "SaeClock",
    "SaeNotice",
    "SaeVersion",
    "SeriousEvent",
    "Virology",
    "VitalSigns",
]
