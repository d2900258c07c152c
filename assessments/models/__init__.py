"""What is measured, sampled and judged at visits: one model for each form, by noun."""

from .disease import (
    CerebrospinalFluid,
    ExtramedullarySite,
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
from .ranges import ReferenceRange
from .reminders import ReminderSent
from .safety import AdverseEvent, CytokineRelease, IceScore
from .samples import AwaitedOfDisease, LoggedSample, MrdDeclaration, SampleStep, Shipment
from .transplant import AcuteGvhd, Chimerism, ChronicGvhd, Engraftment
from .visits import PlannedVisit

__all__ = [
    "AcuteGvhd",
    "AdverseEvent",
    "AwaitedOfDisease",
    "CerebrospinalFluid",
    "Chimerism",
    "ChronicGvhd",
    "CytokineRelease",
    "Echocardiogram",
    "Electrocardiogram",
    "Engraftment",
    "ExtramedullarySite",
    "Hctci",
    "IceScore",
    "Imaging",
    "LabReport",
    "LabResult",
    "LoggedSample",
    "LungFunction",
    "MarrowAssessment",
    "MrdDeclaration",
    "MrdResult",
    "MrdSample",
    "PhysicalExam",
    "PlannedVisit",
    "PregnancyTest",
    "RecordGap",
    "ReferenceRange",
    "ReminderSent",
    "SampleStep",
    "Shipment",
    "Virology",
    "VitalSigns",
]
