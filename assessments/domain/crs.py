"""Grades of cytokine release from its components, on two scales.

ASTCT consensus (Lee et al., BBMT 2019;25:625), which is reported, and CTCAE 5.0 "Cytokine release syndrome", which the
label's rules of dose change are written in. Both need the same syndrome; neither counts organ toxicity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from trialsite.clinical.kleene import Truth, all_of, any_of, negate
from trialsite.clinical.quantity import Quantity, compare

from .grade_bounds import GradeBounds, worst

FEVER_CELSIUS = Decimal("38.0")
LOW_FLOW_L_MIN = Decimal(6)  # up to here a cannula is low flow (ASTCT)
HIGH_FIO2_PCT = Decimal(40)  # from here on hypoxia is CTCAE grade 3
DEATH = 5
NONE, WORST = GradeBounds.at(0), 4
UNKNOWN = GradeBounds(0, WORST)

CANNULAS = ("CANNULA", "HIGH_FLOW_CANNULA")
MASKS = ("MASK", "NON_REBREATHER", "VENTURI")
PRESSURE = ("CPAP", "BIPAP", "INTUBATED", "PRESSURE")
# LOW_FLOW, HIGH_FLOW, PRESSURE, ONE_PRESSOR, PRESSORS: as it was entered before device and vasopressors were asked for.


@dataclass(frozen=True)
class CrsFindings:
    """Cytokine release of one day.

    temperature: °C. other_cause: the fever has another one. anticytokine: antipyretic, tocilizumab or corticosteroid
    was given, after which fever is not required. hypotension: NONE, FLUIDS, VASOPRESSOR (named in `vasopressors`,
    vasopressin apart), or ONE_PRESSOR, PRESSORS; "" when not recorded. oxygen: a device of the tables above; "" when
    not recorded. flow: L/min. fio2: %. fatal: death due to it."""

    temperature: Quantity | Decimal | None = None
    other_cause: Truth = Truth.UNKNOWN
    anticytokine: Truth = Truth.UNKNOWN
    hypotension: str = ""
    oxygen: str = ""
    vasopressors: tuple[str, ...] = ()
    vasopressin: Truth = Truth.UNKNOWN
    flow: Decimal | None = None
    fio2: Decimal | None = None
    fatal: Truth = Truth.UNKNOWN


def crs_grade(found: CrsFindings) -> GradeBounds:
    """The ASTCT grade: the worse of hypotension and oxygen, at least 1, once there is CRS at all; else 0.

    Fever is 38.0 °C or more without another cause; after anticytokine treatment hypotension or hypoxia alone is
    enough. Organ toxicity never counts. Grade 5 is death due to it."""
    return graded(found, pressure_astct, oxygen_astct)


def ctcae_crs_grade(found: CrsFindings) -> GradeBounds:
    """The CTCAE 5.0 grade, a proposal beside the investigator's: 1 fever, 2 hypotension responding to fluids or hypoxia
    responding to less than 40 % oxygen, 3 one vasopressor or 40 % or more, 4 life-threatening, 5 death.

    Assumptions: several vasopressors and positive pressure count as life-threatening; a vasopressor with vasopressin is
    3 or 4, and a flow tells no FiO2: these stay open for the investigator."""
    return graded(found, pressure_ctcae, oxygen_ctcae)


Scale = Callable[[CrsFindings], GradeBounds]


def graded(found: CrsFindings, pressure: Scale, oxygen: Scale) -> GradeBounds:
    """The worse of two domains once the syndrome is there."""
    if found.fatal is Truth.TRUE:
        return GradeBounds.at(DEATH)
    severe = worst((pressure(found), oxygen(found)))
    organs = Truth.TRUE if severe.low else (Truth.FALSE if severe.high == 0 else Truth.UNKNOWN)
    present = any_of((fever(found), all_of((found.anticytokine, organs))))
    if present is Truth.FALSE:
        return NONE
    return GradeBounds(max(severe.low, 1) if present is Truth.TRUE else 0, max(severe.high, 1))


def fever(found: CrsFindings) -> Truth:
    """38.0 °C or more, unless another cause is recorded: nobody writes down that there is none."""
    unexplained = negate(Truth.of(found.other_cause is Truth.TRUE))
    return all_of((compare(found.temperature, ">=", FEVER_CELSIUS), unexplained))


def pressors(found: CrsFindings) -> int | None:
    """How many vasopressors, vasopressin not counted, 2 standing for several; None while none is named."""
    known = {"ONE_PRESSOR": 1, "PRESSORS": 2}.get(found.hypotension)
    if known is not None:
        return known
    count = len(set(found.vasopressors))
    if count:
        return min(count, 2)
    return 0 if found.vasopressin is Truth.TRUE else None


def pressure_astct(found: CrsFindings) -> GradeBounds:
    """None 0, without vasopressor 2, one with or without vasopressin (or vasopressin alone) 3, several 4."""
    if found.hypotension in ("", "NONE", "FLUIDS"):
        return {"NONE": NONE, "FLUIDS": GradeBounds.at(2)}.get(found.hypotension, UNKNOWN)
    count = pressors(found)
    return GradeBounds(3, 4) if count is None else GradeBounds.at(4 if count > 1 else 3)


def pressure_ctcae(found: CrsFindings) -> GradeBounds:
    """As ASTCT; a vasopressor beside vasopressin is two agents, which CTCAE does not speak of: 3 or 4."""
    grade = pressure_astct(found)
    beside = grade == GradeBounds.at(3) and pressors(found) == 1 and found.vasopressin is Truth.TRUE
    return GradeBounds(3, 4) if beside else grade


def oxygen_astct(found: CrsFindings) -> GradeBounds:
    """Room air 0; cannula up to 6 L/min or blow-by 2; above, or a mask 3; positive pressure 4."""
    device = found.oxygen
    if device in CANNULAS and found.flow is not None:
        return GradeBounds.at(2 if found.flow <= LOW_FLOW_L_MIN else 3)
    if device == "CANNULA":
        return GradeBounds(2, 3)
    if device in ("BLOW_BY", "LOW_FLOW"):
        return GradeBounds.at(2)
    if device in (*MASKS, "HIGH_FLOW", "HIGH_FLOW_CANNULA"):
        return GradeBounds.at(3)
    if device in PRESSURE:
        return GradeBounds.at(4)
    return NONE if device == "NONE" else UNKNOWN


def oxygen_ctcae(found: CrsFindings) -> GradeBounds:
    """Room air 0; oxygen below 40 % 2, from 40 % on 3; positive pressure 4; oxygen of unknown share 2 or 3."""
    if found.oxygen in PRESSURE:
        return GradeBounds.at(4)
    if found.oxygen in ("", "NONE"):
        return NONE if found.oxygen else UNKNOWN
    if found.fio2 is None:
        return GradeBounds(2, 3)
    return GradeBounds.at(3 if found.fio2 >= HIGH_FIO2_PCT else 2)
