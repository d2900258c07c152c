"""What of an enrolment on paper would be refused today: each rule named, none undone."""

from dataclasses import replace
from datetime import date

import pytest

from enrollment.domain.eligibility import assess_eligibility
from enrollment.domain.refused_today import PaperEnrolment, Refusal, refused_today
from trialsite.clinical.facts import Fact
from trialsite.clinical.text import Text
from trialsite.studies.domain.protocol import Criterion

DAY = date(2024, 3, 5)
IN_ORDER = PaperEnrolment(
    enrolled_on=DAY, consented_on=DAY, judged_by="Dr Lin", judged_on=DAY, eligible=True, taken=10, planned=10
)


def refusals(paper: PaperEnrolment) -> list[str]:
    return [one.refusal.value for one in refused_today(paper, ())]


@pytest.mark.parametrize(
    ("paper", "found"),
    [
        (IN_ORDER, ["not_confirmed_here"]),
        (replace(IN_ORDER, eligible=False), ["not_eligible_then"]),
        (replace(IN_ORDER, eligible=None), ["not_judged"]),
        (replace(IN_ORDER, consented_on=None), ["not_confirmed_here", "consent_missing"]),
        (replace(IN_ORDER, consented_on=date(2024, 3, 6)), ["not_confirmed_here", "consent_late"]),
        (replace(IN_ORDER, taken=11), ["not_confirmed_here", "study_full"]),
        (replace(IN_ORDER, taken=11, planned=None), ["not_confirmed_here"]),
        (replace(IN_ORDER, site_open_on=date(2024, 4, 1)), ["not_confirmed_here", "site_not_open"]),
        (replace(IN_ORDER, randomised=True), ["not_confirmed_here", "list_not_drawn"]),
    ],
)
def test_each_rule_of_today_is_named(paper: PaperEnrolment, found: list[str]) -> None:
    assert refusals(paper) == found


def criterion(name: str, rule: dict[str, object]) -> Criterion:
    words = Text("x", "x")
    return Criterion(
        id=name, kind="inclusion", text=words, rule=rule, needs=words, note=None, source="", cite=""
    )


def test_criteria_against_come_before_those_that_nobody_knows() -> None:
    rules = [
        criterion("I1", {"fact": "a", "op": "=", "value": 1}),
        criterion("I2", {"fact": "b", "op": "=", "value": 1}),
        criterion("I3", {"fact": "c", "op": "=", "value": 1}),
    ]
    facts = {"a": Fact.missing(), "b": Fact(0), "c": Fact(1)}
    lines = assess_eligibility(rules, facts, DAY).lines
    found = [(one.refusal, one.about) for one in refused_today(IN_ORDER, lines)][1:]
    assert found == [(Refusal.CRITERION_AGAINST, "I2"), (Refusal.CRITERION_UNKNOWN, "I1")]
