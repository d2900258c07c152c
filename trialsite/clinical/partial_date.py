"""Dates of which only the month or the year is known: kept as recorded, never filled in silently."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trialsite.clinical.interval import Interval
from trialsite.clinical.refusal import Refusal

FIRST_YEAR, LAST_YEAR = 1900, 2199
_UNKNOWN = {"UN", "UNK", "UK", "NK", "XX", "??", "?"}
_PARTS = re.compile(r"([0-9]{4})(?:[-/.]([^-/.]+))?(?:[-/.]([^-/.]+))?")


class PartialDateError(Refusal):
    """A text that is neither a date nor a date whose day, or month and day, are unknown."""


class Precision(StrEnum):
    """The smallest part of a date that is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    RANGE = "range"


@dataclass(frozen=True)
class PartialDate:
    """A date as far as it is known: ISO text (`2026`, `2026-03`, `2026-03-05`) and the days it may be."""

    text: str
    earliest: date
    latest: date

    def __post_init__(self) -> None:
        if self.earliest > self.latest:
            raise ValueError(
                f"A date cannot have its earliest day {self.earliest} after its latest {self.latest}."
            )

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, on: date) -> PartialDate:
        """A date that is known to the day."""
        return cls(on.isoformat(), on, on)

    @classmethod
    def between(cls, earliest: date, latest: date) -> PartialDate:
        """Any day of a range; written as an ISO interval unless it is a single day."""
        text = earliest.isoformat() if earliest == latest else f"{earliest}/{latest}"
        return cls(text, earliest, latest)

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read `2026`, `2026-03`, `2026-03-05`, `2026-03-UN` or `2026-UN-UN` into its ISO text and range.

        Full-width digits, `/`, `.` and 年月日 between the parts are read as well. PartialDateError says
        what is wrong: no four-digit year, a day without a month, a day that the month does not have.
        """
        year, month, day = _parts(text)
        if month is None:
            return cls(f"{year:04}", date(year, 1, 1), date(year, 12, 31))
        days = calendar.monthrange(year, month)[1]
        if day is None:
            return cls(f"{year:04}-{month:02}", date(year, month, 1), date(year, month, days))
        if not 1 <= day <= days:
            raise PartialDateError(
                "no-such-day",
                "“{text}” is not a date: {month} has {days} days.",
                text=text.strip(),
                month=f"{year:04}-{month:02}",
                days=str(days),
            )
        return cls.of(date(year, month, day))

    @property
    def exact(self) -> bool:
        """Whether the day is known."""
        return self.earliest == self.latest

    @property
    def precision(self) -> Precision:
        if self.exact:
            return Precision.DAY
        return {4: Precision.YEAR, 7: Precision.MONTH}.get(len(self.text), Precision.RANGE)

    @property
    def flag(self) -> str:
        """What would have to be imputed: nothing, `D` the day, `M` month and day (flags of CDISC ADaM)."""
        return {Precision.DAY: "", Precision.MONTH: "D"}.get(self.precision, "M")

    def contains(self, on: date) -> bool:
        """Whether that day is one of the possible days."""
        return self.earliest <= on <= self.latest

    def interval(self) -> Interval[date]:
        return Interval(self.earliest, self.latest)


def _parts(text: str) -> tuple[int, int | None, int | None]:
    compact = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    compact = re.sub("[年月]", "-", compact.replace("日", "")).rstrip("-")
    match = _PARTS.fullmatch(compact)
    if match is None:
        raise PartialDateError(
            "not-a-date",
            "“{text}” is not a date. Enter year, month and day as 2026-03-05; "
            "if the day is unknown 2026-03, if the month is unknown 2026.",
            text=text.strip(),
        )
    year, month, day = int(match[1]), _part(match[2], text), _part(match[3], text)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise PartialDateError(
            "no-such-year",
            "“{text}” is not a date of this trial: the year must lie between {first} and {last}.",
            text=text.strip(),
            first=str(FIRST_YEAR),
            last=str(LAST_YEAR),
        )
    if month is None and day is not None:
        raise PartialDateError(
            "day-without-month",
            "“{text}” has a day without a month. If the month is unknown, enter the year alone ({year}).",
            text=text.strip(),
            year=str(year),
        )
    if month is not None and not 1 <= month <= 12:
        raise PartialDateError(
            "no-such-month", "“{text}” is not a date: the month must be 01 to 12.", text=text.strip()
        )
    return year, month, day


def _part(part: str | None, text: str) -> int | None:
    if part is None or part in _UNKNOWN:
        return None
    if re.fullmatch("[0-9]{1,2}", part):
        return int(part)
    raise PartialDateError(
        "not-a-date",
        "“{text}” is not a date: “{part}” is neither a number nor UN for unknown.",
        text=text.strip(),
        part=part,
    )
