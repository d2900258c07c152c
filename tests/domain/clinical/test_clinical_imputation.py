"""Imputing partial dates beyond the worked examples: contradictions, history, what is never filled in."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.imputation import (
    impute_birth,
    impute_death,
    impute_event_start,
    impute_event_stop,
    impute_history,
    impute_last_contact,
    impute_nothing,
    impute_relapse,
)
from trialsite.clinical.partial_date import PartialDate

parse = PartialDate.parse
days = st.dates(date(2025, 1, 1), date(2028, 12, 31))
partials = st.builds(lambda day, length: parse(day.isoformat()[:length]), days, st.sampled_from([4, 7, 10]))
maybe = st.none() | days


@given(partials, maybe, maybe, st.none() | partials)
def test_every_imputed_day_is_a_possible_day_and_every_one_is_flagged(recorded, one, two, stop):
    filled = [
        impute_event_start(recorded, one, stop),
        impute_event_stop(recorded, one, two),
        impute_death(recorded, one),
        impute_relapse(recorded, one),
        impute_history(recorded, one),
        impute_birth(recorded),
        impute_last_contact(recorded),
    ]
    for each in filled:
        assert each.on is not None
        assert recorded.contains(each.on)
        assert (each.flag == "") is recorded.exact
        assert each.why


@pytest.mark.parametrize("impute", [impute_event_start, impute_event_stop, impute_death, impute_relapse])
def test_a_date_known_to_the_day_is_left_alone_and_nothing_is_asked(impute):
    filled = impute(parse("2026-03-05"), date(2026, 3, 20))
    assert (filled.on, filled.flag, filled.query) == (date(2026, 3, 5), "", "")


def test_an_event_that_stopped_before_it_started_is_asked_about():
    filled = impute_event_start(parse("2026-03"), date(2026, 3, 10), parse("2026-02"))
    assert filled.on == date(2026, 3, 1)
    assert "stop 2026-02 lies before the start 2026-03" in filled.query
    assert not impute_event_start(parse("2026-03"), date(2026, 3, 10), parse("2026-03")).query


def test_an_event_of_the_first_dose_year_starts_at_the_first_dose():
    assert impute_event_start(parse("2026"), date(2026, 3, 10)).on == date(2026, 3, 10)
    assert impute_event_start(parse("2025"), date(2026, 3, 10)).on == date(2025, 1, 1)
    assert impute_event_start(parse("2026"), None).on == date(2026, 1, 1)


def test_a_stop_is_the_last_day_and_not_after_death_or_cut_off():
    assert impute_event_stop(parse("2026-04")).on == date(2026, 4, 30)
    assert impute_event_stop(parse("2026")).on == date(2026, 12, 31)
    assert impute_event_stop(parse("2026-04"), None, date(2026, 4, 20)).on == date(2026, 4, 20)
    assert impute_event_stop(parse("2026-04"), date(2026, 4, 18), date(2026, 4, 20)).on == date(2026, 4, 18)
    assert impute_event_stop(parse("2026-04"), date(2026, 5, 18)).on == date(2026, 4, 30)


def test_a_stop_after_death_is_asked_about():
    assert "after the death on 2026-03-31" in impute_event_stop(parse("2026-04"), date(2026, 3, 31)).query
    assert not impute_event_stop(parse("2026-04"), date(2026, 4, 1)).query


def test_a_contact_on_the_last_possible_day_of_death_contradicts_it():
    assert impute_death(parse("2027-03"), date(2027, 3, 30)).on == date(2027, 3, 31)
    clash = impute_death(parse("2027-03"), date(2027, 3, 31))
    assert clash.on == date(2027, 3, 1)
    assert "known alive on 2027-03-31" in clash.query


def test_a_relapse_stays_an_event_with_its_query_and_its_last_day_for_sensitivity():
    filled = impute_relapse(parse("2026-11"), date(2026, 11, 12))
    assert (filled.on, filled.sensitivity) == (date(2026, 11, 13), date(2026, 11, 30))
    assert "Please give the day" in filled.query
    assert "found no relapse" not in filled.query
    assert "found no relapse" in impute_relapse(parse("2026-11"), date(2026, 11, 30)).query


def test_a_response_date_is_never_filled_in():
    filled = impute_nothing(parse("2026-11"))
    assert filled.on is None
    assert "never filled in" in filled.query
    assert impute_nothing(parse("2026-11-03")).on == date(2026, 11, 3)


def test_history_takes_the_middle_but_not_after_consent():
    assert impute_history(parse("2026-04")).on == date(2026, 4, 15)
    assert impute_history(parse("2026")).on == date(2026, 7, 1)
    assert impute_history(parse("2026-04"), date(2026, 4, 14)).on == date(2026, 4, 14)
    assert impute_history(parse("2026-04"), date(2026, 4, 16)).on == date(2026, 4, 15)
    assert impute_history(PartialDate.between(date(2026, 2, 10), date(2026, 2, 20))).on == date(2026, 2, 15)


def test_birth_takes_the_middle_and_last_contact_the_first_day():
    assert [impute_birth(parse(text)).on for text in ("1980-02", "1980")] == [
        date(1980, 2, 15),
        date(1980, 7, 1),
    ]
    assert [impute_last_contact(parse(text)).on for text in ("2026-02", "2026")] == [
        date(2026, 2, 1),
        date(2026, 1, 1),
    ]
