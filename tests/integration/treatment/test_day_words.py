"""The day in the header of a subject."""

from datetime import date

import pytest

from tests.cast import Cast
from treatment.day_words import day_in_words
from treatment.domain.path import PathState
from treatment.lanes import phase_items
from treatment.plan.paths import standing_of
from trialsite.audit import acting
from trialsite.clinical.partial_date import PartialDate

from .subjects import enrolled, log, start

DIED = {"cause": "INFECTION", "source": "HOSPITAL", "died_on": PartialDate.parse("2026-01-20")}


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 1, 11), ""),
        (date(2026, 1, 12), "Induction chemo D1"),
        (date(2026, 1, 20), "Induction chemo D9"),
        (date(2026, 3, 1), "HSCT D+0"),
        (date(2026, 4, 11), "HSCT D+41"),
    ],
)
def test_the_day_is_named_from_the_latest_start(cast: Cast, today: date, words: str) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO", date(2026, 1, 12))
    log(cast, subject, "HSCT", {"performed_on": date(2026, 3, 1)})
    with acting(user=cast.coordinator):
        assert day_in_words(subject, today) == words


def test_the_dead_have_no_day_and_nothing_follows(cast: Cast) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO", date(2026, 1, 12))
    log(cast, subject, "DTH", {"performed_on": date(2026, 1, 20), **DIED})
    with acting(user=cast.coordinator):
        assert day_in_words(subject, date(2026, 1, 19)) == "Induction chemo D8"
        assert day_in_words(subject, date(2026, 1, 20)) == ""
        standing = standing_of(subject)
        assert standing.following.text.en == "The subject has died; no treatment follows."
        induction = next(step for step in standing.steps if step.phase.key == "IND_CHEMO")
        assert (induction.state, induction.run and induction.run.end) == (PathState.DONE, date(2026, 1, 20))
        (bar,) = phase_items(subject)
        assert (bar["end"], bar["ongoing"]) == (date(2026, 1, 20), False)
