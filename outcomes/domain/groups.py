"""Groups and strata of a comparison: who belongs where, and the risk sets of every group on common days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from outcomes.domain.intervals import FloatArray, IntArray
from outcomes.domain.risk_sets import RiskSets, tally

NOTHING = 1e-12  # a variance of counted events below this is rounding


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """A test of the difference between groups; `statistic` and `p` are None where it is not estimable."""

    groups: tuple[str, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    statistic: float | None
    df: int
    p: float | None


Parts = tuple[
    FloatArray, FloatArray, FloatArray
]  # by group: observed, expected; variance of their difference


@dataclass(frozen=True, slots=True)
class Common:
    """The groups of one stratum on their common distinct times: arrays of one row per time, a column per group.

    `n_event` has a third axis, one entry per cause.
    """

    time: FloatArray
    n_risk: IntArray
    n_event: IntArray


def by_stratum(
    time: ArrayLike, status: ArrayLike, group: ArrayLike, stratum: ArrayLike | None = None, causes: int = 1
) -> tuple[tuple[str, ...], list[Common]]:
    """The names of the groups, sorted as `np.unique` sorts them, and the counts of each stratum.

    Raises ValueError for lists of unequal length and for times or statuses that cannot be.
    """
    days, codes, labels = np.asarray(time), np.asarray(status), np.asarray(group)
    strata = np.zeros(labels.shape, dtype=np.int64) if stratum is None else np.asarray(stratum)
    if not days.shape == codes.shape == labels.shape == strata.shape:
        raise ValueError("Times, statuses, groups and strata must be lists of the same length.")
    names, column = np.unique(labels, return_inverse=True)
    found = [
        _common([tally(days[at], codes[at], causes) for at in _members(column, names.size, strata == one)])
        for one in np.unique(strata)
    ]
    return tuple(str(name) for name in names), found


def _members(column: IntArray, count: int, inside: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    for number in range(count):
        yield inside & (column == number)


def _common(sets: Sequence[RiskSets]) -> Common:
    times = np.unique(np.concatenate([one.time for one in sets]))
    causes = sets[0].n_event.shape[1]
    n_event = np.zeros((times.size, len(sets), causes), dtype=np.int64)
    for number, one in enumerate(sets):
        n_event[np.searchsorted(times, one.time), number] = one.n_event
    return Common(times, np.stack([one.n_risk_at(times) for one in sets], axis=1), n_event)


def summed(groups: int, strata: Iterable[Parts]) -> Parts:
    """The parts of a test over its strata: what each stratum adds up to, in so many groups."""
    observed, expected, variance = np.zeros(groups), np.zeros(groups), np.zeros((groups, groups))
    for o, e, v in strata:
        observed, expected, variance = observed + o, expected + e, variance + v
    return observed, expected, variance


def chi_square(score: FloatArray, variance: FloatArray) -> tuple[float | None, int, float | None]:
    """The quadratic form of a score, which sums to 0, with its variance: statistic, degrees of freedom, p.

    None where the variance cannot be inverted or nothing is left to compare.
    """
    df = max(score.size - 1, 0)
    kept = variance[1:, 1:]
    if not df or np.linalg.matrix_rank(kept, tol=NOTHING, hermitian=True) < df:
        return None, df, None
    statistic = float(score[1:] @ np.linalg.solve(kept, score[1:]))
    return statistic, df, float(chdtrc(df, statistic))
