"""Adverse events of each kind of treatment, with the grades that a ward sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from .draws import Draw
from .story import Event, Flare, Graft, Span


@dataclass(frozen=True)
class Toxicity:
    """An event that befalls `percent` of a hundred phases: when it begins, how long it lasts, how bad it is."""

    term: str
    percent: float
    days: tuple[int, int]
    lasts: tuple[int, int]
    grades: dict[int, float]
    serious: float = 0.0
    special: str = ""


OTHER_FINDING = "Investigations - Other, specify"  # the CTCAE has no term for a low immunoglobulin
SPECIFIED = {OTHER_FINDING: "免疫球蛋白降低 (low immunoglobulin)", "Encephalopathy": "ICANS"}

CHEMOTHERAPY = (
    Toxicity("Neutrophil count decreased", 62, (7, 12), (5, 14), {3: 30, 4: 70}),
    Toxicity("Platelet count decreased", 44, (7, 13), (5, 15), {2: 20, 3: 45, 4: 35}),
    Toxicity("Anemia", 26, (5, 12), (6, 20), {2: 45, 3: 55}),
    Toxicity("Febrile neutropenia", 24, (8, 15), (2, 7), {3: 96, 4: 4}, serious=45, special="INFECTION"),
    Toxicity("Lung infection", 6, (8, 17), (7, 18), {2: 25, 3: 70, 4: 5}, serious=70, special="INFECTION"),
    Toxicity("Alanine aminotransferase increased", 15, (3, 14), (5, 16), {1: 40, 2: 38, 3: 22}),
    Toxicity("Nausea", 22, (1, 4), (1, 5), {1: 66, 2: 34}),
    Toxicity("Mucositis oral", 9, (6, 12), (4, 10), {1: 40, 2: 42, 3: 18}),
    Toxicity("Hypokalemia", 12, (2, 12), (2, 6), {1: 45, 2: 35, 3: 20}),
)
BLINATUMOMAB = (
    Toxicity("Fever", 24, (1, 4), (1, 3), {1: 70, 2: 30}),
    Toxicity("Neutrophil count decreased", 22, (3, 12), (4, 12), {2: 25, 3: 55, 4: 20}),
    Toxicity("Headache", 10, (1, 6), (1, 4), {1: 78, 2: 22}),
    Toxicity(OTHER_FINDING, 16, (10, 25), (40, 120), {1: 30, 2: 70}),
    Toxicity(
        "Catheter related infection", 5, (6, 20), (5, 12), {2: 40, 3: 60}, serious=40, special="INFECTION"
    ),
    Toxicity("GGT increased", 11, (4, 15), (7, 20), {1: 48, 2: 36, 3: 16}),
)
CELLS = (
    Toxicity("Neutrophil count decreased", 70, (4, 8), (8, 24), {3: 35, 4: 65}, special="CYTOPENIA"),
    Toxicity("Platelet count decreased", 40, (5, 10), (8, 26), {2: 30, 3: 45, 4: 25}),
    Toxicity(OTHER_FINDING, 40, (20, 40), (60, 160), {2: 100}),
)
TRANSPLANT = (
    Toxicity("Mucositis oral", 52, (8, 13), (6, 14), {1: 20, 2: 50, 3: 30}),
    Toxicity("Febrile neutropenia", 48, (10, 16), (2, 9), {3: 95, 4: 5}, serious=25, special="INFECTION"),
    Toxicity(
        "Cytomegalovirus infection reactivation", 28, (35, 75), (10, 30), {2: 82, 3: 18}, special="INFECTION"
    ),
    Toxicity("Cystitis noninfective", 12, (28, 60), (8, 25), {1: 30, 2: 50, 3: 20}),
    Toxicity("Bacteremia", 8, (12, 24), (7, 16), {3: 88, 4: 12}, serious=85, special="INFECTION"),
    Toxicity(
        "Sinusoidal obstruction syndrome", 2, (20, 32), (10, 24), {3: 70, 4: 30}, serious=100, special="SOS"
    ),
)
VENETOCLAX = (Toxicity("Tumor lysis syndrome", 5, (1, 3), (2, 4), {3: 100}, serious=60, special="TLS"),)


def events(
    draw: Draw,
    spans: Sequence[Span],
    flares: Sequence[Flare],
    transplant: Graft | None,
    cells_on: date | None,
) -> tuple[Event, ...]:
    """All adverse events of a course, the earliest first."""
    found = [event for span in spans for event in of_span(draw, span)]
    if cells_on:
        found += list(of_kind(draw, CELLS, cells_on, "car_t"))
    if transplant:
        found += list(of_kind(draw, TRANSPLANT, transplant.conditioning_on, "hsct"))
    found += [of_flare(draw, flare, spans, cells_on) for flare in flares]
    return tuple(sorted(found, key=lambda event: (event.onset, event.term)))


def of_span(draw: Draw, span: Span) -> Iterator[Event]:
    regimen = span.regimen or ""
    if not regimen or regimen == "CAR_T":
        return
    if "BLINA" not in regimen or regimen == "C1_VCD_BLINA":
        yield from of_kind(draw, CHEMOTHERAPY, span.start, "chemo", span.end + timedelta(days=14))
    if "BLINA" in regimen:
        start = span.start + timedelta(days=7 if regimen == "C1_VCD_BLINA" else 0)
        yield from of_kind(draw, BLINATUMOMAB, start, "blinatumomab", span.end + timedelta(days=5))
    if "VEN" in regimen:
        yield from of_kind(draw, VENETOCLAX, span.start, "venetoclax", span.end)


def of_kind(
    draw: Draw, kinds: Sequence[Toxicity], start: date, cause: str, until: date = date.max
) -> Iterator[Event]:
    for kind in kinds:
        if not draw.chance(kind.percent):
            continue
        onset = draw.after(start, *kind.days)
        if onset > until:
            continue
        grade = draw.weighted(kind.grades)
        serious = draw.chance(kind.serious) or (grade == 4 and kind.serious > 0)
        yield Event(
            kind.term,
            onset,
            draw.after(onset, *kind.lasts),
            grade,
            serious,
            kind.special,
            {cause: draw.weighted({"RELATED": 55.0, "POSSIBLE": 35.0, "UNLIKELY": 10.0})},
            "INTERRUPTED" if grade >= 3 and draw.chance(14) else "NONE",
        )


def of_flare(draw: Draw, flare: Flare, spans: Sequence[Span], cells_on: date | None) -> Event:
    """Cytokine release or neurotoxicity as an adverse event."""
    name = "Cytokine release syndrome" if flare.kind == "CRS" else "Encephalopathy"
    after_cells = bool(cells_on and 0 <= (flare.onset - cells_on).days <= 30)
    event = Event(
        name,
        flare.onset,
        flare.onset + timedelta(days=flare.days - 1),
        flare.grade,
        serious=flare.grade >= 3 or draw.chance(15),
        special="CRS" if flare.kind == "CRS" else "NEUROTOXICITY",
        causes={"car_t" if after_cells else "blinatumomab": "RELATED"},
    )
    paused = any(
        each.reason == "AE" and abs((flare.onset - span.start).days * 24 - each.at_hours) < 48
        for span in spans
        for each in span.interruptions
    )
    return replace(event, action="INTERRUPTED") if paused else event
