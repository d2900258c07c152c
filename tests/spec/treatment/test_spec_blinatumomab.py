"""Blinatumomab as the label has it: rates and totals, interruptions, what follows an adverse event, premedication."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from functools import cache
from pathlib import Path

import pytest

from treatment.domain.bags import as_planned, changes_to_come, infusion_day, runs_out
from treatment.domain.hospital import hospital_days
from treatment.domain.infusion import CycleRule, GapRule, Segment, StopReason, gap_between, infusion_course
from treatment.domain.modification import (
    Action,
    Advice,
    Body,
    Event,
    EventKind,
    Followed,
    Missing,
    advice_on,
    outcome_of,
)
from treatment.domain.premedication import (
    Given,
    MomentKind,
    Standing,
    answers,
    missing_premedication,
    moments,
)
from trialsite.clinical.body import BsaFormula, bsa
from trialsite.studies.domain.blinatumomab_plan import DoseModification
from trialsite.studies.domain.protocol import BLINATUMOMAB, Protocol
from trialsite.studies.domain.read import read_file

FOLDER = Path(__file__).parents[3] / "trialsite/studies/protocols"
KEYS = ["BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"]
STOP = datetime(2026, 3, 10, 8, tzinfo=UTC)
HEAVY, LIGHT = Body(D(70), D("1.82")), Body(D(40), D("1.29"))


@cache
def protocol(key: str = "BLINA-FULL") -> Protocol:
    return Protocol.from_document(read_file(FOLDER / f"{key}.yaml").document)


@cache
def table(key: str = "BLINA-FULL") -> DoseModification:
    found = protocol(key).blinatumomab.dose_modification
    assert found is not None
    return found


def after(**length: float) -> datetime:
    return STOP + timedelta(**length)


def advice(
    kind: str,
    grade: int | None,
    *,
    resolved: datetime | None = STOP + timedelta(days=1),
    rate: str | None = "28",
    body: Body = HEAVY,
    now: datetime = STOP + timedelta(days=1),
    days: int = 28,
    **more: object,
) -> Advice:
    event = Event(EventKind(kind), grade, STOP, resolved, STOP, None if rate is None else D(rate), **more)  # type: ignore[arg-type]
    found = advice_on(table(), event, body, now, days)
    assert found is not None
    return found


# B-01, B-02, B-04: weight class, rates and totals.

RATES = [
    # id, regimen, weight, height → µg by day runs
    ("B-01", "BLINA_28", "70", "170", [("28", 28)], "784"),
    ("B-01", "BLINA_STEP14", "70", "170", [("9", 7), ("28", 7)], "259"),
    ("B-01", "BLINA_FLAT14", "70", "170", [("28", 14)], "392"),
    ("B-02", "BLINA_STEP14", "40", "150", [("6.45", 7), ("19.35", 7)], "180.60"),
    ("45 kg is fixed", "BLINA_FLAT14", "45", "150", [("28", 14)], "392"),
    ("44.9 kg is by surface", "BLINA_FLAT14", "44.9", "150", [("20.55", 14)], "287.70"),
]


@pytest.mark.parametrize(("name", "regimen", "weight", "height", "runs", "total"), RATES)
def test_rates_by_weight_class(
    name: str, regimen: str, weight: str, height: str, runs: list[tuple[str, int]], total: str
) -> None:
    (drug,) = [one for one in protocol().regimen_of(regimen).drugs if one.key == BLINATUMOMAB]
    surface = bsa(D(height), D(weight), BsaFormula.MOSTELLER).value
    found = []
    for day in drug.days:
        ours = [one for one in drug.doses if one.covers(day)]
        heavy = D(weight) >= 45
        level = next(one for one in ours if one.when is None or (one.when["op"] == ">=") is heavy)
        amount = level.amount * surface if level.basis == "BSA" else level.amount
        found.append(min(amount, level.cap) if level.cap is not None else amount)
    assert [(str(rate.normalize()), found.count(rate)) for rate in dict.fromkeys(found)] == [
        (str(D(rate).normalize()), days) for rate, days in runs
    ], name
    assert sum(found) == D(total), name


def test_the_relapsed_schedule_adds_up() -> None:
    """B-01: 651 µg over 28 days at 70 kg; B-02: 451.50 µg at 1.29 m²."""
    for first, then, total in (("9", "28", "651"), ("6.45", "19.35", "451.50")):
        segments = [Segment(STOP, after(days=7), D(first)), Segment(after(days=7), after(days=28), D(then))]
        assert infusion_course(segments, after(days=60), 28).micrograms == D(total)


@pytest.mark.parametrize(("surface", "start", "full"), [("1.90", "9", "28"), ("1.29", "6.45", "19.35")])
def test_rates_by_surface_have_their_cap(surface: str, start: str, full: str) -> None:
    """B-04: 9.5 becomes 9 and 28.5 becomes 28 µg a day."""
    body = Body(D(44), D(surface))
    assert (body.rate(table().start_dose), body.rate(table().full_dose)) == (D(start), D(full))


@pytest.mark.parametrize(("kg", "rate"), [("45", D(9)), ("44.9", D("6.45")), (None, None)])
def test_forty_five_kilograms_are_the_fixed_class(kg: str | None, rate: D | None) -> None:
    assert Body(D(kg) if kg else None, D("1.29")).rate(table().start_dose) == rate
    assert Body(D(40), None).rate(table().start_dose) is None


# B-05, B-07: interruptions.

GAPS = [
    # id, gap, reason, planned days → restart, cycle
    ("B-05", {"hours": 3, "minutes": 59}, "AE", 28, "CONTINUE", "SAME_CYCLE"),
    ("B-05", {"hours": 4}, "AE", 28, "SUPERVISED_RESTART", "SAME_CYCLE"),
    ("B-07", {"days": 7}, "AE", 28, "SUPERVISED_RESTART", "SAME_CYCLE"),
    ("B-07", {"days": 7, "minutes": 1}, "AE", 28, "SUPERVISED_RESTART", "NEW_CYCLE"),
    ("14-day course", {"days": 7, "minutes": 1}, "AE", 14, "SUPERVISED_RESTART", "INVESTIGATOR_DECIDES"),
]


@pytest.mark.parametrize(("name", "length", "reason", "days", "restart", "cycle"), GAPS)
def test_interruptions(
    name: str, length: dict[str, int], reason: str, days: int, restart: str, cycle: str
) -> None:
    gap = gap_between(STOP, STOP + timedelta(**length), StopReason(reason), days)
    assert (gap.restart, gap.cycle) == (GapRule(restart), CycleRule(cycle)), name


# B-08 to B-14: what follows an event.

ADVICE = [
    # id, event, grade, what else → action, row
    ("CRS 1", "CRS", 1, {}, "WATCH", "B1"),
    ("CRS 2", "CRS", 2, {}, "WATCH", "B1"),
    ("CRS 3", "CRS", 3, {}, "INTERRUPT", "B2"),
    ("B-14", "CRS", 4, {}, "STOP", "B3"),
    ("CRS, no grade", "CRS", None, {}, "QUERY", "B1–B3"),
    ("first seizure", "SEIZURE", 1, {}, "INTERRUPT", "B4"),
    ("first seizure, no grade", "SEIZURE", None, {}, "INTERRUPT", "B4"),
    ("B-11", "SEIZURE", 1, {"number": 2}, "STOP", "B4"),
    ("first seizure at 9 µg/d", "SEIZURE", 1, {"rate": "9"}, "INTERRUPT", "B4"),
    ("B-08", "NEUROTOXICITY", 3, {}, "INTERRUPT", "B5"),
    ("B-10", "NEUROTOXICITY", 3, {"resolved": after(days=8)}, "STOP", "B5"),
    ("B-10", "NEUROTOXICITY", 3, {"resolved": after(days=7)}, "INTERRUPT", "B5"),
    ("7 d 1 min", "NEUROTOXICITY", 3, {"resolved": after(days=7, minutes=1)}, "STOP", "B5"),
    ("lasts 8 d", "NEUROTOXICITY", 3, {"resolved": None, "now": after(days=8)}, "STOP", "B5"),
    ("lasts 7 d", "NEUROTOXICITY", 3, {"resolved": None, "now": after(days=7)}, "INTERRUPT", "B5"),
    ("at 9 µg/d", "NEUROTOXICITY", 3, {"rate": "9"}, "STOP", "B5"),
    ("above 9 µg/d", "NEUROTOXICITY", 3, {"rate": "9.1"}, "INTERRUPT", "B5"),
    ("at 6.45 µg/d, 40 kg", "NEUROTOXICITY", 3, {"rate": "6.45", "body": LIGHT}, "STOP", "B5"),
    ("9 µg/d is more at 40 kg", "NEUROTOXICITY", 3, {"rate": "9", "body": LIGHT}, "INTERRUPT", "B5"),
    ("again", "NEUROTOXICITY", 3, {"recurred": True}, "STOP", "B5"),
    ("neurotoxicity 4", "NEUROTOXICITY", 4, {}, "STOP", "B6"),
    ("neurotoxicity, no grade", "NEUROTOXICITY", None, {}, "QUERY", "B5–B6"),
    ("B-13", "OTHER", 3, {"resolved": after(days=14)}, "INTERRUPT", "B7"),
    ("B-13", "OTHER", 3, {"resolved": after(days=15)}, "STOP", "B7"),
    ("other 3 at 9 µg/d", "OTHER", 3, {"rate": "9"}, "INTERRUPT", "B7"),
    ("other 4", "OTHER", 4, {}, "DECIDE", "B8"),
    ("other, no grade", "OTHER", None, {}, "QUERY", "B7–B8"),
    ("liver", "LIVER", None, {}, "INTERRUPT", "B9"),
    ("liver, 15 d", "LIVER", None, {"resolved": after(days=15)}, "STOP", "B9"),
]


@pytest.mark.parametrize(("name", "kind", "grade", "more", "action", "row"), ADVICE)
def test_what_follows_an_event(
    name: str, kind: str, grade: int | None, more: dict[str, object], action: str, row: str
) -> None:
    found = advice(kind, grade, **more)  # type: ignore[arg-type]
    assert (found.action, found.row) == (Action(action), row), name


def test_the_earliest_restart_and_escalation_of_neurotoxicity() -> None:
    """B-08: stopped 03-10 08:00 on 28 µg, grade 1 at 03-11 08:00."""
    found = advice("NEUROTOXICITY", 3)
    assert (found.earliest_restart, found.restart) == (datetime(2026, 3, 13, 8, tzinfo=UTC), 9)
    assert (found.earliest_escalation, found.full) == (datetime(2026, 3, 20, 8, tzinfo=UTC), 28)
    assert (found.cycle, found.missing) == (CycleRule.SAME_CYCLE, ())


@pytest.mark.parametrize(("resolved", "restart"), [({"days": 2}, 13), ({"days": 3}, 13), ({"days": 4}, 14)])
def test_neurotoxicity_waits_three_days_or_until_grade_1(resolved: dict[str, int], restart: int) -> None:
    found = advice("NEUROTOXICITY", 3, resolved=after(**resolved))
    assert found.earliest_restart == datetime(2026, 3, restart, 8, tzinfo=UTC)


def test_cytokine_release_goes_on_once_it_is_resolved() -> None:
    found = advice("CRS", 3, body=LIGHT)
    assert (found.earliest_restart, found.restart, found.full) == (after(days=1), D("6.45"), D("19.35"))
    assert "dexamethasone 8 mg" in found.text.en
    assert "地塞米松8 mg" in found.text.zh


def test_after_more_than_seven_days_the_cycle_is_a_new_one() -> None:
    assert advice("OTHER", 3, resolved=after(days=7)).cycle is CycleRule.SAME_CYCLE
    assert advice("OTHER", 3, resolved=after(days=8)).cycle is CycleRule.NEW_CYCLE
    assert advice("OTHER", 3, resolved=after(days=8), days=14).cycle is CycleRule.INVESTIGATOR_DECIDES


def test_what_is_missing_is_named_and_nothing_is_made_up() -> None:
    found = advice("NEUROTOXICITY", 3, resolved=None, rate=None, body=Body(None, None))
    assert found.missing == (Missing.WEIGHT, Missing.DOSE, Missing.RESOLVED)
    assert (found.restart, found.earliest_restart, found.earliest_escalation) == (None, None, None)
    asked = advice("CRS", None)
    assert asked.missing == (Missing.GRADE,)
    assert "hold" in asked.text.en


@pytest.mark.parametrize("grade", [1, 2])
def test_no_row_speaks_of_a_mild_event(grade: int) -> None:
    for kind in (EventKind.NEUROTOXICITY, EventKind.OTHER):
        assert advice_on(table(), Event(kind, grade, STOP), HEAVY, STOP, 28) is None


@pytest.mark.parametrize("key", KEYS)
def test_every_trial_has_the_whole_table(key: str) -> None:
    assert [row.row for row in table(key).rows] == [f"B{number}" for number in range(1, 10)]
    assert all(row.cite and row.text.zh for row in table(key).rows)


# Whether what was done is what was advised.

DONE = [
    # what ran after the stop: (start in days, stop, µg/day) → followed
    ("nothing yet", [], "OPEN"),
    ("in time, at the rate", [(3, 5, "9")], "YES"),
    ("a minute early", [(2.999, 5, "9")], "NO"),
    ("at the full rate", [(3, 5, "28")], "NO"),
    ("raised after 7 days", [(3, 10, "9"), (10, 12, "28")], "YES"),
    ("raised before 7 days", [(3, 9.9, "9"), (9.9, 12, "28")], "NO"),
]


@pytest.mark.parametrize(("name", "later", "followed"), DONE)
def test_whether_the_advice_was_followed(
    name: str, later: list[tuple[float, float, str]], followed: str
) -> None:
    event = Event(EventKind.NEUROTOXICITY, 3, STOP, after(days=1), STOP, D(28))
    segments = [Segment(after(days=-3), STOP, D(28), StopReason.AE)]
    segments += [Segment(after(days=start), after(days=stop), D(rate)) for start, stop, rate in later]
    restarted = after(days=later[0][0]) if later else None
    found = advice_on(table(), event, HEAVY, after(days=13), 28, restarted)
    assert found is not None
    assert outcome_of(found, event, segments).followed is Followed(followed), name


def test_an_infusion_that_ran_on_and_one_that_came_back_did_not_follow() -> None:
    event = Event(EventKind.CRS, 4, STOP, None, None, D(28))
    found = advice_on(table(), event, HEAVY, after(days=2), 28)
    assert found is not None
    on = [Segment(after(days=-1), after(days=2), D(28), StopReason.BAG_CHANGE)]
    assert outcome_of(found, event, on).followed is Followed.NO
    stopped = Event(EventKind.CRS, 4, STOP, None, STOP, D(28))
    back = [Segment(after(days=5), None, D(9))]
    assert outcome_of(found, stopped, []).followed is Followed.YES
    assert outcome_of(found, stopped, back).followed is Followed.NO


# Premedication.

COURSE = [
    Segment(STOP, after(days=7), D(9), StopReason.BAG_CHANGE),
    Segment(after(days=7), after(days=9), D(28), StopReason.PUMP),
    Segment(after(days=9, hours=3, minutes=59), after(days=10), D(28), StopReason.AE),
    Segment(after(days=10, hours=4), after(days=11), D(28), StopReason.END),
]


def test_the_moments_are_first_dose_step_and_restart_after_four_hours() -> None:
    assert [(one.kind, one.at) for one in moments(COURSE)] == [
        (MomentKind.FIRST, STOP),
        (MomentKind.STEP, after(days=7)),
        (MomentKind.RESTART, after(days=10, hours=4)),
    ]


PREMEDICATION = [
    # what was given (drug, mg, minutes before), whether all is listed → standing
    ("in time", ("DEXAMETHASONE", "20", 60), True, "GIVEN"),
    ("61 minutes before", ("DEXAMETHASONE", "20", 61), True, "MISSING"),
    ("at the start", ("DEXAMETHASONE", "20", 0), False, "GIVEN"),
    ("after the start", ("DEXAMETHASONE", "20", -1), True, "MISSING"),
    ("too little", ("DEXAMETHASONE", "19.9", 30), True, "LESS"),
    ("dose not recorded", ("DEXAMETHASONE", None, 30), True, "UNKNOWN"),
    ("time not recorded", ("DEXAMETHASONE", "20", None), True, "UNKNOWN"),
    ("another drug", ("PARACETAMOL", "1000", 30), True, "MISSING"),
    ("nothing, and all is listed", None, True, "MISSING"),
    ("nothing is said", None, False, "UNKNOWN"),
]


@pytest.mark.parametrize(("name", "given", "complete", "standing"), PREMEDICATION)
def test_premedication(
    name: str, given: tuple[str, str | None, float | None] | None, complete: bool, standing: str
) -> None:
    listed = []
    if given is not None:
        drug, mg, minutes = given
        at = None if minutes is None else STOP - timedelta(minutes=minutes)
        listed = [Given(drug, None if mg is None else D(mg), at)]
    rules = protocol().blinatumomab.rules_for("BLINA_STEP14")
    assert rules is not None
    found = answers(
        COURSE[:1],
        rules.premedication,
        listed,
        age=40,
        course=1,
        bsa_m2=D("1.8"),
        complete=[STOP] if complete else [],
    )
    assert [one.standing for one in found] == [Standing(standing)], name
    assert bool(missing_premedication(found)) is (standing in ("MISSING", "LESS"))


ASKED = [
    # trial, regimen, age, course → moments, mg due
    ("BLINA-FULL", "BLINA_STEP14", 18, 1, ["FIRST", "STEP", "RESTART"], "20"),
    ("BLINA-FULL", "BLINA_STEP14", 17, 1, ["FIRST", "STEP", "RESTART"], "6.45"),
    ("BLINA-FULL", "BLINA_STEP14", 17, 2, [], None),
    ("BLINA-FULL", "BLINA_STEP14", None, 2, ["FIRST", "STEP", "RESTART"], "20"),
    ("BLINA-FULL", "BLINA_28", 40, 2, ["FIRST", "RESTART"], "20"),
    ("BLINA-FULL", "BLINA_28", 17, 2, [], None),
    ("VIP-BLINA-HSCT", "BLINA_28", 40, 2, ["FIRST", "RESTART"], "100"),
    ("BLINA-VEN", "C1_VCD_BLINA", 40, 1, ["FIRST", "STEP", "RESTART"], "20"),
    ("BLINA-INTENS", "BLINA_FLAT14", 40, 1, ["FIRST", "RESTART"], "20"),
]


@pytest.mark.parametrize(("trial", "regimen", "age", "course", "kinds", "mg"), ASKED)
def test_which_premedication_is_asked_for(
    trial: str, regimen: str, age: int | None, course: int, kinds: list[str], mg: str | None
) -> None:
    rules = protocol(trial).blinatumomab.rules_for(regimen)
    assert rules is not None
    found = answers(COURSE, rules.premedication, [], age=age, course=course, bsa_m2=D("1.29"), complete=[])
    assert [one.moment.kind for one in found] == kinds
    assert {one.due_mg for one in found} == ({D(mg)} if mg else set())


# Days in hospital, bags, the plan.

HOSPITAL = [
    ("BLINA-FULL", "BLINA_STEP14", 1, 9),
    ("BLINA-FULL", "BLINA_FLAT14", 2, 2),
    ("BLINA-FULL", "BLINA_28", 1, 3),
    ("BLINA-FULL", "BLINA_28", 2, 2),
    ("BLINA-FULL", "BLINA_28", 3, 0),
    ("BLINA-INTENS", "BLINA_FLAT14", 1, 3),
    ("BLINA-VEN", "C1_VCD_BLINA", 1, 9),
]


@pytest.mark.parametrize(("trial", "regimen", "course", "days"), HOSPITAL)
def test_days_in_hospital(trial: str, regimen: str, course: int, days: int) -> None:
    assert hospital_days(protocol(trial).blinatumomab.rules_for(regimen), course) == days


@pytest.mark.parametrize(("bag", "hours"), [("24H", 24), ("48H", 48), ("72H", 72), ("96H", 96), ("7D", 168)])
def test_when_a_bag_runs_out(bag: str, hours: int) -> None:
    assert runs_out(STOP, bag) == after(hours=hours)
    assert runs_out(STOP, "") is None


def test_changes_of_bags_to_come_end_with_the_course() -> None:
    running = [Segment(STOP, None, D(28))]
    now = after(days=1)
    found = changes_to_come(STOP, "96H", infusion_course(running, now, 14), now)
    assert found == [after(days=4), after(days=8), after(days=12)]
    assert changes_to_come(STOP, "7D", infusion_course(running, now, 14), now) == [after(days=7)]
    assert changes_to_come(STOP, "", infusion_course(running, now, 14), now) == []
    late = after(days=5)
    assert changes_to_come(STOP, "96H", infusion_course(running, late, 14), late)[0] == after(days=4)


def test_an_interruption_moves_the_step_and_both_days_count_as_planned() -> None:
    rates = dict.fromkeys(range(1, 8), D(9)) | dict.fromkeys(range(8, 15), D(28))
    segments = [Segment(STOP, after(days=6), D(9), StopReason.AE), Segment(after(days=8), None, D(9))]
    assert infusion_day(segments, after(days=8)) == 7
    assert as_planned(D(9), rates, 9, 7)
    assert as_planned(D(28), rates, 9, 7)
    assert not as_planned(D(15), rates, 9, 7)
    assert as_planned(D(15), rates, 99)
