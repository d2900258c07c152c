"""A treatment elsewhere: what is asked for, from which day, and when the task ends."""

from datetime import date, timedelta

import pytest

from treatment.domain.milestones import StepState, When, step_state
from treatment.domain.referral import (
    D28,
    D100,
    Kind,
    Sent,
    State,
    Told,
    Wanted,
    asked_for,
    counts_for,
    next_due,
    open_still,
    waits_for_letter,
)

SENT = date(2026, 3, 1)
DAY0 = date(2026, 3, 20)
TODAY = date(2026, 4, 10)
NOTHING_ELSE = {Wanted.GRAFT: ("cd34",), Wanted.D28: ("ENG", "CHI"), Wanted.D100: ("AGV",)}
ALL_IN: dict[Wanted, tuple[str, ...]] = {Wanted.GRAFT: (), Wanted.D28: (), Wanted.D100: ()}
IN, MISSING, TO_COME, WAITING, NOT_ASKED = (
    State.IN,
    State.MISSING,
    State.TO_COME,
    State.WAITING,
    State.NOT_ASKED,
)


def sent(**more: date | None) -> Sent:
    return Sent(Kind.HSCT, SENT, **more)


@pytest.mark.parametrize(
    ("referral", "told", "states", "due"),
    [
        # Nothing is known: day 0 is asked for from the planned day, or 30 days after the referral.
        (sent(), Told(None, {}), (MISSING, WAITING, WAITING, WAITING), date(2026, 3, 31)),
        (sent(planned_on=TODAY), Told(None, {}), (MISSING, WAITING, WAITING, WAITING), TODAY),
        (
            sent(planned_on=date(2026, 4, 11)),
            Told(None, {}),
            (TO_COME, WAITING, WAITING, WAITING),
            date(2026, 4, 11),
        ),
        # Day 0 is in: the graft 14 days later, D+28 and D+100 14 days after those days.
        (sent(), Told(DAY0, NOTHING_ELSE), (IN, MISSING, TO_COME, TO_COME), date(2026, 4, 3)),
        (
            sent(),
            Told(DAY0, {**ALL_IN, Wanted.D28: ("CHI",)}),
            (IN, IN, TO_COME, IN),
            DAY0 + timedelta(days=42),
        ),
        (sent(), Told(DAY0, ALL_IN), (IN, IN, IN, IN), None),
        # Called off, or follow-up ended before the day that a thing is about.
        (
            sent(called_off_on=date(2026, 3, 9)),
            Told(None, {}),
            (NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED),
            None,
        ),
        (
            sent(follow_up_ended=date(2026, 3, 10)),
            Told(None, {}),
            (NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED),
            None,
        ),
        (
            sent(follow_up_ended=DAY0 + timedelta(days=27)),
            Told(DAY0, NOTHING_ELSE),
            (IN, MISSING, NOT_ASKED, NOT_ASKED),
            date(2026, 4, 3),
        ),
        (
            sent(follow_up_ended=DAY0 + timedelta(days=28)),
            Told(DAY0, NOTHING_ELSE),
            (IN, MISSING, TO_COME, NOT_ASKED),
            date(2026, 4, 3),
        ),
    ],
)
def test_what_is_asked_for(referral: Sent, told: Told, states: tuple[State, ...], due: date | None) -> None:
    things = asked_for(referral, told, TODAY)
    assert tuple(one.state for one in things) == states
    assert [one.what for one in things] == list(Wanted)
    assert next_due(things) == due
    assert open_still(things) is (due is not None)


def test_what_lacks_is_named() -> None:
    graft = asked_for(sent(), Told(DAY0, NOTHING_ELSE), TODAY)[1]
    assert graft.lacks == ("cd34",)


@pytest.mark.parametrize(
    ("day", "found", "counts"), [(D28, 24, True), (D28, 23, False), (D100, 90, True), (D100, 89, False)]
)
def test_a_finding_counts_shortly_before_its_day(day: int, found: int, counts: bool) -> None:
    assert counts_for(day, DAY0 + timedelta(days=found), DAY0) is counts


@pytest.mark.parametrize(
    ("known", "when", "day0", "state"),
    [
        (True, When(), None, StepState.IN),
        (False, When(), None, StepState.MISSING),
        (False, When(day=TODAY), None, StepState.MISSING),
        (False, When(day=TODAY + timedelta(days=1)), None, StepState.TO_COME),
        (False, When(after_day0=21), None, StepState.TO_COME),
        (False, When(after_day0=21), DAY0, StepState.MISSING),
        (False, When(after_day0=22), DAY0, StepState.TO_COME),
    ],
)
def test_steps_of_a_panel(known: bool, when: When, day0: date | None, state: StepState) -> None:
    assert step_state(known, when, day0, TODAY) is state


@pytest.mark.parametrize(
    ("lacks", "day", "waits"),
    [
        (NOTHING_ELSE, -1, False),
        (NOTHING_ELSE, 0, True),  # with the graft
        (ALL_IN | {Wanted.D28: ("CHI",)}, 0, False),
        (ALL_IN | {Wanted.D28: ("CHI",)}, 1, True),
        (ALL_IN | {Wanted.D28: ("CHI",)}, 28, True),
        (ALL_IN | {Wanted.D28: ("CHI",)}, 29, False),
        (NOTHING_ELSE, 100, True),
        (NOTHING_ELSE, 101, False),  # nothing is asked of later days
    ],
)
def test_a_day_elsewhere_waits_for_the_finding_that_tells_of_it(
    lacks: dict[Wanted, tuple[str, ...]], day: int, waits: bool
) -> None:
    things = asked_for(sent(), Told(DAY0, lacks), TODAY)
    assert waits_for_letter(things, DAY0, DAY0 + timedelta(days=day)) is waits


def test_a_day_elsewhere_waits_for_nothing_once_the_referral_is_called_off() -> None:
    things = asked_for(sent(called_off_on=DAY0), Told(DAY0, NOTHING_ELSE), TODAY)
    assert not waits_for_letter(things, DAY0, DAY0)
