"""Which laboratory episodes are proposed as adverse events, and which change an event that stands.

One proposal an episode, from the study's grade on; an event of the same term that overlaps an episode takes it, so that
what an investigator has entered is not proposed again. Later values of an event propose a change of its grade or its
end and never change it by themselves. What was declined stays so until it gets worse. Assumption, to be confirmed by
the sponsor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.text import Text

from .grade_track import Step, grade_on, in_order, worst
from .lab_episodes import Change, Episode


class ProposalKind(StrEnum):
    """NEW: an event to enter. CHANGED: its grade changed. ENDED: it is over. EXPECTED: not proposed by the protocol."""

    NEW = "NEW"
    CHANGED = "CHANGED"
    ENDED = "ENDED"
    EXPECTED = "EXPECTED"


@dataclass(frozen=True)
class KnownEvent:
    """An adverse event of the record: its CTCAE term and days; `stop` None where it goes on or is not known."""

    id: str
    term: str
    onset: PartialDate
    stop: PartialDate | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Declined:
    """What somebody declined to enter: values of these days, at their worst of this grade."""

    term: str
    start: date
    until: date
    grade: int


@dataclass(frozen=True)
class Proposal:
    """One proposal. `changes`: the lines that the track of the event lacks (of a new one all); `event`: its id."""

    kind: ProposalKind
    term: str
    start: date
    last_on: date
    ended_on: date | None
    worst: int
    changes: tuple[Change, ...]
    event: str = ""
    why: Text | None = None


def proposals(
    term: str,
    found: Sequence[Episode],
    events: Iterable[KnownEvent],
    declined: Iterable[Declined],
    *,
    from_grade: int,
    expected: Text | None = None,
) -> Iterator[Proposal]:
    """The proposals of one term, the earliest first.

    term: the English CTCAE term. from_grade: the worst grade (1 to 4) from which an episode is proposed. expected: why
    the protocol does not record such an episode as an event; None where it does.
    """
    ours = [event for event in events if event.term == term]
    said = [one for one in declined if one.term == term]
    for episode in found:
        event = next((one for one in ours if overlap(one, episode)), None)
        if event is not None:
            yield from of_event(term, episode, event, said)
        elif episode.worst >= from_grade and not silent(episode, said):
            kind = ProposalKind.NEW if expected is None else ProposalKind.EXPECTED
            yield _proposal(kind, term, episode, episode.track, why=expected)


def overlap(event: KnownEvent, episode: Episode) -> bool:
    """Whether an event and an episode may share a day; the day of recovery still belongs to the episode."""
    begins_in_time = episode.ended_on is None or event.onset.earliest <= episode.ended_on
    return begins_in_time and (event.stop is None or event.stop.latest >= episode.start)


def silent(episode: Episode, declined: Iterable[Declined]) -> bool:
    """Whether it was declined, and has not become worse since."""
    end = episode.ended_on or episode.last_on
    return any(
        one.start <= end and episode.start <= one.until and episode.worst <= one.grade for one in declined
    )


def of_event(
    term: str, episode: Episode, event: KnownEvent, declined: Sequence[Declined]
) -> Iterator[Proposal]:
    """What the values say that the event does not: a later or a worse grade, or that it is over."""
    known_until = max(
        (one.until for one in declined if one.start <= episode.last_on and episode.start <= one.until),
        default=date.min,
    )
    changes = tuple(each for each in lacking(episode, event) if each.on > known_until)
    if changes:
        yield _proposal(ProposalKind.CHANGED, term, episode, changes, event.id)
    elif episode.ended_on and event.stop is None and episode.ended_on > known_until:
        yield _proposal(ProposalKind.ENDED, term, episode, (), event.id)


def lacking(episode: Episode, event: KnownEvent) -> Iterator[Change]:
    """The changes of grade after the last one of the event, and earlier ones that are worse than all of its own."""
    steps = in_order(event.steps)
    last = steps[-1].since.latest if steps and steps[-1].since else event.onset.latest
    highest, current = worst(steps) or 0, grade_on(steps, date.max) or 0
    for change in episode.track:
        within = change.on >= event.onset.earliest and (event.stop is None or change.on <= event.stop.latest)
        if not within:
            continue
        if change.on > last and change.grade != current:
            current = change.grade
            yield change
        elif change.on <= last and change.grade > highest:
            yield change


def _proposal(
    kind: ProposalKind,
    term: str,
    episode: Episode,
    changes: tuple[Change, ...],
    event: str = "",
    why: Text | None = None,
) -> Proposal:
    return Proposal(
        kind, term, episode.start, episode.last_on, episode.ended_on, episode.worst, changes, event, why
    )
