"""HCT-CI: points, exclusive pairs, bounds while items are open."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsite.clinical.hctci import BY_KEY, ITEMS, MAXIMUM_SCORE, HctciMeasures, HctciRisk, hctci_score
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity

D = Decimal
NONE = dict.fromkeys(BY_KEY, False)
HEALTHY = {
    "lvef_pct": D(62),
    "bmi": D(22),
    "creatinine_umol_l": D(70),
    "fev1_pct": D(95),
    "dlco_pct": D(90),
    "bilirubin": D(10),
    "bilirubin_uln": D(21),
    "alt": D(20),
    "alt_uln": D(40),
    "ast": D(20),
    "ast_uln": D(40),
}


def score(answers=None, **measured):
    return hctci_score(NONE | (answers or {}), HctciMeasures(**(HEALTHY | measured)))


def test_there_are_seventeen_items_of_29_points():
    assert len(ITEMS) == 17
    assert sum(item.points for item in ITEMS) == 29
    assert all(item.label.zh and item.definition.zh and item.definition.en for item in ITEMS)


def test_a_healthy_subject_scores_zero():
    result = score()
    assert (result.score, result.risk, result.complete) == (0, HctciRisk.LOW, True)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.key)
def test_each_item_alone_gives_its_points(item):
    if item.key == "obesity":
        assert score({"obesity": True}, bmi=None).score == item.points
    else:
        assert score({item.key: True}).score == item.points


def test_everything_at_once_gives_26_because_of_the_two_exclusive_pairs():
    assert hctci_score(dict.fromkeys(BY_KEY, True)).score_low == MAXIMUM_SCORE == 26


@pytest.mark.parametrize(
    ("measured", "points"),
    [
        ({"lvef_pct": D("50.1")}, 0),
        ({"lvef_pct": D(50)}, 1),
        ({"bmi": D(35)}, 0),
        ({"bmi": D("35.1")}, 1),
        ({"creatinine_umol_l": D("176.8")}, 0),
        ({"creatinine_umol_l": D("176.9")}, 2),
        ({"fev1_pct": D("80.1")}, 0),
        ({"fev1_pct": D(80)}, 2),
        ({"fev1_pct": D("65.1")}, 2),
        ({"fev1_pct": D(65)}, 3),
        ({"dlco_pct": D(80)}, 2),
        ({"dlco_pct": D(65)}, 3),
        ({"dlco_pct": D(70), "fev1_pct": D(60)}, 3),
        ({"bilirubin": D(21)}, 0),
        ({"bilirubin": D("21.1")}, 1),
        ({"bilirubin": D("31.5")}, 1),
        ({"bilirubin": D("31.6")}, 3),
        ({"alt": D(40)}, 0),
        ({"alt": D(41)}, 1),
        ({"alt": D(100)}, 1),
        ({"alt": D("100.1")}, 3),
        ({"ast": D(41)}, 1),
        ({"ast": D("100.1")}, 3),
    ],
)
def test_each_measured_limit_on_both_sides(measured, points):
    assert score(**measured).score == points


def test_a_healthy_body_mass_index_overrules_an_answer_of_obesity():
    assert score({"obesity": True}, bmi=D(30)).score == 0


def test_a_replaced_item_gives_no_points_and_says_what_counts():
    result = score(bilirubin=D(40))
    mild = next(item for item in result.items if item.key == "hepatic_mild")
    assert (mild.points_low, mild.points_high) == (0, 0)
    assert mild.reason == "counted as: Hepatic, moderate or severe"
    severe = next(item for item in result.items if item.key == "hepatic_severe")
    assert severe.reason == "bilirubin 40 > 1.5 × ULN 21"


@pytest.mark.parametrize(
    ("measured", "low", "high", "open_items"),
    [
        ({"dlco_pct": None}, 0, 3, ("pulmonary_moderate", "pulmonary_severe")),
        ({"dlco_pct": None, "fev1_pct": D(75)}, 2, 3, ("pulmonary_severe",)),
        ({"dlco_pct": None, "fev1_pct": D(60)}, 3, 3, ()),
        ({"bilirubin_uln": None}, 0, 3, ("hepatic_mild", "hepatic_severe")),
        ({"alt": None, "ast": D(50)}, 1, 3, ("hepatic_severe",)),
        ({"lvef_pct": None}, 0, 1, ("cardiac",)),
        ({"creatinine_umol_l": Quantity.parse("<200")}, 0, 2, ("renal",)),
        ({"creatinine_umol_l": Quantity.parse("<150")}, 0, 0, ()),
    ],
)
def test_what_is_not_measured_leaves_bounds(measured, low, high, open_items):
    result = score(**measured)
    assert (result.score_low, result.score_high, result.open_items) == (low, high, open_items)
    assert result.complete is (not open_items)
    assert result.score == (low if not open_items else None)


def test_an_open_item_says_what_is_unclear():
    result = hctci_score(NONE | {"cardiac": None}, HctciMeasures(**(HEALTHY | {"lvef_pct": None})))
    cardiac = next(item for item in result.items if item.key == "cardiac")
    assert cardiac.truth is Truth.UNKNOWN
    assert cardiac.reason == "not answered; unclear whether LVEF not recorded ≤ 50 %"


def test_nothing_answered_leaves_the_whole_range_open():
    result = hctci_score({})
    assert (result.score_low, result.score_high, result.risk) == (0, 26, None)
    assert len(result.open_items) == 17


@pytest.mark.parametrize(
    ("answers", "risk"),
    [
        ({}, HctciRisk.LOW),
        ({"ibd": True}, HctciRisk.INTERMEDIATE),
        ({"peptic_ulcer": True}, HctciRisk.INTERMEDIATE),
        ({"heart_valve": True}, HctciRisk.HIGH),
        ({"heart_valve": True, "ibd": None}, HctciRisk.HIGH),
        ({"ibd": None}, None),
    ],
)
def test_risk_groups_are_0_then_1_to_2_then_3_or_more(answers, risk):
    assert score(answers).risk is risk


def test_infection_counts_zero_before_treatment_and_is_asked_afterwards():
    answers = NONE | {"infection": None}
    assert hctci_score(answers, HctciMeasures(**HEALTHY), before_treatment=True).score == 0
    assert hctci_score(answers, HctciMeasures(**HEALTHY)).open_items == ("infection",)


def test_an_item_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no item “gout”"):
        hctci_score({"gout": True})


@given(st.fixed_dictionaries({key: st.sampled_from([True, False, None]) for key in BY_KEY}), st.booleans())
def test_answering_an_open_item_stays_within_the_bounds(answers, filling):
    before = hctci_score(answers)
    filled = {key: filling if value is None else value for key, value in answers.items()}
    after = hctci_score(filled)
    assert before.score_low <= after.score_low <= after.score_high <= before.score_high <= MAXIMUM_SCORE
