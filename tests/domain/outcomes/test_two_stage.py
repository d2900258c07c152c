"""Designs of one and two stages: what they refuse, what the subjects so far decide, and the law of the design."""

from itertools import product

import pytest

from outcomes.domain.two_stage import Aim, OneStage, TwoStage, Verdict, one_stage_design, two_stage_designs

DESIGN = TwoStage(1, 4, 3, 8)
# Responses in the order of inclusion: + responder, - none, ? not assessed → verdict, responders, assessed, planned
SO_FAR = [
    ("", "not_yet", 0, 0, 4),
    ("+--", "not_yet", 1, 3, 4),
    ("----", "stop", 0, 4, 4),
    ("+---", "stop", 1, 4, 4),
    ("---", "stop", 0, 3, 4),  # the fourth could not change it
    ("---?", "stop", 0, 3, 4),
    ("+--?", "not_yet", 1, 3, 4),
    ("+--?++", "not_yet", 1, 3, 4),  # those of the second stage do not decide the first
    ("+---++++", "stop", 1, 4, 4),
    ("++", "continue", 2, 2, 8),
    ("++--", "continue", 2, 4, 8),
    ("++??--", "continue", 2, 4, 8),
    ("++--+", "continue", 3, 5, 8),
    ("++--++", "reject", 4, 6, 8),
    ("++--+---", "do_not_reject", 3, 8, 8),
    ("++-----", "do_not_reject", 2, 7, 8),
    ("++--??--", "continue", 2, 6, 8),
    ("++--?---", "do_not_reject", 2, 7, 8),
    ("++--+---++", "do_not_reject", 3, 8, 8),  # subjects beyond the plan do not count
]


def responses(text):
    return [{"+": True, "-": False, "?": None}[sign] for sign in text]


@pytest.mark.parametrize(("so_far", "verdict", "responders", "assessed", "planned"), SO_FAR)
def test_the_verdict_falls_when_nothing_missing_can_change_it(so_far, verdict, responders, assessed, planned):
    found = DESIGN.standing(responses(so_far))
    assert found.verdict is Verdict(verdict)
    assert (found.responders, found.assessed, found.planned) == (responders, assessed, planned)


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 1.0])
def test_operating_characteristics_are_those_of_every_course_counted(rate):
    reject = stop = 0.0
    for course in product([True, False], repeat=8):
        chance = rate ** course.count(True) * (1 - rate) ** course.count(False)
        verdict = DESIGN.standing(course).verdict
        reject += chance * (verdict is Verdict.REJECT)
        stop += chance * (verdict is Verdict.STOP)
    found = DESIGN.at(rate)
    assert (found.reject, found.stop_early) == pytest.approx((reject, stop), abs=1e-12)
    assert found.expected_n == pytest.approx(4 * stop + 8 * (1 - stop))


@pytest.mark.parametrize("numbers", [(-1, 4, 3, 8), (4, 4, 5, 8), (1, 8, 3, 8), (2, 4, 1, 8), (1, 4, 8, 8)])
def test_numbers_that_are_no_design_are_refused(numbers):
    with pytest.raises(ValueError, match="not a design"):
        TwoStage(*numbers)


def test_a_stage_alone_refuses_what_is_no_design_too():
    with pytest.raises(ValueError, match="not a design"):
        OneStage(5, 5)


@pytest.mark.parametrize("aim", [(0.3, 0.3), (0.4, 0.2), (0.0, 0.2), (0.2, 1.0)])
def test_rates_that_do_not_rise_are_refused(aim):
    with pytest.raises(ValueError, match="must rise"):
        Aim(*aim)


def test_error_rates_outside_0_and_1_are_refused():
    with pytest.raises(ValueError, match="Alpha and power"):
        Aim(0.1, 0.3, alpha=0.0)
    with pytest.raises(ValueError, match="Alpha and power"):
        Aim(0.1, 0.3, power=1.0)


def test_nothing_is_found_where_too_few_subjects_are_allowed():
    assert two_stage_designs(Aim(0.1, 0.3), n_max=20) == ()
    assert one_stage_design(Aim(0.1, 0.3), n_max=20) is None


def test_each_design_of_the_search_has_more_subjects_and_expects_fewer():
    found = two_stage_designs(Aim(0.2, 0.4), n_max=60)
    assert [one.n for one in found] == sorted({one.n for one in found})
    expected = [one.at(0.2).expected_n for one in found]
    assert expected == sorted(expected, reverse=True)


@pytest.mark.parametrize("aim", [Aim(0.1, 0.6), Aim(0.3, 0.8, alpha=0.1), Aim(0.5, 0.9, power=0.9)])
def test_the_search_misses_no_design(aim):
    """Against every design of up to 14 subjects, tried one by one."""
    every = [
        TwoStage(r1, n1, r, n)
        for n in range(2, 15)
        for n1 in range(1, n)
        for r1 in range(n1)
        for r in range(r1, n)
    ]
    good = [d for d in every if d.at(aim.p0).reject <= aim.alpha and d.at(aim.p1).reject >= aim.power]
    if not good:
        assert two_stage_designs(aim, 14) == ()
        return
    found = two_stage_designs(aim, 14)
    fewest = min(one.at(aim.p0).expected_n for one in good)
    assert found[-1].at(aim.p0).expected_n == pytest.approx(fewest)
    assert found[0].n == min(one.n for one in good)
