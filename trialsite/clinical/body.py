"""Body size, kidney function and other figures derived from what was measured, each with its working."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

UMOL_PER_MG_DL_CREATININE = Decimal("88.4")
ALBUMIN_NORMAL_G_L = Decimal(40)
ALBUMIN_NORMAL_G_DL = Decimal("4.0")


class Sex(StrEnum):
    """Sex as used for reference ranges and creatinine clearance."""

    MALE = "M"
    FEMALE = "F"


class BsaFormula(StrEnum):
    """Formula for body surface area; the protocol names the one it doses by."""

    MOSTELLER = "MOSTELLER"
    DUBOIS = "DUBOIS"
    XU = "XU"

    @property
    def author(self) -> str:
        """Whose formula it is."""
        return {"DUBOIS": "DuBois"}.get(self.value, self.value.capitalize())


class CrClWeight(StrEnum):
    """Which weight enters creatinine clearance; actual is the default, the others are sensitivity."""

    ACTUAL = "ACTUAL"
    IDEAL = "IDEAL"
    ADJUSTED = "ADJUSTED"


@dataclass(frozen=True)
class Derived:
    """A derived figure: the value to use, its unit, a line of working, the value before rounding."""

    value: Decimal
    unit: str
    working: str
    unrounded: Decimal


def round_half_up(value: Decimal, places: int) -> Decimal:
    """Commercial rounding: a 5 goes away from zero (2.345 becomes 2.35)."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def bsa(height_cm: Decimal, weight_kg: Decimal, formula: BsaFormula = BsaFormula.MOSTELLER) -> Derived:
    """Body surface area in m², rounded half-up to two decimals, as doses are computed from it.

    Mosteller 1987 √(H·W/3600) is the default; DuBois 1916 0.007184·H^0.725·W^0.425; Xu Wensheng (Chinese
    adults) 0.0061·H + 0.0128·W - 0.1529, general knowledge, to be verified. There is no cap. ValueError
    for a height or weight that is not positive.
    """
    _positive(height_cm, "Height")
    _positive(weight_kg, "Weight")
    if formula is BsaFormula.MOSTELLER:
        unrounded = (height_cm * weight_kg / 3600).sqrt()
        how = f"√({height_cm} × {weight_kg} ÷ 3600)"
    elif formula is BsaFormula.DUBOIS:
        unrounded = Decimal("0.007184") * height_cm ** Decimal("0.725") * weight_kg ** Decimal("0.425")
        how = f"0.007184 × {height_cm}^0.725 × {weight_kg}^0.425"
    else:
        unrounded = Decimal("0.0061") * height_cm + Decimal("0.0128") * weight_kg - Decimal("0.1529")
        how = f"0.0061 × {height_cm} + 0.0128 × {weight_kg} - 0.1529"
    value = round_half_up(unrounded, 2)
    return Derived(
        value, "m2", f"{formula.author}: {how} = {round_half_up(unrounded, 4)} → {value} m²", unrounded
    )


def bmi(height_cm: Decimal, weight_kg: Decimal) -> Derived:
    """Body mass index W/(H/100)², kg/m², unrounded (HCT-CI obesity is above 35)."""
    _positive(height_cm, "Height")
    value = weight_kg * 10000 / (height_cm * height_cm)
    working = f"{weight_kg} ÷ ({height_cm}/100)² = {round_half_up(value, 1)} kg/m²"
    return Derived(value, "kg/m2", working, value)


def ideal_body_weight(height_cm: Decimal, sex: Sex) -> Derived:
    """Ideal body weight after Devine: 50 kg (men) or 45.5 kg (women) + 2.3 kg per inch above 60 inches."""
    base = Decimal(50) if sex is Sex.MALE else Decimal("45.5")
    value = base + Decimal("2.3") * (height_cm / Decimal("2.54") - 60)
    working = f"Devine: {base} + 2.3 × ({height_cm}/2.54 - 60) = {round_half_up(value, 2)} kg"
    return Derived(value, "kg", working, value)


def adjusted_body_weight(height_cm: Decimal, weight_kg: Decimal, sex: Sex) -> Derived:
    """Adjusted body weight IBW + 0.4·(W - IBW), kg."""
    ideal = ideal_body_weight(height_cm, sex).value
    value = ideal + Decimal("0.4") * (weight_kg - ideal)
    shown = round_half_up(ideal, 2)
    return Derived(
        value, "kg", f"{shown} + 0.4 × ({weight_kg} - {shown}) = {round_half_up(value, 2)} kg", value
    )


def crcl_weight(kind: CrClWeight, weight_kg: Decimal, sex: Sex, height_cm: Decimal | None = None) -> Derived:
    """The weight that a creatinine clearance uses; ideal and adjusted need the height."""
    if kind is CrClWeight.ACTUAL:
        return Derived(weight_kg, "kg", f"actual weight {weight_kg} kg", weight_kg)
    if height_cm is None:
        raise ValueError(f"The {kind.lower()} weight needs the height.")
    if kind is CrClWeight.IDEAL:
        return ideal_body_weight(height_cm, sex)
    return adjusted_body_weight(height_cm, weight_kg, sex)


def creatinine_clearance(
    *, age_years: int, weight_kg: Decimal, creatinine_umol_l: Decimal, sex: Sex
) -> Derived:
    """Creatinine clearance after Cockcroft and Gault in mL/min, not indexed and unrounded for comparison.

    (140 - age) × W ÷ (72 × Scr in mg/dL), × 0.85 in women, with Scr = µmol/L ÷ 88.4 exactly: the popular
    constants 1.23 and 1.04 change verdicts near 30 mL/min. Age in completed years at the sample. Not valid
    while creatinine is unstable. ValueError for a creatinine or weight that is not positive.
    """
    _positive(creatinine_umol_l, "Creatinine")
    _positive(weight_kg, "Weight")
    value = (140 - age_years) * weight_kg * UMOL_PER_MG_DL_CREATININE
    women = " × 0.85" if sex is Sex.FEMALE else ""
    if women:
        value *= Decimal("0.85")
    value /= 72 * creatinine_umol_l
    working = (
        f"(140 - {age_years}) × {round_half_up(weight_kg, 2).normalize():f} × 88.4{women} ÷ "
        f"(72 × {creatinine_umol_l}) = {round_half_up(value, 2)} mL/min"
    )
    return Derived(value, "mL/min", working, value)


def corrected_calcium(
    calcium_mmol_l: Decimal, albumin_g_l: Decimal, *, only_when_low: bool = True
) -> Derived:
    """Calcium corrected for albumin, mmol/L: Ca + 0.02 × (40 - albumin g/L), by default below 40 g/L only."""
    if only_when_low and albumin_g_l >= ALBUMIN_NORMAL_G_L:
        return Derived(calcium_mmol_l, "mmol/L", f"albumin {albumin_g_l} g/L: not corrected", calcium_mmol_l)
    value = calcium_mmol_l + Decimal("0.02") * (ALBUMIN_NORMAL_G_L - albumin_g_l)
    return Derived(value, "mmol/L", f"{calcium_mmol_l} + 0.02 × (40 - {albumin_g_l}) = {value} mmol/L", value)


def corrected_calcium_mg_dl(
    calcium_mg_dl: Decimal, albumin_g_dl: Decimal, *, only_when_low: bool = True
) -> Derived:
    """Calcium corrected for albumin, mg/dL: Ca + 0.8 × (4.0 - albumin g/dL), by default below 4.0 only."""
    if only_when_low and albumin_g_dl >= ALBUMIN_NORMAL_G_DL:
        return Derived(calcium_mg_dl, "mg/dL", f"albumin {albumin_g_dl} g/dL: not corrected", calcium_mg_dl)
    value = calcium_mg_dl + Decimal("0.8") * (ALBUMIN_NORMAL_G_DL - albumin_g_dl)
    return Derived(value, "mg/dL", f"{calcium_mg_dl} + 0.8 × (4.0 - {albumin_g_dl}) = {value} mg/dL", value)


def qtcf(qt_ms: Decimal, heart_rate_per_min: Decimal) -> Derived:
    """QT time corrected after Fridericia 1920, ms, unrounded: QT ÷ ∛RR, RR = 60 ÷ heart rate in seconds."""
    _positive(heart_rate_per_min, "Heart rate")
    value = qt_ms / (60 / heart_rate_per_min) ** (Decimal(1) / 3)
    return Derived(
        value, "ms", f"{qt_ms} ÷ ∛(60 ÷ {heart_rate_per_min}) = {round_half_up(value, 1)} ms", value
    )


def absolute_neutrophils(wbc_10e9_l: Decimal, neutrophils_pct: Decimal, bands_pct: Decimal) -> Derived:
    """Absolute neutrophil count, 10⁹/L: white cells × (neutrophils % + bands %) ÷ 100."""
    value = wbc_10e9_l * (neutrophils_pct + bands_pct) / 100
    return Derived(
        value, "10*9/L", f"{wbc_10e9_l} × ({neutrophils_pct} + {bands_pct}) ÷ 100 = {value}", value
    )


def drift_pct(weight_kg: Decimal, first_cycle_weight_kg: Decimal) -> Decimal:
    """By how much a weight differs from that of cycle 1, in percent of it, signed, unrounded."""
    return (weight_kg - first_cycle_weight_kg) * 100 / first_cycle_weight_kg


def needs_recalculation(weight_kg: Decimal, first_cycle_weight_kg: Decimal) -> bool:
    """Whether doses are computed anew: weight 10 % or more from that of cycle 1 (assumption)."""
    return abs(weight_kg - first_cycle_weight_kg) * 10 >= first_cycle_weight_kg


def drifted(weight_kg: Decimal, first_cycle_weight_kg: Decimal, dosed_kg: Decimal) -> bool:
    """Whether a weight asks for another computation: 10 % or more from cycle 1, and the doses do not rest on such a
    weight already; or 10 % or more from the weight that they rest on."""
    told = needs_recalculation(dosed_kg, first_cycle_weight_kg)
    return needs_recalculation(weight_kg, dosed_kg if told else first_cycle_weight_kg)


def _positive(value: Decimal, name: str) -> None:
    if value <= 0:
        raise ValueError(f"{name} must be greater than zero, not {value}.")
