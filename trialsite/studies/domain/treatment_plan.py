"""The treatment of a protocol: phases, the branches between them, regimens, drugs and dose levels."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trialsite.studies.domain.dose_plan import DoseLevels, DoseModifier, Equivalent, LysisPlan
from trialsite.studies.domain.values import Document, Rule, Text, decimal_or_none, text_of, text_or_none

BLINATUMOMAB = "BLINATUMOMAB"
OFF_TREATMENT = "OFF_TREATMENT"
AWAIT = "AWAIT"
FORBIDDEN = "forbidden"  # the kind of a phase that the protocol excludes


@dataclass(frozen=True)
class Branch:
    """What follows when a rule holds after a phase.

    Branches are read from the top: the first whose rule is true counts, and one whose rule is unknown
    stops the reading (a pending result never falls through to the branch below).
    to: a phase key, `OFF_TREATMENT` (protocol treatment ends, survival follow-up goes on) or `AWAIT`
    (nothing is decided until the missing fact is there).
    """

    when: Rule
    to: str
    text: Text
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Branch:
        return cls(
            when=document["when"],
            to=document["to"],
            text=text_of(document["text"]),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class Phase:
    """One phase of treatment; `days` None where its length is open, `regimen` None where no drug is
    planned. `short` is what stands before a day ("C2 D9"): the name where the file gives nothing shorter.

    rest_days: days without treatment after its last day before the next phase may begin. late_after: a start more
    than so many days after the planned one asks for its reason (None: no start is late). A phase of the kind
    `forbidden` stands in no arm: starting it is a protocol deviation of the class `deviation`.
    """

    key: str
    name: Text
    short: Text
    kind: str
    regimen: str | None
    days: int | None
    optional: bool
    starts: Text
    branches: tuple[Branch, ...]
    source: str
    cite: str
    rest_days: int = 0
    late_after: int | None = None
    deviation: str = ""

    @classmethod
    def of(cls, document: Document) -> Phase:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            short=text_of(document.get("short") or document["name"]),
            kind=document["kind"],
            regimen=document["regimen"],
            days=document["days"],
            optional=document.get("optional", False),
            starts=text_of(document["starts"]),
            branches=tuple(Branch.of(branch) for branch in document.get("branches", [])),
            source=document["source"],
            cite=document["cite"],
            rest_days=document.get("rest_days", 0),
            late_after=document.get("late_after"),
            deviation=document.get("deviation", ""),
        )

    @property
    def forbidden(self) -> bool:
        """Whether the protocol excludes this phase."""
        return self.kind == FORBIDDEN


@dataclass(frozen=True)
class DoseLevel:
    """An amount per administration: `amount` × basis (BSA m², KG body weight, FLAT), then at most `cap`.

    days: the days it holds for (None: every day of the drug). when: the rule under which it holds (None:
    always). Of the levels that cover a day the first whose rule is true counts. The cap is applied after
    multiplication.
    """

    amount: Decimal
    basis: str
    cap: Decimal | None
    days: tuple[int, ...] | None
    when: Rule | None
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document, drug: Document) -> DoseLevel:
        days = document.get("days")
        return cls(
            amount=Decimal(document["amount"]),
            basis=document["basis"],
            cap=decimal_or_none(document.get("cap")),
            days=None if days is None else tuple(days),
            when=document.get("when"),
            source=(document if "source" in document else drug)["source"],
            cite=(document if "cite" in document else drug)["cite"],
        )

    def covers(self, day: int) -> bool:
        """Whether this level is meant for a day of the cycle (day 1 is the first)."""
        return self.days is None or day in self.days


@dataclass(frozen=True)
class InfusionPart:
    """A fraction of the dose over its own hours, such as 10 % of methotrexate over half an hour."""

    fraction: Decimal
    hours: Decimal


@dataclass(frozen=True)
class StartCondition:
    """What must hold before a drug is started; a fact older than `max_age_days` on that day is unknown."""

    key: str
    text: Text
    rule: Rule
    max_age_days: int | None
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> StartCondition:
        return cls(
            key=document["key"],
            text=text_of(document["text"]),
            rule=document["rule"],
            max_age_days=document.get("max_age_days"),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class Drug:
    """One drug of a regimen: given on `days` of the cycle, `per_day` times a day, each time one dose.

    rounding: the step (in `unit`) to which the dose is rounded half-up; None where it is not rounded.
    """

    key: str
    name: Text
    route: str
    unit: str
    days: tuple[int, ...]
    per_day: int
    doses: tuple[DoseLevel, ...]
    rounding: Decimal | None
    infusion_hours: Decimal | None
    parts: tuple[InfusionPart, ...]
    modifiers: tuple[DoseModifier, ...]
    equivalents: tuple[Equivalent, ...]
    tumour_lysis: LysisPlan | None
    note: Text | None
    source: str
    cite: str
    gates: tuple[StartCondition, ...] = ()

    @classmethod
    def of(cls, document: Document) -> Drug:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            route=document["route"],
            unit=document["unit"],
            days=tuple(document["days"]),
            per_day=document.get("per_day", 1),
            doses=tuple(DoseLevel.of(dose, document) for dose in document["doses"]),
            rounding=decimal_or_none(document.get("rounding")),
            infusion_hours=decimal_or_none(document.get("infusion_hours")),
            parts=tuple(
                InfusionPart(fraction=Decimal(part["fraction"]), hours=Decimal(part["hours"]))
                for part in document.get("parts", [])
            ),
            modifiers=(
                *(DoseModifier.of(one) for one in document.get("modifiers", [])),
                *(
                    DoseModifier.of_exception(one, document)
                    for one in document.get("infusion_exceptions", [])
                ),
            ),
            equivalents=tuple(Equivalent.of(one) for one in document.get("equivalents", [])),
            tumour_lysis=LysisPlan.of(document.get("tumour_lysis")),
            note=text_or_none(document.get("note")),
            source=document["source"],
            cite=document["cite"],
            gates=tuple(StartCondition.of(one) for one in document.get("gates", ())),
        )


@dataclass(frozen=True)
class Regimen:
    """The drugs of one cycle of `cycle_days` days; day 1 is the day the phase actually started."""

    key: str
    name: Text
    cycle_days: int
    drugs: tuple[Drug, ...]
    dose_levels: DoseLevels | None
    note: Text | None
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Regimen:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            cycle_days=document["cycle_days"],
            drugs=tuple(Drug.of(drug) for drug in document["drugs"]),
            dose_levels=DoseLevels.of(document.get("dose_levels")),
            note=text_or_none(document.get("note")),
            source=document["source"],
            cite=document["cite"],
        )

    @property
    def planned_infusion_days(self) -> int:
        """Days of blinatumomab the regimen plans (0 without blinatumomab): the total an interruption must
        reach.
        """
        return sum(len(drug.days) for drug in self.drugs if drug.key == BLINATUMOMAB)
