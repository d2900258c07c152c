"""SAE clocks, SUSAR logic, and stays in hospital: the table of the system's own rules, both sides of each limit."""

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assessments.domain.admissions import Onset, Stay, proposals, serious_stay, stay_recorded
from assessments.domain.sae import (
    CLOCK_WORDS,
    EXPECTED,
    FOLLOW_UP,
    INITIAL,
    UNEXPECTED,
    ClockKind,
    Criterion,
    Point,
    Report,
    Said,
    State,
    clocks_of,
    due_at,
    interest_clock,
    points_reached,
    report_problems,
    state_of,
    susar,
)
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.reporting_clocks import SPECIAL_INTEREST, ReportingClock, ReportingClocks
from trialsite.studies.domain.reporting_clocks import USUAL_CLOCKS as CLOCKS
from trialsite.studies.words import SPECIAL_INTEREST as WORDS_OF_INTEREST

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


# S-01: 24 hours from awareness, weekends count

SITE_CLOCK = [  # known at, now, state
    ("2026-11-20T16:30", "2026-11-21T16:29", State.RUNNING),  # a Friday: Saturday counts
    ("2026-11-20T16:30", "2026-11-21T16:30", State.RUNNING),
    ("2026-11-20T16:30", "2026-11-21T16:31", State.OVERDUE),
]


@pytest.mark.parametrize(("known", "now", "state"), SITE_CLOCK)
def test_s01_the_site_has_24_hours_weekends_included(known: str, now: str, state: State) -> None:
    due = due_at(CLOCKS.sae_to_sponsor, at(known))
    assert due == at("2026-11-21T16:30")
    assert state_of(due, None, at(now)) is state


def test_the_24_hours_are_hours_whatever_the_zone() -> None:
    known = datetime(2026, 11, 20, 8, 30, tzinfo=ZoneInfo("UTC"))
    assert due_at(CLOCKS.sae_to_sponsor, known) == at("2026-11-21T16:30")


# S-02: days from the day on which the sponsor knows, day 0; the last day ends at midnight in Shanghai

DAY_CLOCK = [  # rule, last day, minute after
    (CLOCKS.susar_grave, "2026-11-27", "2026-11-28T00:00"),
    (CLOCKS.susar_other, "2026-12-05", "2026-12-06T00:00"),
]


@pytest.mark.parametrize(("rule", "last", "after"), DAY_CLOCK)
@pytest.mark.parametrize("known", ["2026-11-20T00:00", "2026-11-20T23:59"])
def test_s02_day_0_is_the_day_on_which_the_sponsor_knows(rule, last: str, after: str, known: str) -> None:
    due = due_at(rule, at(known))
    assert due.date().isoformat() == last
    assert state_of(due, None, at(f"{last}T23:59")) is State.RUNNING
    assert state_of(due, None, at(after)) is State.OVERDUE


def test_s02_the_follow_up_of_a_report_on_day_7_is_due_8_days_later() -> None:
    assert due_at(CLOCKS.susar_follow_up, at("2026-11-27T10:00")).date() == date(2026, 12, 5)


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    late_evening = datetime(2026, 11, 20, 16, 0, tzinfo=ZoneInfo("UTC"))  # 2026-11-21 00:00 there
    assert due_at(CLOCKS.susar_grave, late_evening).date() == date(2026, 11, 28)


@pytest.mark.parametrize(
    ("done", "state"),
    [("2026-11-21T16:30", State.DONE), ("2026-11-21T16:31", State.DONE_LATE)],
)
def test_what_was_done_in_the_last_minute_was_in_time(done: str, state: State) -> None:
    due = due_at(CLOCKS.sae_to_sponsor, at("2026-11-20T16:30"))
    assert state_of(due, at(done), at("2026-12-31T00:00")) is state


def test_without_a_start_a_clock_waits() -> None:
    assert state_of(None, None, at("2026-12-31T00:00")) is State.WAITING


# S-05 and around it: serious and related and unexpected

YES, NO, OPEN = {Criterion.HOSPITALISATION: True}, dict.fromkeys(Criterion, False), {Criterion.DEATH: None}
SUSARS = [  # criteria, investigator, sponsor, expectedness, answer
    (YES, "NOT_RELATED", "POSSIBLE", UNEXPECTED, Truth.TRUE),  # S-05
    (YES, "RELATED", "NOT_RELATED", UNEXPECTED, Truth.TRUE),
    (YES, "POSSIBLE", "", UNEXPECTED, Truth.TRUE),  # one judge is enough
    (YES, "NOT_RELATED", "UNLIKELY", UNEXPECTED, Truth.FALSE),
    (YES, "NA", "NA", UNEXPECTED, Truth.FALSE),
    (YES, "NOT_RELATED", "", UNEXPECTED, Truth.UNKNOWN),
    (YES, "RELATED", "RELATED", "", Truth.UNKNOWN),
    (YES, "RELATED", "RELATED", EXPECTED, Truth.FALSE),
    (YES, "", "", EXPECTED, Truth.FALSE),
    (NO, "RELATED", "RELATED", UNEXPECTED, Truth.FALSE),
    (OPEN, "RELATED", "RELATED", UNEXPECTED, Truth.UNKNOWN),
]


@pytest.mark.parametrize(("criteria", "investigator", "sponsor", "expected", "answer"), SUSARS)
def test_s05_a_susar(criteria, investigator: str, sponsor: str, expected: str, answer: Truth) -> None:
    found = susar(criteria, {"cause_blinatumomab": investigator}, {"cause_blinatumomab": sponsor}, expected)
    assert found.truth is answer
    assert found.reasons
    assert all(one.en and one.zh for one in found.reasons)


def test_what_is_missing_is_named() -> None:
    found = susar(YES, {"cause_blinatumomab": "RELATED"}, {}, "")
    assert [one.en for one in found.reasons] == ["cannot be decided: expectedness missing"]
    nobody = susar({}, {}, {}, UNEXPECTED)
    assert len(nobody.reasons) == 3


# Which clocks run

KNOWN = at("2026-11-20T16:30")
GRAVE = {one: one is Criterion.LIFE_THREATENING for one in Criterion}
MILD = {one: one is Criterion.HOSPITALISATION for one in Criterion}
UNKNOWN_GRAVITY = {Criterion.HOSPITALISATION: True}
K = ClockKind


@pytest.mark.parametrize(
    ("criteria", "verdict", "kinds", "provisional"),
    [
        (MILD, Truth.FALSE, [K.SPONSOR], []),
        (GRAVE, Truth.FALSE, [K.SPONSOR, K.ETHICS], []),
        (MILD, Truth.TRUE, [K.SPONSOR, K.REGULATOR], []),
        (GRAVE, Truth.TRUE, [K.SPONSOR, K.ETHICS, K.REGULATOR], []),
        (MILD, Truth.UNKNOWN, [K.SPONSOR, K.REGULATOR], [K.REGULATOR]),
        (UNKNOWN_GRAVITY, Truth.TRUE, [K.SPONSOR, K.ETHICS, K.REGULATOR], [K.ETHICS, K.REGULATOR]),
    ],
)
def test_which_clocks_run(criteria, verdict: Truth, kinds: list[K], provisional: list[K]) -> None:
    found = clocks_of(Report(criteria, verdict, site_aware_at=KNOWN, sponsor_aware_at=KNOWN), CLOCKS)
    assert [one.kind for one in found] == kinds
    assert [one.kind for one in found if one.provisional] == provisional


@pytest.mark.parametrize(
    ("criteria", "day"), [(GRAVE, "2026-11-27"), (UNKNOWN_GRAVITY, "2026-11-27"), (MILD, "2026-12-05")]
)
def test_what_is_undecided_runs_on_the_shorter_clock(criteria, day: str) -> None:
    found = clocks_of(Report(criteria, Truth.TRUE, site_aware_at=KNOWN, sponsor_aware_at=KNOWN), CLOCKS)
    due = next(one.due_at for one in found if one.kind is K.REGULATOR)
    assert due is not None
    assert due.date().isoformat() == day


def test_the_first_report_to_the_authority_starts_the_follow_up_of_a_grave_susar_only() -> None:
    told = at("2026-11-27T09:00")
    grave = clocks_of(Report(GRAVE, Truth.TRUE, KNOWN, KNOWN, KNOWN, KNOWN, told), CLOCKS)
    assert [one.kind for one in grave][-1] is K.FOLLOW_UP
    mild = clocks_of(Report(MILD, Truth.TRUE, KNOWN, KNOWN, None, KNOWN, told), CLOCKS)
    assert K.FOLLOW_UP not in [one.kind for one in mild]


def test_a_clock_whose_start_nobody_knows_waits() -> None:
    found = clocks_of(Report(MILD, Truth.UNKNOWN), CLOCKS)
    assert [(one.started_at, one.due_at) for one in found] == [(None, None), (None, None)]


@pytest.mark.parametrize(
    ("now", "points"),
    [
        ("2026-11-20T16:29", []),
        ("2026-11-20T16:30", [Point.NEW]),
        ("2026-11-21T04:29", [Point.NEW]),
        ("2026-11-21T04:30", [Point.NEW, Point.HALF]),
        ("2026-11-21T16:30", [Point.NEW, Point.HALF]),
        ("2026-11-21T16:31", [Point.NEW, Point.HALF, Point.OVERDUE]),
    ],
)
def test_people_are_told_at_once_at_half_time_and_when_time_is_up(now: str, points: list[Point]) -> None:
    assert points_reached(KNOWN, due_at(CLOCKS.sae_form, KNOWN), at(now)) == points


# The clocks of the protocol files


@pytest.mark.parametrize("key", ["BLINA-FULL", "BLINA-INTENS", "BLINA-VEN", "VIP-BLINA-HSCT"])
def test_every_study_has_its_clocks_with_their_source(key: str) -> None:
    clocks = Protocol.from_document(read_file(FOLDER / f"{key}.yaml").document).adverse_events.clocks
    names = [one.name for one in fields(clocks)]
    assert set(names) == set(CLOCK_WORDS)
    for name in names:
        rule = getattr(clocks, name)
        assert bool(rule.hours) != bool(rule.days)
        assert rule.cite
        assert rule.source == ("reference" if name.startswith("susar") else "assumption")
        usual = getattr(CLOCKS, name)
        assert (rule.hours, rule.days, rule.kinds) == (usual.hours, usual.days, usual.kinds)


def test_without_the_section_the_usual_clocks_count() -> None:
    assert ReportingClocks.of(None) == CLOCKS


def test_a_clock_of_the_file_counts_instead_of_the_usual_one() -> None:
    own = replace(CLOCKS, sae_to_sponsor=ReportingClock("registration", "section 9", hours=48))
    found = clocks_of(Report(MILD, Truth.FALSE, site_aware_at=KNOWN), own)
    assert [one.due_at for one in found] == [KNOWN + timedelta(hours=48)]


# Events of special interest: a pregnancy is told within 24 hours

INTEREST = [  # kind, known, told on the event and in SAE reports, due, done
    ("PREGNANCY", KNOWN, [None], KNOWN + timedelta(hours=24), None),
    ("PREGNANCY", KNOWN, [KNOWN], KNOWN + timedelta(hours=24), KNOWN),
    ("PREGNANCY", KNOWN, [None, KNOWN], KNOWN + timedelta(hours=24), KNOWN),
    ("PREGNANCY", KNOWN, [at("2026-11-22T09:00"), KNOWN], KNOWN + timedelta(hours=24), KNOWN),
    ("PREGNANCY", None, [None], None, None),
]


@pytest.mark.parametrize(("kind", "known", "told", "due", "done"), INTEREST)
def test_a_pregnancy_is_told_within_24_hours(kind, known, told, due, done) -> None:
    found = interest_clock(kind, known, told, CLOCKS)
    assert found is not None
    assert (found.kind, found.due_at, found.done_at) == (K.INTEREST, due, done)


@pytest.mark.parametrize("kind", ["", "CRS", "SECOND_MALIGNANCY"])
def test_other_special_interest_has_no_clock_of_its_own(kind: str) -> None:
    assert interest_clock(kind, KNOWN, [None], CLOCKS) is None


def test_a_study_names_its_own_kinds() -> None:
    own = replace(CLOCKS, special_interest=ReportingClock("registration", "9", hours=72, kinds=("CRS",)))
    assert interest_clock("PREGNANCY", KNOWN, [None], own) is None
    found = interest_clock("CRS", KNOWN, [None], own)
    assert found is not None
    assert found.due_at == KNOWN + timedelta(hours=72)


def test_every_kind_of_special_interest_has_words() -> None:
    assert set(SPECIAL_INTEREST) == set(WORDS_OF_INTEREST)


# Versions


@pytest.mark.parametrize(
    ("now", "before", "changed", "items"),
    [
        (Said(INITIAL), [], "", []),
        (Said(INITIAL), [Said(INITIAL)], "", []),
        (Said(""), [], "", ["report_kind"]),
        (Said(FOLLOW_UP, 1), [], "new", ["report_kind"]),
        (Said(FOLLOW_UP, 1), [Said(INITIAL)], "culture", []),
        (Said(FOLLOW_UP, 1), [Said(INITIAL)], " ", ["what_changed"]),
        (Said(FOLLOW_UP, 2), [Said(INITIAL)], "culture", ["follow_up_number"]),
        (Said(FOLLOW_UP), [Said(INITIAL)], "culture", ["follow_up_number"]),
        (Said(FOLLOW_UP, 1), [Said(INITIAL), Said(FOLLOW_UP, 1)], "typing error", []),
        (Said(FOLLOW_UP, 2), [Said(INITIAL), Said(FOLLOW_UP, 1)], "recovered", []),
        (Said(FOLLOW_UP, 3), [Said(INITIAL), Said(FOLLOW_UP, 1)], "recovered", ["follow_up_number"]),
        (Said(INITIAL), [Said(INITIAL), Said(FOLLOW_UP, 1)], "", ["report_kind"]),
        (Said("FINAL"), [Said(INITIAL)], "recovered", []),
        (Said("FINAL", 2), [Said(INITIAL)], "recovered", ["follow_up_number"]),
    ],
)
def test_versions_come_in_order(now: Said, before: list[Said], changed: str, items: list[str]) -> None:
    assert [one.item for one in report_problems(now, before, changed)] == items


# S-04: stays in hospital

IN = date(2026, 11, 2)


def stay(**said) -> Stay:
    given = {"admitted_on": IN, "left_on": None, "reason": "BLINATUMOMAB", "planned": True} | said
    return Stay(**given)


STAYS = [  # reason, planned, is it an SAE of its own
    ("BLINATUMOMAB", True, Truth.FALSE),  # S-04
    ("CHEMOTHERAPY", True, Truth.FALSE),
    ("HSCT", True, Truth.FALSE),
    ("CAR_T", True, Truth.FALSE),
    ("SOCIAL", False, Truth.FALSE),
    ("RELAPSE", False, Truth.FALSE),
    ("ADVERSE_EVENT", False, Truth.TRUE),
    ("OTHER", False, Truth.TRUE),
    ("ADVERSE_EVENT", True, Truth.FALSE),
    ("ADVERSE_EVENT", None, Truth.UNKNOWN),
]


@pytest.mark.parametrize(("reason", "planned", "answer"), STAYS)
def test_s04_a_planned_admission_is_no_sae(reason: str, planned: bool | None, answer: Truth) -> None:
    found = serious_stay(stay(reason=reason, planned=planned))
    assert found.truth is answer
    assert found.reasons[0].zh


def test_an_unplanned_admission_proposes_its_event_or_asks_for_one() -> None:
    named = proposals(stay(reason="ADVERSE_EVENT", planned=False, event=3), [])
    assert [(one.criterion, one.events, one.since) for one in named] == [
        (Criterion.HOSPITALISATION, (3,), IN)
    ]
    unnamed = proposals(stay(reason="OTHER", planned=False), [Onset(1, IN, IN)])
    assert [one.events for one in unnamed] == [()]


def onset(number: int, day: date, until: date | None = None) -> Onset:
    return Onset(number, day, until or day)


LONGER = [  # left after days, planned days, onset after days, proposed
    (28, 28, 5, False),
    (29, 28, 5, True),
    (29, None, 5, False),
    (29, 28, -1, False),
    (29, 28, 0, True),
    (40, 28, 28, True),
    (40, 28, 29, False),
    (None, 28, 5, True),  # still in: known from the day after the planned end
]


@pytest.mark.parametrize(("days", "planned_days", "after", "proposed"), LONGER)
def test_a_stay_longer_than_planned_in_which_an_event_began_was_prolonged(
    days: int | None, planned_days: int | None, after: int, proposed: bool
) -> None:
    left = None if days is None else IN + timedelta(days=days)
    found = proposals(stay(left_on=left, planned_days=planned_days), [onset(4, IN + timedelta(days=after))])
    assert [one.criterion for one in found] == ([Criterion.PROLONGATION] if proposed else [])
    assert all(one.since == IN + timedelta(days=29) and one.events == (4,) for one in found)


def test_of_several_events_the_one_that_is_named_prolonged_the_stay() -> None:
    events = [onset(2, IN), onset(5, IN + timedelta(days=3))]
    long = {"left_on": IN + timedelta(days=40), "planned_days": 28}
    assert proposals(stay(**long), events)[0].events == (2, 5)
    assert proposals(stay(**long, event=5), events)[0].events == (5,)
    assert proposals(stay(**long, event=9), events) == []


def test_an_onset_that_may_lie_in_the_stay_counts() -> None:
    vague = Onset(1, date(2026, 10, 1), date(2026, 11, 30))
    assert proposals(stay(left_on=IN + timedelta(days=30), planned_days=28), [vague])


# A report of event 3, whose onset and seriousness lie on IN … IN + 2: (admitted, left, event of the stay) → recorded
RECORDED = [
    (2, None, None, True),
    (3, None, None, False),
    (-5, 0, None, True),
    (-5, -1, None, False),
    (10, None, 3, True),
    (10, None, 4, False),
]


@pytest.mark.parametrize(("admitted", "left", "event", "expected"), RECORDED)
def test_a_stay_is_recorded_for_a_report(
    admitted: int, left: int | None, event: int | None, expected: bool
) -> None:
    left_on = None if left is None else IN + timedelta(days=left)
    one = stay(admitted_on=IN + timedelta(days=admitted), left_on=left_on, event=event)
    assert stay_recorded([one], 3, IN, IN + timedelta(days=2)) is expected
    assert not stay_recorded([], 3, IN, IN)
