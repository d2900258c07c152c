"""Reference ranges of a laboratory: which one is in force for a sample, by its day, the sex and the age."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.dates import completed_years
from trialsite.clinical.partial_date import PartialDate

SEXES = ("M", "F")


class LimitsFrom(StrEnum):
    """Where the limits of a result come from; "" of older entries means typed, as REPORT."""

    SITE_RANGE = "SITE_RANGE"
    REPORT = "REPORT"
    NOT_PRINTED = "NOT_PRINTED"


class WhyNoLimits(StrEnum):
    """Why a result has no limits of normal."""

    NO_RANGE = "NO_RANGE"
    SEX_UNKNOWN = "SEX_UNKNOWN"
    AGE_UNKNOWN = "AGE_UNKNOWN"


@dataclass(frozen=True)
class NormalRange:
    """One range of an analyte, limits in its canonical unit.

    laboratory: "" is the site's own. sex: "" is any, else "M" or "F". age_from, age_below: years, the first inclusive,
    the second exclusive; None is open. It holds from `effective_from` until another one of the same people does.
    """

    id: str
    laboratory: str
    analyte: str
    sex: str
    age_from: Decimal | None
    age_below: Decimal | None
    lln: Decimal | None
    uln: Decimal | None
    effective_from: date

    def holds(self, sex: str, age: Decimal) -> bool:
        """Whether it is a range of people of this sex and age."""
        return (
            self.sex in ("", sex)
            and (self.age_from is None or self.age_from <= age)
            and (self.age_below is None or age < self.age_below)
        )

    @property
    def narrowness(self) -> tuple[bool, bool]:
        """Of two from the same day the one for this sex, then the one for an age, comes first."""
        return bool(self.sex), self.age_from is not None or self.age_below is not None


@dataclass(frozen=True)
class Person:
    """What a range asks of a subject; None where it is not recorded."""

    sex: str | None = None
    birth: date | PartialDate | None = None


@dataclass(frozen=True)
class Limits:
    """The limits of normal in the canonical unit, and where they come from; or why there are none."""

    lln: Decimal | None = None
    uln: Decimal | None = None
    range_id: str = ""
    why: WhyNoLimits | None = None


def same_laboratory(name: str) -> str:
    """A laboratory's name without the differences that mean nothing."""
    return " ".join(name.split()).casefold()


def decimal_age(birth: date, on: date) -> Decimal:
    """Age in years with the days since the last birthday as a fraction of the year; ValueError before birth."""
    years = completed_years(birth, on)
    last, following = birthday(birth, years), birthday(birth, years + 1)
    return years + Decimal((on - last).days) / Decimal((following - last).days)


def birthday(birth: date, years: int) -> date:
    """The day of that birthday; who is born on 29 February has it on 1 March in common years."""
    try:
        return birth.replace(year=birth.year + years)
    except ValueError:
        return date(birth.year + years, 3, 1)


def range_for(
    ranges: Iterable[NormalRange], sex: str, age: Decimal, day: date, laboratory: str = ""
) -> NormalRange | None:
    """The range of one analyte in force on a day: the one that began last; None where none has."""
    wanted = same_laboratory(laboratory)
    open_ = [
        one
        for one in ranges
        if same_laboratory(one.laboratory) == wanted and one.effective_from <= day and one.holds(sex, age)
    ]
    return max(open_, key=lambda one: (one.effective_from, one.narrowness), default=None)


def limits_in_force(ranges: Sequence[NormalRange], person: Person, day: date, laboratory: str = "") -> Limits:
    """The limits of one analyte for a sample of a subject.

    Sex or age that is not known is no obstacle where every possible one has the same range; otherwise there are no
    limits, and `why` says what is missing. ranges: those of the analyte, of any laboratory.
    """
    sexes = SEXES if person.sex is None else (person.sex,)
    ages = possible_ages(ranges, person.birth, day)
    found = {(sex, age): range_for(ranges, sex, age, day, laboratory) for sex in sexes for age in ages}
    answers = set(found.values())
    if len(answers) == 1:
        (one,) = answers
        if one is None:
            return Limits(why=WhyNoLimits.NO_RANGE)
        return Limits(one.lln, one.uln, one.id)
    by_sex = any(len({found[sex, age] for sex in sexes}) > 1 for age in ages)
    return Limits(why=WhyNoLimits.SEX_UNKNOWN if by_sex else WhyNoLimits.AGE_UNKNOWN)


def possible_ages(
    ranges: Iterable[NormalRange], birth: date | PartialDate | None, day: date
) -> list[Decimal]:
    """The ages to try: the known one, else the ends of what is possible and every bound between them."""
    if isinstance(birth, PartialDate):
        low, high = decimal_age(min(birth.latest, day), day), decimal_age(birth.earliest, day)
    elif birth is not None:
        low = high = decimal_age(birth, day)
    else:
        low, high = Decimal(0), Decimal(130)
    bounds = {bound for one in ranges for bound in (one.age_from, one.age_below) if bound is not None}
    return sorted({low, high, *(bound for bound in bounds if low < bound < high)})
