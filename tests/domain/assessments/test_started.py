"""What began before an amendment stays as it was planned; everything else follows the new version."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from assessments.domain.schedule import Schedule, WaitsFor, plan_visits
from assessments.domain.started import VisitKey, keep_started
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain.protocol import VisitPlan

C1D1 = date(2026, 3, 10)
WEEKLY = {"repeat": {"count": 3, "every_days": 7}}


def plan(key: str, offset: int, anchor: str = "c1d1", after: int = 1, **more: object) -> VisitPlan:
    document: dict[str, object] = {"key": key, "name": {"en": key, "zh": key}, "anchor": anchor}
    document |= {"before_days": 1, "after_days": after, "required": ["HEM", "OWN"], "offset_days": offset}
    return VisitPlan.of(document | {"source": "assumption", "cite": "test"} | more)


def schedule(*plans: VisitPlan, c1d1: date | None = C1D1) -> Schedule:
    return plan_visits(plans, {"c1d1": c1d1}, None, lambda rule: Truth.TRUE)


def days(schedule: Schedule) -> dict[VisitKey, tuple[int, int]]:
    """Visit → target and last day of the window, in days from the anchor."""
    return {
        (one.key, one.repeat): ((one.target - C1D1).days, (one.latest - C1D1).days)
        for one in schedule.planned
    }


OLD = schedule(plan("A", 0), plan("B", 7), plan("S", 10, **WEEKLY))
MOVED = schedule(plan("A", 0), plan("B", 9, after=3), plan("S", 12, **WEEKLY), plan("NEW", 4))
DROPPED = schedule(plan("A", 0), plan("S", 12, repeat={"count": 2, "every_days": 7}))


@pytest.mark.parametrize(
    ("now", "begun", "expected"),
    [
        (MOVED, [], {("A", 1): (0, 1), ("NEW", 1): (4, 5), ("B", 1): (9, 12), ("S", 1): (12, 13),
                     ("S", 2): (19, 20), ("S", 3): (26, 27)}),
        (MOVED, [("B", 1)], {("A", 1): (0, 1), ("NEW", 1): (4, 5), ("B", 1): (7, 8), ("S", 1): (12, 13),
                             ("S", 2): (19, 20), ("S", 3): (26, 27)}),
        (MOVED, [("S", 1)], {("A", 1): (0, 1), ("NEW", 1): (4, 5), ("B", 1): (9, 12), ("S", 1): (10, 11),
                             ("S", 2): (19, 20), ("S", 3): (26, 27)}),
        (DROPPED, [], {("A", 1): (0, 1), ("S", 1): (12, 13), ("S", 2): (19, 20)}),
        (DROPPED, [("B", 1), ("S", 3)], {("A", 1): (0, 1), ("B", 1): (7, 8), ("S", 1): (12, 13),
                                         ("S", 2): (19, 20), ("S", 3): (24, 25)}),
        (DROPPED, [("UNPLANNED", 1)], {("A", 1): (0, 1), ("S", 1): (12, 13), ("S", 2): (19, 20)}),
    ],
)  # fmt: skip
def test_only_visits_that_have_not_begun_follow_the_new_version(
    now: Schedule, begun: list[VisitKey], expected: Mapping[VisitKey, tuple[int, int]]
) -> None:
    found = keep_started(now, dict.fromkeys(begun, OLD))
    assert days(found) == expected
    assert list(found.planned) == sorted(found.planned, key=lambda one: (one.target, one.earliest, one.key))


def test_each_visit_stays_as_the_version_planned_it_under_which_it_began() -> None:
    found = keep_started(DROPPED, {("A", 1): OLD, ("B", 1): MOVED})
    assert days(found)["B", 1] == (9, 12)


def test_a_form_that_is_gone_is_asked_for_nowhere() -> None:
    found = keep_started(DROPPED, {("B", 1): OLD}, {"OWN"})
    kept = found.visit("B")
    assert kept is not None
    assert [one.form for one in kept.forms] == ["HEM"]


def test_a_visit_that_began_before_its_date_was_known_waits_on() -> None:
    waits = schedule(plan("A", 0), plan("B", 7), c1d1=None)
    found = keep_started(schedule(plan("A", 0), c1d1=None), {("B", 1): waits})
    assert [(one.key, one.waits_for) for one in found.waiting] == [
        ("A", WaitsFor.ANCHOR),
        ("B", WaitsFor.ANCHOR),
    ]


def test_a_visit_that_now_waits_keeps_the_date_under_which_it_began() -> None:
    later = schedule(plan("A", 0), plan("B", 0, anchor="hsct_d0"))
    found = keep_started(later, {("B", 1): OLD})
    assert found.waiting == ()
    assert found.visit("B").target == C1D1 + timedelta(days=7)  # type: ignore[union-attr]
