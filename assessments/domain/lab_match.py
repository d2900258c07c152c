"""From a printed result to a cell of the laboratory table, or why it cannot go there by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from trialsite.clinical.units import UnitError, accepted_unit, to_canonical

from . import lab_tokens as tokens
from .lab_names import analytes_of, needs_unit, other_specimen

SHARES = {"anc": "neutrophils_pct"}  # printed under the same name, told by its unit
FOUR_PLACES = Decimal("0.0001")  # of the columns that hold the limits


class Why(StrEnum):
    """Why a row waits for a person."""

    NAME = "name"
    TWO_NAMES = "two-names"
    UNIT = "unit"
    NO_UNIT = "no-unit"
    SPECIMEN = "specimen"
    NUMBER = "number"
    COLUMN = "column"


@dataclass(frozen=True)
class Cell:
    """A result as printed, the code of its unit ("" where none was printed), its limits in the canonical unit."""

    text: str
    unit: str = ""
    lln: Decimal | None = None
    uln: Decimal | None = None


@dataclass(frozen=True)
class Unmatched:
    """A row that is no clear result of one known analyte."""

    label: str
    result: str
    unit: str
    reference: str
    on: date | None
    at: time | None
    why: Why


def match(
    label: str, result: str, unit: str, reference: str, learned: Mapping[str, str]
) -> tuple[str, Cell] | Why:
    """The analyte and its cell; Why where the name, its unit or its specimen leave it open. Nothing is guessed."""
    if other_specimen(label):
        return Why.SPECIMEN
    found = analytes_of(label, learned)
    if len(found) != 1:
        return Why.TWO_NAMES if found else Why.NAME
    (analyte,) = found
    analyte = SHARES.get(analyte, analyte) if unit == "%" and needs_unit(label) else analyte
    if not unit and needs_unit(label):
        return Why.NO_UNIT
    return cell_of(analyte, result, unit, reference) or Why.UNIT


def cell_of(analyte: str, result: str, unit: str, reference: str = "") -> tuple[str, Cell] | None:
    """The cell of a known analyte; None where the unit is not one of its units."""
    code = ""
    if unit:
        try:
            code = accepted_unit(analyte, tokens.plain_unit(unit)).code
        except UnitError:
            return None
    low, high = tokens.limits_of(reference)
    return analyte, Cell(result, code, in_canonical(analyte, low, code), in_canonical(analyte, high, code))


def in_canonical(analyte: str, limit: Decimal | None, unit: str) -> Decimal | None:
    """A limit in the analyte's canonical unit to four places; without a printed unit it is that unit already."""
    if limit is None:
        return None
    exact = to_canonical(analyte, limit, unit) if unit else limit
    rounded = exact.quantize(FOUR_PLACES, ROUND_HALF_UP).normalize()
    return Decimal(f"{rounded:f}")
