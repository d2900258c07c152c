"""Models of enrolment: the forms of screening, and what was decided on them."""

from .background import Demographics, MedicalHistory, PriorTherapy
from .consent import Consent, Signature
from .decisions import Confirmation, Randomisation
from .diagnosis import Diagnosis
from .locked import EnrolmentPlaces, RandomisationSlot
from .paper import JudgedThen, PaperEntry, PaperFacts, PaperSignature, PaperWhy
from .statements import Statements

__all__ = [
    "Confirmation",
    "Consent",
    "Demographics",
    "Diagnosis",
    "EnrolmentPlaces",
    "JudgedThen",
    "MedicalHistory",
    "PaperEntry",
    "PaperFacts",
    "PaperSignature",
    "PaperWhy",
    "PriorTherapy",
    "Randomisation",
    "RandomisationSlot",
    "Signature",
    "Statements",
]
