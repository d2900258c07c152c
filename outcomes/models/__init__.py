"""What ends or goes on (relapse, death, contacts, withdrawal), the endpoints derived from it, historical controls."""

from .attempts import ContactAttempt
from .events import Death, Relapse, SurvivalContact, Withdrawal
from .historical import HistoricalControl
from .results import EndpointResult, SubjectCourse

__all__ = [
    "ContactAttempt",
    "Death",
    "EndpointResult",
    "HistoricalControl",
    "Relapse",
    "SubjectCourse",
    "SurvivalContact",
    "Withdrawal",
]
