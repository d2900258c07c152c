"""ADTTE: the times that the curves are made of, each with the record that it rests on."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from outcomes.domain.results import CENSORED_CODE, EVENT_CODE, EVENT_WORDS, EndpointResult, reason_sentence
from trialsite.studies.domain.protocol import EndpointPlan, Protocol

from ..domain.table import CodeList, Kind, Variable
from ..sdtm.reading import Found, Reading
from ..sdtm.text import plain
from .analysis import analysis_of
from .columns import IDENTIFIERS, day, text, whole

KINDS = ("time-to-event", "cumulative-incidence")
SHORT = {"TIME_TO_CRC": "TTCR", "TIME_TO_MRD_NEG": "TTMRDN", "CGVHD_MOD_SEV": "CGVHDMS"}
DAYS_OF_A_MONTH = Decimal("30.4375")
EVENT_TYPES = CodeList(
    "EVNTTYP",
    {
        "0": "Censored",
        "1": "Event",
        "2": "Competing event",
        "3": "Competing event 2",
        "4": "Competing event 3",
    },
    label="Type of Event",
)

VARIABLES: tuple[Variable, ...] = (
    *IDENTIFIERS,
    text("TRTP", "Planned Treatment"),
    text("TRTA", "Actual Treatment"),
    text("PARAMCD", "Parameter Code"),
    text("PARAM", "Parameter"),
    text("PARCAT1", "Parameter Category 1"),
    whole("AVAL", "Analysis Value", "ADT - STARTDT + 1, in days."),
    text("AVALU", "Analysis Value Unit"),
    Variable("AVALM", "Analysis Value in Months", Kind.DECIMAL, origin="Derived",
             method="(ADT - STARTDT) / 30.4375: the time on the axis of the curves."),
    day("STARTDT", "Time-to-Event Origin Date for Subject", "The day from which the protocol counts this endpoint."),
    day("ADT", "Analysis Date", "Day of the event or of censoring."),
    whole("CNSR", "Censor", "0 event; 1 censored; 2 and more a competing event came first."),
    Variable(
        "EVNTTYP",
        "Type of Event",
        Kind.INTEGER,
        codes=EVENT_TYPES,
        origin="Derived",
        method="0 censored, 1 the event, 2 and more the competing events in the order of the protocol.",
    ),
    text("EVNTDESC", "Event or Censoring Description", "Derived", method="What ended the time."),
    text("CNSDTDSC", "Censor Date Description", "Derived", method="Why the time was censored, and on which day."),
    text("SRCDOM", "Source Data"),
    text("SRCVAR", "Source Variable"),
    Variable("SRCSEQ", "Source Sequence Number", Kind.INTEGER, origin="Assigned"),
    text("IMPFL", "Imputed Date Flag", "Derived", method="Y where the date of the event rests on a partial date."),
)  # fmt: skip


def parameter_codes(protocols: Iterable[Protocol]) -> dict[str, str]:
    """Endpoint or analysis → its code of at most 8 characters, over all versions of the protocol."""
    found: dict[str, str] = {}
    for protocol in protocols:
        for endpoint in protocol.endpoints:
            bare = SHORT.get(endpoint.key) or re.sub("[^A-Z0-9]", "", endpoint.key.upper())
            found.setdefault(endpoint.key, unused(bare[:8], found.values()))
            for place, one in enumerate(endpoint.analyses, 1):
                found.setdefault(one.key, unused(f"{bare[:6]}S{place}", found.values()))
    return found


def unused(code: str, taken: Iterable[str]) -> str:
    codes, wanted, n = set(taken), code, 2
    while wanted in codes:
        wanted, n = f"{code[: 8 - len(str(n))]}{n}", n + 1
    return wanted


def rows(reading: Reading) -> Iterator[Found]:
    codes = parameter_codes(reading.design.protocols)
    demographics = {row["USUBJID"]: row for row in reading.rows("DM")}
    for subject in reading.subjects:
        if subject.enrolled_on is None:
            continue
        dm = demographics[subject.usubjid]
        found = [
            row_of(reading, plan, result, codes[plan.key]) | {**dm, "TRTP": dm["ARM"], "TRTA": dm["ACTARM"]}
            for plan, result in analysis_of(reading).endpoints[subject.pk]
            if plan.kind in KINDS and result.counts_in_time
        ]
        yield from sorted(found, key=lambda row: row["PARAMCD"])


def row_of(reading: Reading, plan: EndpointPlan, result: EndpointResult, code: str) -> Found:
    assert result.days is not None
    assert result.cause is not None
    censored = result.cause == CENSORED_CODE
    why = plain(reason_sentence(result.reason_code, result.params))
    source = analysis_of(reading).place(result.sources[-1] if result.sources else None)
    return {
        "PARAMCD": code,
        "PARAM": f"{plain(plan.name.en)} (days)",
        "PARCAT1": plan.role.upper(),
        "AVAL": result.days + 1,
        "AVALU": "DAYS",
        "AVALM": round(Decimal(result.days) / DAYS_OF_A_MONTH, 6),
        "STARTDT": result.origin,
        "ADT": result.date,
        "CNSR": 0 if result.cause == EVENT_CODE else max(result.cause, 1),
        "EVNTTYP": result.cause,
        "EVNTDESC": "Censored" if censored else event_words(result),
        "CNSDTDSC": why if result.cause != EVENT_CODE else "",
        "SRCDOM": source.domain,
        "SRCVAR": source.variable,
        "SRCSEQ": source.sequence,
        "IMPFL": "Y" if result.imputed else "",
    }


def event_words(result: EndpointResult) -> str:
    words = EVENT_WORDS.get(result.event_type or "")
    said = plain(words.en) if words else str(result.event_type)
    said = said[:1].upper() + said[1:]
    return said if result.cause == EVENT_CODE else f"Competing event: {said}"
