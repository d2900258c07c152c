"""Blood as the laboratory reports it on a day: counts fall after chemotherapy and come back; limits of an adult."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from assessments.domain.terms import NO_FINDING, Finding
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import canonical_unit

from .draws import Draw
from .story import Course, Person, Span

LIMITS: dict[str, tuple[str, str]] = {
    "wbc": ("3.5", "9.5"),
    "anc": ("1.8", "6.3"),
    "lymphocytes": ("1.1", "3.2"),
    "rbc": ("3.8", "5.8"),
    "haemoglobin": ("115", "175"),
    "platelets": ("125", "350"),
    "alt": ("7", "40"),
    "ast": ("13", "35"),
    "ldh": ("120", "250"),
    "bilirubin": ("3.4", "20.5"),
    "albumin": ("40", "55"),
    "creatinine": ("41", "97"),
    "urea": ("2.6", "8.0"),
    "uric_acid": ("155", "428"),
    "sodium": ("137", "147"),
    "potassium": ("3.5", "5.3"),
    "calcium": ("2.11", "2.52"),
    "phosphate": ("0.85", "1.51"),
    "inr": ("0.80", "1.20"),
    "aptt": ("25.1", "36.5"),
    "fibrinogen": ("2.00", "4.00"),
}
DEEP = 0.08
# Of the phosphate nobody says anything: such grades stay open.
SAID: dict[str, tuple[Decimal | None, str]] = {
    "potassium": (Decimal("3.2"), Finding.SYMPTOMS_OR_TREATMENT.value),
    "sodium": (None, ""),
    "uric_acid": (None, ""),
    "inr": (None, ""),
}


def result(analyte: str, value: Decimal) -> dict[str, Any]:
    """A line of a report: the result in the standard unit with the laboratory's limits."""
    low, high = LIMITS[analyte]
    below = value <= 0
    unit = canonical_unit(analyte)
    quantity = Quantity.parse("<0.01" if below else f"{value:f}", unit, analyte)
    line: dict[str, Any] = {"analyte": analyte, "result": quantity, "lln": Decimal(low), "uln": Decimal(high)}
    return line | ({} if Decimal(low) <= value <= Decimal(high) else found_with(analyte, value))


def found_with(analyte: str, value: Decimal) -> dict[str, str]:
    """What the ward says beside a result outside its limits, where the grade asks: as a rule that there is nothing."""
    if analyte not in SAID:
        return {}
    below, finding = SAID[analyte]
    return {"finding": finding if below is not None and value < below else NO_FINDING}


def depth(course: Course, day: date) -> float:
    """What is left of the marrow's output on a day: 1 of a healthy marrow, near 0 in the nadir."""
    left = 1.0
    for span in course.spans:
        left = min(left, depth_after(span, day))
    graft = course.graft
    if graft and day >= graft.conditioning_on:
        since = (day - graft.day0).days
        if since < 10:
            left = min(left, 0.5 if since < -3 else 0.03)
        elif since < 90:
            left = min(left, 0.34 + since * 0.006)
    if course.cells_on and 4 <= (day - course.cells_on).days <= 16:
        left = min(left, 0.16)
    return left


def depth_after(span: Span, day: date) -> float:
    """The trough after a block of chemotherapy: days 8 to 16, recovered by day 20; blinatumomab costs little."""
    regimen, since = span.regimen or "", (day - span.start).days
    if since < 0 or not regimen:
        return 1.0
    if "BLINA" in regimen and regimen != "C1_VCD_BLINA":
        return 0.62 if 3 <= since <= 14 else 1.0
    if 7 <= since <= 16:
        return DEEP + 0.03 * abs(since - 11)
    return 0.55 if 4 <= since <= 19 else 1.0


def blood(draw: Draw, course: Course, day: date) -> dict[str, Decimal]:
    """Neutrophils, platelets (10⁹/L), haemoglobin (g/L) and the rest, as disease and treatment leave them."""
    ending, disease = course.ending, course.disease
    in_marrow = ending.relapse_site in ("MARROW", "COMBINED")
    relapsed = in_marrow and ending.relapse_on is not None and day >= ending.relapse_on
    if relapsed or course.remission_on is None or day < course.remission_on:
        begun = course.c1d1 is not None and day > course.c1d1
        wbc = disease.wbc if not begun and not relapsed else draw.log_around(2.6, 0.7)
        anc = min(draw.log_around(0.7, 0.6, 2), wbc)
        found = {"wbc": wbc, "anc": anc, "platelets": draw.log_around(42, 0.5, 0)}
        return found | rest(draw, found, 78)
    if day == course.remission_on:
        anc, platelets = at_response(draw, course.first_category)
    else:
        left = depth(course, day)
        anc = draw.around(3.1 * left, 0.7 * left, 2, low=0.02)
        platelets = draw.around(188 * left, 34 * left, 0, low=8)
        if left == 1.0:
            anc, platelets = max(anc, Decimal("1.2")), max(platelets, Decimal(108))
    found = {"wbc": anc + draw.number(0.6, 2.2, 2), "anc": anc, "platelets": platelets}
    return found | rest(draw, found, 112 if depth(course, day) == 1.0 else 88)


def at_response(draw: Draw, category: str) -> tuple[Decimal, Decimal]:
    """Counts that make the category: CR above 1.0 and 100, CRh above 0.5 and 50, CRi with one of them below."""
    match category:
        case "CR":
            return draw.number(1.15, 3.6, 2), draw.number(112, 245, 0)
        case "CRh":
            return draw.number(0.58, 0.95, 2), draw.number(58, 96, 0)
        case _:
            return draw.number(1.2, 2.6, 2), draw.number(24, 48, 0)


def rest(draw: Draw, found: Mapping[str, Decimal], haemoglobin: int) -> dict[str, Decimal]:
    hb = draw.around(haemoglobin, 11, 0, low=52)
    return {
        "lymphocytes": min(draw.number(0.3, 1.6, 2), found["wbc"]),
        "haemoglobin": hb,
        "rbc": (hb / Decimal("29.5")).quantize(Decimal("0.01")),
    }


def haematology(draw: Draw, course: Course, day: date) -> list[dict[str, Any]]:
    found = blood(draw, course, day)
    return [
        result(each, found[each]) for each in ("wbc", "anc", "lymphocytes", "rbc", "haemoglobin", "platelets")
    ]


def chemistry(draw: Draw, person: Person, *, active: bool, obstacle: str = "") -> list[dict[str, Any]]:
    """Liver, kidney, electrolytes; with active disease LDH and uric acid are high."""
    alt = draw.log_around(24, 0.45, 0)
    creatinine = draw.around(66 if person.sex == "M" else 54, 10, 0, low=34)
    urea = draw.around(4.6, 1.0, 1, low=1.8)
    bilirubin = draw.around(10, 3.2, 1, low=3)
    if obstacle == "liver":
        alt = draw.number(142, 260, 0)
    if obstacle == "kidney":
        creatinine, urea = draw.number(290, 420, 0), draw.number(13, 21, 1)
    alt = alt if obstacle == "liver" else min(alt, Decimal(58))
    found = {
        "alt": alt,
        "ast": max(alt * Decimal("0.8") + draw.whole(-4, 6), Decimal(9)).quantize(Decimal(1)),
        "ldh": draw.log_around(620, 0.5, 0) if active else draw.around(188, 26, 0),
        "bilirubin": min(bilirubin, Decimal("19.5")),
        "albumin": draw.around(37 if active else 41, 3, 1),
        "creatinine": creatinine if obstacle == "kidney" else min(creatinine, Decimal(92)),
        "urea": urea if obstacle == "kidney" else min(urea, Decimal("7.8")),
        "uric_acid": draw.around(430 if active else 300, 60, 0, low=120),
        "sodium": draw.around(140, 2, 0),
        "potassium": draw.around(4.0, 0.3, 1, low=2.8),
        "calcium": draw.around(2.25, 0.08, 2),
        "phosphate": draw.around(1.2, 0.15, 2, low=0.5),
    }
    return [result(name, value) for name, value in found.items()]


def coagulation(draw: Draw) -> list[dict[str, Any]]:
    return [
        result("inr", draw.around(1.05, 0.07, 2, low=0.85)),
        result("aptt", draw.around(30, 2.6, 1, low=22)),
        result("fibrinogen", draw.around(2.9, 0.6, 2, low=0.9)),
    ]
