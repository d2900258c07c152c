"""Blinatumomab infusions: hours, micrograms, gaps and the rules for them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import pytest

from treatment.domain.infusion import (
    CycleRule,
    GapRule,
    Infusion,
    Segment,
    StopReason,
    escalation_reached,
    gap_between,
    infusion_course,
    shown_length,
)

START = datetime(2026, 3, 10, 8, tzinfo=UTC)
END = START + timedelta(days=60)


def after(**length: float) -> datetime:
    return START + timedelta(**length)


def course(*segments: Segment, now: datetime = END, days: int = 28) -> Infusion:
    return infusion_course(segments, now, days)


def test_hours_and_micrograms_add_up_over_bags_and_rates() -> None:
    found = course(
        Segment(START, after(days=7), D(9), StopReason.BAG_CHANGE),
        Segment(after(days=7), after(days=28), D(28), StopReason.END),
    )
    assert (found.hours, found.micrograms) == (672, 651)
    assert (found.gaps, found.remaining_hours, found.running) == ((), 0, False)


def test_a_running_segment_counts_up_to_now() -> None:
    found = course(Segment(START, None, D(28)), now=after(hours=36))
    assert (found.hours, found.micrograms, found.running) == (36, 42, True)
    assert found.remaining_hours == 672 - 36


def test_what_lies_after_now_does_not_count() -> None:
    found = course(Segment(START, after(hours=48), D(28)), now=after(hours=24))
    assert found.hours == 24
    assert course(Segment(START, None, D(28)), now=after(hours=-1)).hours == 0


@pytest.mark.parametrize(
    ("length", "rule"),
    [
        (timedelta(hours=3, minutes=59), GapRule.CONTINUE),
        (timedelta(hours=4), GapRule.SUPERVISED_RESTART),
    ],
)
def test_b_05_from_four_hours_on_a_restart_is_supervised(length: timedelta, rule: GapRule) -> None:
    assert gap_between(START, START + length, StopReason.PUMP, 28).restart is rule


@pytest.mark.parametrize(
    ("length", "reason", "days", "rule"),
    [
        (timedelta(days=7), StopReason.AE, 28, CycleRule.SAME_CYCLE),
        (timedelta(days=7, minutes=1), StopReason.AE, 28, CycleRule.NEW_CYCLE),
        (timedelta(days=7), StopReason.AE, 14, CycleRule.SAME_CYCLE),
        (timedelta(days=7, minutes=1), StopReason.AE, 14, CycleRule.INVESTIGATOR_DECIDES),
        (timedelta(days=7, minutes=1), StopReason.PROCEDURE, 28, CycleRule.INVESTIGATOR_DECIDES),
        (timedelta(days=7, minutes=1), None, 28, CycleRule.INVESTIGATOR_DECIDES),
    ],
)
def test_b_07_up_to_seven_days_after_an_adverse_event_the_cycle_goes_on(
    length: timedelta, reason: StopReason | None, days: int, rule: CycleRule
) -> None:
    assert gap_between(START, START + length, reason, days).cycle is rule


def test_gaps_stand_between_segments_in_order_of_time() -> None:
    found = course(
        Segment(after(hours=29), after(hours=53), D(28)),
        Segment(START, after(hours=24), D(9), StopReason.AE),
    )
    (gap,) = found.gaps
    assert (gap.length, gap.reason, gap.restart) == (
        timedelta(hours=5),
        StopReason.AE,
        GapRule.SUPERVISED_RESTART,
    )
    assert gap.sentence.en == "Interrupted for 5 h: restart under supervision with premedication; same cycle."
    assert (found.hours, found.remaining_hours) == (48, 624)


def test_segments_without_a_pause_between_them_leave_no_gap() -> None:
    assert (
        course(Segment(START, after(hours=1), D(9)), Segment(after(hours=1), after(hours=2), D(9))).gaps == ()
    )


@pytest.mark.parametrize("stop", [timedelta(hours=3), None], ids=["ends later", "still running"])
def test_overlapping_segments_are_reported(stop: timedelta | None) -> None:
    first = Segment(START, None if stop is None else START + stop, D(9))
    found = course(first, Segment(after(hours=2), after(hours=4), D(9)), now=after(hours=4))
    assert len(found.problems) == 1
    assert "2026-03-10 10:00" in found.problems[0].en


def test_a_gap_over_a_change_of_clocks_has_its_true_length() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    stop = datetime(2026, 3, 29, 1, 0, tzinfo=berlin).astimezone(UTC)
    restart = datetime(2026, 3, 29, 5, 30, tzinfo=berlin).astimezone(UTC)
    assert gap_between(stop, restart, StopReason.PUMP, 28).restart is GapRule.CONTINUE


@pytest.mark.parametrize(("hours", "reached"), [("168", False), ("168.5", True)])
def test_escalation_is_reached_only_when_more_than_seven_days_remain(hours: str, reached: bool) -> None:
    assert escalation_reached(D(hours)) is reached


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(days=7, minutes=1), "7 d 1 min"),
        (timedelta(hours=3, minutes=59), "3 h 59 min"),
        (timedelta(0), "0 min"),
    ],
)
def test_a_length_is_shown_without_empty_parts(length: timedelta, shown: str) -> None:
    assert shown_length(length) == shown


def test_times_without_a_zone_and_impossible_segments_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Segment(datetime(2026, 3, 10, 8), None, D(9))
    with pytest.raises(ValueError, match="cannot stop"):
        Segment(START, after(hours=-1), D(9))
    with pytest.raises(ValueError, match="negative"):
        Segment(START, None, D(-1))
