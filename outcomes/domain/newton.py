"""The maximum of a log likelihood by Newton's steps, or none: no number is made up where there is no maximum."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from outcomes.domain.intervals import FloatArray

# On columns of width 1: a coefficient beyond this, or an information below it, is on its way to no maximum.
RUNS_AWAY = 15.0
FLAT = 1e-8
SETTLED = 1e-10
STEPS = 60


class Likelihood(Protocol):
    """A log likelihood of a vector of coefficients with its first and second derivatives."""

    def loglike(self, params: FloatArray) -> float: ...

    def score(self, params: FloatArray) -> FloatArray: ...

    def hessian(self, params: FloatArray) -> FloatArray: ...


def maximum(likelihood: Likelihood, size: int) -> tuple[FloatArray, FloatArray] | None:
    """The coefficients at the maximum and the information there; None where there is none.

    From 0, each step halved while the likelihood falls, until the last moves nothing. The columns should have width 1.
    """
    at = np.zeros(size)
    height = likelihood.loglike(at)
    for _step in range(STEPS):
        information = -likelihood.hessian(at)
        if not invertible(information):
            return None
        step = np.linalg.solve(information, likelihood.score(at))
        while not (reached := likelihood.loglike(at + step)) >= height - 1e-9 * abs(height):
            step = step / 2.0
            if np.abs(step).max() < SETTLED:
                break
        at, height = at + step, reached
        if np.abs(at).max() > RUNS_AWAY:
            return None
        if np.abs(step).max() < SETTLED:
            information = -likelihood.hessian(at)
            return (at, information) if invertible(information) else None
    return None


def invertible(information: FloatArray) -> bool:
    """Whether an information says something of every coefficient."""
    diagonal = np.diag(information)
    if not np.isfinite(information).all() or not (diagonal > FLAT).all():
        return False
    scale = np.sqrt(diagonal)
    return bool(np.linalg.cond(information / np.outer(scale, scale)) < 1.0 / FLAT)


def to_width_1(columns: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """The columns centred and scaled to a standard deviation of 1, and their widths; None where one says nothing."""
    width = columns.std(axis=0)
    if not (width > 0).all():
        return None
    return (columns - columns.mean(axis=0)) / width, width
