"""Texts as SDTM takes them: in plain characters where a plain one says the same, in pieces of 200 bytes."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

LONGEST = 200  # bytes of a value in SAS transport files
SAID_PLAINLY = str.maketrans(
    {
        "≥": ">=", "≤": "<=", "≠": "<>", "×": "x", "·": "*", "µ": "u", "μ": "u", "°": " deg ", "–": "-", "—": "-",
        "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "⁰": "0", "¹": "1", "²": "2", "³": "3",
        "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "₂": "2", "→": "->", "±": "+/-", "½": "1/2",
        "γ": "gamma", "α": "alpha", "β": "beta", "\u00a0": " ", "（": "(", "）": ")", "，": ", ", "；": "; ",
        "：": ": ", "⁺": "+", "⁻": "-",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """The text with typographic characters said plainly; what has no plain form, such as Chinese, stays."""
    said = " ".join(text.translate(SAID_PLAINLY).split())
    if said.isascii():
        return said
    return "".join(
        bare if (bare := unicodedata.normalize("NFKD", one).encode("ascii", "ignore").decode()) else one
        for one in said
    )


def pieces(text: str, longest: int = LONGEST) -> Iterator[str]:
    """The text in pieces of at most so many bytes, broken between words where there are any."""
    rest = text
    while len(rest.encode()) > longest:
        cut = len(rest.encode()[:longest].decode(errors="ignore"))
        space = rest.rfind(" ", cut // 2, cut + 1)
        cut = space if space > 0 else cut
        yield rest[:cut].rstrip()
        rest = rest[cut:].lstrip()
    yield rest


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text, cut with "..." where it is longer than so many characters."""
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def number(value: Decimal | int) -> str:
    """A number as text, without an exponent and without zeros that say nothing."""
    if isinstance(value, int):
        return str(value)
    said = f"{value:f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


def moment(instant: datetime | None, zone: ZoneInfo) -> str:
    """An instant as date and time on the site's clock, to the minute."""
    return instant.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if instant else ""


def iso(day: object) -> str:
    """A date or partial date as ISO 8601 text; "" for none. A range that is no calendar period has no text."""
    if day is None:
        return ""
    text = day.isoformat() if isinstance(day, date) else str(day)
    return text if re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text) else ""


def day_of(dtc: str) -> date | None:
    """The day of an ISO 8601 text that is known to the day."""
    return date.fromisoformat(dtc[:10]) if len(dtc) >= 10 else None


def yes_no(answer: bool | None) -> str:
    return "" if answer is None else "Y" if answer else "N"
