"""What a story is made of: a person, a course of disease and treatment, and the forms that record it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

LOG = "LOG"


@dataclass(frozen=True)
class Person:
    """An invented human being. Height in cm, weight in kg."""

    full_name: str
    hospital_number: str
    sex: str
    birth_date: date
    height_cm: int
    weight_kg: Decimal
    childbearing: bool
    minor: bool

    def age_on(self, day: date) -> int:
        """Completed years."""
        birthday_to_come = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - birthday_to_come


@dataclass(frozen=True)
class Disease:
    """The leukaemia at diagnosis: counts in 10⁹/L, percentages, and the poor-risk features that were found."""

    diagnosed_on: date
    wbc: Decimal
    blasts_pct: int
    cd19_pct: Decimal
    features: frozenset[str] = frozenset()

    @property
    def needs_transplant(self) -> bool:
        """KMT2A rearranged or TP53 mutated: transplantation in first remission."""
        return bool(self.features & {"kmt2a_r", "tp53_mut"})


@dataclass(frozen=True)
class Interruption:
    """The pump stops at `at_hours` after the start of the course and runs again `hours` later."""

    at_hours: int
    hours: int
    reason: str


@dataclass(frozen=True)
class Span:
    """A phase of treatment as it was given: day 1, last day, why it ended; infusions with their interruptions."""

    phase: str
    start: date
    end: date
    regimen: str | None = None
    end_reason: str = "COMPLETED"
    interruptions: tuple[Interruption, ...] = ()

    def day(self, number: int) -> date:
        """Day `number` of the phase; day 1 is the first."""
        return self.start + timedelta(days=number - 1)


@dataclass(frozen=True)
class Graft:
    """An allogeneic transplantation with what followed it."""

    conditioning_on: date
    day0: date
    donor: str
    source: str
    intensity: str
    neutrophils_on: date | None
    platelets_on: date | None
    acute_on: date | None = None
    acute_grade: int = 0
    chronic_on: date | None = None
    chronic_severity: str = ""
    systemic_on: date | None = None


@dataclass(frozen=True)
class Event:
    """An adverse event with its CTCAE grade; `stop` None goes on. `causes` maps treatment to causality."""

    term: str
    onset: date
    stop: date | None
    grade: int
    serious: bool = False
    special: str = ""
    causes: Mapping[str, str] = field(default_factory=dict)
    action: str = "NONE"
    outcome: str = "RECOVERED"


@dataclass(frozen=True)
class Flare:
    """Cytokine release or neurotoxicity on consecutive days, with its highest grade."""

    kind: str
    onset: date
    days: int
    grade: int


@dataclass(frozen=True)
class Ending:
    """How it goes on or ends; each date None where it does not happen within the horizon of a story."""

    relapse_on: date | None = None
    relapse_site: str = "MARROW"
    died_on: date | None = None
    cause: str = ""
    lost_on: date | None = None
    withdrawn_on: date | None = None
    withdrawal: str = ""


@dataclass(frozen=True)
class Course:
    """What truly happens to an enrolled subject, over the years: the casebook records it as far as time has come."""

    person: Person
    disease: Disease
    screened_on: date
    enrolled_on: date
    arm: str
    spans: tuple[Span, ...]
    remission_on: date | None
    first_category: str = "CR"
    mrd_negative_on: date | None = None
    mrd_recurrence_on: date | None = None
    graft: Graft | None = None
    cells_on: date | None = None
    apheresis_on: date | None = None
    treatment_ended_on: date | None = None
    end_of_treatment: str = ""
    events: tuple[Event, ...] = ()
    flares: tuple[Flare, ...] = ()
    ending: Ending = field(default_factory=Ending)
    fixed_visits: Mapping[str, date] = field(default_factory=dict)

    @property
    def c1d1(self) -> date | None:
        """Day 1 of the first phase that treats; transplantation alone is none."""
        return next((span.start for span in self.spans if span.regimen), None)

    def span(self, phase: str) -> Span | None:
        return next((span for span in self.spans if span.phase == phase), None)

    def seen_until(self) -> date:
        """The last day on which anybody can have seen the subject."""
        limits = (self.ending.died_on, self.ending.lost_on, self.ending.withdrawn_on)
        return min((day for day in limits if day), default=date.max)


@dataclass(frozen=True)
class Entry:
    """One form of the casebook: where it stands, what is written in it. `investigator`: who enters it."""

    visit: str
    form: str
    on: date
    values: Mapping[str, Any]
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    visit_repeat: int = 1
    form_repeat: int = 1
    investigator: bool = False


@dataclass(frozen=True)
class Story:
    """One subject from screening on. `entries` holds the forms after enrolment by arm, `courses` what they record.

    obstacle: what keeps a candidate out; failure: the same as the screening log says it.
    """

    study: str
    number: int
    site: str
    person: Person
    disease: Disease
    screened_on: date
    decided_on: date
    obstacle: str = ""
    failure: str = ""
    screening: tuple[Entry, ...] = ()
    enrolled_on: date | None = None
    randomised: bool = False
    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)

    @property
    def still_screening(self) -> bool:
        return not self.failure and self.enrolled_on is None
