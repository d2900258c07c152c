"""The chance that a running trial ends in success, given its data so far.

Lan KKG, Wittes J. Biometrics 1988;44:579–585 (B-value of a log-rank test).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

from scipy.special import ndtr, ndtri

from outcomes.domain.exact_binomial import above, check_counts, check_rate, still_planned


@dataclass(frozen=True, slots=True)
class ConditionalPower:
    """The chance of success when what follows obeys H0, the design, or the trend so far.

    `trend` is None before anything was seen.
    """

    under_null: float
    under_design: float
    trend: float | None


def power_of_rate(responders: int, n: int, n_max: int, needed: int, p0: float, p1: float) -> ConditionalPower:
    """The chance of `needed` responders of `n_max` after `responders` of `n`; exact.

    The rate from now on is p0, p1 or that seen. Raises ValueError for counts and rates that cannot be.
    """
    check_counts(responders, n)
    left = still_planned(n, n_max)

    def chance(rate: float) -> float:
        check_rate(rate)
        return float(above(needed - responders - 1, left, rate))

    return ConditionalPower(chance(p0), chance(p1), chance(responders / n) if n else None)


def power_of_log_rank(
    events: int, events_planned: int, z: float, drift: float, alpha: float = 0.025
) -> ConditionalPower:
    """The chance that the log-rank test at `events_planned` events is significant at one-sided `alpha`.

    `z` is the standardised log-rank statistic at `events`, positive where the new arm does better. `drift` is
    what z is expected to be at the end under the design (`design_drift`). Without interim looks that spend
    alpha. Events beyond the plan count as the end. Raises ValueError for numbers that cannot be.
    """
    if events < 0 or events_planned < 1:
        raise ValueError("Events are counted from 0, planned events from 1.")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"Alpha lies between 0 and 1, not at {alpha}.")
    information = min(events / events_planned, 1.0)
    b_value, needed = z * sqrt(information), -float(ndtri(alpha))

    def chance(slope: float) -> float:
        left = 1.0 - information
        short = b_value + slope * left - needed
        return float(ndtr(short / sqrt(left))) if left else float(short >= 0.0)

    return ConditionalPower(chance(0.0), chance(drift), chance(b_value / information) if events else None)


def design_drift(events_planned: int, hazard_ratio: float, share: float = 0.5) -> float:
    """The expected z at the end: −log HR × sqrt(events × share × (1 − share)), `share` of subjects in the new arm.

    Schoenfeld D. Biometrika 1981;68:316–319. Raises ValueError for a ratio or share that cannot be.
    """
    if hazard_ratio <= 0 or not 0.0 < share < 1.0:
        raise ValueError("A hazard ratio is positive, a share lies between 0 and 1.")
    return -log(hazard_ratio) * sqrt(events_planned * share * (1.0 - share))
