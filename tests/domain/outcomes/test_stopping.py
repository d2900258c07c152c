"""Stopping rules on counts: boundaries worked out beside the code, standings, and the chance of success."""

from decimal import Decimal

import pytest
from scipy.stats import beta, binom

from outcomes.domain.stopping import Standing, boundaries, evaluate
from trialsite.studies.domain.monitoring_plan import MonitoringRule
from trialsite.studies.domain.values import Text

T, F = True, False


def rule(kind: str, **values: object) -> MonitoringRule:
    named = {name: Decimal(value) if isinstance(value, str) else value for name, value in values.items()}
    known = {"n": 20, **named}
    return MonitoringRule(
        "R", Text("R", "R"), kind, "SAFETY", known.pop("n"), True, "assumption", "a test", **known
    )  # type: ignore[arg-type]


TOXICITY = rule("toxicity", limit="0.3", certainty="0.9", looks=(5, 10, 20))
FUTILITY = rule("futility", limit="0.4", certainty="0.9", looks=(5, 10, 20), success="0.95", p1="0.7")
SIMON = rule("two_stage", p0="0.1", p1="0.3", r1=1, n1=10, r=5, n=29)  # the optimal design of Simon's table 1


def test_the_limit_of_toxicity_is_the_fewest_events_that_make_it_sure() -> None:
    for one in boundaries(TOXICITY):
        assert one.count is not None
        assert beta.sf(0.3, 1 + one.count, 1 + one.n - one.count) > 0.9
        assert beta.sf(0.3, one.count, 2 + one.n - one.count) <= 0.9


def test_the_limit_of_futility_is_the_most_responders_that_make_it_sure() -> None:
    for one in boundaries(FUTILITY):
        assert one.count is not None
        assert beta.cdf(0.4, 1 + one.count, 1 + one.n - one.count) > 0.9
        assert beta.cdf(0.4, 2 + one.count, one.n - one.count) <= 0.9


@pytest.mark.parametrize(
    ("which", "responses", "standing", "evidence"),
    [
        (TOXICITY, [T] * 4, Standing.NOT_COMPLETE, ""),
        (TOXICITY, [F] * 5, Standing.CONTINUE, ""),
        (TOXICITY, [T, T, T, F, F], Standing.REACHED, "3/5"),
        (TOXICITY, [T, T, None, T, F], Standing.NOT_COMPLETE, ""),  # four are assessed
        (TOXICITY, [T, T, None, T, F, F], Standing.REACHED, "3/5"),
        (TOXICITY, [T, T, T] + [F] * 7, Standing.REACHED, "3/5"),  # crossed once stays crossed
        (TOXICITY, [T] * 10, Standing.REACHED, "10/10"),  # the latest look that crosses
        (FUTILITY, [F] * 5, Standing.REACHED, "0/5"),
        (FUTILITY, [T, F, T, F, F], Standing.CONTINUE, ""),
        (SIMON, [F] * 8, Standing.NOT_COMPLETE, ""),
        (SIMON, [F] * 9 + [None], Standing.REACHED, "≤1/10"),  # the last one cannot change it
        (SIMON, [T, T] + [F] * 8, Standing.CONTINUE, ""),
        (SIMON, [T] * 6 + [F] * 4, Standing.SUCCESS, ""),
        (SIMON, [T, T] + [F] * 27, Standing.REACHED, "≤5/29"),
        (SIMON, [], Standing.NOT_COMPLETE, ""),
    ],
)
def test_where_a_rule_stands(
    which: MonitoringRule, responses: list[bool | None], standing: Standing, evidence: str
) -> None:
    found = evaluate(which, responses)
    assert (found.standing, found.evidence) == (standing, evidence)


def test_the_path_counts_assessed_subjects_in_the_order_of_inclusion() -> None:
    found = evaluate(TOXICITY, [T, None, F, T])
    assert found.path == ((1, 1), (2, 1), (3, 2))
    assert (found.reached, found.assessed, found.pending) == (2, 3, 1)


def test_a_stage_is_looked_at_when_it_is_decided() -> None:
    first, second = evaluate(SIMON, [T, None, T]).looks
    assert (first.seen, first.crossed) == (2, False)
    assert (second.seen, second.crossed) == (None, None)
    assert evaluate(SIMON, [T, None]).looks[0].crossed is None


def test_conditional_power_and_predictive_probability_of_two_stages() -> None:
    found = evaluate(SIMON, [T, T, T] + [F] * 7)
    assert found.needed == 6
    assert found.power is not None
    assert found.power.under_design == pytest.approx(binom.sf(2, 19, 0.3))
    assert found.power.under_null == pytest.approx(binom.sf(2, 19, 0.1))
    assert found.predictive is not None
    assert 0 < found.predictive < 1


def test_a_futility_rule_without_a_target_tells_no_chance_of_success() -> None:
    bare = rule("futility", limit="0.4", certainty="0.9", looks=(5,))
    found = evaluate(bare, [T, F])
    assert (found.needed, found.predictive, found.power) == (None, None, None)
    assert found.wrong_side == pytest.approx(beta.cdf(0.4, 2, 2))


def test_subjects_beyond_the_planned_number_do_not_count() -> None:
    assert evaluate(TOXICITY, [F] * 20 + [T] * 5).reached == 0
    assert evaluate(SIMON, [F] * 29 + [T] * 9).standing is Standing.REACHED
