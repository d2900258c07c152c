"""Models of enrolment: the forms of screening, and what was decided on them."""

from .background import Demographics, MedicalHistory, PriorTherapy
from .consent import Consent, Signature
from .decisions import Confirmation, Randomisation
from .diagnosis import Diagnosis
from .locked import EnrolmentPlaces, RandomisationSlot
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
from .statements import Statements

__all__ = [
    "AgeBand",
    "CarriedOver",
    "Confirmation",
    "Consent",
    "Demographics",
    "Diagnosis",
    "Disposition",
    "EndReason",
    "EnrolmentPlaces",
    "FailureCode",
    "MedicalHistory",
    "PreOutcome",
    "PreReason",
    "PreScreening",
    "PriorTherapy",
    "Randomisation",
    "RandomisationSlot",
    "ScreenFailure",
    "Signature",
    "Statements",
]
