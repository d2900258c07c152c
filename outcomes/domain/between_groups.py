"""Groups of one endpoint beside each other: estimates of each, tests of the difference, hazard ratios.

Tests and models are two-sided, log-rank and Cox by Efron's ties; where events compete Gray's test of the incidences and
the hazards of each cause. Difference of restricted means: Royston P, Parmar MK. BMC Med Res Methodol 2013;13:152.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outcomes.domain.cox import Coefficient, cox
from outcomes.domain.gray import gray_test
from outcomes.domain.groups import ChiSquare
from outcomes.domain.incidence import CompetingRisks, cumulative_incidence
from outcomes.domain.intervals import NOT_ESTIMABLE, Estimate, normal_quantile
from outcomes.domain.log_rank import log_rank
from outcomes.domain.survival import KaplanMeier, kaplan_meier, reverse_kaplan_meier
from outcomes.domain.survival_report import Observations

EVENT, COMPETING = 1, 2


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group; times in days.

    `landmark`: free of the event, or its incidence, at the landmark. `median`, `mean` (restricted) and `difference` (of
    the mean, from the first group; None for it) belong to survival curves. `follow_up`: median by reverse
    Kaplan–Meier.
    """

    group: str
    n: int
    events: int
    competing: int
    landmark: Estimate | None
    at_risk: int | None
    median: Estimate | None
    mean: Estimate | None
    difference: Estimate | None
    follow_up: Estimate


@dataclass(frozen=True, slots=True)
class Analysis:
    """The test of the difference between all groups, and the hazard ratio of each but the first against the first.

    `competing`: the ratios of the hazard of what competes.
    """

    stratified: bool
    test: ChiSquare
    ratios: tuple[Coefficient, ...]
    competing: tuple[Coefficient, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """`groups` in their order, the first is the reference; `analyses`, the stratified one first, are empty for one.

    `tau`: the day up to which the mean is restricted; None for an incidence, or where nobody was observed.
    """

    rising: bool
    landmark_days: float | None
    tau: float | None
    groups: tuple[GroupFigures, ...]
    analyses: tuple[Analysis, ...]


def compare(data: Observations, order: Sequence[str], rising: bool, landmark: float | None) -> Compared:
    """The groups of `order` that have subjects, the first of them as the reference.

    `data`: days, 0 censored, 1 event, 2 competing, with group and perhaps stratum. `rising`: events compete, the curve
    is an incidence. What cannot be estimated (no events, a reference without events, one stratum each) is None.
    """
    assert data.group is not None
    rows = {one: data.group == one for one in order if (data.group == one).any()}
    curves = {one: kaplan_meier(data.time[at], data.status[at] == EVENT) for one, at in rows.items()}
    tau = None if rising else horizon(list(curves.values()), landmark)
    means = {one: restricted(curve, tau) for one, curve in curves.items()}
    groups: list[GroupFigures] = []
    for one, at in rows.items():
        first = groups[0].mean if groups else None
        groups.append(group_figures(one, data, at, curves[one], rising, landmark, means[one], first))
    return Compared(rising, landmark, tau, tuple(groups), analyses_of(data, list(rows), rising))


def horizon(curves: Sequence[KaplanMeier], landmark: float | None) -> float | None:
    """Up to which day means are compared: the landmark where each group was followed to it, else the earliest of the
    groups' last days; None where that is day 0, or there is no group."""
    if landmark and curves and all(curve.restricted_mean(landmark).value is not None for curve in curves):
        return landmark
    return min((curve.max_time or 0.0 for curve in curves), default=0.0) or None


def restricted(curve: KaplanMeier, tau: float | None) -> Estimate | None:
    return None if tau is None else curve.restricted_mean(tau)


def group_figures(
    name: str,
    data: Observations,
    at: NDArray[np.bool_],
    curve: KaplanMeier,
    rising: bool,
    landmark: float | None,
    mean: Estimate | None,
    first: Estimate | None,
) -> GroupFigures:
    time, status = data.time[at], data.status[at]
    risks: CompetingRisks | None = cumulative_incidence(time, status, causes=COMPETING) if rising else None
    counted = risks.event_free if risks else curve
    read = risks.cause(EVENT) if risks else curve
    return GroupFigures(
        name,
        int(at.sum()),
        int((status == EVENT).sum()),
        int((status == COMPETING).sum()),
        None if landmark is None else read.at(landmark),
        None if landmark is None else int(counted.risk_sets.n_risk_at([landmark])[0]),
        None if rising else curve.median(),
        mean,
        difference(mean, first) if mean and first else None,
        reverse_kaplan_meier(time, status > 0).median(),
    )


def difference(one: Estimate, first: Estimate, confidence: float = 0.95) -> Estimate:
    """How much longer one mean is than the first, with plain limits; not estimable where both have no error."""
    if one.value is None or first.value is None or not (one.se or first.se):
        return NOT_ESTIMABLE
    found, se = one.value - first.value, float(np.hypot(one.se or 0.0, first.se or 0.0))
    z = normal_quantile(confidence)
    return Estimate(found, se, found - z * se, found + z * se)


def analyses_of(data: Observations, order: Sequence[str], rising: bool) -> tuple[Analysis, ...]:
    """With strata where there are two or more, then without; none for fewer than two groups."""
    assert data.group is not None
    if len(order) < 2:
        return ()
    kept = np.isin(data.group, list(order))
    stratum = None if data.stratum is None else data.stratum[kept]
    own = Observations(data.time[kept], data.status[kept], data.group[kept], stratum)
    strata = [stratum] if stratum is not None and np.unique(stratum).size > 1 else []
    return tuple(analysis(own, order, rising, one) for one in [*strata, None])


def analysis(
    data: Observations, order: Sequence[str], rising: bool, stratum: NDArray[np.str_] | None
) -> Analysis:
    assert data.group is not None
    test = (
        gray_test(data.time, data.status, data.group, stratum)
        if rising
        else log_rank(data.time, data.status == EVENT, data.group, stratum)
    )
    return Analysis(
        stratum is not None,
        test,
        ratios(data, order, EVENT, stratum),
        ratios(data, order, COMPETING, stratum) if rising else (),
    )


def ratios(
    data: Observations, order: Sequence[str], cause: int, stratum: NDArray[np.str_] | None
) -> tuple[Coefficient, ...]:
    """Hazard ratios of one cause against the first group, other causes censored at their day; not estimable where the
    first group has no such event."""
    assert data.group is not None
    reference, *others = order
    event = (data.status == cause).astype(np.int64)
    if not event[data.group == reference].any():
        return tuple(Coefficient(one) for one in others)
    design = {one: (data.group == one).astype(np.float64) for one in others}
    return cox(data.time, event, design, stratum)
