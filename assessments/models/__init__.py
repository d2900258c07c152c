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
from .safety import AdverseEvent, CytokineRelease, IceScore
from .transplant import AcuteGvhd, Chimerism, ChronicGvhd, Engraftment
from .visits import PlannedVisit

__all__ = [
    "AcuteGvhd",
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
    "Virology",
    "VitalSigns",
]
