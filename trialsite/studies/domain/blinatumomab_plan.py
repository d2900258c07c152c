"""What a protocol says of blinatumomab beside its doses: premedication, days in hospital, what follows events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from trialsite.clinical.ctcae import TERMS
from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document, Text, decimal_or_none, text_of

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol

MOMENTS = ("FIRST", "STEP", "RESTART")
EVENTS = ("CRS", "SEIZURE", "NEUROTOXICITY", "OTHER", "LIVER")
ACTIONS = ("WATCH", "INTERRUPT", "STOP", "DECIDE")
TERM_KINDS = ("CRS", "SEIZURE", "NEUROTOXICITY", "NOT_RELEVANT")
LIVER_ANALYTES = ("alt", "ast", "bilirubin")


@dataclass(frozen=True)
class PremedicationDose:
    """One premedication in mg: `amount` × basis (FLAT, BSA m²), then at most `cap`."""

    drug: str
    amount: Decimal
    basis: str
    cap: Decimal | None

    @classmethod
    def of(cls, document: Document) -> PremedicationDose:
        return cls(
            document["drug"],
            Decimal(document["amount"]),
            document["basis"],
            decimal_or_none(document.get("cap")),
        )


@dataclass(frozen=True)
class PremedicationRule:
    """Before which moments of a course premedication is given, and which: one of `doses`.

    moments: FIRST dose of the course, STEP to a higher rate, RESTART after an interruption of 4 hours or more.
    from_age, below_age: years, None where there is no limit. first_course_only: in the first course of blinatumomab.
    within_hours: given at most so long before.
    """

    moments: tuple[str, ...]
    doses: tuple[PremedicationDose, ...]
    within_hours: Decimal
    from_age: int | None
    below_age: int | None
    first_course_only: bool
    cite: str

    @classmethod
    def of(cls, document: Document) -> PremedicationRule:
        return cls(
            tuple(document["moments"]),
            tuple(PremedicationDose.of(one) for one in document["doses"]),
            Decimal(document["within_hours"]),
            document.get("from_age"),
            document.get("below_age"),
            document.get("first_course_only", False),
            document["cite"],
        )


@dataclass(frozen=True)
class CourseRules:
    """Rules for the courses of some regimens. hospital_days: of the subject's first course, the second, …"""

    regimens: tuple[str, ...]
    hospital_days: tuple[int, ...]
    hospital_cite: str
    premedication: tuple[PremedicationRule, ...]

    @classmethod
    def of(cls, document: Document) -> CourseRules:
        return cls(
            tuple(document["regimens"]),
            tuple(document["hospital"]["days"]),
            document["hospital"]["cite"],
            tuple(PremedicationRule.of(one) for one in document["premedication"]),
        )


@dataclass(frozen=True)
class DoseByWeight:
    """A rate in µg/day: fixed from 45 kg; below it per m² and at most `cap`."""

    fixed: Decimal
    per_m2: Decimal
    cap: Decimal

    @classmethod
    def of(cls, document: Document) -> DoseByWeight:
        return cls(Decimal(document["fixed"]), Decimal(document["per_m2"]), Decimal(document["cap"]))


@dataclass(frozen=True)
class ModificationRow:
    """One row of the decision table: for an event of these CTCAE grades (none: any grade) the action that is advised.

    as_row: restart and stop are those of another row. hold_days: at least so long after the stop. stop_after_days: an
    event that took longer to resolve stops it for good. stop_at_start_dose, stop_on_recurrence: so does one at the
    starting dose, and one that comes again. stop_above_events: so do more events than this.
    """

    row: str
    event: str
    grades: tuple[int, ...]
    action: str
    text: Text
    as_row: str
    hold_days: int
    stop_after_days: int | None
    stop_at_start_dose: bool
    stop_on_recurrence: bool
    stop_above_events: int | None
    cite: str

    @classmethod
    def of(cls, document: Document) -> ModificationRow:
        return cls(
            document["row"],
            document["event"],
            tuple(document["grades"]),
            document["action"],
            text_of(document["text"]),
            document.get("as_row", ""),
            document.get("hold_days", 0),
            document.get("stop_after_days"),
            document.get("stop_at_start_dose", False),
            document.get("stop_on_recurrence", False),
            document.get("stop_above_events"),
            document["cite"],
        )


@dataclass(frozen=True)
class LiverLimit:
    """From more than `above` × ULN on it counts; it is resolved at `resolved` × ULN or less (CTCAE grade 1)."""

    analyte: str
    above: Decimal
    resolved: Decimal

    @classmethod
    def of(cls, document: Document) -> LiverLimit:
        return cls(document["analyte"], Decimal(document["above"]), Decimal(document["resolved"]))


@dataclass(frozen=True)
class EventTerms:
    """Which terms of the CTCAE are which kind of event; every other one is OTHER."""

    by_kind: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, document: Document) -> EventTerms:
        return cls({kind: tuple(document[kind]) for kind in TERM_KINDS})

    def kind_of(self, term: str) -> str | None:
        """The kind of event that a term is to the table; None where it does not count."""
        kind = next((kind for kind, terms in self.by_kind.items() if term in terms), "OTHER")
        return None if kind == "NOT_RELEVANT" else kind


@dataclass(frozen=True)
class DoseModification:
    """The decision table: its rows, the dose after an interruption, and which terms of the CTCAE it speaks of.

    escalate_after_days: at the starting dose until the full one."""

    start_dose: DoseByWeight
    full_dose: DoseByWeight
    escalate_after_days: int
    terms: EventTerms
    liver: tuple[LiverLimit, ...]
    rows: tuple[ModificationRow, ...]

    @classmethod
    def of(cls, document: Document) -> DoseModification:
        return cls(
            DoseByWeight.of(document["start_dose"]),
            DoseByWeight.of(document["full_dose"]),
            document["escalate_after_days"],
            EventTerms.of(document["terms"]),
            tuple(LiverLimit.of(one) for one in document["liver"]),
            tuple(ModificationRow.of(one) for one in document["rows"]),
        )


@dataclass(frozen=True)
class FirstAdvice:
    """What is advised around the first infusion: shown until `hours_after_start` from its start.

    Of blasts: it is advised from `marrow_blasts_from_pct` of nucleated cells on, or above `blood_blasts_above_per_ul`;
    None where it does not depend on them."""

    key: str
    text: Text
    hours_after_start: int
    marrow_blasts_from_pct: Decimal | None
    blood_blasts_above_per_ul: Decimal | None
    cite: str

    @classmethod
    def of(cls, document: Document) -> FirstAdvice:
        return cls(
            document["key"],
            text_of(document["text"]),
            document.get("hours_after_start", 0),
            decimal_or_none(document.get("marrow_blasts_from_pct")),
            decimal_or_none(document.get("blood_blasts_above_per_ul")),
            document["cite"],
        )

    @property
    def by_blasts(self) -> bool:
        return self.marrow_blasts_from_pct is not None or self.blood_blasts_above_per_ul is not None


@dataclass(frozen=True)
class BlinatumomabPlan:
    """Rules by regimen, the decision table, what is advised around the first infusion; empty without blinatumomab."""

    courses: tuple[CourseRules, ...] = ()
    dose_modification: DoseModification | None = None
    first_infusion: tuple[FirstAdvice, ...] = ()

    @classmethod
    def of(cls, document: Document | None) -> BlinatumomabPlan:
        if document is None:
            return NO_BLINATUMOMAB
        return cls(
            tuple(CourseRules.of(one) for one in document["courses"]),
            DoseModification.of(document["dose_modification"]),
            tuple(FirstAdvice.of(one) for one in document.get("first_infusion", ())),
        )

    def rules_for(self, regimen: str) -> CourseRules | None:
        """The rules for the courses of a regimen; None where the file has none."""
        return next((one for one in self.courses if regimen in one.regimens), None)


NO_BLINATUMOMAB = BlinatumomabPlan()


def blinatumomab_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Rules name regimens that give blinatumomab, each once; rows name rows, and terms are those of the CTCAE."""
    plan = protocol.blinatumomab
    known = {one.key for one in protocol.regimens if one.planned_infusion_days}
    seen: set[str] = set()
    for number, rules in enumerate(plan.courses):
        where: Path = ("blinatumomab", "courses", number, "regimens")
        for key in rules.regimens:
            if key not in known:
                yield (
                    where,
                    f"{key} is no regimen that gives blinatumomab; such are {', '.join(sorted(known))}.",
                )
            elif key in seen:
                yield where, f"The regimen {key} stands in two lists of rules; keep one."
            seen.add(key)
    table = plan.dose_modification
    if table is None:
        return
    names = [row.row for row in table.rows]
    for number, row in enumerate(table.rows):
        here: Path = ("blinatumomab", "dose_modification", "rows", number)
        if row.row in names[:number]:
            yield (*here, "row"), f"The row {row.row} stands twice; keep one."
        if row.as_row and row.as_row not in names:
            yield (*here, "as_row"), f"The table has no row {row.as_row}; it has {', '.join(names)}."
    for kind, terms in table.terms.by_kind.items():
        for term in terms:
            if term not in TERMS:
                path: Path = ("blinatumomab", "dose_modification", "terms", kind)
                yield path, f"{term} is no term of the CTCAE; write it as the CTCAE does, in English."
