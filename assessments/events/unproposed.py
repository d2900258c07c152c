"""The values behind each proposal, and the severe ones that are not proposed, each with its reason."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.clinical.ctcae import named

from ..domain.event_proposals import Declined, ProposalKind, silent
from ..domain.lab_episodes import Apart, GradedDay, episodes, severe_apart, worst_of_days
from ..laboratory.grades import graded_values
from ..models import EventDecision, ProposedEvent
from .proposals import graded_day
from .windows import window_of

Days = Mapping[str, Sequence[GradedDay]]


@dataclass(frozen=True)
class Unproposed:
    """Severe values of one term that propose nothing, and why."""

    term: str
    values: Sequence[GradedDay]
    why: str

    @property
    def worst(self) -> int:
        return max(known(one) for one in self.values)


def known(day: GradedDay) -> int:
    """The grade, or the lowest that is certain."""
    return day.grade if day.grade is not None else day.least


def days_by_term(subject: Subject) -> Days:
    """The graded values of a subject by the English CTCAE term, of several of a day the worst."""
    found: dict[str, list[GradedDay]] = defaultdict(list)
    for one in graded_values([subject.pk]).get(subject.pk, []):
        if (term := named(one.term.name.en)) is not None:
            found[term.name.en].append(graded_day(one))
    return {term: worst_of_days(days) for term, days in found.items()}


def values_of(row: ProposedEvent, days: Days) -> list[tuple[str, int, str]]:
    """Every value that a proposal rests on, the latest too: day, grade, result."""
    last = row.ended_on or row.last_on
    return [
        (one.on.isoformat(), known(one), one.text)
        for one in days.get(row.term, ())
        if row.starts_on <= one.on <= last
    ]


def unproposed_of(subject: Subject, proposed: Sequence[ProposedEvent], days: Days) -> list[Unproposed]:
    """The severe values that are not proposed: by a rule of the protocol, the baseline, or what somebody decided."""
    start = window_of(subject).start
    from_grade = subject.protocol_version.protocol.adverse_events.propose_from_grade
    found: list[Unproposed] = []
    for row in proposed:
        if row.kind == ProposalKind.EXPECTED:
            values = severe_between(days.get(row.term, ()), row.starts_on, row.last_on, from_grade)
            found += [Unproposed(row.get_term_display(), values, row.why)] if values else []
    decisions = list(EventDecision.objects.filter(subject=subject))
    for term, several in days.items():
        shown = named(term)
        words = ProposedEvent(term=term).get_term_display() if shown else term
        for reason, values in severe_apart(several, start, from_grade).items():
            found.append(Unproposed(words, values, apart_words(reason)))
        found += [
            Unproposed(words, values, _("Declined: %(why)s") % {"why": one.reason})
            for one, values in declined(decisions, term, several, start, from_grade)
        ]
    return sorted(found, key=lambda one: one.values[0].on)


def declined(
    decisions: Sequence[EventDecision],
    term: str,
    days: Sequence[GradedDay],
    start: date | None,
    from_grade: int,
) -> Iterator[tuple[EventDecision, Sequence[GradedDay]]]:
    """The decisions that keep an episode of a term from being proposed, with its severe values."""
    for episode in episodes(days, start) if start else ():
        for one in decisions:
            said = Declined(one.term, one.starts_on, one.known_until, one.worst_grade)
            if one.term == term and silent(episode, [said]):
                values = severe_between(days, episode.start, episode.ended_on or episode.last_on, from_grade)
                if values:
                    yield one, values
                break


def severe_between(days: Sequence[GradedDay], first: date, last: date, from_grade: int) -> list[GradedDay]:
    return [one for one in days if first <= one.on <= last and known(one) >= from_grade]


def apart_words(reason: Apart) -> str:
    return {
        Apart.NOT_BEGUN: _("No treatment of the trial has begun."),
        Apart.BEFORE: _("Up to the start of treatment: the value is the baseline."),
        Apart.BASELINE: _("Not worse than at baseline."),
    }[reason]
