"""Identifiers of persons in free text: what has no place in a record that carries no identity."""

import re
import unicodedata
from dataclasses import dataclass

RESIDENT_ID = "RESIDENT_ID"
MOBILE = "MOBILE"
EMAIL = "EMAIL"

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, 2^(18-i) mod 11
CHECK_CHARACTERS = "10X98765432"

SHAPES = (
    (RESIDENT_ID, re.compile(r"(?<![0-9A-Za-z])\d{6}[ -]?\d{8}[ -]?\d{3}[0-9Xx](?![0-9A-Za-z])")),
    (MOBILE, re.compile(r"(?<!\d)(?<!\d\.)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d|\.\d)")),
    (EMAIL, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
)


@dataclass(frozen=True)
class Identifier:
    """One identifier that was found: its kind, and its end, by which the person who typed it finds it."""

    kind: str
    ending: str


def identifiers_in(text: str) -> list[Identifier]:
    """The identifiers in a text, kind by kind; full-width digits count as digits.

    RESIDENT_ID: 18 characters with the check character of GB 11643 (without it, it is another number).
    MOBILE: a mainland mobile number, 11 digits from 13 to 19, +86 and separators allowed. EMAIL: an address.
    """
    plain = unicodedata.normalize("NFKC", text)
    return [
        Identifier(kind, found[-4:])
        for kind, shape in SHAPES
        for found in shape.findall(plain)
        if kind != RESIDENT_ID or has_valid_check(re.sub(r"[ -]", "", found))
    ]


def has_valid_check(number: str) -> bool:
    """Whether the last of 18 characters is the check character of the 17 digits before it (GB 11643)."""
    if not re.fullmatch(r"[0-9]{17}[0-9Xx]", number):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number[:17], strict=True))
    return CHECK_CHARACTERS[total % 11] == number[17].upper()
