"""Eligibility: criteria answered line by line, screening windows, and the subject's verdict."""

import json
from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from enrollment.domain.eligibility import (
    Dossier,
    assess_eligibility,
    changed_criteria,
    stratum_of,
    valid_until,
    within_windows,
)
from trialsite.clinical.facts import Fact, Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import Answer
from trialsite.clinical.verdicts import SubjectVerdict
from trialsite.studies.domain.protocol import Criterion

DAY = date(2026, 5, 15)


def criterion(key: str, kind: str, rule: dict[str, object]) -> Criterion:
    words = {"en": key, "zh": key}
    document = {"id": key, "kind": kind, "text": words, "rule": rule, "needs": words}
    return Criterion.of(document | {"source": "registration", "cite": "test"})


ALT = criterion(
    "000-I5b",
    "inclusion",
    {
        "any": [
            {"fact": "alt", "op": "<=", "times": "3", "of": "alt_uln"},
            {"fact": "leuk_infiltration_liver", "op": "=", "value": True},
        ]
    },
)
ECOG = criterion("000-I4", "inclusion", {"fact": "ecog", "op": "in", "value": [0, 1, 2, 3]})
NYHA = criterion("000-E8", "exclusion", {"fact": "nyha", "op": "in", "value": ["II", "III", "IV"]})
PREGNANT = criterion("000-E9", "exclusion", {"fact": "preg_test", "op": "=", "value": "POS", "na": False})
CRITERIA = (ALT, ECOG, NYHA, PREGNANT)
WELL = {
    "alt": Fact(D(40), "U/L", on=DAY),
    "alt_uln": Fact(D(40), "U/L", on=DAY),
    "leuk_infiltration_liver": Fact(False),
    "ecog": Fact(1, on=DAY),
    "nyha": Fact("NONE"),
    "preg_test": Fact("NEG", on=DAY),
}
GROUPS = {"alt": "LAB", "alt_uln": "LAB", "preg_test": "PREGNANCY"}
WINDOWS = {"LAB": 7, "PREGNANCY": 7}


def dossier(**changes: Fact) -> Dossier:
    return assess_eligibility(CRITERIA, WELL | changes, DAY, fact_groups=GROUPS, windows=WINDOWS)


def test_a_subject_who_meets_everything_is_eligible() -> None:
    found = dossier()
    assert found.verdict is SubjectVerdict.ELIGIBLE
    assert [line.verdict for line in found.lines] == ["MET", "MET", "ABSENT", "ABSENT"]
    assert found.missing == ()


def test_one_missing_fact_leaves_the_subject_pending_and_is_named() -> None:
    found = dossier(nyha=Fact.missing())
    assert (found.verdict, found.missing) == (SubjectVerdict.PENDING, ("nyha",))
    assert found.line("000-E8").verdict == "UNKNOWN"
    assert found.decision.because == ("000-E8",)


def test_one_failed_criterion_makes_ineligible_whatever_is_unknown() -> None:
    found = dossier(ecog=Fact(4, on=DAY), nyha=Fact.missing())
    assert found.verdict is SubjectVerdict.INELIGIBLE
    assert found.decision.because == ("000-I4",)


@pytest.mark.parametrize(("ecog", "verdict"), [(3, "MET"), (4, "NOT_MET")])
def test_an_inclusion_is_met_when_its_rule_is_true(ecog: int, verdict: str) -> None:
    assert dossier(ecog=Fact(ecog, on=DAY)).line("000-I4").verdict == verdict


@pytest.mark.parametrize(("nyha", "verdict"), [("I", "ABSENT"), ("II", "PRESENT"), ("ND", "UNKNOWN")])
def test_e_16_an_exclusion_is_present_when_its_rule_is_true(nyha: str, verdict: str) -> None:
    assert dossier(nyha=Fact(nyha)).line("000-E8").verdict == verdict


def test_e_26_a_pregnancy_test_in_a_man_is_not_applicable_and_the_exclusion_absent() -> None:
    assert dossier(preg_test=Fact.missing(Why.NOT_APPLICABLE)).line("000-E9").verdict == "ABSENT"
    assert dossier(preg_test=Fact.missing(Why.NOT_DONE)).line("000-E9").verdict == "UNKNOWN"


@pytest.mark.parametrize(("alt", "verdict"), [("120", "MET"), ("120.1", "NOT_MET")])
def test_a_line_shows_value_limit_and_what_decides(alt: str, verdict: str) -> None:
    line = dossier(alt=Fact(D(alt), "U/L", on=DAY)).line("000-I5b")
    assert line.verdict == verdict
    shown = line.decisive[0]
    assert (shown.value, shown.limit, shown.limit_text) == (D(alt), D(120), "3 × alt_uln")
    assert line.rule == "alt ≤ 3 × alt_uln OR leuk_infiltration_liver = true"


@pytest.mark.parametrize(
    ("days_before", "verdict"),
    [(0, "MET"), (7, "MET"), (8, "UNKNOWN"), (-1, "UNKNOWN")],
    ids=["same day", "oldest that counts", "too old", "after the day"],
)
def test_a_result_outside_its_screening_window_is_stale(days_before: int, verdict: str) -> None:
    on = DAY - timedelta(days=days_before)
    line = dossier(alt=Fact(D(40), "U/L", on=on)).line("000-I5b")
    assert line.verdict == verdict
    assert line.missing == (() if verdict == "MET" else ("alt",))


def test_a_stale_result_keeps_its_value_for_display() -> None:
    old = Fact(D(40), "U/L", on=DAY - timedelta(days=8))
    stale = within_windows({"alt": old}, GROUPS, WINDOWS, DAY)["alt"]
    assert (stale.value, stale.why, stale.known) == (D(40), Why.STALE, False)


def test_facts_without_a_window_never_age_and_undated_ones_in_a_window_do_not_count() -> None:
    facts = {"ecog": Fact(1), "alt": Fact(D(40), "U/L"), "preg_test": Fact.missing(Why.NOT_APPLICABLE)}
    aged = within_windows(facts, GROUPS, WINDOWS, DAY)
    assert aged["ecog"].known
    assert aged["alt"].why == Why.STALE
    assert aged["preg_test"].why == Why.NOT_APPLICABLE


def test_a_group_without_a_window_sets_no_limit() -> None:
    old = Fact(D(40), "U/L", on=DAY - timedelta(days=900))
    assert within_windows({"alt": old}, GROUPS, {}, DAY)["alt"].known


def test_no_criteria_at_all_are_pending() -> None:
    assert assess_eligibility((), WELL, DAY).verdict is SubjectVerdict.PENDING


def test_the_snapshot_is_plain_json_with_verdicts_and_values() -> None:
    stored = json.loads(json.dumps(dossier().as_data()))
    assert (stored["verdict"], stored["reference_day"]) == ("ELIGIBLE", "2026-05-15")
    assert stored["lines"][0]["answer"]["evidence"][0]["value"] == "40"


def test_a_line_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        dossier().line("000-I99")


@pytest.mark.parametrize(
    ("truths", "level"),
    [
        ({"HIGH": Truth.TRUE, "OTHER": Truth.FALSE}, "HIGH"),
        ({"HIGH": Truth.FALSE, "OTHER": Truth.TRUE}, "OTHER"),
        ({"HIGH": Truth.TRUE, "OTHER": Truth.UNKNOWN}, None),
        ({"HIGH": Truth.TRUE, "OTHER": Truth.TRUE}, None),
        ({"HIGH": Truth.FALSE, "OTHER": Truth.FALSE}, None),
    ],
)
def test_a_subject_is_in_a_stratum_only_when_exactly_one_level_is_certain(
    truths: dict[str, Truth], level: str | None
) -> None:
    assert stratum_of({key: Answer(truth, (), ()) for key, truth in truths.items()}) == level


@pytest.mark.parametrize(
    ("changed", "criteria"),
    [
        ({"ecog": Fact(2, on=DAY)}, ("000-I4",)),
        ({"ecog": Fact.missing()}, ("000-I4",)),
        ({"alt": Fact(D(41), "U/L", on=DAY)}, ("000-I5b",)),
        ({"alt_uln": Fact(D(41), "U/L", on=DAY)}, ("000-I5b",)),
        ({"nyha": Fact("II")}, ("000-E8",)),
        ({"alt": Fact(D(40), "U/L", on=DAY - timedelta(days=1))}, ()),  # the same value, a day older
        ({}, ()),
    ],
)
def test_one_changed_value_changes_only_what_depends_on_it(
    changed: dict[str, Fact], criteria: tuple[str, ...]
) -> None:
    assert changed_criteria(dossier(), dossier(**changed)) == criteria


@pytest.mark.parametrize(
    ("fact", "on", "expected"),
    [
        ("alt", DAY, DAY + timedelta(days=7)),
        ("alt", None, None),
        ("ecog", DAY, None),  # no window
    ],
)
def test_a_result_is_valid_until_the_end_of_its_window(
    fact: str, on: date | None, expected: date | None
) -> None:
    assert valid_until(fact, on, GROUPS, WINDOWS) == expected


@pytest.mark.parametrize("days", [0, 1])
def test_on_the_last_day_it_counts_and_on_the_next_it_does_not(days: int) -> None:
    until = valid_until("alt", DAY, GROUPS, WINDOWS)
    assert until is not None
    aged = within_windows({"alt": WELL["alt"]}, GROUPS, WINDOWS, until + timedelta(days=days))
    assert aged["alt"].known is (days == 0)
