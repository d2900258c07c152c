"""What ends or goes on: relapse, death, survival contacts, withdrawal; and the endpoints derived from the
record, and data cuts of them."""

from .attempts import ContactAttempt
from .cells import SubjectCell
from .events import Death, Relapse, SecondMalignancy, SurvivalContact, Withdrawal
from .results import EndpointResult, SubjectCourse
from .snapshots import CutRun, CutWork, DataCut, DataCutContent, DataCutFile

__all__ = [
    "ContactAttempt",
    "CutRun",
    "CutWork",
    "DataCut",
    "DataCutContent",
    "DataCutFile",
    "Death",
    "EndpointResult",
    "Relapse",
    "SecondMalignancy",
    "SubjectCell",
    "SubjectCourse",
    "SurvivalContact",
    "Withdrawal",
]
