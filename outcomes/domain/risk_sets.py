"""Who was under observation on each day, and what happened that day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outcomes.domain.intervals import FloatArray, IntArray

CENSORED = 0
# Counting into one cell per day beats sorting as long as the days are not much more than the subjects.
DAYS_PER_SUBJECT_TO_COUNT = 16
DAYS_ALWAYS_COUNTED = 50_000


@dataclass(frozen=True, slots=True)
class RiskSets:
    """The distinct observed times of one group, ascending, with what happened at each.

    `n_risk` at t counts the subjects with time >= t: events come before censorings of the same day.
    `n_event` has one row per time and one column per cause (column 0 is cause 1).
    """

    time: FloatArray
    n_risk: IntArray
    n_event: IntArray
    n_censor: IntArray

    @property
    def n(self) -> int:
        """Subjects in the group."""
        return int(self.n_risk[0]) if self.n_risk.size else 0

    @property
    def max_time(self) -> float | None:
        """The last observed time, beyond which nothing is estimable; None in an empty group."""
        return float(self.time[-1]) if self.time.size else None

    def index_at(self, times: ArrayLike) -> IntArray:
        """Row in force at each of `times` (its day included); −1 before the first observed time."""
        return np.searchsorted(self.time, np.asarray(times, dtype=np.float64), side="right") - 1

    def beyond(self, times: ArrayLike) -> NDArray[np.bool_]:
        """Which of `times` lie after the last observed time (all of them in an empty group)."""
        asked = np.asarray(times, dtype=np.float64)
        last = self.max_time
        return np.ones(asked.shape, dtype=bool) if last is None else asked > last

    def n_risk_at(self, times: ArrayLike) -> IntArray:
        """Subjects with time >= t, for each t: the number at risk just before what happens at t."""
        following = np.searchsorted(self.time, np.asarray(times, dtype=np.float64), side="left")
        return np.append(self.n_risk, 0)[following].astype(np.int64)


def tally(time: ArrayLike | Sequence[int], status: ArrayLike | Sequence[int], causes: int = 1) -> RiskSets:
    """Count subjects at risk, events by cause and censorings at each distinct time.

    `time`: whole days from the origin, >= 0 (fractions are accepted and compared exactly).
    `status`: 0 censored, 1..`causes` the cause of the event. An empty group gives empty arrays.
    Raises ValueError for a negative or missing time, unequal lengths or an unknown status.
    """
    days, causes_seen = check_observations(time, status, causes)
    n = days.size
    width = causes + 1
    whole = days.astype(np.int64)
    if (
        n
        and bool((whole == days).all())
        and whole.max() <= max(DAYS_PER_SUBJECT_TO_COUNT * n, DAYS_ALWAYS_COUNTED)
    ):
        counts = np.bincount(whole * width + causes_seen, minlength=(int(whole.max()) + 1) * width)
        counts = counts.reshape(-1, width)
        observed = np.flatnonzero(counts.any(axis=1))
        distinct, counts = observed.astype(np.float64), counts[observed]
    else:
        distinct, row = np.unique(days, return_inverse=True)
        counts = np.bincount(row * width + causes_seen, minlength=distinct.size * width).reshape(-1, width)
    leaving = counts.sum(axis=1)
    return RiskSets(
        time=distinct,
        n_risk=(n - np.cumsum(leaving) + leaving).astype(np.int64),
        n_event=counts[:, 1:].astype(np.int64),
        n_censor=counts[:, CENSORED].astype(np.int64),
    )


def check_observations(time: ArrayLike, status: ArrayLike, causes: int) -> tuple[FloatArray, IntArray]:
    """Times and statuses as arrays. Raises ValueError for those that cannot be."""
    days = np.asarray(time, dtype=np.float64)
    codes = np.asarray(status, dtype=np.float64)
    if days.ndim != 1 or days.shape != codes.shape:
        raise ValueError("Times and statuses must be two lists of the same length.")
    if not np.isfinite(days).all() or (days < 0).any():
        raise ValueError("Every time must be known and not before the origin.")
    whole = np.zeros(codes.shape, dtype=np.int64)
    if codes.size:
        if not np.isfinite(codes).all() or codes.min() < 0 or codes.max() > causes:
            raise ValueError(f"A status is 0 (censored) or a cause from 1 to {causes}.")
        whole = codes.astype(np.int64)
        if not (whole == codes).all():
            raise ValueError("A status is a whole number.")
    return days, whole
