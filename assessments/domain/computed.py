"""What is graded and not measured itself: corrected calcium, neutrophils from the differential, mean QTcF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from trialsite.clinical.body import (
    ALBUMIN_NORMAL_G_L,
    absolute_neutrophils,
    corrected_calcium,
    qtcf,
    round_half_up,
)
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.text import Text
from trialsite.clinical.units import canonical_unit

UPWARDS = ("", ">", ">=")


@dataclass(frozen=True)
class Computed:
    """A figure in the canonical unit of its analyte, and one line of working."""

    quantity: Quantity
    working: Text


def computed(analyte: str, value: Decimal, comparator: str = "") -> Quantity:
    """A figure that nobody typed, as a result of that analyte."""
    shown = f"{round_half_up(value, 4).normalize():f}"
    return Quantity(f"{comparator}{shown}", comparator, value, canonical_unit(analyte), value)


def calcium_for_albumin(calcium: Quantity, albumin: Quantity | None) -> Computed | None:
    """Calcium corrected for the albumin of the same draw, mmol/L; only an albumin below 40 g/L corrects.

    Without an exact albumin it is a lower bound, because correcting never lowers it: at least what was measured, or
    what the highest possible albumin gives. None where the calcium itself has no lower bound then.
    """
    raw, highest = calcium.canonical, highest_of(albumin)
    if raw is None:
        return None
    exact = albumin is not None and (albumin.comparator == "" or at_normal(albumin))
    if highest is not None and exact:
        figure = corrected_calcium(raw.normalize(), highest)
        words = Text(f"calcium corrected: {figure.working}", f"校正钙：{figure.working}")
        return Computed(computed("calcium_corrected", figure.value, calcium.comparator), words)
    if calcium.comparator not in UPWARDS:
        return None
    if highest is not None and highest < ALBUMIN_NORMAL_G_L:
        figure = corrected_calcium(raw.normalize(), highest)
        words = Text(f"calcium corrected: at least {figure.working}", f"校正钙：至少{figure.working}")
        return Computed(computed("calcium_corrected", figure.value, calcium.comparator or ">="), words)
    words = Text(
        "no exact albumin of the same draw: at least the calcium as measured",
        "同次标本无确切白蛋白：不低于实测钙值",
    )
    return Computed(computed("calcium_corrected", raw, calcium.comparator or ">="), words)


def at_normal(albumin: Quantity) -> bool:
    """Whether an albumin that is only known from below is normal for certain."""
    return bool(
        albumin.canonical and albumin.comparator in UPWARDS and albumin.canonical >= ALBUMIN_NORMAL_G_L
    )


def highest_of(albumin: Quantity | None) -> Decimal | None:
    """The highest albumin that a result allows; None where it has no upper end and is not normal for certain."""
    if albumin is None or albumin.canonical is None:
        return None
    bounded = albumin.comparator in ("", "<", "<=") or at_normal(albumin)
    return albumin.canonical.normalize() if bounded else None


def neutrophils_of(wbc: Quantity, neutrophils: Quantity, bands: Quantity | None) -> Computed | None:
    """Neutrophils, 10⁹/L, from white cells and the differential of the same report: WBC × (neutrophils % + bands %).

    Where the report counts no bands it is at least the share of the segmented ones. None unless all is exact.
    """
    white, share = wbc.canonical, neutrophils.canonical
    if white is None or share is None or wbc.comparator or neutrophils.comparator:
        return None
    counted = bands.canonical if bands is not None and not bands.comparator else None
    figure = absolute_neutrophils(
        white.normalize(), share.normalize(), Decimal(0) if counted is None else counted.normalize()
    )
    unsure = ">=" if counted is None else ""
    words = Text(f"computed: {figure.working}", f"计算值：{figure.working}")
    if unsure:
        words = Text(f"{words.en}, bands not reported", f"{words.zh}，未报告杆状核")
    return Computed(computed("anc", figure.value, unsure), words)


def mean_qtcf(recordings: Sequence[tuple[Decimal, Decimal]]) -> Computed:
    """QTcF (Fridericia), ms, as the mean of the ECGs of one day; each is QT in ms and heart rate per minute."""
    each = [qtcf(qt, rate).value for qt, rate in recordings]
    mean = sum(each, Decimal(0)) / len(each)
    shown = ", ".join(f"{round_half_up(one, 1)}" for one in each)
    words = Text(f"QTcF {shown} ms", f"QTcF {shown} ms")
    if len(each) > 1:
        words = Text(f"mean QTcF of {len(each)} ECGs: {shown} ms", f"{len(each)}次心电图QTcF均值：{shown} ms")
    return Computed(computed("qtcf", mean), words)
