"""What ends or goes on: relapse, death, survival contacts, withdrawal; and the endpoints derived from the record."""

from .attempts import ContactAttempt
from .cells import SubjectCell
from .events import Death, Relapse, SurvivalContact, Withdrawal
from .results import EndpointResult, SubjectCourse

__all__ = [
    "ContactAttempt",
    "Death",
    "EndpointResult",
    "Relapse",
    "SubjectCell",
    "SubjectCourse",
    "SurvivalContact",
    "Withdrawal",
]
