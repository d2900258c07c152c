"""Cumulative anthracycline dose in doxorubicin equivalents, previous treatment included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.text import Text

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
