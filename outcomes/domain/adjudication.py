"""A committee's case: how its members' decisions close it, and what it makes of the events of a history.

Each reviewer judges the event as its form stands: a decision names the version of the form that it saw, and counts for
that version only, so a correction of the form opens the case again. Reviewers who agree close it; where they do not,
the chair does. Agreement is about the verdict and, of a confirmed event, what the protocol asks: its date as it was
written, the cause of a death.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from outcomes.domain.history import Adjudication, Death, History, Relapse
from outcomes.domain.results import EndpointResult, addresses
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.partial_date import PartialDate

EventT = TypeVar("EventT", Relapse, Death)
AWAITS = "adjudication"  # in what a result misses


class Verdict(StrEnum):
    """What a member of the committee, or the committee, finds."""

    CONFIRMED = "CONFIRMED"
    NOT_EVENT = "NOT_EVENT"
    NOT_ASSESSABLE = "NOT_ASSESSABLE"


class Stage(StrEnum):
    """Whom a case waits for: its reviewers, the chair, nobody."""

    REVIEW = "review"
    CHAIR = "chair"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as it was written. seen: the version of the form. on, cause: where they were asked and given."""

    by: str
    chair: bool
    seen: int
    verdict: Verdict
    at: datetime
    source: ItemAddress
    on: PartialDate | None = None
    cause: str = ""

    @property
    def finding(self) -> tuple[str, str, str]:
        """What two members have to say alike to agree."""
        return self.verdict, self.on.text if self.on else "", self.cause


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands. reviews: the newest decision of each reviewer on the form as it stands now, in the order in
    which each first decided. decided: what closed it. reopened: decisions were made on an earlier version of the form.
    """

    stage: Stage
    reviews: tuple[Decision, ...]
    decided: Decision | None = None
    reopened: bool = False

    @property
    def agreed(self) -> bool:
        """Whether the reviewers closed it by themselves."""
        return self.decided is not None and not self.decided.chair

    def review_of(self, member: str) -> Decision | None:
        """What a member has decided, as it stands."""
        return next((one for one in self.reviews if one.by == member), None)


def standing_of(decisions: Iterable[Decision], version: int, reviewers: int) -> Standing:
    """The standing of a case whose form stands in this version, from all that was ever decided on it."""
    everything = sorted(decisions, key=lambda one: one.at)
    now = [one for one in everything if one.seen == version]
    newest: dict[str, Decision] = {}
    for one in now:
        if not one.chair:
            newest[one.by] = one
    reviews, reopened = tuple(newest.values()), len(now) < len(everything)
    if len(reviews) < reviewers:
        return Standing(Stage.REVIEW, reviews, reopened=reopened)
    if len({one.finding for one in reviews}) == 1:
        return Standing(Stage.CLOSED, reviews, max(reviews, key=lambda one: one.at), reopened)
    chair = next((one for one in reversed(now) if one.chair), None)
    return Standing(Stage.CLOSED if chair else Stage.CHAIR, reviews, chair, reopened)


def adjudicated(history: History) -> History:
    """The history with the committee's events in place of the investigators': confirmed ones with its date and cause,
    without those that are none. What it could not assess, or has not decided, stays as the investigator has it.
    """
    told = {one.event: one for one in history.adjudications if one.decision is not None}
    if not told:
        return history
    relapses = (judged(one, told.get(one.source)) if one.source else one for one in history.relapses)
    death = history.death
    return replace(
        history,
        relapses=tuple(one for one in relapses if one is not None),
        death=judged(death, told.get(death.source)) if death and death.source else death,
    )


def judged(event: EventT, said: Adjudication | None) -> EventT | None:
    """An event as the committee found it; None where it is no event."""
    if said is None or said.verdict == Verdict.NOT_ASSESSABLE:
        return event
    if said.verdict == Verdict.NOT_EVENT:
        return None
    found = replace(event, on=said.on or event.on, source=said.decision)
    if isinstance(found, Death) and said.cause:
        return replace(found, cause=said.cause)
    return found


def derived_by_committee(history: History, derived: Callable[[History], EndpointResult]) -> EndpointResult:
    """A result by the committee's events; beside its sources stand the decisions that it rests on, with their forms.

    `derived` gives the result of a history. An event that counts while its case is open makes the result await it. A
    decision is named where either result, the committee's or the investigators', rests on its event.
    """
    found = derived(adjudicated(history))
    if not history.adjudications or not found.in_set:
        return found
    own = derived(history)
    used = {*found.sources, *own.sources}
    touched = [one for one in history.adjudications if one.event in used or one.decision in used]
    awaits = [one for one in touched if one.decision is None and one.event in found.sources]
    named = [address for one in touched if one.decision for address in (one.decision, one.event)]
    return replace(
        found,
        sources=addresses(*found.sources, *named),
        missing=tuple(dict.fromkeys((*found.missing, *((AWAITS,) if awaits else ())))),
    )


# Agreement of investigator and committee


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many cases are closed: the investigator's event confirmed, no event, not assessable.

    Of the confirmed `dated` have a date of the committee, the same in `same_date`; `caused` and `same_cause` likewise.
    """

    closed: int
    confirmed: int
    not_event: int
    not_assessable: int
    dated: int
    same_date: int
    caused: int
    same_cause: int

    @property
    def share(self) -> Decimal | None:
        """Confirmed of those that could be assessed; None where there is none."""
        assessed = self.confirmed + self.not_event
        return Decimal(self.confirmed) / assessed if assessed else None


@dataclass(frozen=True, slots=True)
class Pair:
    """What the investigator recorded of one closed case, and what the committee found."""

    on: PartialDate | None
    cause: str
    decided: Decision


def agreement_of(pairs: Sequence[Pair]) -> Agreement:
    """How investigator and committee agree over closed cases; dates agree when they were written alike."""
    confirmed = [one for one in pairs if one.decided.verdict == Verdict.CONFIRMED]
    dated = [one for one in confirmed if one.decided.on is not None]
    caused = [one for one in confirmed if one.decided.cause]
    return Agreement(
        closed=len(pairs),
        confirmed=len(confirmed),
        not_event=sum(one.decided.verdict == Verdict.NOT_EVENT for one in pairs),
        not_assessable=sum(one.decided.verdict == Verdict.NOT_ASSESSABLE for one in pairs),
        dated=len(dated),
        same_date=sum(one.on == one.decided.on for one in dated),
        caused=len(caused),
        same_cause=sum(one.cause == one.decided.cause for one in caused),
    )
