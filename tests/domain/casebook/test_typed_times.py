"""Times as they are typed: with or without colon, half or full width."""

from datetime import UTC, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings

from trialsite.casebook.formfields import DateTimeFormField, TimeFormField, plain_moment


@pytest.mark.parametrize("text", ["08:30", "8:30", "0830", "08：30", "８：３０", "08 : 30", " 0830 "])
def test_a_time_is_read_in_every_usual_shape(text: str) -> None:
    assert TimeFormField().clean(text) == time(8, 30)


@pytest.mark.parametrize("text", ["830", "2400", "08:60", "83", "half past eight"])
def test_what_is_no_time_is_refused_with_its_shape(text: str) -> None:
    with pytest.raises(ValidationError, match="hours and minutes: 14:30"):
        TimeFormField().clean(text)


@pytest.mark.parametrize(
    "text", ["2026-03-05 0830", "2026-03-05 08：30", "20260305 8:30", "2026年3月5日 0830"]
)
def test_a_moment_takes_the_same_times(text: str) -> None:
    with override_settings(USE_TZ=True, TIME_ZONE="UTC"):
        assert DateTimeFormField().clean(text) == datetime(2026, 3, 5, 8, 30, tzinfo=UTC)


def test_a_day_alone_stays_as_it_is() -> None:
    assert plain_moment("20260305") == "20260305"
    assert plain_moment("2026-03-05") == "2026-03-05"
