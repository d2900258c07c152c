"""ADAE: adverse events with their days, whether they began under treatment, and what is counted of them."""

from collections.abc import Iterator

from ..domain.table import Kind, Variable
from ..sdtm.reading import Found, Reading
from ..sdtm.text import day_of
from .columns import IDENTIFIERS, day, flag, imputed, relative_day, taken_over, text, whole

FILLED_IN = "D where the day, M where month and day were filled in."
CAUSED = "RELATED where the relation to any agent is related or possible, else NOT RELATED."
NEURO = ("NEUROTOXICITY", "ICANS", "NEURO")

VARIABLES: tuple[Variable, ...] = (
    *IDENTIFIERS,
    text("TRTA", "Actual Treatment"),
    day("TRTSDT", "Date of First Exposure to Treatment"),
    day("TRTEDT", "Date of Last Exposure to Treatment"),
    *taken_over("AE", "AESEQ", "AESPID", "AETERM", "AEDECOD", "AEBODSYS", "AESER", "AESDTH", "AESHOSP", "AESLIFE",
                "AEACN", "AEREL", "AEOUT", "AETOXGR"),
    Variable("AETOXGRN", "Standard Toxicity Grade (N)", Kind.INTEGER, origin="Derived", method="AETOXGR as a number."),
    day("ASTDT", "Analysis Start Date", "AESTDTC; of a partial date the first possible day."),
    text("ASTDTF", "Analysis Start Date Imputation Flag", "Derived", method=FILLED_IN),
    day("AENDT", "Analysis End Date", "AEENDTC; of a partial date the first possible day."),
    text("AENDTF", "Analysis End Date Imputation Flag", "Derived", method=FILLED_IN),
    whole("ASTDY", "Analysis Start Relative Day", "ASTDT relative to TRTSDT, with no day 0."),
    whole("AENDY", "Analysis End Relative Day", "AENDT relative to TRTSDT, with no day 0."),
    flag("TRTEMFL", "Treatment Emergent Analysis Flag", "Y where the event began on or after the first exposure."),
    text("AREL", "Analysis Causality", "Derived", method=CAUSED),
    flag("AOCCFL", "1st Occurrence within Subject Flag", "Y on the first treatment-emergent event of the subject."),
    flag("AOCCPFL", "1st Occurrence of Preferred Term Flag", "Y on the first treatment-emergent event of each term."),
    flag("CRSFL", "Cytokine Release Syndrome Flag", "Y for cytokine release syndrome."),
    flag("NEUROFL", "Neurotoxicity Flag", "Y for events of special interest that are neurotoxicity."),
)  # fmt: skip


def rows(reading: Reading) -> Iterator[Found]:
    demographics = {row["USUBJID"]: row for row in reading.rows("DM")}
    enrolled = {one.usubjid for one in reading.subjects if one.enrolled_on is not None}
    seen: set[tuple[str, str]] = set()
    for event in reading.rows("AE"):
        if event["USUBJID"] in enrolled:
            row = row_of(event, demographics[event["USUBJID"]], seen)
            yield as_known(row) if reading.shifts else row


def as_known(row: Found) -> Found:
    """An event without the days that were filled in."""
    filled_in = [part for part in ("AST", "AEN") if row[f"{part}DTF"]]
    empty = {f"{part}{name}": None for part in filled_in for name in ("DT", "DY")}
    return row | empty | {f"{part}DTF": "" for part in filled_in}


def row_of(event: Found, dm: Found, seen: set[tuple[str, str]]) -> Found:
    """One event; `seen` holds subject and term of the events counted so far."""
    first, last = day_of(dm["RFXSTDTC"]), day_of(dm["RFXENDTC"])
    start, start_flag = imputed(event["AESTDTC"])
    end, end_flag = imputed(event["AEENDTC"])
    emergent = start is not None and first is not None and start >= first
    subject = event["USUBJID"]
    once, once_of_term = (
        emergent and (subject, "") not in seen,
        emergent and (subject, event["AEDECOD"]) not in seen,
    )
    if emergent:
        seen |= {(subject, ""), (subject, event["AEDECOD"])}
    interest = str(event["SUPP"].get("AESI", ("", ""))[1]).upper()
    return {
        **{name: dm[name] for name in ("STUDYID", "USUBJID", "SUBJID", "SITEID")},
        **event,
        "AEBODSYS": event["AEBODSYS"] or "Not coded",
        "TRTA": dm["ACTARM"],
        "TRTSDT": first,
        "TRTEDT": last,
        "AETOXGRN": int(event["AETOXGR"]) if event["AETOXGR"] else None,
        "ASTDT": start,
        "ASTDTF": start_flag,
        "AENDT": end,
        "AENDTF": end_flag,
        "ASTDY": relative_day(start, first),
        "AENDY": relative_day(end, first),
        "TRTEMFL": "Y" if emergent else "N",
        "AREL": "RELATED" if event["AEREL"] in ("RELATED", "POSSIBLE") else "NOT RELATED",
        "AOCCFL": "Y" if once else "",
        "AOCCPFL": "Y" if once_of_term else "",
        "CRSFL": "Y"
        if event["AEDECOD"].casefold() == "cytokine release syndrome" or "CRS" in interest
        else "N",
        "NEUROFL": "Y" if any(one in interest for one in NEURO) else "N",
    }
