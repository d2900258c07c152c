"""Models of enrolment: the forms of screening, and what was decided on them."""

from .background import Demographics, MedicalHistory, PriorTherapy
from .consent import Consent, Signature
from .decisions import Confirmation, Randomisation
from .diagnosis import Diagnosis
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
from .locked import EnrolmentPlaces, RandomisationSlot
from .statements import Statements

__all__ = [
    "AgeBand",
    "CarriedOver",
    "Disposition",
    "EndReason",
    "FailureCode",
    "PreOutcome",
    "PreReason",
    "PreScreening",
    "ScreenFailure",
    "Confirmation",
    "Consent",
    "Demographics",
    "Diagnosis",
    "EnrolmentPlaces",
    "MedicalHistory",
    "PriorTherapy",
    "Randomisation",
    "RandomisationSlot",
    "Signature",
    "Statements",
]
