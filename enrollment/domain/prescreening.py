"""Looking at one person for several trials before screening: criteria answered from a handful of values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.clinical.facts import Fact, FactValue
from trialsite.clinical.verdicts import CriterionVerdict

from .eligibility import CriterionLine, Dossier

GOOD = (CriterionVerdict.MET, CriterionVerdict.ABSENT)
BAD = (CriterionVerdict.NOT_MET, CriterionVerdict.PRESENT)


@dataclass(frozen=True)
class Asked:
    """A value that is asked for: the fact that rules name, its kind, its codes or the range that can be typed.

    kind: "integer", "decimal", "yes_no" or "choice".
    """

    fact: str
    kind: str
    codes: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    unit: str = ""


# What criteria of several trials ask and a chart tells at once; laboratory values wait for screening.
ASKED: tuple[Asked, ...] = (
    Asked("age_years", "integer", low=0, high=120, unit="a"),
    Asked("dx", "choice", ("BCP_ALL", "T_ALL", "MPAL", "MATURE_B", "B_LBL", "OTHER")),
    Asked("newly_dx", "yes_no"),
    Asked("ph_status", "choice", ("NEG", "POS")),
    Asked("cd19_pct", "decimal", low=0, high=100, unit="%"),
    Asked("high_risk", "yes_no"),
    Asked("ecog", "integer", low=0, high=5),
    Asked("in_crc", "yes_no"),
    Asked("mrd_verdict_screening", "choice", ("NEGATIVE", "POSITIVE")),
    Asked("cns_leukemia", "yes_no"),
    Asked("emd", "choice", ("NONE", "PRESENT")),
    Asked("prior_allo_hsct", "yes_no"),
    Asked("hiv_ab", "choice", ("NEG", "POS")),
    Asked("preg_test", "choice", ("NEG", "POS", "NA")),
)


def facts_of_answers(answers: Mapping[str, object], on: date) -> dict[str, Fact]:
    """The values as facts of that day; what was left empty is missing, never no."""
    facts: dict[str, Fact] = {}
    for one in ASKED:
        value = answers.get(one.fact)
        if value is None or value == "":
            continue
        assert isinstance(value, int | Decimal | str | bool)
        typed: FactValue = value
        facts[one.fact] = Fact(typed, one.unit, on=on)
    return facts


@dataclass(frozen=True)
class Look:
    """One trial looked at: how many criteria are decided in favour, what stands against, what is not known."""

    good: int
    against: tuple[CriterionLine, ...]
    unknown: tuple[CriterionLine, ...]

    @classmethod
    def of(cls, dossier: Dossier) -> Look:
        lines = dossier.lines
        return cls(
            sum(line.verdict in GOOD for line in lines),
            tuple(line for line in lines if line.verdict in BAD),
            tuple(line for line in lines if line.verdict is CriterionVerdict.UNKNOWN),
        )

    @property
    def promising(self) -> bool:
        """Whether nothing known stands against screening."""
        return not self.against

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts of the page that are still missing for this trial, in its order."""
        wanted = {name for line in self.unknown for name in line.missing}
        return tuple(one.fact for one in ASKED if one.fact in wanted)
