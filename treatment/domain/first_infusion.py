"""What is advised around the first infusion of blinatumomab where it depends on blasts in marrow and blood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.clinical.kleene import Truth, any_of
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.text import Text
from trialsite.studies.domain.blinatumomab_plan import FirstAdvice

PER_UL = 1000  # 10⁹/L in cells per µL


@dataclass(frozen=True)
class Counted:
    """A result and its day."""

    quantity: Quantity
    on: date


@dataclass(frozen=True)
class Blasts:
    """The last results before the first infusion; None where there is none.

    marrow: blasts in %; white: white cells in 10⁹/L; share: of blasts among them that day, in %."""

    marrow: Counted | None = None
    white: Counted | None = None
    share: Counted | None = None


@dataclass(frozen=True)
class BlastAnswer:
    """Whether it is advised, with a sentence for marrow and blood; unknown while neither says so and one is missing."""

    truth: Truth
    reasons: tuple[Text, ...]


def advised_by_blasts(advice: FirstAdvice, known: Blasts) -> BlastAnswer:
    """At the limit in marrow it is advised; in blood only above it. Missing is unknown, never no."""
    found = [
        part
        for part in (
            in_marrow(advice.marrow_blasts_from_pct, known.marrow),
            in_blood(advice.blood_blasts_above_per_ul, known),
        )
        if part is not None
    ]
    return BlastAnswer(any_of(truth for truth, _reason in found), tuple(reason for _truth, reason in found))


def in_marrow(limit: Decimal | None, marrow: Counted | None) -> tuple[Truth, Text] | None:
    if limit is None:
        return None
    asked = Text(f"limit {limit} %", f"界值{limit}%")
    if marrow is None:
        return Truth.UNKNOWN, Text(
            f"Marrow blasts unknown ({asked.en}).", f"骨髓原始细胞未知（{asked.zh}）。"
        )
    said = Text(
        f"Marrow blasts {marrow.quantity} on {marrow.on} ({asked.en}).",
        f"{marrow.on}骨髓原始细胞{marrow.quantity}（{asked.zh}）。",
    )
    return compare(marrow.quantity, ">=", limit), said


def in_blood(limit: Decimal | None, known: Blasts) -> tuple[Truth, Text] | None:
    """White cells × share of blasts; white cells that are not above the limit answer it alone."""
    if limit is None:
        return None
    asked = Text(f"limit {grouped(limit)}/µL", f"界值{grouped(limit)}/µL")
    white, share = known.white, known.share
    if white is not None and compare(white.quantity, "<=", limit / PER_UL) is Truth.TRUE:
        return Truth.FALSE, Text(
            f"White cells {white.quantity} on {white.on}: no more blasts in blood ({asked.en}).",
            f"{white.on}白细胞{white.quantity}：外周血原始细胞不会超过（{asked.zh}）。",
        )
    if white is None or share is None or white.quantity.comparator or share.quantity.comparator:
        return Truth.UNKNOWN, Text(
            f"Blood blasts unknown ({asked.en}).", f"外周血原始细胞未知（{asked.zh}）。"
        )
    count = number(white.quantity) * number(share.quantity) * PER_UL / 100
    said = Text(
        f"Blood blasts {grouped(count)}/µL on {white.on} ({asked.en}).",
        f"{white.on}外周血原始细胞{grouped(count)}/µL（{asked.zh}）。",
    )
    return Truth.of(count > limit), said


def number(quantity: Quantity) -> Decimal:
    return quantity.canonical if quantity.canonical is not None else quantity.value


def grouped(count: Decimal) -> str:
    """15 000 as it is printed."""
    return f"{count.normalize():,f}".replace(",", "\u202f")
