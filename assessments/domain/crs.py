"""Grades of cytokine release and of neurotoxicity by the ASTCT consensus (Lee et al., BBMT 2019;25:625).

Each grade stands between two bounds: what is not recorded leaves it open, and is never taken for normal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trialsite.clinical.kleene import Truth, all_of, any_of
from trialsite.clinical.quantity import Quantity, compare

FEVER_CELSIUS = Decimal(38)
HYPOTENSION = {"NONE": 0, "FLUIDS": 2, "ONE_PRESSOR": 3, "PRESSORS": 4}
OXYGEN = {"NONE": 0, "LOW_FLOW": 2, "HIGH_FLOW": 3, "PRESSURE": 4}
CONSCIOUSNESS = {"AWAKE": 0, "VOICE": 2, "TACTILE": 3, "UNAROUSABLE": 4}
SEIZURE = {"NONE": 0, "BRIEF": 3, "PROLONGED": 4}
OEDEMA = {"NONE": 0, "FOCAL": 3, "DIFFUSE": 4}
ICE_MAXIMUM = 10


@dataclass(frozen=True)
class GradeBounds:
    """The lowest and the highest grade that what is recorded allows."""

    low: int
    high: int

    @property
    def grade(self) -> int | None:
        """The grade once it is certain."""
        return self.low if self.low == self.high else None

    def __str__(self) -> str:
        return str(self.low) if self.grade is not None else f"≥ {self.low}"


@dataclass(frozen=True)
class CrsFindings:
    """Cytokine release of one day. hypotension, oxygen: keys of the tables above, "" when not recorded.

    anticytokine: antipyretic, tocilizumab or corticosteroid was given, after which fever is not required.
    """

    temperature: Quantity | Decimal | None = None
    other_cause: Truth = Truth.UNKNOWN
    anticytokine: Truth = Truth.UNKNOWN
    hypotension: str = ""
    oxygen: str = ""


def crs_grade(found: CrsFindings) -> GradeBounds:
    """The ASTCT grade: the worse of hypotension and oxygen, at least 1, once there is CRS at all; else 0.

    Fever is 38.0 °C or more without another cause; after anticytokine treatment hypotension or hypoxia alone is
    enough. Organ toxicity never counts. Grade 5 is death and recorded as such, not computed."""
    fever = all_of((compare(found.temperature, ">=", FEVER_CELSIUS), unexplained(found.other_cause)))
    pressure, oxygen = _known(HYPOTENSION, found.hypotension), _known(OXYGEN, found.oxygen)
    low = max(pressure or 0, oxygen or 0)
    high = max(4 if pressure is None else pressure, 4 if oxygen is None else oxygen)
    worse = Truth.TRUE if low else (Truth.FALSE if high == 0 else Truth.UNKNOWN)
    present = any_of((fever, all_of((found.anticytokine, worse))))
    if present is Truth.FALSE:
        return GradeBounds(0, 0)
    certain = max(low, 1) if present is Truth.TRUE else 0
    return GradeBounds(certain, max(high, 1))


def unexplained(other_cause: Truth) -> Truth:
    """Fever counts unless another cause is recorded: nobody writes down that there is none."""
    return Truth.FALSE if other_cause is Truth.TRUE else Truth.TRUE


@dataclass(frozen=True)
class IceFindings:
    """ICE items (None when not done) and the other domains of ICANS ("" when not recorded)."""

    orientation: int | None = None
    naming: int | None = None
    command: int | None = None
    writing: int | None = None
    attention: int | None = None
    consciousness: str = ""
    seizure: str = ""
    motor_weakness: Truth = Truth.UNKNOWN
    oedema: str = ""

    @property
    def items(self) -> tuple[int | None, ...]:
        return (self.orientation, self.naming, self.command, self.writing, self.attention)


def ice_total(found: IceFindings) -> int | None:
    """The ICE score, 0 to 10; None unless every item was done."""
    done = [item for item in found.items if item is not None]
    return sum(done) if len(done) == len(found.items) else None


def icans_grade(found: IceFindings) -> GradeBounds:
    """The ASTCT grade of neurotoxicity: the worst domain.

    ICE 7–9 is grade 1, 3–6 grade 2, 0–2 grade 3; 0 because unarousable is grade 4 through consciousness. Seizure,
    weakness and oedema that are not mentioned count as absent once ICE and consciousness are recorded, since the
    form asks for what was seen; ICE or consciousness that is not recorded leaves a lower bound."""
    total = ice_total(found)
    ice = None if total is None else _ice_grade(total)
    awake = _known(CONSCIOUSNESS, found.consciousness)
    weak = 4 if found.motor_weakness is Truth.TRUE else 0
    rest = (_known(SEIZURE, found.seizure) or 0, _known(OEDEMA, found.oedema) or 0, weak)
    low = worst((ice, awake, *rest))
    unarousable = awake == CONSCIOUSNESS["UNAROUSABLE"]
    open_still = (ice is None and not unarousable) or awake is None
    return GradeBounds(low, 4 if open_still else low)


def worst(grades: Iterable[int | None]) -> int:
    """The highest of the known grades, 0 of none."""
    return max((grade for grade in grades if grade is not None), default=0)


def _ice_grade(total: int) -> int:
    if total >= ICE_MAXIMUM:
        return 0
    if total >= 7:
        return 1
    return 2 if total >= 3 else 3


def _known(table: Mapping[str, int], key: str) -> int | None:
    return table.get(key)
