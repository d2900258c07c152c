"""Models of enrolment: the forms of screening, and what was decided on them."""

from .background import Demographics, MedicalHistory, PriorTherapy
from .consent import Consent, Signature
from .decisions import (
    Confirmation,
    EmergencyAllocation,
    MisRandomisation,
    Randomisation,
    RandomisationList,
)
from .diagnosis import Diagnosis
from .locked import EnrolmentPlaces, RandomisationSalt, RandomisationSlot
from .recruitment import EnrolmentPlace, RecruitmentPause
from .statements import Statements

__all__ = [
    "Confirmation",
    "Consent",
    "Demographics",
    "Diagnosis",
    "EmergencyAllocation",
    "EnrolmentPlace",
    "EnrolmentPlaces",
    "MedicalHistory",
    "MisRandomisation",
    "PriorTherapy",
    "Randomisation",
    "RandomisationList",
    "RandomisationSalt",
    "RandomisationSlot",
    "RecruitmentPause",
    "Signature",
    "Statements",
]
