"""Single-arm designs for a response rate: Simon's two stages, and one stage with the exact test.

Simon R. Control Clin Trials 1989;10:1–10. A'Hern RP. Stat Med 2001;20:859–866 (one stage, exact).
They test H0: rate <= p0 against H1: rate >= p1; r1 and r are the most responders with which H0 stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import bdtrc

from outcomes.domain.exact_binomial import above, check_rate, masses
from outcomes.domain.intervals import FloatArray, IntArray


class Verdict(StrEnum):
    """What the subjects assessed so far decide."""

    NOT_YET = "not_yet"  # the first stage is open
    STOP = "stop"  # for futility, after the first stage
    CONTINUE = "continue"  # the second stage is open
    REJECT = "reject"  # H0
    DO_NOT_REJECT = "do_not_reject"


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict and what it stands on: `responders` among `assessed` of the `planned` subjects of its stage."""

    verdict: Verdict
    responders: int
    assessed: int
    planned: int


@dataclass(frozen=True, slots=True)
class Operating:
    """What a design does at a true rate: chance to reject H0, chance to stop early, subjects expected."""

    rate: float
    reject: float
    stop_early: float
    expected_n: float


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Simon's r1/n1, r/n: stop at r1 or fewer responders of n1; reject H0 at more than r of n.

    Raises ValueError for numbers that cannot be a design.
    """

    r1: int
    n1: int
    r: int
    n: int

    def __post_init__(self) -> None:
        if not (0 <= self.r1 < self.n1 < self.n and self.r1 <= self.r < self.n):
            raise ValueError(f"{self.r1}/{self.n1}, {self.r}/{self.n} is not a design of two stages.")

    def at(self, rate: float) -> Operating:
        """Exact operating characteristics: `reject` is alpha at p0 and power at p1."""
        check_rate(rate)
        passing = np.arange(self.r1 + 1, self.n1 + 1)
        second = self.n - self.n1
        reject = masses(self.n1, rate)[passing] @ above(self.r - passing, second, rate)
        go_on = float(above(self.r1, self.n1, rate))
        return Operating(rate, float(reject), 1.0 - go_on, self.n1 + go_on * second)

    def standing(self, responses: Sequence[bool | None]) -> Standing:
        """The verdict on `responses` in the order of inclusion, None for a subject not assessed.

        It falls as soon as no missing response can change it. Subjects beyond n do not count.
        """
        first, every = list(responses[: self.n1]), list(responses[: self.n])
        if most(first, self.n1) <= self.r1:
            return _standing(Verdict.STOP, first, self.n1)
        if first.count(True) <= self.r1:
            return _standing(Verdict.NOT_YET, first, self.n1)
        if every.count(True) > self.r:
            return _standing(Verdict.REJECT, every, self.n)
        lost = most(every, self.n) <= self.r
        return _standing(Verdict.DO_NOT_REJECT if lost else Verdict.CONTINUE, every, self.n)


def most(responses: list[bool | None], planned: int) -> int:
    """Responders when all that is missing turns out well."""
    return planned - responses.count(False)


def _standing(verdict: Verdict, responses: list[bool | None], planned: int) -> Standing:
    return Standing(verdict, responses.count(True), len(responses) - responses.count(None), planned)


@dataclass(frozen=True, slots=True)
class OneStage:
    """Reject H0 at more than r responders of n. Raises ValueError for numbers that cannot be a design."""

    r: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.r < self.n:
            raise ValueError(f"{self.r}/{self.n} is not a design of one stage.")

    def at(self, rate: float) -> Operating:
        """Exact operating characteristics: `reject` is alpha at p0 and power at p1."""
        check_rate(rate)
        return Operating(rate, float(above(self.r, self.n, rate)), 0.0, float(self.n))


@dataclass(frozen=True, slots=True)
class Aim:
    """What a design has to hold: rejecting H0 at p0 at most `alpha`, at p1 at least `power`.

    Raises ValueError for rates that do not rise and error rates that cannot be.
    """

    p0: float
    p1: float
    alpha: float = 0.05
    power: float = 0.80

    def __post_init__(self) -> None:
        if not 0.0 < self.p0 < self.p1 < 1.0:
            raise ValueError(f"The rates must rise between 0 and 1, not from {self.p0} to {self.p1}.")
        if not (0.0 < self.alpha < 1.0 and 0.0 < self.power < 1.0):
            raise ValueError("Alpha and power lie between 0 and 1.")


def two_stage_designs(aim: Aim, n_max: int = 100) -> tuple[TwoStage, ...]:
    """From the minimax design (first) to the optimal one (last); () where n_max is too small.

    Each next one needs more subjects at most and expects fewer at p0. Minimax: the smallest n, and with it the
    fewest expected at p0. Optimal: the fewest expected at p0 of all designs up to n_max.
    """
    found, fewest = [], float(n_max)
    for n in range(2, n_max + 1):
        better = None
        for n1 in range(1, min(n, int(fewest) + 1)):
            if closer := _design(aim, n1, n, fewest):
                fewest, better = closer
        if better:
            found.append(better)
    return tuple(found)


def _design(aim: Aim, n1: int, n: int, fewest: float) -> tuple[float, TwoStage] | None:
    """The design of n1 and n that expects the fewest subjects at p0, when these are fewer than `fewest`."""
    every = np.arange(n1)
    expected = n1 + bdtrc(every, n1, aim.p0) * (n - n1)
    r1 = every[(expected < fewest) & (bdtrc(every, n1, aim.p1) >= aim.power)]
    if not r1.size:
        return None
    r = (rejection(n1, n, aim.p0, r1) > aim.alpha).sum(axis=1)
    held = np.flatnonzero(r < n)
    held = held[rejection(n1, n, aim.p1, r1)[held, r[held]] >= aim.power]
    if not held.size:
        return None
    last = held[-1]  # the larger r1, the sooner it stops at p0
    return float(expected[r1[last]]), TwoStage(int(r1[last]), n1, max(int(r[last]), int(r1[last])), n)


def rejection(n1: int, n: int, rate: float, r1: IntArray) -> FloatArray:
    """The chance to reject H0, one row for each of `r1`, one column for each r from 0 to n − 1."""
    x, r = np.arange(n1 + 1), np.arange(n)
    joint = masses(n1, rate)[:, None] * above(np.arange(-n1, n), n - n1, rate)[r - x[:, None] + n1]
    return np.cumsum(joint[::-1], axis=0)[::-1][r1 + 1]


def one_stage_design(aim: Aim, n_max: int = 200) -> OneStage | None:
    """The exact test with the fewest subjects; None where n_max is too small."""
    for n in range(1, n_max + 1):
        r = int((above(np.arange(n), n, aim.p0) > aim.alpha).sum())
        if r < n and above(r, n, aim.p1) >= aim.power:
            return OneStage(r, n)
    return None
