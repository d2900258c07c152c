"""Extramedullary disease, as a table: the answer of the form, its listed sites, and the puncture near the marrow."""

import pytest

from assessments.domain.extramedullary import extramedullary
from trialsite.clinical.kleene import Truth

YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

TABLE = [
    # id, answer, answer "new", findings at sites, CNS leukaemia, present, new, contradicted
    ("nothing said", OPEN, OPEN, [], OPEN, OPEN, OPEN, False),
    ("answered no", NO, OPEN, [], OPEN, NO, OPEN, False),
    ("answered yes", YES, OPEN, [], OPEN, YES, OPEN, False),
    ("a new site", OPEN, OPEN, ["NEW"], OPEN, YES, YES, False),
    ("a site as before", OPEN, OPEN, ["PRESENT"], OPEN, YES, NO, False),
    ("one as before, one new", OPEN, NO, ["PRESENT", "NEW"], OPEN, YES, YES, False),
    ("a site as before, answered new", OPEN, YES, ["PRESENT"], OPEN, YES, YES, False),
    ("resolved says nothing of other sites", OPEN, OPEN, ["RESOLVED"], OPEN, OPEN, OPEN, False),
    ("resolved, answered no", NO, OPEN, ["RESOLVED"], OPEN, NO, OPEN, False),
    ("finding missing", OPEN, OPEN, [""], OPEN, OPEN, OPEN, False),
    ("puncture shows CNS leukaemia", OPEN, OPEN, [], YES, YES, OPEN, False),
    ("puncture is free", OPEN, OPEN, [], NO, OPEN, OPEN, False),
    ("puncture against the answer", NO, OPEN, [], YES, YES, OPEN, True),
    ("site against the answer", NO, OPEN, ["PRESENT"], NO, YES, NO, True),
]


@pytest.mark.parametrize(
    ("answer", "answer_new", "findings", "cns", "present", "new", "contradicted"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_extramedullary(
    answer: Truth,
    answer_new: Truth,
    findings: list[str],
    cns: Truth,
    present: Truth,
    new: Truth,
    contradicted: bool,
) -> None:
    found = extramedullary(answer, answer_new, findings, cns)
    assert (found.present, found.new, found.contradicted) == (present, new, contradicted)
