"""What changes a dose in a protocol: modifiers, levels of a cycle, equivalent drugs, obesity; its tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trialsite.studies.domain.values import Document, Rule, Text, decimal_or_none, text_of

MODIFIER_REASONS = ("RENAL", "HEPATIC", "AGE", "CARDIAC", "INTERACTION", "TOX", "OTHER")
EFFECTS = ("amount", "factor", "hours", "omit")
ACTUAL, CAPPED_BSA, ADJUSTED_WEIGHT = "actual", "capped_bsa", "adjusted_weight"
OBESITY_HANDLING = (ACTUAL, CAPPED_BSA, ADJUSTED_WEIGHT)


@dataclass(frozen=True)
class DoseModifier:
    """Another dose under a rule. Exactly one of: `amount` (instead of the level's, in its basis), `factor` (the dose is
    multiplied), `omit` (no dose), `hours` (another duration of the infusion).

    Of the amounts, and of the hours, the first whose rule is true counts; factors multiply; they act before the cap. A
    rule that cannot be decided leaves the dose unplanned: never the full dose for want of a fact. days: the days of the
    cycle it holds for (None: every day of the drug). text: what it rests on, short ("creatinine clearance").
    """

    when: Rule
    amount: Decimal | None
    factor: Decimal | None
    omit: bool
    hours: Decimal | None
    days: tuple[int, ...] | None
    reason: str
    text: Text
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> DoseModifier:
        days = document.get("days")
        return cls(
            when=document["when"],
            amount=decimal_or_none(document.get("amount")),
            factor=decimal_or_none(document.get("factor")),
            omit=document.get("omit", False),
            hours=decimal_or_none(document.get("hours")),
            days=None if days is None else tuple(days),
            reason=document["reason"],
            text=text_of(document["text"]),
            source=document["source"],
            cite=document["cite"],
        )

    @classmethod
    def of_exception(cls, document: Document, drug: Document) -> DoseModifier:
        """A duration as files wrote it before there were modifiers (`infusion_exceptions`)."""
        told = {"reason": "OTHER", "text": {"en": "duration", "zh": "输注时长"}}
        return cls.of({**told, **document, "source": drug["source"], "cite": drug["cite"]})

    def covers(self, day: int) -> bool:
        """Whether it is meant for a day of the cycle (day 1 is the first)."""
        return self.days is None or day in self.days


@dataclass(frozen=True)
class Equivalent:
    """A drug that may be given instead: `factor` mg of it replace 1 mg; a day's dose is at most `cap` mg."""

    drug: str
    name: Text
    factor: Decimal
    cap: Decimal | None
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Equivalent:
        return cls(
            drug=document["drug"],
            name=text_of(document["name"]),
            factor=Decimal(document["factor"]),
            cap=decimal_or_none(document.get("cap")),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class DoseLevels:
    """Levels between which a cycle is started: factors of the full dose, for these drugs of the regimen only."""

    factors: tuple[Decimal, ...]
    drugs: tuple[str, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document | None) -> DoseLevels | None:
        if document is None:
            return None
        return cls(
            factors=tuple(Decimal(one) for one in document["factors"]),
            drugs=tuple(document["drugs"]),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class LysisChecks:
    """Time points of the laboratory checks of these days of the cycle, as codes of the form's item."""

    days: tuple[int, ...]
    points: tuple[str, ...]


@dataclass(frozen=True)
class LysisPlan:
    """What a drug that dissolves tumours is watched by: when it may start, the form that holds the checks, the items
    of it that tell day, time point, lysis and whether the drug was held, and which checks each day needs."""

    start: Rule
    form: str
    day: str
    point: str
    lysis: str
    held: str
    checks: tuple[LysisChecks, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document | None) -> LysisPlan | None:
        if document is None:
            return None
        checks = tuple(LysisChecks(tuple(one["days"]), tuple(one["points"])) for one in document["checks"])
        told = {name: document[name] for name in ("start", "form", "day", "point", "lysis", "held")}
        return cls(**told, checks=checks, source=document["source"], cite=document["cite"])


@dataclass(frozen=True)
class ObesityPlan:
    """How a body of a BMI from `bmi_from` kg/m² on is dosed: by actual weight, with a body surface of at most `cap` m²,
    or by the adjusted weight."""

    bmi_from: Decimal
    handling: str
    cap: Decimal | None = None
    source: str = "assumption"
    cite: str = ""

    @classmethod
    def of(cls, document: Document | None) -> ObesityPlan:
        if document is None:
            return PLAIN_OBESITY
        return cls(
            bmi_from=Decimal(document["bmi_from"]),
            handling=document["handling"],
            cap=decimal_or_none(document.get("cap")),
            source=document["source"],
            cite=document["cite"],
        )


PLAIN_OBESITY = ObesityPlan(Decimal(30), ACTUAL)  # actual weight, no cap: what a file means that says nothing


@dataclass(frozen=True)
class DoseTolerance:
    """How many percent a dose may be off, given against prescribed and prescribed against planned.

    Up to `query_above_pct` nobody is asked, above `deviation_above_pct` it is a deviation, between them a question. A
    bound belongs to the milder class."""

    query_above_pct: Decimal
    deviation_above_pct: Decimal
    source: str = "assumption"
    cite: str = ""

    @classmethod
    def of(cls, document: Document | None) -> DoseTolerance:
        if document is None:
            return PLAIN_TOLERANCE
        return cls(
            query_above_pct=Decimal(document["query_above_pct"]),
            deviation_above_pct=Decimal(document["deviation_above_pct"]),
            source=document["source"],
            cite=document["cite"],
        )


PLAIN_TOLERANCE = DoseTolerance(Decimal(5), Decimal(10))  # an assumption: what a file means that says nothing
