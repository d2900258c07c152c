"""When the planned number of subjects will be reached, from the pace of the last months.

The pace is Poisson with a gamma rate (Anisimov VV, Fedorov VV. Stat Med 2007;26:4958–4975, for all sites together);
the number of a time to come is then negative binomial, and the time until the last of r further subjects is b × a
beta-prime variable with parameters r and a.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from scipy.special import betaincinv

PRIOR_EVENTS = 0.5  # Jeffreys' prior of a Poisson rate
SHORTEST_DAYS = 28  # of a pace that tells anything
FURTHEST_DAYS = 36525  # what lies further away is not told


@dataclass(frozen=True)
class Forecast:
    """Days from today until the planned number: the median, and the limits (upper None: beyond a hundred years)."""

    days: int
    lower: int
    upper: int | None


def forecast(enrolled: int, days: int, left: int, confidence: float = 0.95) -> Forecast | None:
    """The days until `left` more are enrolled, where `enrolled` came in the last `days`.

    None where nobody came, the time is too short, or nobody is left. Raises ValueError for counts below 0.
    """
    if enrolled < 0 or days < 0:
        raise ValueError(f"{enrolled} subjects in {days} days cannot be.")
    if enrolled == 0 or days < SHORTEST_DAYS or left <= 0:
        return None
    tail = (1.0 - confidence) / 2.0
    lower, middle, upper = (quantile(enrolled, days, left, share) for share in (tail, 0.5, 1.0 - tail))
    if middle is None or lower is None:
        return None
    return Forecast(middle, lower, upper)


def quantile(enrolled: int, days: int, left: int, share: float) -> int | None:
    """The day by which the number is reached with a probability; None where it lies beyond a hundred years."""
    part = float(betaincinv(left, enrolled + PRIOR_EVENTS, share))
    if part >= 1.0:
        return None
    found = days * part / (1.0 - part)
    return ceil(found) if found <= FURTHEST_DAYS else None
