"""Recovery of neutrophils and platelets from the series of counts (EBMT)."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from assessments.domain.engraftment import Count, neutrophil_recovery, platelet_recovery, primary_failure
from assessments.support import Support
from trialsite.clinical.kleene import Truth

DAY0 = date(2026, 3, 1)


def on(days):
    return DAY0 + timedelta(days=days)


def counts(series):
    return [Count(on(day), D(value)) for day, value in series.items()]


NEUTROPHILS = [
    # day after graft: ANC                                     recovery
    ({12: "0.5", 13: "0.6", 14: "0.7"},                        12),
    ({12: "0.49", 13: "0.5", 14: "0.7", 15: "0.9"},            13),
    ({12: "0.5", 13: "0.4", 14: "0.7", 15: "0.9"},             None),
    ({12: "0.5", 13: "0.4", 14: "0.7", 15: "0.9", 16: "1.2"},  14),
    ({12: "0.5", 14: "0.6", 16: "0.7"},                        12),   # measured every other day
    ({12: "0.5", 15: "0.6", 18: "0.7"},                        12),   # 3 days apart
    ({12: "0.5", 16: "0.6", 17: "0.7"},                        None), # 4 days apart are not in a row
    ({12: "0.5", 13: "0.6"},                                   None),
    ({-1: "3.0", 0: "2.0", 1: "1.0"},                          None), # before and on day 0 is not recovery
    ({},                                                       None),
]  # fmt: skip


@pytest.mark.parametrize(("series", "recovery"), NEUTROPHILS)
def test_neutrophils_recover_on_the_first_of_three_days(series, recovery):
    found = neutrophil_recovery(counts(series), DAY0)
    assert (found.on if found else None) == (on(recovery) if recovery else None)


PLATELETS = [
    # day: platelets                              transfused   recovery
    ({15: "20", 16: "25", 17: "30"},              [],          15),
    ({15: "19", 16: "25", 17: "30"},              [],          None),
    ({15: "20", 16: "25", 17: "30"},              [8],         None),  # 7 days before the first
    ({15: "20", 16: "25", 17: "30"},              [7],         15),    # 8 days before it
    ({15: "20", 16: "25", 17: "30", 18: "31"},    [8],         16),
    ({15: "20", 16: "25", 17: "30"},              [20],        15),    # a later one takes nothing back
]  # fmt: skip


@pytest.mark.parametrize(("series", "transfused", "recovery"), PLATELETS)
def test_platelets_recover_without_transfusion(series, transfused, recovery):
    found = platelet_recovery(counts(series), [on(day) for day in transfused], DAY0)
    assert (found.on if found else None) == (on(recovery) if recovery else None)


FAILURE = [
    # counts by day           today  cord   failed
    ({10: "0.1", 30: "0.4"},  31,    False, Truth.TRUE),
    ({10: "0.1", 30: "0.4"},  30,    False, Truth.UNKNOWN),
    ({10: "0.1", 30: "0.5"},  31,    False, Truth.FALSE),
    ({10: "0.1", 31: "0.5"},  40,    False, Truth.TRUE),
    ({10: "0.1", 41: "0.5"},  43,    True,  Truth.FALSE),
    ({10: "0.1", 30: "0.4"},  42,    True,  Truth.UNKNOWN),
    ({10: "0.1", 30: "0.4"},  43,    True,  Truth.TRUE),
    ({},                      60,    False, Truth.UNKNOWN),  # nothing measured is no failure
]  # fmt: skip


@pytest.mark.parametrize(("series", "today", "cord", "failed"), FAILURE)
def test_primary_failure_is_no_neutrophils_by_day_30_or_42(series, today, cord, failed):
    assert primary_failure(counts(series), DAY0, on(today), cord) is failed


WITHIN = [
    # course or transfusion from, to   days before   answer
    ((0, 3),                           10,           Truth.TRUE),     # 7 days before
    ((0, 2),                           10,           Truth.UNKNOWN),  # 8 days before: none on record
    ((10, 12),                         10,           Truth.TRUE),
    ((11, 12),                         10,           Truth.UNKNOWN),  # later
]  # fmt: skip


@pytest.mark.parametrize(("span", "day", "answer"), WITHIN)
def test_support_within_seven_days(span, day, answer):
    support = Support(gcsf=((on(span[0]), on(span[1])),))
    assert support.within("gcsf", on(day)) is answer
    assert support.within("platelets", on(day)) is Truth.UNKNOWN
