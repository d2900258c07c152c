"""What a protocol says of adverse events: the agents whose part is judged, the window, laboratory grades as events,
and the clocks of reporting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsite.clinical.ctcae import TERMS
from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.reporting_clocks import USUAL_CLOCKS, ReportingClocks
from trialsite.studies.domain.values import Document

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol

AGENTS = ("chemo", "blinatumomab", "venetoclax", "car_t", "hsct")
STARTS = ("c1d1", "randomisation", "consent")
RECORDED = ("never", "if_serious", "always")


@dataclass(frozen=True)
class WindowPlan:
    """When adverse events are collected.

    starts: the anchors it may begin with, the first that has a day counts. The others are days after an anchor, None
    where the window does not depend on it; days_after_randomisation counts for subjects without a graft.
    """

    starts: tuple[str, ...]
    days_after_last_dose: int | None
    days_after_car_t: int | None
    days_after_hsct: int | None
    days_after_randomisation: int | None

    @classmethod
    def of(cls, document: Document) -> WindowPlan:
        return cls(
            tuple(document["starts"]),
            document["days_after_last_dose"],
            document["days_after_car_t"],
            document["days_after_hsct"],
            document["days_after_randomisation"],
        )


@dataclass(frozen=True)
class RecordRule:
    """Whether laboratory grades of some terms are recorded as an event (`record`: never, if_serious, always).

    terms: English CTCAE terms. at_baseline: for subjects in whom the term was graded at baseline. phases: for episodes
    that begin in these phases. With neither it holds always.
    """

    terms: tuple[str, ...]
    record: str
    at_baseline: bool
    phases: tuple[str, ...]
    days: int | None = None

    @classmethod
    def of(cls, document: Document) -> RecordRule:
        return cls(
            tuple(document["terms"]),
            document["record"],
            document.get("at_baseline", False),
            tuple(document.get("phases", ())),
            document.get("days"),
        )

    def holds(self, term: str, baseline: int, phase: str, day: int) -> bool:
        """Whether it speaks of an episode of a term, with this baseline grade, that begins on a day of a phase.

        phase: its key, "" in none. day: the first day of the phase is 1."""
        if term not in self.terms:
            return False
        if not self.at_baseline and not self.phases:
            return True
        in_time = self.days is None or day <= self.days
        return (self.at_baseline and baseline > 0) or (bool(phase) and phase in self.phases and in_time)


@dataclass(frozen=True)
class AdverseEventPlan:
    """Agents, window, clocks, and from which grade laboratory values propose an event.

    `record_as_ae`: the first that holds."""

    agents: tuple[str, ...]
    propose_from_grade: int
    window: WindowPlan
    record_as_ae: tuple[RecordRule, ...]
    clocks: ReportingClocks = USUAL_CLOCKS

    @classmethod
    def of(cls, document: Document | None) -> AdverseEventPlan:
        """As the file says; without the section all agents, grade 3, thirty days after the last dose."""
        if document is None:
            return DEFAULT
        return cls(
            tuple(document["agents"]),
            document["propose_from_grade"],
            WindowPlan.of(document["window"]),
            tuple(RecordRule.of(one) for one in document.get("record_as_ae", ())),
            ReportingClocks.of(document.get("clocks")),
        )

    def rule_for(self, term: str, baseline: int, phase: str, day: int) -> RecordRule | None:
        """The first rule that speaks of an episode; None where it is recorded as any event."""
        return next((one for one in self.record_as_ae if one.holds(term, baseline, phase, day)), None)


DEFAULT = AdverseEventPlan(AGENTS, 3, WindowPlan(("c1d1", "randomisation"), 30, 90, None, None), ())


def adverse_event_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """A rule names terms of the CTCAE and phases that the file has."""
    known = {phase.key for phase in protocol.phases}
    for number, rule in enumerate(protocol.adverse_events.record_as_ae):
        for term in rule.terms:
            if term not in TERMS:
                where: Path = ("adverse_events", "record_as_ae", number, "terms")
                yield where, f"{term} is no term of the CTCAE; write it as the CTCAE does, in English."
        for key in rule.phases:
            if key not in known:
                path: Path = ("adverse_events", "record_as_ae", number, "phases")
                yield path, f"The phase {key} is not known; the file has {', '.join(sorted(known))}."
