"""Models of enrolment: the forms of screening, and what was decided on them."""

from .background import Demographics, MedicalHistory, PriorTherapy
from .consent import Consent, Signature
from .consent_versions import ConsentApproval, ConsentStanding, ConsentVersion
from .decisions import Confirmation, Randomisation
from .diagnosis import Diagnosis
from .locked import EnrolmentPlaces, RandomisationSlot
from .statements import Statements

__all__ = [
    "Confirmation",
    "Consent",
    "ConsentApproval",
    "ConsentStanding",
    "ConsentVersion",
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
