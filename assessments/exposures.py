"""What a subject was given and when, as the treatment room tells it by name."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Exposure, exposures


def exposures_of(subject_ids: Sequence[UUID]) -> dict[UUID, list[Exposure]]:
    """The phases that began, each with its agents, by subject in the order of their days."""
    found: dict[UUID, list[Exposure]] = {}
    for source in exposures.values():
        for one, given in source(subject_ids).items():
            found.setdefault(one, []).extend(given)
    return {one: sorted(given, key=lambda each: each.start) for one, given in found.items()}


def agents_given(subject: Subject) -> set[str]:
    """The agents that have been given until now."""
    return {agent for each in exposures_of([subject.pk]).get(subject.pk, ()) for agent in each.agents}


def phase_on(given: Sequence[Exposure], day: date) -> tuple[str, int]:
    """The phase that runs on a day and which of its days that is (the first is 1): the last that began by then,
    unless it had ended; ("", 0) in none."""
    begun = [each for each in given if each.start <= day]
    if not begun or (begun[-1].end is not None and begun[-1].end < day):
        return "", 0
    return begun[-1].phase, (day - begun[-1].start).days + 1
