# ruff: noqa: E501 (tables are read across)
"""Serial laboratory values as episodes, and what is proposed of them: each example with day, grade and expectation."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from assessments.domain.event_proposals import Declined, KnownEvent, ProposalKind, proposals
from assessments.domain.grade_track import Step
from assessments.domain.grading import TERMS, Reference, grade_lab
from assessments.domain.lab_episodes import Apart, Episode, GradedDay, episodes, severe_apart
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.text import Text

DAY0 = date(2026, 3, 1)
TERM = "Neutrophil count decreased"
ANC, LLN = TERMS["anc_decreased"], Decimal("1.8")


def on(day: int) -> date:
    return DAY0 + timedelta(days=day)


def graded(*values: tuple[int, int | None] | tuple[int, int | None, int]) -> list[GradedDay]:
    """(day, grade) or (day, None, lowest that is certain)."""
    return [GradedDay(on(one[0]), one[1], one[2] if len(one) > 2 else one[1] or 0) for one in values]


def shape(found: Episode) -> tuple[str, int, int, int | None]:
    """Grades in order, first day, worst, day of recovery."""
    ended = (found.ended_on - DAY0).days if found.ended_on else None
    return "→".join(str(one.grade) for one in found.track), (found.start - DAY0).days, found.worst, ended


# Values after day 0; what stands there: (grades, first day, worst, day of recovery)
EPISODES = [
    ("nothing is measured", [], []),
    ("never graded", [(1, 0), (2, 0)], []),
    ("three values are one episode", [(1, 2), (3, 4), (5, 3)], [("2→4→3", 1, 4, None)]),
    ("it ends with the first value of grade 0", [(1, 2), (3, 4), (5, 0)], [("2→4", 1, 4, 5)]),
    (
        "after recovery the next value begins another",
        [(1, 3), (2, 0), (3, 3)],
        [("3", 1, 3, 2), ("3", 3, 3, None)],
    ),
    ("grade 1 goes on", [(1, 3), (2, 1), (3, 3)], [("3→1→3", 1, 3, None)]),
    ("the same grade is no change", [(1, 3), (2, 3), (3, 3)], [("3", 1, 3, None)]),
    ("of a day the worst value counts", [(1, 2), (1, 4), (1, 3)], [("4", 1, 4, None)]),
    ("an open grade does not end it", [(1, 3), (2, None), (3, 3)], [("3", 1, 3, None)]),
    ("an open grade counts with the lowest that is certain", [(1, 2), (2, None, 3)], [("2→3", 1, 3, None)]),
    ("an open grade alone begins nothing", [(1, None)], []),
    ("values up to the first dose are the baseline", [(-3, 4), (0, 0), (1, 3)], [("3", 1, 3, None)]),
    ("no worse than the baseline is no episode", [(0, 2), (1, 2), (2, 1)], []),
    ("it ends where the baseline is reached", [(0, 2), (1, 4), (2, 2)], [("4", 1, 4, 2)]),
    ("one above the baseline begins it", [(0, 2), (1, 3)], [("3", 1, 3, None)]),
    ("in any order", [(5, 3), (1, 2), (3, 4)], [("2→4→3", 1, 4, None)]),
]


@pytest.mark.parametrize(("example", "values", "expected"), EPISODES, ids=[one[0] for one in EPISODES])
def test_serial_values_are_episodes(example, values, expected):
    assert [shape(one) for one in episodes(graded(*values), DAY0)] == expected


def test_anc_of_1_2_then_0_3_then_0_8_is_one_episode_of_worst_grade_4():
    results = [(1, "1.2"), (3, "0.3"), (5, "0.8")]
    values = [
        GradedDay(on(day), grade_lab(ANC, Decimal(text), Reference(lln=LLN)).grade, 0, text)
        for day, text in results
    ]
    (found,) = episodes(values, DAY0)
    assert shape(found) == ("2→4→3", 1, 4, None)
    assert [one.text for one in found.track] == ["1.2", "0.3", "0.8"]


def event(steps: list[tuple[int, int]], stop: int | None = None, term: str = TERM) -> KnownEvent:
    day = PartialDate.of(on(steps[0][0]))
    end = None if stop is None else PartialDate.of(on(stop))
    return KnownEvent("e1", term, day, end, tuple(Step(PartialDate.of(on(at)), grade) for at, grade in steps))


def declined(start: int, until: int, grade: int) -> Declined:
    return Declined(TERM, on(start), on(until), grade)


SERIES = [(1, 2), (3, 4), (5, 3)]
# What stands beside the values; what is proposed as (kind, day and grade of each change)
PROPOSALS = [
    ("grade 3 is proposed", [(1, 3)], [], [], [("NEW", "1:3")]),
    ("grade 2 is not", [(1, 2)], [], [], []),
    ("one proposal an episode", SERIES, [], [], [("NEW", "1:2 3:4 5:3")]),
    ("two episodes, two proposals", [(1, 3), (2, 0), (3, 4)], [], [], [("NEW", "1:3"), ("NEW", "3:4")]),
    ("an event that says the same takes it", SERIES, [event([(1, 2), (3, 4), (5, 3)])], [], []),
    ("an event of another term does not", [(1, 3)], [event([(1, 3)], term="Anemia")], [], [("NEW", "1:3")]),
    ("a later grade is proposed to the event", SERIES, [event([(1, 2), (3, 4)])], [], [("CHANGED", "5:3")]),
    ("a later value of the same grade is not", [(1, 3), (4, 3)], [event([(1, 3)])], [], []),
    ("an earlier grade that is worse is", [(1, 2), (2, 4), (5, 2)], [event([(1, 2), (5, 2)])], [], [("CHANGED", "2:4")]),
    ("an earlier grade that is milder is not", [(1, 2), (3, 4)], [event([(1, 4), (3, 4)])], [], []),
    ("recovery is proposed to an event without end", [(1, 3), (4, 0)], [event([(1, 3)])], [], [("ENDED", "")]),
    ("an event with its end is left alone", [(1, 3), (4, 0)], [event([(1, 3)], stop=4)], [], []),
    ("an event that ended before does not take it", [(5, 3)], [event([(1, 3)], stop=4)], [], [("NEW", "5:3")]),
    ("an event that ended that day does", [(4, 3)], [event([(1, 3)], stop=4)], [], []),
    ("values before the onset change nothing", [(1, 1), (3, 3)], [event([(3, 3)])], [], []),
    ("an event of grade 2 takes the later grade 3", [(1, 2), (3, 3)], [event([(1, 2)])], [], [("CHANGED", "3:3")]),
    ("declined is not proposed again", [(1, 3)], [], [declined(1, 1, 3)], []),
    ("nor with later values as bad", [(1, 3), (4, 3)], [], [declined(1, 1, 3)], []),
    ("worse it is", [(1, 3), (4, 4)], [], [declined(1, 1, 3)], [("NEW", "1:3 4:4")]),
    ("another episode is", [(1, 3), (2, 0), (3, 3)], [], [declined(1, 2, 3)], [("NEW", "3:3")]),
    ("a declined change is not proposed again", SERIES, [event([(1, 2), (3, 4)])], [declined(1, 5, 4)], []),
    ("a change after it is", [*SERIES, (8, 2)], [event([(1, 2), (3, 4)])], [declined(1, 5, 4)], [("CHANGED", "8:2")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("example", "values", "events", "said", "expected"), PROPOSALS, ids=[one[0] for one in PROPOSALS]
)
def test_an_episode_is_proposed_once(example, values, events, said, expected):
    found = proposals(TERM, episodes(graded(*values), DAY0), events, said, from_grade=3)
    shown = [
        (one.kind.value, " ".join(f"{(c.on - DAY0).days}:{c.grade}" for c in one.changes)) for one in found
    ]
    assert shown == expected


def test_what_the_protocol_expects_is_told_and_not_proposed():
    why = Text("expected", "预期")
    (found,) = proposals(TERM, episodes(graded((1, 4)), DAY0), [], [], from_grade=3, expected=why)
    assert (found.kind, found.why) == (ProposalKind.EXPECTED, why)


def test_an_event_takes_even_what_the_protocol_expects():
    found = proposals(
        TERM, episodes(graded((1, 4)), DAY0), [event([(1, 4)])], [], from_grade=3, expected=Text("a", "b")
    )
    assert list(found) == []


@pytest.mark.parametrize(("from_grade", "number"), [(2, 1), (3, 1), (4, 0)])
def test_the_study_says_from_which_grade_on(from_grade, number):
    found = list(proposals(TERM, episodes(graded((1, 3)), DAY0), [], [], from_grade=from_grade))
    assert len(found) == number


# Severe values that belong to no episode, from grade 3 on; treatment began on day 0: (values, reason → days)
APART = [
    ("nothing severe", [(-1, 2), (1, 2)], {}),
    ("one of the episode is none of these", [(1, 3)], {}),
    ("up to the first dose", [(-2, 3), (0, 4), (1, 0)], {Apart.BEFORE: [-2, 0]}),
    ("not above the baseline", [(0, 3), (2, 3), (3, 2)], {Apart.BEFORE: [0], Apart.BASELINE: [2]}),
    ("above the baseline", [(0, 3), (2, 4)], {Apart.BEFORE: [0]}),
    (
        "an open grade counts with its lowest",
        [(0, 3), (2, None, 3)],
        {Apart.BEFORE: [0], Apart.BASELINE: [2]},
    ),
]


@pytest.mark.parametrize(("what", "values", "expected"), APART, ids=[one[0] for one in APART])
def test_severe_values_outside_episodes(what: str, values: list, expected: dict[Apart, list[int]]) -> None:
    found = severe_apart(graded(*values), DAY0, 3)
    assert {reason: [(one.on - DAY0).days for one in days] for reason, days in found.items()} == expected


def test_without_treatment_every_severe_value_waits_for_it() -> None:
    assert [*severe_apart(graded((1, 3), (2, 2)), None, 3)] == [Apart.NOT_BEGUN]
