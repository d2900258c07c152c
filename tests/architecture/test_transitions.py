"""Every pair of states, not only the allowed ones."""

import itertools

import pytest

from trialsite.access.permissions import ACTIONS
from trialsite.casebook.states import (
    SUBJECT_STEPS,
    TRANSFER_STEPS,
    TRANSITIONS,
    RecordState,
    SubjectState,
    TransferState,
    transfer_step,
    transition,
)

ALLOWED = {
    (None, "submit"): "submitted",
    ("submitted", "correct"): "submitted",
    ("submitted", "void"): "voided",
}
ACTION_NAMES = sorted({step.action for step in TRANSITIONS})


@pytest.mark.parametrize(
    ("state", "action"), list(itertools.product([None, *RecordState.values], ACTION_NAMES))
)
def test_a_step_is_taken_exactly_where_the_table_allows_it(state: str | None, action: str) -> None:
    step = transition(state, action)
    assert (step.target.value if step else None) == ALLOWED.get((state, action))


def test_nothing_leaves_the_voided_state() -> None:
    assert not [step for step in TRANSITIONS if step.source == RecordState.VOIDED]


def test_every_step_names_a_permission_that_exists() -> None:
    assert {step.permission for step in TRANSITIONS} <= set(ACTIONS)


def test_every_way_back_needs_a_reason() -> None:
    back = {"correct", "void"}
    assert {step.action for step in TRANSITIONS if step.needs_reason} == back


@pytest.mark.parametrize(("source", "target"), list(itertools.product(SubjectState, SubjectState)))
def test_a_subject_goes_only_where_the_table_allows(source: SubjectState, target: SubjectState) -> None:
    allowed = {
        ("screening", "screen_failed"),
        ("screening", "enrolled"),
        ("enrolled", "off_study"),
        ("off_study", "enrolled"),
    }
    assert (target in SUBJECT_STEPS[source]) == ((source.value, target.value) in allowed)


TRANSFERS = {
    (None, "ask"): "asked",
    ("asked", "withdraw"): "withdrawn",
    ("asked", "accept"): "accepted",
    ("asked", "refuse"): "refused",
}


@pytest.mark.parametrize(
    ("state", "action"),
    list(itertools.product([None, *TransferState.values], ["ask", "withdraw", "accept", "refuse"])),
)
def test_a_transfer_goes_only_where_the_table_allows(state: str | None, action: str) -> None:
    step = transfer_step(state, action)
    assert (step.target.value if step else None) == TRANSFERS.get((state, action))


def test_the_receiving_site_decides_by_a_second_person() -> None:
    assert {step.action for step in TRANSFER_STEPS if step.other_person} == {"accept", "refuse"}
    assert {step.action for step in TRANSFER_STEPS if step.sender} == {"ask", "withdraw"}
