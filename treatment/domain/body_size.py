"""The body that a cycle is dosed by: surface and weight at its start, and what obesity does to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.clinical.body import BsaFormula, Sex, adjusted_body_weight, bmi, bsa, round_half_up
from trialsite.clinical.facts import Fact
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import ADJUSTED_WEIGHT, CAPPED_BSA, PLAIN_OBESITY, ObesityPlan

FRESH_DAYS = 7  # the weight of a cycle is measured at most so many days before its day 1 (assumption)


@dataclass(frozen=True)
class BodySize:
    """Body surface (m², two decimals) and weight (kg) at cycle start.

    `weight_kg` is as measured and fixes the weight class; `dosed_kg` is what doses per kilogram rest on. `obese` says
    how obesity was handled, None below its BMI; `missing` names the fact for want of which it cannot be handled."""

    bsa_m2: Decimal | None
    weight_kg: Decimal | None
    dosed_kg: Decimal | None = None
    working: str = ""
    obese: Text | None = None
    missing: tuple[str, ...] = ()

    def missing_for(self, basis: str) -> tuple[str, ...]:
        """The facts that a dose on this basis waits for."""
        return self.missing or (("height_cm", "weight_kg") if basis == "BSA" else ("weight_kg",))


def body_size(
    height_cm: Decimal | None,
    weight_kg: Decimal | None,
    formula: BsaFormula = BsaFormula.MOSTELLER,
    obesity: ObesityPlan = PLAIN_OBESITY,
    sex: Fact | None = None,
) -> BodySize:
    """Body size at cycle start; the surface is unknown when height or weight is."""
    if height_cm is None or weight_kg is None:
        return BodySize(None, weight_kg, weight_kg)
    surface = bsa(height_cm, weight_kg, formula)
    index = bmi(height_cm, weight_kg).value
    if index < obesity.bmi_from:
        return BodySize(surface.value, weight_kg, weight_kg, surface.working)
    shown = f"BMI {round_half_up(index, 1)} kg/m²"
    if obesity.handling == CAPPED_BSA and obesity.cap is not None:
        used = min(surface.value, obesity.cap)
        working = surface.working + (f" → {used} m²" if used < surface.value else "")
        told = Text(
            f"{shown}: the body surface counts up to {obesity.cap} m².",
            f"{shown}：体表面积按不超过{obesity.cap} m²计算。",
        )
        return BodySize(used, weight_kg, weight_kg, working, told)
    if obesity.handling == ADJUSTED_WEIGHT:
        if sex is None or not sex.known:
            return BodySize(None, weight_kg, None, missing=("sex",))
        kilograms = round_half_up(adjusted_body_weight(height_cm, weight_kg, Sex(str(sex.value))).value, 1)
        surface = bsa(height_cm, kilograms, formula)
        told = Text(
            f"{shown}: dosed by the adjusted weight of {kilograms} kg.",
            f"{shown}：按校正体重{kilograms} kg计算。",
        )
        return BodySize(surface.value, weight_kg, kilograms, surface.working, told)
    told = Text(
        f"{shown}: dosed by the actual weight, without a limit on body surface.",
        f"{shown}：按实际体重计算，体表面积不设上限。",
    )
    return BodySize(surface.value, weight_kg, weight_kg, surface.working, told)


def weight_is_fresh(measured_on: date, day_1: date) -> bool:
    """Whether a weight was measured on day 1 or at most 7 days before it."""
    return 0 <= (day_1 - measured_on).days <= FRESH_DAYS
