"""All ADaM tables of one export."""

from functools import partial

from ..domain.table import Table
from ..extract import Extract
from ..sdtm.tables import Sdtm
from ..spool import Spool
from . import laboratory, occurrences, responses, subject_level, time_to_event
from .columns import made


def tables(extract: Extract) -> list[Table]:
    """ADSL, and the analysis datasets that have rows."""
    return of(Sdtm(extract))


def of(sdtm: Sdtm) -> list[Table]:
    """The same from an SDTM that is made already, so that both name the same rows."""
    rooms = {
        "ADSL": subject_level,
        "ADTTE": time_to_event,
        "ADRS": responses,
        "ADAE": occurrences,
        "ADLB": laboratory,
    }
    spool = Spool(sdtm.readings, {name: room.rows for name, room in rooms.items()})
    found = [
        made(
            "ADSL", "Subject-Level Analysis Dataset", subject_level.VARIABLES, partial(spool.rows, "ADSL"),
            ("STUDYID", "USUBJID"), "One record per subject",
        ),
        made(
            "ADTTE", "Time-to-Event Analysis Dataset", time_to_event.VARIABLES, partial(spool.rows, "ADTTE"),
            ("STUDYID", "USUBJID", "PARAMCD"), "One record per subject per parameter",
        ),
        made(
            "ADRS", "Response Analysis Dataset", responses.VARIABLES, partial(spool.rows, "ADRS"),
            ("STUDYID", "USUBJID", "PARAMCD", "ADT", "AVISITN", "AVALC"),
            "One record per subject per parameter per analysis date",
        ),
        made(
            "ADAE", "Adverse Event Analysis Dataset", occurrences.VARIABLES, partial(spool.rows, "ADAE"),
            ("STUDYID", "USUBJID", "AESEQ"), "One record per subject per adverse event",
        ),
        made(
            "ADLB", "Laboratory Analysis Dataset", laboratory.VARIABLES, partial(spool.rows, "ADLB"),
            ("STUDYID", "USUBJID", "PARAMCD", "LBSEQ"), "One record per subject per parameter per result",
        ),
    ]  # fmt: skip
    return [one for one in found if one.name == "ADSL" or next(one.rows(), None) is not None]
