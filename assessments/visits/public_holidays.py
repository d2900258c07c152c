"""The public holidays of China and their make-up workdays, as the State Council publishes them year by year."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

from holidays.countries.china import China, ChinaStaticHolidays

from trialsite.clinical.text import Text

IN_EXCHANGE = re.compile(r"^(Day off|休息日)")
OBSERVED = re.compile(r"\s*[(（](observed|补假)[)）]$")
NAMES = {"Chinese New Year (Spring Festival)": "Spring Festival"}  # as people at the sites say it
LONGEST = 12  # days from a holiday to the last day off that belongs to it


@cache
def holidays_of(year: int) -> Mapping[date, Text]:
    """The holidays of a year with their names; a day off in exchange for a weekend bears the name of its holiday."""
    english, chinese = China(years=year, language="en_US"), China(years=year, language="zh_CN")
    named = {
        day: Text(plain(english[day]), plain(chinese[day]))
        for day in english
        if not IN_EXCHANGE.match(english[day])
    }
    return {day: named.get(day) or nearest_name(day, named) for day in sorted(english)}


def plain(name: str) -> str:
    """The name of a holiday without the remark that it was moved; of several the first."""
    first = OBSERVED.sub("", name.split("; ")[0])
    return NAMES.get(first, first)


def nearest_name(day: date, named: Mapping[date, Text]) -> Text:
    """The name of the holiday to which a day off in exchange belongs: the nearest, the earlier of two."""
    for distance in range(1, LONGEST + 1):
        for other in (day - timedelta(days=distance), day + timedelta(days=distance)):
            if other in named:
                return named[other]
    return Text("Day off", "调休放假")


@cache
def make_up_workdays(year: int) -> frozenset[date]:
    """The weekend days of a year that are worked in exchange for days off."""
    return frozenset(day for day in China(years=year).weekend_workdays if day.year == year)


@cache
def last_published_year() -> int:
    """The last year whose exchanged days are known: for later ones there are the holidays of the law alone."""
    return max(ChinaStaticHolidays.special_public_holidays)
