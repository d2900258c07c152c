"""Propensity scores, weighted curves and weighted hazard ratios against R, as `r_weighted.R` wrote them."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from outcomes.domain.propensity import att_weights, propensity_logit
from outcomes.domain.weighted import weighted_cox, weighted_kaplan_meier

HERE = Path(__file__).parent


def lines_of(name):
    with (HERE / name).open(encoding="utf-8") as opened:
        return list(csv.DictReader(line for line in opened if not line.startswith("#")))


def columns_of_sets():
    found = defaultdict(lambda: defaultdict(list))
    for row in lines_of("r_data.csv"):
        for name, value in row.items():
            found[row["set"]][name].append(value)
    return found


def r_figures():
    found = defaultdict(lambda: defaultdict(list))
    for row in lines_of("r_weighted.csv"):
        found[row["set"]][row["what"]].append(float(row["value"]))
    return found


DATA, THEIRS = columns_of_sets(), r_figures()


@pytest.fixture(params=sorted(DATA))
def both(request):
    """Columns of one set as arrays, and R's figures of it."""
    columns = DATA[request.param]
    own = {name: np.array(columns[name], dtype=float) for name in ("time", "stratum", "x")}
    own["event"] = (np.array(columns["status"], dtype=int) > 0).astype(int)
    own["treated"] = (np.array(columns["group"]) == "A").astype(float)
    return own, THEIRS[request.param]


def test_the_propensity_score_is_that_of_glm(both):
    own, theirs = both
    logit = propensity_logit(own["treated"], {"x": own["x"], "stratum": own["stratum"]})
    assert logit == pytest.approx(theirs["logit"], abs=1e-8)


def test_the_weighted_curve_is_that_of_survfit(both):
    own, theirs = both
    weights = att_weights(own["treated"], np.array(theirs["logit"]))
    controls = own["treated"] == 0
    curve = weighted_kaplan_meier(own["time"][controls], own["event"][controls], weights[controls])
    assert [one.value for one in curve.at_each(theirs["at"])] == pytest.approx(theirs["surv"], abs=1e-12)


@pytest.mark.parametrize("model", ["alone", "adjusted", "clustered"])
def test_the_weighted_hazard_ratio_and_its_sandwich_error_are_those_of_coxph(both, model):
    own, theirs = both
    weights = att_weights(own["treated"], np.array(theirs["logit"]))
    design = {"treated": own["treated"]} | ({"x": own["x"]} if model == "adjusted" else {})
    cluster = np.arange(weights.size) // 2 if model == "clustered" else None
    found = weighted_cox(own["time"], own["event"], design, weights, cluster)
    assert [one.value for one in found] == pytest.approx(theirs[f"cox_{model}"], abs=1e-8)
    assert [one.se for one in found] == pytest.approx(theirs[f"cox_{model}_se"], abs=1e-8)
