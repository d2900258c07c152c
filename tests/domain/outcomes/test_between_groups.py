"""Groups beside each other: hand-worked means, the trial of 6-MP, R's figures, and what cannot be estimated."""

import numpy as np
import pytest

from outcomes.domain.between_groups import compare
from outcomes.domain.survival_report import Observations
from tests.reference.test_published_estimates import MERCAPTOPURINE, PLACEBO, weeks
from tests.reference.test_r_figures import DATA, THEIRS


def observed(lines, strata=None):
    """Lines of (group, day, status)."""
    groups, days, statuses = zip(*lines, strict=True) if lines else ((), (), ())
    return Observations(
        np.array(days, dtype=float),
        np.array(statuses, dtype=np.int64),
        np.array(groups, dtype=str),
        None if strata is None else np.array(strata),
    )


A = [("A", 2, 1), ("A", 4, 0), ("A", 6, 0)]
B = [("B", 1, 1), ("B", 3, 1), ("B", 5, 0)]


def test_restricted_means_and_their_difference_worked_by_hand():
    found = compare(observed(A + B), "AB", rising=False, landmark=None)
    first, second = found.groups
    assert found.tau == 5  # the earliest of the last days
    assert (first.mean.value, second.mean.value) == (pytest.approx(4), pytest.approx(3))
    assert first.difference is None
    # variances 4/6 and 4/6 + (4/9)/2
    assert second.difference.value == pytest.approx(-1)
    assert second.difference.se == pytest.approx(np.sqrt(2 / 3 + 8 / 9))
    assert second.difference.lower == pytest.approx(-1 - 1.959964 * np.sqrt(14 / 9), abs=1e-6)


@pytest.mark.parametrize(("landmark", "tau"), [(5.0, 5.0), (4.0, 4.0), (5.1, 5.0), (None, 5.0)])
def test_means_end_at_the_landmark_where_every_group_was_followed_to_it(landmark, tau):
    assert compare(observed(A + B), "AB", rising=False, landmark=landmark).tau == tau


def test_the_landmark_is_read_of_each_group():
    first, second = compare(observed(A + B), "AB", rising=False, landmark=3).groups
    assert (first.landmark.value, first.at_risk) == (pytest.approx(2 / 3), 2)
    assert (second.landmark.value, second.at_risk) == (pytest.approx(1 / 3), 2)


def test_follow_up_is_the_median_of_the_censorings():
    first, second = compare(observed(A + B), "AB", rising=False, landmark=None).groups
    assert (first.follow_up.value, second.follow_up.value) == (5, 5)  # 4 and 6; 5


def test_the_first_of_the_order_is_the_reference():
    """Freireich 1963: Efron's hazard ratio 4.817, log-rank 16.79."""
    lines = [
        (arm, time, status)
        for arm, told in (("6-MP", MERCAPTOPURINE), ("placebo", PLACEBO))
        for time, status in zip(*weeks(told), strict=True)
    ]
    (one,) = compare(observed(lines), ["6-MP", "placebo"], rising=False, landmark=None).analyses
    (other,) = compare(observed(lines), ["placebo", "6-MP"], rising=False, landmark=None).analyses
    assert one.test.statistic == other.test.statistic == pytest.approx(16.79, abs=5e-3)
    assert one.ratios[0].ratio == pytest.approx(4.817, abs=5e-4)
    assert other.ratios[0].ratio == pytest.approx(1 / 4.817, abs=5e-4)


@pytest.mark.parametrize("name", sorted(DATA))
def test_the_tests_are_those_of_r_with_and_without_strata(name):
    rows, theirs = DATA[name], THEIRS[name]
    lines = [(row["group"], float(row["time"]), int(row["status"])) for row in rows]
    data = observed(lines, [row["stratum"] for row in rows])
    order = sorted({row["group"] for row in rows})
    stratified, plain = compare(data, order, rising=True, landmark=None).analyses
    for one, part in ((stratified, "stratified"), (plain, "unstratified")):
        wanted = theirs["gray_cause1"][part]
        assert [one.test.statistic, one.test.p] == pytest.approx(wanted, rel=1e-6)
    of_the_event = compare(data, order, rising=False, landmark=None).analyses[1]
    assert of_the_event.test.statistic == pytest.approx(
        theirs["logrank_of_cause1"]["unstratified"][0], rel=1e-6
    )


def test_both_hazards_are_told_where_events_compete():
    lines = [("A", 1, 2), ("A", 2, 1), ("A", 5, 0), ("B", 1, 1), ("B", 3, 1), ("B", 4, 2)]
    (found,) = compare(observed(lines), "AB", rising=True, landmark=3).analyses
    event = compare(observed([(g, d, int(s == 1)) for g, d, s in lines]), "AB", False, None).analyses[0]
    other = compare(observed([(g, d, int(s == 2)) for g, d, s in lines]), "AB", False, None).analyses[0]
    assert found.ratios == event.ratios
    assert found.competing == other.ratios
    assert found.ratios[0].ratio is not None
    assert found.competing[0].ratio not in (None, found.ratios[0].ratio)


def test_an_incidence_has_no_mean_and_no_median():
    first, _second = compare(observed([*A, *B, ("A", 7, 2)]), "AB", rising=True, landmark=2).groups
    assert (first.mean, first.median, first.competing) == (None, None, 1)
    assert first.landmark.value == pytest.approx(1 / 4)


# What cannot be estimated


def test_one_group_is_estimated_and_compared_with_nothing():
    found = compare(observed(A), "AB", rising=False, landmark=None)
    assert found.analyses == ()
    assert [one.group for one in found.groups] == ["A"]
    assert found.groups[0].mean.value == pytest.approx(2 + 4 * 2 / 3)


def test_nobody_and_one_subject_on_day_0():
    assert compare(observed([]), "AB", rising=False, landmark=10).groups == ()
    found = compare(observed([("A", 0, 0)]), "AB", rising=False, landmark=10)
    assert (found.tau, found.groups[0].mean, found.groups[0].follow_up.value) == (None, None, 0)


@pytest.mark.parametrize("rising", [False, True])
def test_without_events_nothing_is_estimable(rising):
    lines = [(group, day, 0) for group, day, _status in A + B]
    found = compare(observed(lines, list("xyxyxy")), "AB", rising, landmark=3)
    assert [one.stratified for one in found.analyses] == [True, False]
    for one in found.analyses:
        assert (one.test.statistic, one.test.p) == (None, None)
        assert [each.ratio for each in (*one.ratios, *one.competing)] == [None] * (2 if rising else 1)
    if not rising:
        assert found.groups[1].difference.value is None  # both means are exact


def test_a_reference_without_events_gives_no_ratio_and_a_group_without_any_only_its_own():
    free = [("C", 2, 0), ("C", 7, 0)]
    (found,) = compare(observed(A + B + free), "CAB", rising=False, landmark=None).analyses
    assert [one.ratio for one in found.ratios] == [None, None]
    (found,) = compare(observed(A + B + free), "ABC", rising=False, landmark=None).analyses
    assert found.ratios[0].ratio is not None
    assert found.ratios[1].ratio is None


def test_one_stratum_is_no_stratum_and_who_is_in_no_group_counts_nowhere():
    data = observed([*A, *B, ("?", 1, 1)], ["x"] * 7)
    (found,) = compare(data, "AB", rising=False, landmark=None).analyses
    (plain,) = compare(observed(A + B), "AB", rising=False, landmark=None).analyses
    assert (found.stratified, found.test) == (False, plain.test)
