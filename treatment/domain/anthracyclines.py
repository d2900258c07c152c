"""Cumulative anthracycline dose in doxorubicin equivalents, previous treatment included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import Regimen

# Assumptions: totals (mg/m² of doxorubicin equivalents) that call for attention; echocardiography every 100.
INFO, WARNING, STOP = Decimal(100), Decimal(250), Decimal(400)
ECHO_EVERY = Decimal(100)


@dataclass(frozen=True)
class RatioSet:
    """Equivalence ratios to doxorubicin by drug key; the set's id is stored with every result."""

    id: str
    name: Text
    source: str
    ratios: Mapping[str, Decimal]


def _ratios(daunorubicin: str) -> dict[str, Decimal]:
    return {
        "DOXORUBICIN": Decimal(1),
        "DAUNORUBICIN": Decimal(daunorubicin),
        "IDARUBICIN": Decimal(5),
        "EPIRUBICIN": Decimal("0.8"),
        "MITOXANTRONE": Decimal("10.5"),
    }


RATIO_SETS: dict[str, RatioSet] = {
    one.id: one
    for one in (
        RatioSet(
            "DNR_0_6",
            Text("daunorubicin × 0.6", "柔红霉素 × 0.6"),
            "Feijen et al., JAMA Oncol 2019 (average ratios); IGHG recommends 0.6 for daunorubicin; "
            "idarubicin 5 is the conventional COG figure",
            _ratios("0.6"),
        ),
        RatioSet(
            "DNR_0_5",
            Text("daunorubicin × 0.5", "柔红霉素 × 0.5"),
            "Feijen et al., JAMA Oncol 2019 (linear model for daunorubicin)",
            _ratios("0.5"),
        ),
        RatioSet(
            "DNR_0_83",
            Text("daunorubicin × 0.83", "柔红霉素 × 0.83"),
            "older COG convention for daunorubicin",
            _ratios("0.83"),
        ),
        RatioSet(
            "OLDER",
            Text("older conventions", "旧换算方法"),
            "older conventions: daunorubicin 1.0, epirubicin 0.67, mitoxantrone 4",
            _ratios("1") | {"EPIRUBICIN": Decimal("0.67"), "MITOXANTRONE": Decimal(4)},
        ),
    )
}
DEFAULT_SET = "DNR_0_6"


class AnthracyclineAlert(StrEnum):
    """What a cumulative dose calls for; STOP needs the investigator's signature."""

    NONE = "NONE"
    INFO = "INFO"
    WARNING = "WARNING"
    STOP = "STOP"


@dataclass(frozen=True)
class AnthracyclineDose:
    """A dose given: drug key and mg/m² at the body surface of that dose."""

    drug: str
    mg_m2: Decimal

    @classmethod
    def of(cls, drug: str, mg: Decimal, bsa_m2: Decimal) -> AnthracyclineDose:
        """From milligrams given and the body surface at that dose."""
        return cls(drug, mg / bsa_m2)


@dataclass(frozen=True)
class CumulativeDose:
    """The total in mg/m² of doxorubicin equivalents, the set it rests on, the alert, and the working."""

    dox_eq_mg_m2: Decimal
    ratio_set: str
    alert: AnthracyclineAlert
    echo_due: bool
    working: Text


def is_anthracycline(drug: str) -> bool:
    """Whether a drug key counts."""
    return drug in RATIO_SETS[DEFAULT_SET].ratios


def cumulative_dose(
    doses: Iterable[AnthracyclineDose], ratio_set: str = DEFAULT_SET, echo_at_mg_m2: Decimal = Decimal(0)
) -> CumulativeDose:
    """The cumulative dose. Drugs that are no anthracyclines are passed over.

    echo_at_mg_m2: the cumulative dose at the last echocardiography; one is due when a further 100 mg/m² has
    begun. Alerts at 100, 250 and 400 mg/m², each bound included."""
    ratios = RATIO_SETS[ratio_set].ratios
    by_drug: dict[str, Decimal] = {}
    for dose in doses:
        if dose.drug in ratios:
            by_drug[dose.drug] = by_drug.get(dose.drug, Decimal(0)) + dose.mg_m2
    total = sum((mg * ratios[drug] for drug, mg in by_drug.items()), Decimal(0))
    terms = " + ".join(f"{drug} {mg:f} × {ratios[drug]}" for drug, mg in by_drug.items()) or "0"
    working = Text(f"{terms} = {total:f} mg/m²", f"{terms} = {total:f} mg/m²")
    return CumulativeDose(total, ratio_set, alert_of(total), total - echo_at_mg_m2 >= ECHO_EVERY, working)


def alert_of(dox_eq_mg_m2: Decimal) -> AnthracyclineAlert:
    """The alert for a cumulative dose in mg/m² of doxorubicin equivalents."""
    for limit, alert in (
        (STOP, AnthracyclineAlert.STOP),
        (WARNING, AnthracyclineAlert.WARNING),
        (INFO, AnthracyclineAlert.INFO),
    ):
        if dox_eq_mg_m2 >= limit:
            return alert
    return AnthracyclineAlert.NONE


class Uncounted(StrEnum):
    """What could not be counted: the total is then at least what is known."""

    EARLIER_NOT_ASKED = "EARLIER_NOT_ASKED"
    EARLIER_DOSE = "EARLIER_DOSE"
    NOT_REPORTED = "NOT_REPORTED"
    BODY_SIZE = "BODY_SIZE"


@dataclass(frozen=True)
class DatedDose:
    """A dose given in the trial; mg_m2 None where its amount or the body surface of its cycle is not known."""

    on: date
    drug: str
    mg_m2: Decimal | None
    gap: Uncounted = Uncounted.BODY_SIZE


@dataclass(frozen=True)
class EarlierDose:
    """All of one drug before the trial; mg_m2 None where it is not known."""

    drug: str
    mg_m2: Decimal | None


@dataclass(frozen=True)
class AnthracyclineCourse:
    """What a subject received in doxorubicin equivalents (mg/m²), earlier treatment included.

    others: the same total by every other set of ratios. uncounted: what the total leaves out. echo_since: the day on
    which a further 100 mg/m² were reached since the last echocardiography, None while none is asked for."""

    cumulative: CumulativeDose
    earlier_mg_m2: Decimal
    by_drug: tuple[AnthracyclineDose, ...]
    others: Mapping[str, Decimal]
    uncounted: tuple[Uncounted, ...]
    last_on: date | None
    echo_since: date | None

    @property
    def total(self) -> Decimal:
        return self.cumulative.dox_eq_mg_m2


def anthracycline_course(
    doses: Sequence[DatedDose],
    earlier: Sequence[EarlierDose],
    echocardiographies: Sequence[date] = (),
    *,
    ratio_set: str = DEFAULT_SET,
    earlier_asked: bool = True,
) -> AnthracyclineCourse:
    """The course of a subject. A dose on the day of an echocardiography counts as given after it.

    earlier_asked: whether anybody reviewed the treatment before the trial; without it the total is a lower bound."""
    dated = sorted((one for one in doses if is_anthracycline(one.drug)), key=lambda one: one.on)
    before = [AnthracyclineDose(one.drug, one.mg_m2) for one in earlier if one.mg_m2 is not None]
    given = [AnthracyclineDose(one.drug, one.mg_m2) for one in dated if one.mg_m2 is not None]
    gaps = [
        *([] if earlier_asked else [Uncounted.EARLIER_NOT_ASKED]),
        *(Uncounted.EARLIER_DOSE for one in earlier if one.mg_m2 is None),
        *(one.gap for one in dated if one.mg_m2 is None),
    ]
    last_echo = max(echocardiographies, default=None)
    at_echo, since = Decimal(0), None
    running = cumulative_dose(before, ratio_set).dox_eq_mg_m2
    if last_echo is not None:
        at_echo = running
    for one in dated:
        if one.mg_m2 is None:
            continue
        running += cumulative_dose([AnthracyclineDose(one.drug, one.mg_m2)], ratio_set).dox_eq_mg_m2
        if last_echo is not None and one.on < last_echo:
            at_echo = running
        elif since is None and running - at_echo >= ECHO_EVERY:
            since = one.on
    together: dict[str, Decimal] = {}
    for each in (*before, *given):
        together[each.drug] = together.get(each.drug, Decimal(0)) + each.mg_m2
    return AnthracyclineCourse(
        cumulative_dose([*before, *given], ratio_set, at_echo),
        cumulative_dose(before, ratio_set).dox_eq_mg_m2,
        tuple(AnthracyclineDose(drug, mg) for drug, mg in together.items()),
        {key: cumulative_dose([*before, *given], key).dox_eq_mg_m2 for key in RATIO_SETS if key != ratio_set},
        tuple(dict.fromkeys(gaps)),
        dated[-1].on if dated else None,
        since,
    )


def planned_dox_eq(regimen: Regimen, ratio_set: str = DEFAULT_SET) -> Decimal:
    """What one cycle of a regimen adds, in mg/m² of doxorubicin equivalents: of several dose levels the highest.

    Doses that are not by body surface are not counted here: no regimen has an anthracycline by another basis."""
    ratios, total = RATIO_SETS[ratio_set].ratios, Decimal(0)
    for drug in regimen.drugs:
        if drug.key not in ratios:
            continue
        for day in drug.days:
            levels = [one.amount for one in drug.doses if one.covers(day) and one.basis == "BSA"]
            total += max(levels, default=Decimal(0)) * drug.per_day * ratios[drug.key]
    return total
