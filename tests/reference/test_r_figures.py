"""Every figure of the engine against R's survival and cmprsk, as `r_figures.R` wrote them from `r_data.csv`."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from outcomes.domain.survival_report import Observations, survival_report

HERE = Path(__file__).parent
ESTIMATE, LIMIT = 1e-8, 1e-6  # what statisticians ask of estimates, and of limits and p
LIMITS = {"plain": "plain", "log": "log", "log-log": "loglog"}
QUANTILES = ("q25", "median", "q75")


def lines_of(name):
    with (HERE / name).open(encoding="utf-8") as opened:
        return list(csv.DictReader(line for line in opened if not line.startswith("#")))


def data_sets():
    rows = defaultdict(list)
    for row in lines_of("r_data.csv"):
        rows[row["set"]].append(row)
    return rows


def r_figures():
    """R's numbers by set, figure and part; None where R has none."""
    found = defaultdict(lambda: defaultdict(dict))
    for row in lines_of("r_figures.csv"):
        value = None if row["value"] in ("NA", "NaN") else float(row["value"])
        found[row["set"]][row["what"]].setdefault(row["part"], []).append(value)
    return found


DATA, THEIRS = data_sets(), r_figures()


def report_of(name):
    rows = DATA[name]
    data = Observations(
        time=np.array([float(row["time"]) for row in rows]),
        status=np.array([int(row["status"]) for row in rows]),
        group=np.array([row["group"] for row in rows]),
        stratum=np.array([row["stratum"] for row in rows]),
        covariates={"x": np.array([float(row["x"]) for row in rows])},
    )
    return survival_report(data, THEIRS[name]["at"]["overall"])


@pytest.fixture(scope="module", params=sorted(DATA))
def both(request):
    """Our report of one set and R's figures of it."""
    return report_of(request.param), THEIRS[request.param]


def named(part):
    return part if part == "overall" else f"group={part}"


def near(theirs, within):
    return pytest.approx(theirs, abs=within, rel=within)


def test_survival_its_error_and_numbers_at_risk(both):
    ours, theirs = both
    for part, values in theirs["surv"].items():
        at, seen = ours["km"][named(part)]["at"], slice(len(values))
        assert at["surv"][seen] == near(values, ESTIMATE)
        assert at["se"][seen] == near(theirs["se"][part], ESTIMATE)
        assert at["n_risk"][seen] == theirs["n_risk"][part]


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize("end", ["lower", "upper"])
def test_limits_of_survival_and_of_its_quantiles(both, kind, end):
    ours, theirs = both
    for part, values in theirs[f"surv_{kind}_{end}"].items():
        at = ours["km"][named(part)]["at"]
        found = at[f"ci_{LIMITS[kind]}_{end}"]
        for place, value in enumerate(values):
            if kind == "log-log" and at["surv"][place] == 1:
                assert found[place] is None  # R repeats the estimate where log(-log S) is not defined
            else:
                assert found[place] == near(value, LIMIT)
    for part, values in theirs[f"quantile_{kind}_{end}"].items():
        found = [ours["km"][named(part)][one][f"ci_{LIMITS[kind]}_{end}"] for one in QUANTILES]
        assert found == values


def test_quantiles_restricted_mean_and_follow_up(both):
    ours, theirs = both
    for part, values in theirs["quantile_log-log"].items():
        km = ours["km"][named(part)]
        assert [km[one]["estimate"] for one in QUANTILES] == values
        assert [km["rmst"]["estimate"], km["rmst"]["se"]] == near(theirs["rmst"][part], ESTIMATE)
        assert [km["followup_reverse_km_median"]["estimate"]] == theirs["followup"][part]


@pytest.mark.parametrize("cause", ["cause1", "cause2"])
def test_cumulative_incidence_with_the_variance_of_cmprsk(both, cause):
    ours, theirs = both
    for part, values in theirs[f"cif_{cause}"].items():
        at = ours["cif"][named(part)][cause]["at"]
        assert at["cif"][: len(values)] == near(values, ESTIMATE)
        assert at["var_aalen"][: len(values)] == near(theirs[f"var_aalen_{cause}"][part], ESTIMATE)


@pytest.mark.parametrize("strata", ["unstratified", "stratified"])
def test_log_rank_and_gray(both, strata):
    ours, theirs = both
    test = ours["logrank"][strata]
    assert test["expected"] == near(theirs["logrank_expected"][strata], ESTIMATE)
    assert [test["chi2"], test["p"]] == near(theirs["logrank"][strata], LIMIT)
    for cause in ("cause1", "cause2"):
        test = ours["gray"][strata][cause]
        assert [test["stat"], test["p"]] == near(theirs[f"gray_{cause}"][strata], LIMIT)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("strata", ["unstratified", "stratified"])
def test_cox(both, ties, strata):
    ours, theirs = both
    model = ours["cox"][ties if strata == "unstratified" else f"{ties}_stratified"]
    assert model["coef"] == near(theirs[f"cox_{ties}"][strata], ESTIMATE)
    assert model["coef_se"] == near(theirs[f"cox_{ties}_se"][strata], LIMIT)


@pytest.mark.parametrize("cause", ["cause1", "cause2"])
def test_hazards_of_one_cause(both, cause):
    ours, theirs = both
    found = ours["cause_specific"][cause]
    assert found["logrank"]["unstratified"]["chi2"] == near(
        theirs[f"logrank_of_{cause}"]["unstratified"][0], LIMIT
    )
    for mine, value in zip(
        found["cox_efron"]["coef"], theirs[f"cox_of_{cause}"]["unstratified"], strict=True
    ):
        assert mine == (None if value is None else near(value, ESTIMATE))
