"""Blinatumomab as the pump's log tells it: bags, steps of the rate, interruptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .story import Span
from .treatment import PUMP_STARTS_AT

SITE_ZONE = ZoneInfo("Asia/Shanghai")
BAG_HOURS = 72
BAGS = ((24, "24H"), (48, "48H"), (72, "72H"))
SUPERVISED = timedelta(hours=4)


@dataclass(frozen=True)
class Stretch:
    """One stretch at one rate (µg/day), with why it stopped."""

    start: datetime
    stop: datetime
    rate: Decimal
    reason: str


def stretches(span: Span, rates: Mapping[int, Decimal]) -> list[Stretch]:
    """The whole course of a phase; `rates` maps day of the phase to µg/day.

    The pump starts at ten; hours lost to an interruption are made up at the end.
    """
    if not rates:
        return []
    first, last = min(rates), max(rates)
    begin = instant(span.day(first), PUMP_STARTS_AT)
    close = instant(span.end + timedelta(days=1), 0)
    found, now = [], begin
    for hours, rate, reason in pieces(rates, first, last, breaks_of(span, first)):
        pause = next((each.hours for each in span.interruptions if reason == f"PAUSE:{each.reason}"), 0)
        stop = min(now + timedelta(hours=hours), close)
        if stop <= now:
            break
        found.append(Stretch(now, stop, rate, reason.removeprefix("PAUSE:")))
        now = stop + timedelta(hours=pause)
    if found:
        end = found[-1]
        found[-1] = Stretch(end.start, end.stop, end.rate, "END")
    return found


def breaks_of(span: Span, first: int) -> dict[int, str]:
    """Hours of infusion after which the pump was stopped, with the reason."""
    offset = (first - 1) * 24 + PUMP_STARTS_AT
    return {max(each.at_hours - offset, 6): f"PAUSE:{each.reason}" for each in span.interruptions}


def pieces(
    rates: Mapping[int, Decimal], first: int, last: int, breaks: Mapping[int, str]
) -> Iterator[tuple[int, Decimal, str]]:
    """(hours, rate, why it stopped) between bag changes, steps of the rate and interruptions."""
    total = (last - first + 1) * 24
    cuts = dict.fromkeys(range(BAG_HOURS, total, BAG_HOURS), "BAG_CHANGE")
    cuts |= {
        (day - first) * 24: "BAG_CHANGE" for day in rates if day > first and rates[day] != rates.get(day - 1)
    }
    cuts |= dict(breaks)
    cuts[total] = "END"
    before = 0
    for hour in sorted(cuts):
        if hour > before:
            yield hour - before, rates[first + before // 24], cuts[hour]
            before = hour


def instant(day: date, hour: int) -> datetime:
    """An hour of a day at the site, as the record keeps it."""
    return datetime.combine(day, time(hour), SITE_ZONE).astimezone(UTC)


def lines_of(found: list[Stretch], days: range, start: date, today: date) -> list[dict[str, Any]]:
    """The stretches that began on these days of the phase, as far as time has come; the last may be running."""
    now = instant(today, 0)
    lines = []
    for each in found:
        day = (each.start.astimezone(SITE_ZONE).date() - start).days + 1
        if day not in days or each.start >= now:
            continue
        runs = each.stop > now
        lines.append(
            {
                "start": each.start,
                "stop": None if runs else each.stop,
                "bag": bag_of(each, runs=runs),
                "rate": each.rate,
                "stop_reason": "" if runs else each.reason,
            }
        )
    return lines


def bag_of(one: Stretch, *, runs: bool) -> str:
    """The smallest bag that lasts for a stretch; of one that runs the usual one."""
    hours = (one.stop - one.start).total_seconds() / 3600
    return "72H" if runs else next((code for longest, code in BAGS if hours <= longest), "72H")


def premedication_of(found: list[Stretch], days: range, start: date, today: date) -> list[dict[str, Any]]:
    """Dexamethasone before the first dose, a step and a late restart; now and then it was forgotten."""
    now, before, lines = instant(today, 0), None, []
    for each in found:
        new = before is None or each.rate > before.rate or each.start - before.stop >= SUPERVISED
        before = each
        day = (each.start.astimezone(SITE_ZONE).date() - start).days + 1
        forgotten = day > 1 and each.start.day % 9 == 0
        if new and day in days and each.start < now and not forgotten:
            lines.append(
                {
                    "drug": "DEXAMETHASONE",
                    "dose": Decimal(20),
                    "given_at": each.start - timedelta(minutes=40),
                }
            )
    return lines
