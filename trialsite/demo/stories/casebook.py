"""Writing a course down: the visits that have come, on the day they took place, some late, few missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from assessments.domain.schedule import PlannedVisit, plan_visits
from treatment.domain.infusion import Segment
from treatment.domain.infusion_days import infusion_day_begins
from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, parse_rule
from trialsite.studies.domain.protocol import Protocol, VisitPlan

from .doses import Cycle, cycles_of
from .draws import Draw
from .infusions import SITE_ZONE
from .log_forms import confirming_sample, log_entries
from .story import LOG, Course, Entry
from .visit_forms import Occasion, acute_findings, form_entries

LATE_PCT, MISSED_PCT, OPEN_PCT = 5.0, 2.0, 20.0
OPEN_DAYS, MISSED_DAYS = 24, 120
AFTER_RELAPSE = ("HEM", "SUR", "EOT")
ALWAYS = ("EOT",)


def casebook_entries(draw: Draw, protocol: Protocol, course: Course, today: date) -> tuple[Entry, ...]:
    """Every form after enrolment that would stand in the casebook today, in the order of the days."""
    found = list(log_entries(draw, protocol, course, today))
    cycles = cycles_of(protocol, course)
    anchors = anchors_of(course, today) | days_of_infusion(protocol, cycles, today)
    plans = {plan.key: plan for plan in protocol.visits}
    for visit in planned_visits(protocol, course, anchors):
        plan = plans[visit.key]
        on = day_of(draw, course, plan, visit, today)
        if on is None:
            continue
        now = Occasion(draw, protocol, course, plan, visit.repeat, visit.target, on, today, cycles, anchors)
        for form in forms_of(now):
            found += list(form_entries(now, form))
    found += list(between_visits(draw, protocol, course, found, today))
    return tuple(sorted(found, key=place_in_time))


def place_in_time(entry: Entry) -> tuple[date, int]:
    """By day; on one day phases first, marrow after the counts, death last."""
    order = {"CYC": 0, "HEM": 1, "DTH": 9, "REL": 8, "EOT": 7}
    return entry.on, order.get(entry.form, 5)


def anchors_of(course: Course, today: date) -> dict[str, date | None]:
    """The dates from which visits are planned, as far as they are known today."""
    graft = course.graft
    first = next((span for span in course.spans if "BLINA" in (span.regimen or "")), None)
    ended = course.treatment_ended_on
    found: dict[str, date | None] = {
        "screening": course.screened_on,
        "consent": course.screened_on,
        "randomisation": course.enrolled_on if course.arm in ("A", "B") else None,
        "c1d1": course.c1d1,
        "first_crc": course.remission_on,
        "end_of_blinatumomab": first.end if first else None,
        "last_dose": ended,
        "hsct_d0": graft.day0 if graft else None,
        "car_t_d0": course.cells_on,
        **{f"phase:{span.phase}": span.start for span in course.spans},
        **{f"phase_end:{span.phase}": span.end for span in course.spans},
    }
    known = {name: day if day and day <= today else None for name, day in found.items()}
    return known | {"conditioning": graft.conditioning_on if graft else None}


def days_of_infusion(protocol: Protocol, cycles: Mapping[str, Cycle], today: date) -> dict[str, date | None]:
    """The anchors that the pump's log gives: the end of an infusion, and the days of it that visits name."""
    found: dict[str, date | None] = {}
    for name in {visit.anchor for visit in protocol.visits if visit.anchor.startswith("infusion_")}:
        kind, phase, *number = name.split(":")
        cycle = cycles.get(phase)
        if cycle is None:
            continue
        if kind == "infusion_end":
            day: date | None = cycle.span.end
        else:
            segments = [Segment(one.start, one.stop, one.rate) for one in cycle.infusion]
            began = infusion_day_begins(segments, int(number[0]))
            day = began.astimezone(SITE_ZONE).date() if began else None
        found[name] = day if day and day <= today else None
    return found


def planned_visits(
    protocol: Protocol, course: Course, anchors: Mapping[str, date | None]
) -> Iterator[PlannedVisit]:
    """The visits of the protocol that have dates, but for screening and those of phases that never came so far."""
    facts = {"transplanted": Fact(course.graft is not None)}

    def applies(rule: Mapping[str, Any]) -> Truth:
        return evaluate(parse_rule(rule), facts).truth

    for visit in plan_visits(protocol.visits, anchors, course.arm or None, applies).planned:
        if visit.key not in ("SCR", "RAND") and expected(course, visit):
            yield visit


def expected(course: Course, visit: PlannedVisit) -> bool:
    """A phase that was cut short has no later visits but those that a relapse falls into.

    Cells that were never made have no apheresis.
    """
    if visit.key == "CAR_APH":
        return course.apheresis_on is not None
    span = course.span(visit.phase) if visit.phase else None
    if span is None or span.end_reason == "COMPLETED":
        return True
    return visit.target <= span.end + timedelta(days=30 if span.end_reason == "RELAPSE" else 0)


def day_of(draw: Draw, course: Course, plan: VisitPlan, visit: PlannedVisit, today: date) -> date | None:
    """The day a visit took place; None while it has not, or never did."""
    roll, late = draw.source.random() * 100, draw.chance(LATE_PCT)
    shift = draw.whole(-plan.before_days, plan.after_days) // 2
    over = draw.whole(1, 6)
    day = visit.target + timedelta(days=shift)
    if late and plan.after_days:
        day = visit.latest + timedelta(days=over)
    if plan.anchor == "conditioning":
        day = visit.target - timedelta(days=draw.whole(2, 10))
    if plan.key == "CAR_APH" and course.apheresis_on:
        day = course.apheresis_on
    day = course.fixed_visits.get(plan.key, day)
    if plan.anchor in ("hsct_d0", "car_t_d0") and plan.offset_days == 0:
        day = visit.target
    if day > min(today, course.seen_until()) or (course.ending.died_on and day >= course.ending.died_on):
        return None
    if plan.key in course.fixed_visits or plan.key in ("HSCT_D0", "CAR_D0", "EOT"):
        return day
    ago = (today - day).days
    open_pct = OPEN_PCT if ago <= OPEN_DAYS else MISSED_PCT if ago <= MISSED_DAYS else 0.0
    return None if roll < open_pct else day


def forms_of(now: Occasion) -> list[str]:
    """The required forms of a visit; after a relapse only what follow-up still needs."""
    forms = [one.form for one in now.visit.forms if one.required]
    if now.relapsed:
        return [form for form in forms if form in AFTER_RELAPSE]
    kept = [form for form in forms if form not in ("PE", "COAG", "CSF") or now.draw.chance(96)]
    return kept


def between_visits(
    draw: Draw, protocol: Protocol, course: Course, found: list[Entry], today: date
) -> Iterator[Entry]:
    """Acute GVHD on the day it came, and the second sample that confirms MRD."""
    until = min(today, course.seen_until())
    graft = course.graft
    if graft and graft.acute_on and graft.acute_grade >= 2 and graft.acute_on <= until:
        yield Entry(LOG, "AGV", graft.acute_on, acute_findings(graft.acute_grade))
    recurrence = course.mrd_recurrence_on
    if recurrence is None:
        return
    samples = sorted(entry.on for entry in found if entry.form == "MRD" and entry.visit != LOG)
    first = next((day for day in samples if day >= recurrence), None)
    if first is None:
        return
    again = confirming_sample(draw, protocol, course, first)
    relapse = course.ending.relapse_on
    if again.on <= until and (relapse is None or again.on < relapse):
        yield replace(again, form_repeat=1)
