"""Scales between UCUM codes of one dimension, exact: mg/dL to g/L, /uL to 10*9/L.

The scales are pint's, in decimals. What is no matter of scale stays in the table of units: a conversion by molar mass
(mg/dL to mmol/L) differs for each analyte, milliequivalents by valence, degrees Fahrenheit by their zero.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

import pint

# Pint's own file of units knows some thousand; a laboratory needs these, and they are read in a few milliseconds.
DEFINITIONS = (
    "milli- = 1e-3",
    "micro- = 1e-6",
    "nano- = 1e-9",
    "pico- = 1e-12",
    "deci- = 1e-1",
    "centi- = 1e-2",
    "kilo- = 1e3",
    "meter = [length]",
    "gram = [mass]",
    "mole = [substance]",
    "second = [time]",
    "minute = 60 * second",
    "liter = 1e-3 * meter ** 3",
    "enzyme_unit = [catalysis]",
    "mmHg = [pressure]",
    "percent = 0.01",
    *(f"ten_to_{power} = 1e{power}" for power in (3, 6, 9, 12)),
)
ATOMS = {
    "m": "meter",
    "g": "gram",
    "mol": "mole",
    "s": "second",
    "min": "minute",
    "L": "liter",
    "U": "enzyme_unit",
    "[IU]": "enzyme_unit",  # of an enzyme both name the same activity
    "mm[Hg]": "mmHg",
    "%": "percent",
}
PREFIXES = {"m": "milli", "u": "micro", "n": "nano", "p": "pico", "d": "deci", "c": "centi", "k": "kilo"}


@cache
def registry() -> pint.UnitRegistry:
    """The units of a laboratory, with numbers as decimals."""
    found: pint.UnitRegistry = pint.UnitRegistry(None, non_int_type=Decimal, cache_folder=None)
    for definition in DEFINITIONS:
        found.define(definition)
    return found


def scale(code: str, into: str) -> Decimal:
    """How many of `into` one of `code` is; ValueError where they do not measure the same or are not known here."""
    units = registry()
    try:
        return Decimal(units.Quantity(Decimal(1), expression(code)).to(expression(into)).magnitude)
    except pint.errors.PintError as error:
        raise ValueError(f"There is no scale between {code} and {into}.") from error


def expression(code: str) -> str:
    """A UCUM code as pint writes it: `10*9/L` is `ten_to_9 / liter`; ValueError for a code that is not known here."""
    above, *below = code.split("/")
    return " / ".join([factor(above) if above else "1", *map(factor, below)])


def factor(part: str) -> str:
    if part.startswith("{") and part.endswith("}"):
        return "1"
    if power := re.fullmatch(r"10\*([0-9]+)", part):
        return f"ten_to_{power[1]}"
    match = re.fullmatch(r"(.*?)([0-9]?)", part)
    assert match is not None
    atom, exponent = match[1], f" ** {match[2]}" if match[2] else ""
    if atom in ATOMS:
        return ATOMS[atom] + exponent
    if atom[:1] in PREFIXES and atom[1:] in ATOMS:
        return PREFIXES[atom[0]] + ATOMS[atom[1:]] + exponent
    raise ValueError(f"The unit {part} is not known here.")
