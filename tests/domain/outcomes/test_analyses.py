"""Sensitivity analyses: one rule turned, everything else as in the endpoint itself."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from outcomes.domain.endpoints import derive
from outcomes.domain.history import (
    AcuteGvhd,
    ByCounts,
    Dated,
    History,
    NewTherapy,
    Relapse,
    ResponseAt,
    VisitWindow,
)
from outcomes.domain.plans import ANALYSES
from tests.domain.outcomes.test_endpoints import AGVHD, CUT_OFF, RFS, RFS_HSCT, death, on, relapse, told
from tests.domain.outcomes.test_response_rates import TWO_YEARS
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain import vocabulary

REMISSION = date(2026, 2, 20)
GRAFT = date(2026, 3, 1)


def analysed(plan, analysis, history, cut_off=CUT_OFF):
    result = derive(replace(plan, analysis=analysis), history, cut_off)
    return result.status.value, result.days, result.reason_code


def windows(*days):
    return tuple(VisitWindow(f"V{day}", REMISSION + timedelta(days=day), assesses=True) for day in days)


def test_the_analyses_a_protocol_may_name_are_those_that_exist():
    assert set(vocabulary.ANALYSES) == set(ANALYSES) - {""}


@pytest.mark.parametrize(
    ("analysis", "what"),
    [
        ("censored_at_hsct", {"hsct_d0": on("2026-06-01")}),
        ("censored_at_car_t", {"car_t_d0": on("2026-06-01")}),
        ("censored_at_new_therapy", {"new_therapies": (NewTherapy(date(2026, 6, 1)),)}),
    ],
)
def test_an_intercurrent_event_ends_time_in_its_own_analysis_only(analysis, what):
    history = told(relapses=relapse("2026-12-05"), **what)
    assert analysed(RFS, "", history) == ("EVENT", 288, "event")
    assert analysed(RFS, analysis, history) == ("CENSORED", 0, "no_assessment")
    seen = replace(history, assessments=(*history.assessments, on("2026-05-20"), on("2026-07-01")))
    assert analysed(RFS, analysis, seen)[:2] == ("CENSORED", 101)  # transplanted that day
    others = {"censored_at_hsct", "censored_at_car_t", "censored_at_new_therapy"} - {analysis}
    assert {analysed(RFS, one, history)[0] for one in others} == {"EVENT"}


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        ((), ("EVENT", 288, "event")),
        ((200,), ("EVENT", 288, "event")),  # one missed
        ((200, 287), ("CENSORED", 90, "gap")),  # two missed, the second one's window closed the day before
        ((200, 288), ("EVENT", 288, "event")),  # the window is still open on the day of the relapse
        ((90, 200), ("EVENT", 288, "event")),  # the first was assessed on its last day
        ((91, 200), ("CENSORED", 90, "gap")),
        ((30, 60, 200), ("EVENT", 288, "event")),  # those before the last assessment leave no gap
    ],
)
def test_an_event_after_two_missed_assessments_is_censored_before_the_gap(planned, expected):
    seen = Dated(REMISSION + timedelta(days=90))
    history = told(relapses=relapse("2026-12-05"), assessments=(seen,), windows=windows(*planned))
    assert analysed(RFS, "censored_before_gap", history) == expected
    assert analysed(RFS, "", history)[0] == "EVENT"


def test_visits_that_assess_no_disease_leave_no_gap():
    other = tuple(replace(one, assesses=False) for one in windows(100, 200))
    history = told(relapses=relapse("2026-12-05"), windows=other)
    assert analysed(RFS, "censored_before_gap", history)[0] == "EVENT"


def test_without_an_event_a_gap_changes_nothing():
    history = told(assessments=(on("2027-08-01"),), windows=windows(100, 200, 300))
    assert analysed(RFS, "censored_before_gap", history) == analysed(RFS, "", history)


def test_in_the_analysis_of_death_alone_relapse_does_not_compete():
    history = History(
        hsct_d0=Dated(GRAFT),
        relapses=(Relapse(GRAFT + timedelta(days=20)),),
        agvhd=(AcuteGvhd(GRAFT + timedelta(days=60), grade=2),),
    )
    assert derive(AGVHD, history, CUT_OFF).cause == 3
    turned = derive(replace(AGVHD, analysis="competing_death_only"), history, CUT_OFF)
    assert (turned.cause, turned.days) == (1, 60)
    dead = replace(history, agvhd=(), relapses=(), death=death("2026-04-01"))
    turned = derive(replace(AGVHD, analysis="competing_death_only"), dead, CUT_OFF)
    assert (turned.cause, turned.days) == (2, 31)


def test_a_landmark_that_cannot_be_evaluated_fails_in_its_analysis():
    history = History(hsct_d0=Dated(GRAFT), assessments=(Dated(date(2027, 12, 20)),))
    cut = date(2028, 5, 1)
    assert analysed(TWO_YEARS, "", history, cut) == ("UNKNOWN", None, "landmark_not_evaluable")
    assert analysed(TWO_YEARS, "not_evaluable_as_failure", history, cut)[::2] == (
        "NO_EVENT",
        "landmark_as_failure",
    )
    seen = replace(history, assessments=(Dated(date(2028, 3, 1)),))
    assert analysed(TWO_YEARS, "not_evaluable_as_failure", seen, cut)[0] == "EVENT"


def test_a_major_deviation_leaves_the_per_protocol_analysis_unless_it_came_after_the_cut_off():
    history = told(relapses=relapse("2026-12-05"), major_deviations=(on("2026-05-01"),))
    assert analysed(RFS, "per_protocol", history) == ("NOT_IN_SET", None, "major_deviation")
    assert analysed(RFS, "", history)[0] == "EVENT"
    later = replace(history, major_deviations=(on("2027-11-02"),))
    assert analysed(RFS, "per_protocol", later)[0] == "EVENT"
    assert (
        analysed(RFS, "per_protocol", replace(later, major_deviations=(on("2027-11-01"),)))[0] == "NOT_IN_SET"
    )


def test_who_has_no_assessed_response_leaves_the_response_evaluable_analysis():
    history = told(relapses=relapse("2026-12-05"))
    assert analysed(RFS, "response_evaluable", history)[2] == "no_response_assessed"
    seen = replace(history, responses=(ResponseAt(REMISSION, category="CR"),))
    assert analysed(RFS, "response_evaluable", seen)[0] == "EVENT"


def test_the_set_of_the_endpoint_comes_first():
    history = History(c1d1=on("2026-01-28"), major_deviations=(on("2026-05-01"),))
    assert analysed(RFS_HSCT, "per_protocol", history)[2] == "not_transplanted"


def test_responses_by_counts_are_read_in_their_own_analysis_only():
    assessed = date(2026, 4, 1)
    by_counts = ByCounts(
        treatment_failure=Dated(assessed),
        responses=(
            ResponseAt(assessed, visit="EOC2", category="MLFS", in_crc=Truth.FALSE, cr_or_cri=Truth.FALSE),
        ),
    )
    literal = ResponseAt(assessed, visit="EOC2", category="CRi", in_crc=Truth.TRUE, cr_or_cri=Truth.TRUE)
    history = told(responses=(literal,))
    plan = replace(
        RFS, origin="first_crc", events=("treatment_failure", "relapse", "death"), analysis_set="ALL_TREATED"
    )
    timed = replace(plan, origin="c1d1")
    read = replace(history, c1d1=Dated(REMISSION), by_counts=by_counts)
    assert analysed(timed, "", read)[0] == "CENSORED"
    assert analysed(timed, "response_by_counts", read)[:2] == ("EVENT", (assessed - REMISSION).days)
    assert analysed(timed, "censored_at_hsct", read)[0] == "CENSORED"
    assert read.read_by_counts().first_crc is None  # no remission: no origin
    assert analysed(plan, "response_by_counts", read)[0] == "NO_ORIGIN"
    assert history.read_by_counts() is history  # a protocol without the analysis
