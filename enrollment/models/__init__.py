"""Models of enrolment: the forms of screening, and what was decided on them."""

from .background import Demographics, MedicalHistory, PriorTherapy
from .consent import Consent, Signature
from .consent_versions import ConsentApproval, ConsentStanding, ConsentVersion
from .decisions import (
    Confirmation,
    EmergencyAllocation,
    MisRandomisation,
    Randomisation,
    RandomisationList,
)
from .diagnosis import Diagnosis
from .locked import EnrolmentPlaces, RandomisationSalt, RandomisationSlot
from .log import (
    AgeBand,
    CarriedOver,
    Disposition,
    EndReason,
    FailureCode,
    PreOutcome,
    PreReason,
    PreScreening,
    ScreenFailure,
)
from .paper import JudgedThen, PaperEntry, PaperFacts, PaperSignature, PaperWhy
from .recruitment import EnrolmentPlace, RecruitmentPause
from .statements import Statements

__all__ = [
    "AgeBand",
    "CarriedOver",
    "Confirmation",
    "Consent",
    "ConsentApproval",
    "ConsentStanding",
    "ConsentVersion",
    "Demographics",
    "Diagnosis",
    "Disposition",
    "EmergencyAllocation",
    "EndReason",
    "EnrolmentPlace",
    "EnrolmentPlaces",
    "FailureCode",
    "JudgedThen",
    "MedicalHistory",
    "MisRandomisation",
    "PaperEntry",
    "PaperFacts",
    "PaperSignature",
    "PaperWhy",
    "PreOutcome",
    "PreReason",
    "PreScreening",
    "PriorTherapy",
    "Randomisation",
    "RandomisationList",
    "RandomisationSalt",
    "RandomisationSlot",
    "RecruitmentPause",
    "ScreenFailure",
    "Signature",
    "Statements",
]
