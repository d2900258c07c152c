"""The day a response is dated to, and whether counts belong to a marrow."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from assessments.domain.criteria import criteria_set
from assessments.domain.response import (
    Assessment,
    Category,
    ResponseWarning,
    best_response,
    classify_response,
    repeat_marrow_by,
    response_date,
)
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain.protocol import ResponseRules

MARROW = date(2026, 3, 1)
RULES = ResponseRules(
    criteria_set="ELN2024",
    cri_allow_both_fail=False,
    crh=False,
    literal_mlfs_is_cri=False,
    mrd_1pct_warning=True,
    crc=("CR", "CRi"),
    counts_window_days=7,
    marrow_max_age_days=28,
    refractory_at=(),
    source="assumption",
    cite="test",
)


def seen(days: int) -> Assessment:
    return Assessment(
        marrow_on=MARROW,
        counts_on=MARROW + timedelta(days=days),
        bm_blast_pct=D(1),
        evaluable_marrow=Truth.TRUE,
        pb_blasts=Truth.FALSE,
        emd=Truth.FALSE,
        anc=D(2),
        platelets=D(150),
        gcsf_7d=Truth.FALSE,
        platelets_7d=Truth.FALSE,
        prior_crc=Truth.FALSE,
    )


@pytest.mark.parametrize(
    ("days", "dated"), [(-8, None), (-7, 0), (0, 0), (7, 0), (8, 8), (28, 28), (29, None)]
)
def test_response_is_dated_to_the_marrow_within_a_week_and_to_later_recovery_within_four(
    days: int, dated: int | None
) -> None:
    expected = None if dated is None else MARROW + timedelta(days=dated)
    assert response_date(seen(days), RULES) == expected


@pytest.mark.parametrize(
    ("days", "category"), [(28, Category.CR), (29, Category.UNKNOWN), (-8, Category.UNKNOWN)]
)
def test_counts_too_far_from_the_marrow_are_unknown_and_not_failed(days: int, category: Category) -> None:
    response = classify_response(seen(days), RULES)
    assert response.category is category
    assert (ResponseWarning.COUNTS_NOT_IN_WINDOW in response.warnings) is (category is Category.UNKNOWN)


def test_every_rule_read_is_told_with_its_answer_in_both_languages() -> None:
    steps = classify_response(seen(0), RULES).steps
    assert [step.rule for step in steps[:4]] == ["NE", "RELAPSE", "INDETERMINATE_5PCT", "CR"]
    assert steps[3].truth is Truth.TRUE
    assert steps[3].sentence.en.startswith("CR: blasts below 5 %")
    assert "是" in steps[3].sentence.zh


def test_the_best_response_is_chosen_by_rank_and_of_nothing_there_is_none() -> None:
    assert best_response([Category.MLFS, Category.CR, Category.CRI]) is Category.CR
    assert best_response([Category.PD, Category.NR]) is Category.NR
    assert best_response([]) is None


def test_a_marrow_of_exactly_five_percent_is_repeated_within_fourteen_days() -> None:
    assert repeat_marrow_by(seen(0)) == date(2026, 3, 15)
    assert repeat_marrow_by(Assessment()) is None


def test_an_unknown_criteria_set_is_named() -> None:
    with pytest.raises(ValueError, match=r"LUGANO.*ELN2024"):
        criteria_set("LUGANO")
