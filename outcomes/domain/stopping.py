"""Stopping rules of a protocol on the subjects assessed so far, in the order of inclusion.

Simon's two stages (`two_stage`), Bayesian limits of toxicity and of futility (`bayes`); their sources stand there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from outcomes.domain.bayes import (
    Beta,
    Boundary,
    futility_boundary,
    predictive_probability,
    responders_needed,
    toxicity_boundary,
)
from outcomes.domain.conditional_power import ConditionalPower, power_of_rate
from outcomes.domain.intervals import Estimate
from outcomes.domain.two_stage import TwoStage, Verdict
from trialsite.studies.domain.monitoring_plan import TOXICITY, TWO_STAGE, MonitoringRule


class Standing(StrEnum):
    """Where a rule stands."""

    NOT_COMPLETE = "not_complete"  # the stage, or the first look, is not reached
    CONTINUE = "continue"
    REACHED = "reached"  # the boundary: the rule stops the trial
    SUCCESS = "success"  # H0 is rejected


@dataclass(frozen=True, slots=True)
class Look:
    """After `n` assessed subjects the rule stops at `boundary`; `seen` reached the endpoint (None: not there yet).

    `crossed` is None as long as it is not looked at.
    """

    n: int
    boundary: int | None
    seen: int | None
    crossed: bool | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A rule on the figures so far.

    `path`: of each number of assessed subjects how many reached the endpoint. `evidence` names what crossed the
    boundary ("4/10", or "≤1/10" where no missing assessment can change it), empty while nothing did. `posterior` of
    the rate with its 95 % credible interval; `wrong_side`: the probability that it is above (toxicity) or below
    (futility) the limit. `predictive` and `power`: the chance of success in the end; None where the rule plans none.
    """

    standing: Standing
    reached: int
    assessed: int
    pending: int
    upper: bool
    looks: tuple[Look, ...]
    path: tuple[tuple[int, int], ...]
    evidence: str = ""
    posterior: Estimate | None = None
    wrong_side: float | None = None
    needed: int | None = None
    predictive: float | None = None
    power: ConditionalPower | None = None


def evaluate(rule: MonitoringRule, responses: Sequence[bool | None]) -> Evaluation:
    """The rule on `responses` in the order of inclusion; None for a subject who is not assessed yet.

    Bayesian rules count the assessed subjects alone, the first of them at each look. A two-stage design counts the
    first n1 and n subjects included, and falls as soon as no missing response can change it. Subjects beyond n do not
    count.
    """
    return _two_stage(rule, responses) if rule.kind == TWO_STAGE else _bayes(rule, responses)


def _two_stage(rule: MonitoringRule, responses: Sequence[bool | None]) -> Evaluation:
    assert rule.r1 is not None
    assert rule.n1 is not None
    assert rule.r is not None
    assert rule.p0
    assert rule.p1
    included = list(responses[: rule.n])
    design = TwoStage(rule.r1, rule.n1, rule.r, rule.n)
    standing, stage = _standing_of(design.standing(included).verdict)
    first = included[: rule.n1]
    looks = (
        _stage(rule.n1, rule.r1, first, standing is Standing.REACHED and stage == 1),
        _stage(rule.n, rule.r, included, standing is Standing.REACHED and stage == 2),
    )
    evidence = f"≤{looks[stage - 1].boundary}/{looks[stage - 1].n}" if standing is Standing.REACHED else ""
    assessed = [one for one in included if one is not None]
    reached, needed = sum(assessed), rule.r + 1
    return Evaluation(
        standing,
        reached,
        len(assessed),
        len(included) - len(assessed),
        False,
        looks,
        _path(assessed),
        evidence,
        needed=needed,
        predictive=predictive_probability(reached, len(assessed), rule.n, needed),
        power=power_of_rate(reached, len(assessed), rule.n, needed, float(rule.p0), float(rule.p1)),
    )


def _standing_of(verdict: Verdict) -> tuple[Standing, int]:
    """The standing, and the stage that decides."""
    return {
        Verdict.NOT_YET: (Standing.NOT_COMPLETE, 1),
        Verdict.STOP: (Standing.REACHED, 1),
        Verdict.CONTINUE: (Standing.CONTINUE, 2),
        Verdict.REJECT: (Standing.SUCCESS, 2),
        Verdict.DO_NOT_REJECT: (Standing.REACHED, 2),
    }[verdict]


def _stage(n: int, boundary: int, included: list[bool | None], crossed: bool) -> Look:
    """A stage is looked at when all of it are assessed, or when no missing assessment can change what it says."""
    complete = len(included) == n and None not in included
    decided = complete or crossed or included.count(True) > boundary
    return Look(n, boundary, included.count(True) if decided else None, crossed if decided else None)


def _bayes(rule: MonitoringRule, responses: Sequence[bool | None]) -> Evaluation:
    assert rule.limit is not None
    assert rule.certainty is not None
    assessed = [one for one in responses if one is not None][: rule.n]
    path, prior = _path(assessed), Beta(float(rule.prior[0]), float(rule.prior[1]))
    upper = rule.kind == TOXICITY
    looks = tuple(_look(one, path, upper) for one in boundaries(rule))
    crossed = [one for one in looks if one.crossed]
    looked = any(one.seen is not None for one in looks)
    standing = Standing.REACHED if crossed else Standing.CONTINUE if looked else Standing.NOT_COMPLETE
    reached = sum(assessed)
    posterior = prior.after(reached, len(assessed))
    above = posterior.above(float(rule.limit))
    needed = predictive = power = None
    if rule.success is not None:
        needed = responders_needed(rule.n, float(rule.limit), float(rule.success), prior)
    if needed is not None:
        predictive = predictive_probability(reached, len(assessed), rule.n, needed, prior)
        if rule.p1 is not None:
            rates = float(rule.limit), float(rule.p1)
            power = power_of_rate(reached, len(assessed), rule.n, needed, *rates)
    return Evaluation(
        standing,
        reached,
        len(assessed),
        sum(one is None for one in responses),
        upper,
        looks,
        path,
        f"{crossed[-1].seen}/{crossed[-1].n}" if crossed else "",
        posterior.estimate(),
        above if upper else 1.0 - above,
        needed,
        predictive,
        power,
    )


def boundaries(rule: MonitoringRule) -> tuple[Boundary, ...]:
    """The counts at which a Bayesian rule stops, one for each look."""
    assert rule.limit is not None
    assert rule.certainty is not None
    limit, prior = float(rule.limit), Beta(float(rule.prior[0]), float(rule.prior[1]))
    if rule.kind == TOXICITY:
        return toxicity_boundary(rule.looks, limit, float(rule.certainty), prior)
    return futility_boundary(rule.looks, limit, float(1 - rule.certainty), prior)


def _look(boundary: Boundary, path: tuple[tuple[int, int], ...], upper: bool) -> Look:
    if boundary.n > len(path):
        return Look(boundary.n, boundary.count, None, None)
    seen = path[boundary.n - 1][1]
    if boundary.count is None:
        return Look(boundary.n, None, seen, False)
    return Look(boundary.n, boundary.count, seen, seen >= boundary.count if upper else seen <= boundary.count)


def _path(assessed: Sequence[bool]) -> tuple[tuple[int, int], ...]:
    return tuple(enumerate(accumulate(int(one) for one in assessed), start=1))
