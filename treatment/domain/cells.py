"""CAR-T cells: whether lymphocytes can be collected, the number of cells, vein to vein, B-cell aplasia."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.text import Text
from trialsite.clinical.units import unit_label
from trialsite.studies.domain.transplant_plan import ApheresisRules


@dataclass(frozen=True)
class Condition:
    """One condition of the apheresis: how it came out, with its evidence."""

    key: str
    truth: Truth
    reason: Text


@dataclass(frozen=True)
class BeforeApheresis:
    """What is known on the day of an apheresis.

    lymphocytes: 10⁹/L with the day they were counted. steroid_mg: the highest daily dose of prednisone (or equal) over
    the days before; steroid_complete: whether every course of it is known. blinatumomab_ended: its last day, None
    where none was given; running: it has no recorded end.
    """

    on: date
    lymphocytes: Quantity | Decimal | None
    counted_on: date | None
    steroid_mg: Decimal
    steroid_complete: bool
    blinatumomab_ended: date | None
    running: bool


def apheresis_conditions(rules: ApheresisRules, known: BeforeApheresis) -> tuple[Condition, ...]:
    """Lymphocytes, corticosteroid and the time since blinatumomab, each with its evidence."""
    return (enough_lymphocytes(rules, known), little_steroid(rules, known), after_blinatumomab(rules, known))


def enough_lymphocytes(rules: ApheresisRules, known: BeforeApheresis) -> Condition:
    if known.lymphocytes is None:
        text = Text(
            "No lymphocyte count of up to 7 days before the apheresis is recorded.",
            "未记录单采前7天内的淋巴细胞计数。",
        )
        return Condition("lymphocytes", Truth.UNKNOWN, text)
    said = in_words(known.lymphocytes)
    text = Text(
        f"Lymphocytes {said} on {known.counted_on} (at least {rules.alc} × 10⁹/L).",
        f"{known.counted_on}淋巴细胞{said}（要求≥{rules.alc}×10⁹/L）。",
    )
    return Condition("lymphocytes", compare(known.lymphocytes, ">=", rules.alc), text)


def in_words(count: Quantity | Decimal) -> str:
    """A count with its unit as it was entered."""
    if isinstance(count, Quantity):
        return f"{count.text} {unit_label(count.unit)}"
    return f"{count} × 10⁹/L"


def little_steroid(rules: ApheresisRules, known: BeforeApheresis) -> Condition:
    mg = known.steroid_mg.normalize()
    text = Text(
        f"At most {mg:f} mg of prednisone (or equal) a day in the {rules.steroid_days} days before"
        f" (limit {rules.prednisone_mg}).",
        f"单采前{rules.steroid_days}天内糖皮质激素最高每日{mg:f} mg泼尼松等效量（上限{rules.prednisone_mg}）。",
    )
    if known.steroid_mg > rules.prednisone_mg:
        return Condition("steroid", Truth.FALSE, text)
    if known.steroid_complete:
        return Condition("steroid", Truth.TRUE, text)
    text = Text(
        f"{text.en} A course is not wholly recorded.",
        f"{text.zh}有疗程记录不全。",
    )
    return Condition("steroid", Truth.UNKNOWN, text)


def after_blinatumomab(rules: ApheresisRules, known: BeforeApheresis) -> Condition:
    if known.running:
        text = Text("The end of blinatumomab is not recorded.", "未记录贝林妥欧单抗的结束时间。")
        return Condition("blinatumomab", Truth.UNKNOWN, text)
    if known.blinatumomab_ended is None:
        text = Text("No blinatumomab was given before.", "此前未使用贝林妥欧单抗。")
        return Condition("blinatumomab", Truth.TRUE, text)
    days = (known.on - known.blinatumomab_ended).days
    text = Text(
        f"Blinatumomab ended {known.blinatumomab_ended}: {days} days before"
        f" (at least {rules.days_after_blinatumomab}).",
        f"贝林妥欧单抗于{known.blinatumomab_ended}结束：距单采{days}天（要求≥{rules.days_after_blinatumomab}天）。",
    )
    return Condition("blinatumomab", Truth.of(days >= rules.days_after_blinatumomab), text)


def total_cells(million_per_kg: Decimal, weight_kg: Decimal) -> Decimal:
    """CAR-T cells in all, in millions. ValueError for a weight of 0 or less."""
    if weight_kg <= 0:
        raise ValueError("A weight is above 0 kg.")
    return million_per_kg * weight_kg


def vein_to_vein(collected_on: date, infused_on: date) -> int:
    """Days from apheresis to infusion. ValueError when the infusion lies before."""
    days = (infused_on - collected_on).days
    if days < 0:
        raise ValueError("The infusion cannot lie before the apheresis.")
    return days


@dataclass(frozen=True)
class BCells:
    """B cells on one day; None where they were not counted."""

    on: date
    per_ul: Decimal | None


@dataclass(frozen=True)
class AplasiaStretch:
    """B-cell aplasia from its first to its last sample; `recovered_on` None while no later sample shows B cells."""

    first: date
    last: date
    recovered_on: date | None


def is_aplastic(per_ul: Decimal | None, limit: Decimal) -> Truth:
    """Whether B cells are below the limit of the protocol; unknown where they were not counted."""
    return Truth.UNKNOWN if per_ul is None else Truth.of(per_ul < limit)


def aplasia(samples: Sequence[BCells], limit: Decimal, infused_on: date) -> AplasiaStretch | None:
    """The first stretch of aplasia after the infusion; samples before it and those not counted are left out."""
    first = last = None
    for one in sorted(samples, key=lambda each: each.on):
        if one.on < infused_on or one.per_ul is None:
            continue
        if is_aplastic(one.per_ul, limit) is Truth.TRUE:
            first, last = first or one.on, one.on
        elif first is not None and last is not None:
            return AplasiaStretch(first, last, one.on)
    return AplasiaStretch(first, last, None) if first and last else None
