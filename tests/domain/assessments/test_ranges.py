"""Which reference range is in force for a sample: day, laboratory, sex and age, each on both sides."""

from datetime import date
from decimal import Decimal as D

import pytest

from assessments.domain.ranges import Limits, NormalRange, Person, WhyNoLimits, decimal_age, limits_in_force
from trialsite.clinical.partial_date import PartialDate

DAY = date(2026, 3, 1)
BIRTH = date(1990, 1, 1)


def a_range(
    name: str,
    start: str = "2025-01-01",
    sex: str = "",
    low: str | None = None,
    high: str | None = None,
    laboratory: str = "",
) -> NormalRange:
    ages = (None if one is None else D(one) for one in (low, high))
    return NormalRange(name, laboratory, "hb", sex, *ages, D(1), D(9), date.fromisoformat(start))


GENERAL, LATER = a_range("general"), a_range("later", "2026-03-01")
MEN, WOMEN = a_range("men", sex="M"), a_range("women", sex="F")
CHILD, ADULT = a_range("child", high="18"), a_range("adult", low="18")
INFANT, TODDLER = a_range("infant", high="0.5"), a_range("toddler", low="0.5", high="3")
THEIRS = a_range("theirs", laboratory="City Lab")

TABLE = [
    # ranges, sex, birth, day, laboratory, range or why not
    ([GENERAL], "M", BIRTH, date(2025, 1, 1), "", "general"),
    ([GENERAL], "M", BIRTH, date(2024, 12, 31), "", WhyNoLimits.NO_RANGE),
    ([GENERAL, LATER], "M", BIRTH, date(2026, 2, 28), "", "general"),
    ([GENERAL, LATER], "M", BIRTH, date(2026, 3, 1), "", "later"),
    ([MEN, WOMEN], "M", BIRTH, DAY, "", "men"),
    ([MEN, WOMEN], "F", BIRTH, DAY, "", "women"),
    ([MEN, WOMEN], None, BIRTH, DAY, "", WhyNoLimits.SEX_UNKNOWN),
    ([GENERAL], None, None, DAY, "", "general"),
    ([GENERAL, MEN], "M", BIRTH, DAY, "", "men"),
    ([GENERAL, MEN], "F", BIRTH, DAY, "", "general"),
    ([LATER, MEN], "M", BIRTH, DAY, "", "later"),
    ([CHILD, ADULT], "M", date(2008, 3, 1), DAY, "", "adult"),
    ([CHILD, ADULT], "M", date(2008, 3, 2), DAY, "", "child"),
    ([CHILD, ADULT], "M", None, DAY, "", WhyNoLimits.AGE_UNKNOWN),
    ([CHILD, ADULT], "M", PartialDate.parse("1990"), DAY, "", "adult"),
    ([CHILD, ADULT], "M", PartialDate.parse("2008"), DAY, "", WhyNoLimits.AGE_UNKNOWN),
    ([CHILD, ADULT], "M", PartialDate.parse("2008-02"), DAY, "", "adult"),
    ([INFANT, TODDLER], "F", date(2025, 9, 1), DAY, "", "infant"),
    ([INFANT, TODDLER], "F", date(2025, 8, 1), DAY, "", "toddler"),
    ([CHILD], "M", BIRTH, DAY, "", WhyNoLimits.NO_RANGE),
    ([GENERAL, THEIRS], "M", BIRTH, DAY, " city  lab ", "theirs"),
    ([GENERAL, THEIRS], "M", BIRTH, DAY, "Other Lab", WhyNoLimits.NO_RANGE),
    ([THEIRS], "M", BIRTH, DAY, "", WhyNoLimits.NO_RANGE),
    ([], "M", BIRTH, DAY, "", WhyNoLimits.NO_RANGE),
]


@pytest.mark.parametrize(("ranges", "sex", "birth", "day", "laboratory", "found"), TABLE)
def test_the_range_in_force(ranges, sex, birth, day, laboratory, found) -> None:
    limits = limits_in_force(ranges, Person(sex, birth), day, laboratory)
    if isinstance(found, WhyNoLimits):
        assert limits == Limits(why=found)
    else:
        assert limits == Limits(D(1), D(9), found)


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        (date(2000, 3, 1), date(2018, 2, 28), "17.997"),
        (date(2000, 3, 1), date(2018, 3, 1), "18.000"),
        (date(2000, 2, 29), date(2001, 2, 28), "0.997"),
        (date(2000, 2, 29), date(2001, 3, 1), "1.000"),
        (date(2025, 1, 1), date(2025, 7, 2), "0.499"),
        (date(2025, 1, 1), date(2025, 1, 1), "0.000"),
    ],
)
def test_an_age_with_its_days(birth: date, on: date, age: str) -> None:
    assert round(decimal_age(birth, on), 3) == D(age)


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(ValueError, match="no age"):
        decimal_age(date(2025, 1, 2), date(2025, 1, 1))
