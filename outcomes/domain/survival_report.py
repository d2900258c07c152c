"""Every estimate and test of one data set as plain figures, from the engine of the dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outcomes.domain.cox import Coefficient, Ties, cox, indicators
from outcomes.domain.gray import gray_test
from outcomes.domain.groups import ChiSquare
from outcomes.domain.incidence import Incidence, Variance, incidence_of
from outcomes.domain.intervals import Estimate, FloatArray, IntArray, Limits, number
from outcomes.domain.log_rank import log_rank
from outcomes.domain.risk_sets import tally
from outcomes.domain.survival import KaplanMeier, kaplan_meier, reverse_kaplan_meier

QUANTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75}
Figures = dict[str, Any]


@dataclass(frozen=True)
class Observations:
    """One row a subject: `time` in days, `status` 0 censored or a cause from 1, and what groups and adjusts.

    `covariates` are columns of numbers, or of words for a column of each but the first.
    """

    time: FloatArray
    status: IntArray
    group: NDArray[np.str_] | None = None
    stratum: NDArray[np.str_] | None = None
    covariates: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def causes(self) -> int:
        """The highest cause; at least 1."""
        return max(int(self.status.max(initial=0)), 1)

    def parts(self) -> dict[str, NDArray[np.bool_]]:
        """Everybody, then each group: the rows of each."""
        found = {"overall": np.ones(self.time.shape, dtype=bool)}
        if self.group is not None:
            found |= {f"group={one}": self.group == one for one in np.unique(self.group)}
        return found


def survival_report(data: Observations, at: Sequence[float], tau: float | None = None) -> Figures:
    """Kaplan–Meier, log-rank, Cox, cumulative incidence and Gray's test of `data`; None for "not estimable".

    `at`: days to report. `tau`: end of the restricted mean; without it the earliest of the groups' last days.
    """
    last = [float(data.time[rows].max(initial=0)) for rows in data.parts().values() if rows.any()]
    tau = min(last, default=0.0) if tau is None else tau
    event = (data.status > 0).astype(np.int64)
    return {
        "km": {
            name: km_figures(data.time[rows], event[rows], at, tau) for name, rows in data.parts().items()
        },
        "logrank": tests(data, lambda strata: log_rank(data.time, event, data.group, strata)),  # type: ignore[arg-type]
        "cox": cox_figures(data, event),
        "cif": {name: cif_figures(data, rows, at) for name, rows in data.parts().items()},
        "gray": tests_by_cause(data),
        "cause_specific": {f"cause{k}": cause_figures(data, k) for k in range(1, data.causes + 1)},
    }


def km_figures(time: FloatArray, event: IntArray, at: Sequence[float], tau: float) -> Figures:
    curve = kaplan_meier(time, event)
    mean = curve.restricted_mean(tau)
    return {
        "n": curve.n,
        "n_events": curve.n_events,
        "max_time": curve.max_time,
        "at": km_at(curve, at),
        **{name: quantile_figures(curve, share) for name, share in QUANTILES.items()},
        "rmst": {
            "tau": tau,
            "estimate": mean.value,
            "se": mean.se,
            "ci_lower": mean.lower,
            "ci_upper": mean.upper,
        },
        "followup_reverse_km_median": quantile_figures(reverse_kaplan_meier(time, event), 0.5),
        "curve": {
            "time": curve.time.tolist(),
            "surv": curve.survival.tolist(),
            "se": [number(one) for one in curve.se],
            "n_risk": curve.risk_sets.n_risk.tolist(),
            "n_event": curve.n_event.tolist(),
            "n_censor": curve.risk_sets.n_censor.tolist(),
        },
    }


def km_at(curve: KaplanMeier, at: Sequence[float]) -> Figures:
    rows, found = curve.risk_table(at), {kind: curve.at_each(at, kind) for kind in Limits}
    estimates = found[Limits.LOGLOG]
    limits = {
        f"ci_{kind}_{end}": [getattr(one, end) for one in found[kind]]
        for kind in Limits
        for end in ("lower", "upper")
    }
    return {
        "time": list(at),
        "surv": [one.value for one in estimates],
        "se": [one.se for one in estimates],
        "n_risk": [one.n_risk for one in rows],
        "n_event": [one.n_event for one in rows],
        "n_censor": [one.n_censor for one in rows],
        **limits,
    }


def quantile_figures(curve: KaplanMeier, share: float) -> Figures:
    found = {kind: curve.quantile(share, kind) for kind in Limits}
    limits = {f"ci_{kind}_{end}": getattr(found[kind], end) for kind in Limits for end in ("lower", "upper")}
    return {"estimate": found[Limits.LOGLOG].value, **limits}


def cif_figures(data: Observations, rows: NDArray[np.bool_], at: Sequence[float]) -> Figures:
    counted = tally(data.time[rows], data.status[rows], data.causes)
    by_aalen = incidence_of(counted).by_cause
    by_delta = incidence_of(counted, variance=Variance.DELTA).by_cause
    return {"n": int(rows.sum())} | {
        f"cause{one.cause}": {
            "n_events": one.n_events,
            "at": cif_at(one, at) | {"se_delta": [found.se for found in other.at_each(at)]},
        }
        for one, other in zip(by_aalen, by_delta, strict=True)
    }


def cif_at(incidence: Incidence, at: Sequence[float]) -> Figures:
    found: list[Estimate] = incidence.at_each(at)
    return {
        "time": list(at),
        "cif": [one.value for one in found],
        "var_aalen": [None if one.se is None else one.se**2 for one in found],
        "se_aalen": [one.se for one in found],
        "ci_aalen_loglog_lower": [one.lower for one in found],
        "ci_aalen_loglog_upper": [one.upper for one in found],
    }


def tests(data: Observations, test: Any) -> Figures:
    """A test without strata, and with them where there are any; {} without groups."""
    if data.group is None:
        return {}
    found = {"unstratified": test_figures(test(None))}
    return found if data.stratum is None else found | {"stratified": test_figures(test(data.stratum))}


def test_figures(found: ChiSquare) -> Figures:
    return {
        "groups": list(found.groups),
        "observed": list(found.observed),
        "expected": list(found.expected),
        "chi2": found.statistic,
        "df": found.df,
        "p": found.p,
    }


def tests_by_cause(data: Observations) -> Figures:
    if data.group is None:
        return {}
    strata = (
        {"unstratified": None} if data.stratum is None else {"unstratified": None, "stratified": data.stratum}
    )
    causes = data.causes
    return {
        name: {
            f"cause{k}": gray_figures(gray_test(data.time, data.status, data.group, stratum, k, causes))
            for k in range(1, causes + 1)
        }
        for name, stratum in strata.items()
    }


def gray_figures(found: ChiSquare) -> Figures:
    return {"stat": found.statistic, "df": found.df, "p": found.p}


def design_of(data: Observations) -> dict[str, FloatArray]:
    """The columns of the model: the groups but the first, then the covariates."""
    columns = {} if data.group is None else indicators(data.group)
    for name, values in data.covariates.items():
        if values.dtype.kind in "US":
            columns |= indicators(values, name)
        else:
            columns[name] = values.astype(np.float64)
    return columns


def cox_figures(data: Observations, event: IntArray, only: Sequence[Ties] = tuple(Ties)) -> Figures:
    design = design_of(data)
    if not design:
        return {}
    strata = {"": None} if data.stratum is None else {"": None, "_stratified": data.stratum}
    return {
        f"{ties}{name}": coefficient_figures(cox(data.time, event, design, stratum, ties))
        for ties in only
        for name, stratum in strata.items()
    }


def coefficient_figures(found: Sequence[Coefficient]) -> Figures:
    return {
        "coefficients": [one.name for one in found],
        "coef": [one.value for one in found],
        "coef_se": [one.se for one in found],
        "hr": [one.ratio for one in found],
        "ci_lower": [one.lower for one in found],
        "ci_upper": [one.upper for one in found],
        "p_wald": [one.p for one in found],
    }


def cause_figures(data: Observations, cause: int) -> Figures:
    """The hazard of one cause, the others censored at their day."""
    event = (data.status == cause).astype(np.int64)
    return {
        "logrank": tests(data, lambda strata: log_rank(data.time, event, data.group, strata)),  # type: ignore[arg-type]
        "cox_efron": cox_figures(data, event, (Ties.EFRON,)).get("efron", {}),
    }
