"""High-dose methotrexate as it was given: levels that fall, a few that fall late, leucovorin until they are low."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from trialsite.clinical.body import bsa
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import to_canonical

from .draws import Draw
from .infusions import instant
from .story import LOG, Course, Entry

DOSES = {"VP_HDMTX": Decimal(3000), "HCVAD_B": Decimal(1000)}  # mg/m² over 24 hours
FELL = {  # hours from the start → the usual level in µmol/L
    "VP_HDMTX": {24: 48.0, 42: 0.55, 48: 0.22, 72: 0.06},
    "HCVAD_B": {24: 14.0, 48: 0.4, 72: 0.06},
}
LATE_PCT = 14.0
LATE = {48: 0.9, 72: 0.28, 96: 0.12, 120: 0.07}
STARTS_AT, HOURS, RESCUE_FROM, EVERY = 9, 24, 36, 6
IN_MG_PCT = 12.0  # a laboratory that reports mg/L


def methotrexate_entries(course: Course, until: date) -> Iterator[Entry]:
    """One form for each infusion that has begun, from draws of its own: they change nothing else in a story."""
    number = 0
    for span in course.spans:
        if span.regimen in DOSES and span.start < until:
            number += 1
            draw = Draw(f"methotrexate {span.phase} {course.screened_on} {course.person.hospital_number}")
            yield infusion(draw, course, span.regimen, span.start, until, number)


def infusion(draw: Draw, course: Course, regimen: str, day: date, until: date, number: int) -> Entry:
    start, now = instant(day, STARTS_AT), instant(until, 0)  # whatever the hour, that has come
    surface = bsa(Decimal(course.person.height_cm), course.person.weight_kg).value
    dose = (DOSES[regimen] * surface / 10).to_integral_value() * 10
    end = start + timedelta(hours=HOURS)
    values = {
        "start": start,
        "end": end if end <= now else None,
        "planned_hours": Decimal(HOURS),
        "dose": dose,
        "urine_ph": draw.number(7.0, 7.8),
        "effusion": False,
        "comment": "",
    }
    levels, low_at = levels_of(draw, regimen, start, now)
    rows = {"levels": levels, "leucovorin": rescue(surface, start, min(now, low_at))}
    return Entry(LOG, "MTX", day, values, rows=rows, form_repeat=number)


def levels_of(
    draw: Draw, regimen: str, start: datetime, now: datetime
) -> tuple[list[dict[str, Any]], datetime]:
    """The levels that have been drawn, and when the last one was low enough."""
    usual = dict(FELL[regimen]) | (LATE if draw.chance(LATE_PCT) else {})
    unit = "mg/L" if draw.chance(IN_MG_PCT) else "umol/L"
    found, low_at = [], start + timedelta(hours=max(usual))
    for hours, middle in sorted(usual.items()):
        at = start + timedelta(hours=hours, minutes=draw.whole(-20, 25))
        value = draw.log_around(middle, 0.2, 1 if middle > 5 else 3)
        if at > now:
            break
        found.append({"drawn_at": at, "level": reported(value, unit), "from_line": False, "creatinine": None})
        low_at = at
    return found, low_at


def reported(umol_l: Decimal, unit: str) -> Quantity:
    """A level in the unit in which the laboratory reports."""
    if unit == "umol/L":
        return Quantity.parse(f"{umol_l}", unit, "methotrexate")
    per_mg = to_canonical("methotrexate", Decimal(1), unit)
    return Quantity.parse(f"{max(umol_l / per_mg, Decimal('0.001')):.3f}", unit, "methotrexate")


def rescue(surface: Decimal, start: datetime, last: datetime) -> list[dict[str, Any]]:
    """Leucovorin from hour 36, every six hours, to the last level."""
    dose, found = (15 * surface).to_integral_value(), []
    at = start + timedelta(hours=RESCUE_FROM)
    while at <= last:
        found.append({"given_at": at, "dose": dose, "route": "IV"})
        at += timedelta(hours=EVERY)
    return found
