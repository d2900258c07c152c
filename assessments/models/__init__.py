"""What is measured, sampled and judged at visits: one model for each form, by noun."""

from .disease import (
    CerebrospinalFluid,
    ExtramedullarySite,
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
from .neurocytokine import CytokineRelease, IceScore
from .ranges import ReferenceRange
from .reminders import ReminderSent
from .sae import Admission, AdmissionDecision, SaeAssessment, SaeClock, SaeNotice, SaeVersion, SeriousEvent
from .safety import AdverseEvent, GradeChange
from .samples import AwaitedOfDisease, LoggedSample, MrdDeclaration, SampleStep, Shipment
from .transplant import AcuteGvhd, Chimerism, ChronicGvhd, Engraftment
from .tray import LabName, LabTrayRow
from .visits import PlannedVisit

__all__ = [
    "AcuteGvhd",
    "Admission",
    "AdmissionDecision",
    "AdverseEvent",
    "AwaitedOfDisease",
    "CerebrospinalFluid",
    "Chimerism",
    "ChronicGvhd",
    "CytokineRelease",
    "Echocardiogram",
    "Electrocardiogram",
    "Engraftment",
    "EventDecision",
    "ExtramedullarySite",
    "GradeChange",
    "Hctci",
    "IceScore",
    "Imaging",
    "LabName",
    "LabReport",
    "LabResult",
    "LabTrayRow",
    "LoggedSample",
    "LungFunction",
    "MarrowAssessment",
    "MeddraDictionary",
    "MeddraTerm",
    "MrdDeclaration",
    "MrdResult",
    "MrdSample",
    "PhysicalExam",
    "PlannedVisit",
    "PregnancyTest",
    "ProposedEvent",
    "RecordGap",
    "ReferenceRange",
    "ReminderSent",
    "SaeAssessment",
    "SaeClock",
    "SaeNotice",
    "SaeVersion",
    "SampleStep",
    "SeriousEvent",
    "Shipment",
    "Virology",
    "VitalSigns",
]
