"""The lines of a data cut's files, without Django: endpoints and courses as text, and back again as counted results."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trialsite.clinical.facts import ItemAddress

from .results import EndpointResult

ENDPOINTS = (
    "subject", "usubjid", "number", "site", "endpoint", "in_set", "status", "origin", "ended_on", "days", "cause",
    "event_type", "reason_code", "reason", "params", "missing", "imputed", "sources",
)  # fmt: skip
COURSES = (
    "subject", "usubjid", "number", "site", "arm", "protocol_version", "state", "sex", "age_years", "screened_on",
    "enrolled_on", "randomised_on", "treated_on", "in_crc_on", "transplanted_on", "relapsed_on", "died_on",
    "death_cause", "withdrawn_on", "standing_queries",
)  # fmt: skip
EVENTS = ("event", "subject", "usubjid", "number", "site", "term", "grade", "serious", "onset")
DEVIATIONS = ("deviation", "subject", "site", "kind", "weight", "state", "occurred_on")
KEYS = {
    "endpoints.csv": ("subject", "endpoint"),
    "subjects.csv": ("subject",),
    "adverse-events.csv": ("event",),
    "deviations.csv": ("deviation",),
}
Row = Mapping[str, str]


@dataclass(frozen=True)
class Who:
    """How a file names a subject."""

    subject: str
    usubjid: str
    number: str
    site: str

    @property
    def columns(self) -> dict[str, str]:
        return {"subject": self.subject, "usubjid": self.usubjid, "number": self.number, "site": self.site}


def endpoint_row(who: Who, found: EndpointResult, reason: str) -> dict[str, str]:
    """One endpoint of one subject as a line; what is not there is empty."""
    return {
        **who.columns,
        "endpoint": found.endpoint,
        "in_set": yes_no(found.in_set),
        "status": found.status.value,
        "origin": text(found.origin),
        "ended_on": text(found.date),
        "days": text(found.days),
        "cause": text(found.cause),
        "event_type": found.event_type or "",
        "reason_code": found.reason_code,
        "reason": reason,
        "params": joined(f"{name}={value}" for name, value in sorted(found.params.items())),
        "missing": joined(found.missing),
        "imputed": yes_no(found.imputed),
        "sources": joined(address(one) for one in found.sources),
    }


def text(value: object) -> str:
    return "" if value is None else str(value)


def yes_no(value: bool | None) -> str:
    """A truth as CDISC codes it; unknown is empty."""
    return "" if value is None else "Y" if value else "N"


def joined(parts: Iterable[str]) -> str:
    return ";".join(parts)


def address(one: ItemAddress) -> str:
    return "/".join((one.table, one.row_id, one.item))


def until(day: date | None, cut_off: date) -> str:
    """A day, unless it lies after the cut-off."""
    return "" if day is None or day > cut_off else day.isoformat()


def written(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """The lines as a CSV file: UTF-8, LF, the same bytes for the same lines."""
    kept = io.StringIO(newline="")
    writer = csv.DictWriter(kept, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return kept.getvalue().encode()


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
