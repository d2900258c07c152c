"""ADRS: responses on their days, the best of them, and the endpoints that are proportions."""

from collections.abc import Iterator
from datetime import date

from assessments.disease.responses import judged_responses
from outcomes.domain.results import EVENT_CODE, EndpointResult, reason_sentence
from trialsite.clinical.kleene import Truth

from ..domain.table import Kind, Variable
from ..sdtm.disease import RESPONSES
from ..sdtm.reading import Found, Reading
from ..sdtm.text import plain
from .analysis import analysis_of
from .columns import IDENTIFIERS, day, decimal, flag, relative_day, text, whole
from .time_to_event import parameter_codes

KINDS = ("proportion", "binary-landmark")
BEST_FIRST = ("CR", "CRh", "CRi", "MLFS", "PR", "NR", "PD", "RELAPSE", "NE")

VARIABLES: tuple[Variable, ...] = (
    *IDENTIFIERS,
    text("TRTP", "Planned Treatment"),
    text("TRTA", "Actual Treatment"),
    text("PARAMCD", "Parameter Code"),
    text("PARAM", "Parameter"),
    text("PARCAT1", "Parameter Category 1"),
    decimal("AVAL", "Analysis Value", "1 reached, 0 not reached; empty for a category."),
    text("AVALC", "Analysis Value (C)", "Derived", method="Category of response; Y or N of an endpoint."),
    day("ADT", "Analysis Date", "Day from which the response holds."),
    whole("ADY", "Analysis Relative Day", "ADT relative to TRTSDT, with no day 0."),
    text("AVISIT", "Analysis Visit"),
    Variable("AVISITN", "Analysis Visit (N)", Kind.INTEGER, origin="Assigned"),
    flag("ANL01FL", "Analysis Flag 01", "Y on the row of each parameter that is analyzed."),
    flag("CRCFL", "Complete Remission Flag", "Y where the response counts as complete remission (CRc)."),
    text(
        "REASON", "Reason of the Value", "Derived", method="Sentence that gives the records behind the value."
    ),
    text("SRCDOM", "Source Data"),
    text("SRCVAR", "Source Variable"),
    Variable("SRCSEQ", "Source Sequence Number", Kind.INTEGER, origin="Assigned"),
)


def rows(reading: Reading) -> Iterator[Found]:
    codes = parameter_codes(reading.design.protocols)
    demographics = {row["USUBJID"]: row for row in reading.rows("DM")}
    for subject in reading.subjects:
        if subject.enrolled_on is None:
            continue
        dm = demographics[subject.usubjid]
        start = dm["RFXSTDTC"][:10]
        treated = date.fromisoformat(start) if start else None
        found = [*assessed(reading, subject.pk), *proportions(reading, subject.pk, codes)]
        for row in sorted(
            found, key=lambda one: (one["PARAMCD"], one["ADT"] or date.min, one.get("AVISITN") or 0)
        ):
            yield row | {
                **dm,
                "TRTP": dm["ARM"],
                "TRTA": dm["ACTARM"],
                "ADY": relative_day(row["ADT"], treated),
            }


def assessed(reading: Reading, subject: object) -> Iterator[Found]:
    """Every response that counts, and the best of them."""
    judged = [one for one in judged_responses(reading.ids).get(subject, []) if one.counts]  # type: ignore[call-overload]
    known = [one for one in judged if one.category in RESPONSES]
    for one in known:
        visit = reading.visit(one.record)
        yield {
            "PARAMCD": "OVRLRESP",
            "PARAM": "Response",
            "PARCAT1": "RESPONSE",
            "AVALC": RESPONSES[one.category],
            "ADT": one.on,
            "AVISIT": visit.name if visit else "",
            "AVISITN": visit.number if visit else None,
            "ANL01FL": "Y",
            "CRCFL": {Truth.TRUE: "Y", Truth.FALSE: "N"}.get(one.in_crc, ""),
            **placed(reading, one.record.address("performed_on")),
        }
    if known:
        best = min(known, key=lambda one: (BEST_FIRST.index(one.category), one.on))
        yield {
            "PARAMCD": "BOR",
            "PARAM": "Best Response",
            "PARCAT1": "RESPONSE",
            "AVALC": RESPONSES[best.category],
            "ADT": best.on,
            "ANL01FL": "Y",
            **placed(reading, best.record.address("performed_on")),
        }


def proportions(reading: Reading, subject: object, codes: dict[str, str]) -> Iterator[Found]:
    """The endpoints that are answered yes or no."""
    for plan, result in analysis_of(reading).endpoints[subject]:  # type: ignore[index]
        if plan.kind in KINDS and result.in_set and result.cause is not None:
            reached = result.cause == EVENT_CODE
            yield {
                "PARAMCD": codes[plan.key],
                "PARAM": plain(plan.name.en),
                "PARCAT1": plan.role.upper(),
                "AVAL": int(reached),
                "AVALC": "Y" if reached else "N",
                "ADT": dated(result),
                "ANL01FL": "Y",
                "REASON": plain(reason_sentence(result.reason_code, result.params)),
                **placed(reading, result.sources[-1] if result.sources else None),
            }


def dated(result: EndpointResult) -> date | None:
    said = result.params.get("date", "")
    return result.date or (date.fromisoformat(said) if len(said) == 10 else None)


def placed(reading: Reading, address: object) -> Found:
    source = analysis_of(reading).place(address)  # type: ignore[arg-type]
    return {"SRCDOM": source.domain, "SRCVAR": source.variable, "SRCSEQ": source.sequence}
