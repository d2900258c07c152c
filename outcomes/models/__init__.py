"""What ends or goes on: relapse, death, contacts, withdrawal; what a committee decided; what is derived from the
record: endpoints, cells, data cuts; and the historical controls they are compared with."""

from .adjudication import AdjudicationDecision
from .attempts import ContactAttempt
from .cells import SubjectCell
from .events import Death, Relapse, SecondMalignancy, SurvivalContact, Withdrawal
from .historical import HistoricalControl
from .results import EndpointResult, SubjectCourse
from .snapshots import CutRun, CutWork, DataCut, DataCutContent, DataCutFile

__all__ = [
    "AdjudicationDecision",
    "ContactAttempt",
    "CutRun",
    "CutWork",
    "DataCut",
    "DataCutContent",
    "DataCutFile",
    "Death",
    "EndpointResult",
    "HistoricalControl",
    "Relapse",
    "SecondMalignancy",
    "SubjectCell",
    "SubjectCourse",
    "SurvivalContact",
    "Withdrawal",
]
