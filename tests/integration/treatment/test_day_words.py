"""The day in the header of a subject."""

from datetime import date

import pytest

from tests.cast import Cast
from treatment.day_words import day_in_words
from trialsite.audit import acting

from .subjects import enrolled, log, start


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
