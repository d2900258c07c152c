"""What ends or goes on (relapse, death, contacts, withdrawal), the endpoints derived from it, historical controls."""

from .attempts import ContactAttempt
from .events import Death, Relapse, SurvivalContact, Withdrawal
from .results import EndpointResult, SubjectCourse

__all__ = [
    "ContactAttempt",
    "Death",
    "EndpointResult",
    "Relapse",
    "SubjectCourse",
    "SurvivalContact",
    "Withdrawal",
]
