"""Relative dose intensity: given against planned, and against the conventional regimen that the protocol names.

    dose ratio            given ÷ planned (or ÷ the reference's dose of one cycle)
    relative intensity    (given ÷ actual days) ÷ (reference dose ÷ reference days)

What was not reported, a body size that is missing, or a phase that has not ended leaves a figure unknown, and says so;
nothing reported as 0 is 0, nothing reported at all is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trialsite.studies.domain.intensity_plan import ReferenceDrug, ReferenceRegimen

from .given import relative_dose_intensity


class Gap(StrEnum):
    """Why a figure is not known."""

    NOT_PLANNED = "NOT_PLANNED"
    NOT_REPORTED = "NOT_REPORTED"
    NO_BODY_SIZE = "NO_BODY_SIZE"
    RUNNING = "RUNNING"
    NOTHING_COMPARABLE = "NOTHING_COMPARABLE"


@dataclass(frozen=True)
class DrugTotal:
    """A drug over one phase, in one unit. planned: None where a part of the plan is open. given: what was reported.

    unreported: planned days that are over and of which nobody reported anything."""

    drug: str
    unit: str
    planned: Decimal | None
    given: Decimal
    unreported: int = 0


@dataclass(frozen=True)
class PhaseTotals:
    """A phase that began: its drugs, the days it took and was planned to take, body size. days: None while it runs."""

    phase: str
    drugs: tuple[DrugTotal, ...]
    days: int | None
    planned_days: int | None
    bsa_m2: Decimal | None
    weight_kg: Decimal | None


@dataclass(frozen=True)
class Intensity:
    """A drug of a phase against its plan, or (with `reference`) of several phases against one conventional cycle.

    ratio: of the doses. rdi: the same with the days taken into account. gaps: why one of them is not known."""

    phases: tuple[str, ...]
    drug: str
    unit: str
    wanted: Decimal | None
    given: Decimal | None
    wanted_days: int | None
    days: int | None
    ratio: Decimal | None
    rdi: Decimal | None
    gaps: tuple[Gap, ...] = ()
    reference: str = ""


def against_plan(phase: PhaseTotals) -> tuple[Intensity, ...]:
    """Each drug of one phase: given against planned, and with the phase's days against its planned days."""
    return tuple(_against_plan(phase, drug) for drug in phase.drugs)


def _against_plan(phase: PhaseTotals, drug: DrugTotal) -> Intensity:
    gaps = [
        gap
        for gap, missing in (
            (Gap.NOT_PLANNED, not drug.planned),
            (Gap.NOT_REPORTED, drug.unreported > 0),
            (Gap.RUNNING, phase.days is None),
        )
        if missing
    ]
    whole = not {Gap.NOT_PLANNED, Gap.NOT_REPORTED} & set(gaps)
    ratio = relative_dose_intensity(drug.given, drug.planned) if whole and drug.planned else None
    return Intensity(
        (phase.phase,),
        drug.drug,
        drug.unit,
        drug.planned,
        None if drug.unreported and not drug.given else drug.given,
        phase.planned_days,
        phase.days,
        ratio,
        timed(ratio, phase.days, phase.planned_days),
        tuple(gaps),
    )


def against_reference(reference: ReferenceRegimen, phases: Sequence[PhaseTotals]) -> tuple[Intensity, ...]:
    """Each drug of one conventional cycle against what the phases in its place gave; () when none of them began.

    Doses count per m² (or kg) at the body size of the phase in which they were given."""
    here = [one for one in phases if one.phase in reference.phases]
    if not here:
        return ()
    began = {one.phase for one in here}
    known = [one.days for one in here]
    days = sum(one for one in known if one is not None) if None not in known else None
    running = days is None or (bool(set(reference.phases) - began) and phases[-1].phase in began)
    return tuple(
        _against_reference(reference, drug, here, None if running else days) for drug in reference.drugs
    )


def _against_reference(
    reference: ReferenceRegimen, drug: ReferenceDrug, phases: Sequence[PhaseTotals], days: int | None
) -> Intensity:
    names = tuple(one.phase for one in phases)
    gaps: list[Gap] = [] if drug.counts else [Gap.NOTHING_COMPARABLE]
    factors = {one.drug: one.times for one in drug.counts}
    total = Decimal(0)
    for phase in phases:
        part, missing = _in_reference_units(phase, factors, drug.basis)
        total += part
        gaps += [gap for gap in missing if gap not in gaps]
    if days is None:
        gaps.append(Gap.RUNNING)
    known = not {Gap.NOTHING_COMPARABLE, Gap.NOT_REPORTED, Gap.NO_BODY_SIZE} & set(gaps)
    ratio = total / drug.amount if known else None
    return Intensity(
        names,
        drug.key,
        {"BSA": "mg/m²", "KG": "mg/kg"}.get(drug.basis, "mg"),
        drug.amount,
        total if known else None,
        reference.cycle_days,
        days,
        ratio,
        timed(ratio, days, reference.cycle_days),
        tuple(gaps),
        reference.key,
    )


def _in_reference_units(
    phase: PhaseTotals, factors: Mapping[str, Decimal], basis: str
) -> tuple[Decimal, list[Gap]]:
    """What a phase gave of the drugs that count, per m², per kg or as it is, and what of it is not known."""
    size = {"BSA": phase.bsa_m2, "KG": phase.weight_kg}.get(basis, Decimal(1))
    total, gaps = Decimal(0), []
    for one in phase.drugs:
        if one.drug not in factors:
            continue
        if one.unreported:
            gaps.append(Gap.NOT_REPORTED)
        if not size:
            gaps.append(Gap.NO_BODY_SIZE)
        else:
            total += one.given * factors[one.drug] / size
    return total, gaps


def timed(ratio: Decimal | None, days: int | None, wanted_days: int | None) -> Decimal | None:
    """A ratio of doses as one of intensities: × wanted days ÷ actual days."""
    return None if ratio is None or not days or not wanted_days else ratio * wanted_days / days
