"""What this room works out from each saved form, with its working; read at every view, never stored."""

from .adverse_events import adverse_event
from .disease import cns, mrd_verdicts, response
from .examinations import body_size, comorbidity, corrected_qt, recovery
from .grades import acute_gvhd, chronic_gvhd, cytokine_release, neurotoxicity
from .laboratory import lab_report

__all__ = [
    "acute_gvhd",
    "adverse_event",
    "body_size",
    "chronic_gvhd",
    "cns",
    "comorbidity",
    "corrected_qt",
    "cytokine_release",
    "lab_report",
    "mrd_verdicts",
    "neurotoxicity",
    "recovery",
    "response",
]
