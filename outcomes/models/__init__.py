"""What ends or goes on: relapse, death, survival contacts, withdrawal; and the endpoints derived from the record."""

from .events import Death, Relapse, SurvivalContact, Withdrawal
from .results import EndpointResult, SubjectCourse

__all__ = ["Death", "EndpointResult", "Relapse", "SubjectCourse", "SurvivalContact", "Withdrawal"]
