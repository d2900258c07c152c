"""Forms that no visit plans: the start of a phase, adverse events, donor, relapse, death, end of treatment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from treatment.doses.computing import facts_of_regimen
from trialsite.clinical.ctcae import CtcaeTerm, named
from trialsite.clinical.partial_date import PartialDate
from trialsite.studies.domain.protocol import Protocol

from . import laboratory, measured
from .adverse import SPECIFIED
from .doses import level_of
from .draws import Draw
from .grafts import graft_and_cell_entries, work_up
from .hospital import hospital_entries
from .medicines import medicine_entries
from .methotrexate import methotrexate_entries
from .screening_forms import donor_values, mrd_methods
from .story import LOG, Course, Entry, Event, Span

DONOR_KNOWN_DAYS = 20
LATE_DAYS = 8  # a phase that begins more days after the last day of the one before it gives its reason
LONG_EVENT_DAYS = 4  # from here on an event has more than one grade
TEXT_OF_DEATH = {
    "LEUKAEMIA": "Progressive leukaemia",
    "INFECTION": "Septic shock",
    "GVHD": "Refractory gastrointestinal GVHD",
    "ORGAN_FAILURE": "Respiratory failure",
    "HAEMORRHAGE": "Intracranial haemorrhage",
    "TOXICITY": "Hepatic failure under treatment",
}


SECOND_CANCER_PCT = 6.0
SECOND_CANCER_DAYS = (200, 700)


def log_entries(draw: Draw, protocol: Protocol, course: Course, today: date) -> Iterator[Entry]:
    """Everything that stands in the log, as far as time has come and anybody knows of it."""
    until = min(today, course.seen_until())
    for number, span in enumerate(course.spans, start=1):
        if span.start <= until:
            yield phase_start(protocol, course, span, number, until)
    if course.graft and course.graft.conditioning_on - timedelta(days=DONOR_KNOWN_DAYS) <= until:
        yield planned_transplant(draw, course)
    known = [event for event in course.events if event.onset <= until]
    for number, event in enumerate(known, start=1):
        yield adverse_event(protocol, event, number, until, dead=course.ending.died_on)
    yield from hospital_entries(course, known, min(until, today))
    yield from medicine_entries(course, until)
    yield from graft_and_cell_entries(course, until)
    yield from methotrexate_entries(course, until)
    yield from relapse_entries(draw, protocol, course, until)
    yield from second_malignancies(course, until)
    yield from end_of_treatment(protocol, course, today, until)
    yield from last_things(draw, course, today)


def phase_start(protocol: Protocol, course: Course, span: Span, number: int, until: date) -> Entry:
    """Day 1 of a phase with the body size that its doses rest on; its end once it has come."""
    ended = span.end if span.end <= until else None
    level, why = level_of(protocol, course, span)
    before = course.spans[number - 2] if number > 1 else None
    late = before is not None and (span.start - before.end).days > LATE_DAYS and span.regimen is not None
    values: dict[str, Any] = {
        "phase": span.phase,
        "height": measured.quantity("height", course.person.height_cm),
        "weight": measured.quantity("weight", course.person.weight_kg),
        "weighed_on": span.start,
        "dose_level": level if why else None,
        "dose_level_reason": why,
        "child_pugh": "NONE" if "child_pugh" in facts_of(protocol, span) else "",
        "delay_reason": "COUNTS" if late else "",
        "ended_on": ended,
        "end_reason": span.end_reason if ended else "",
    }
    return Entry(LOG, "CYC", span.start, values, form_repeat=number)


def facts_of(protocol: Protocol, span: Span) -> set[str]:
    """The facts that the doses of a phase rest on."""
    return facts_of_regimen(protocol.regimen_of(span.regimen)) if span.regimen else set()


def planned_transplant(draw: Draw, course: Course) -> Entry:
    """The donor is there and the first day of conditioning is fixed."""
    graft = course.graft
    assert graft is not None
    on = graft.conditioning_on - timedelta(days=DONOR_KNOWN_DAYS)
    values, rows = work_up(course, graft, on)
    values |= donor_values(draw, graft.donor) | {"conditioning_planned": graft.conditioning_on}
    return Entry(LOG, "DON", on, values, rows=rows)


def adverse_event(protocol: Protocol, event: Event, number: int, until: date, dead: date | None) -> Entry:
    agents = protocol.adverse_events.agents
    over = event.stop is not None and event.stop <= until
    outcome = event.outcome if over else "UNK" if dead and dead <= until else "NOT_RECOVERED"
    values: dict[str, Any] = {
        "term": event.term,
        "specified": SPECIFIED.get(event.term, ""),
        "onset": PartialDate.of(event.onset),
        "stop": PartialDate.of(event.stop) if over and event.stop else None,
        "ongoing": not over,
        "serious": event.serious,
        "special_interest": event.special,
        "outcome": outcome,
        **{f"cause_{kind}": event.causes.get(kind, "NA") for kind in agents},
        **{f"action_{kind}": event.action if kind in event.causes else "NA" for kind in agents},
    }
    rows = {"track": list(track(event, until))}
    return Entry(LOG, "AE", event.onset, values, rows=rows, form_repeat=number, investigator=event.serious)


def track(event: Event, until: date) -> Iterator[dict[str, Any]]:
    """The grades of an event: a day of the grade below, its worst, and a last third of the grade below again."""
    below = event.grade - 1
    long = event.stop is not None and (event.stop - event.onset).days >= LONG_EVENT_DAYS
    steps = [(event.onset, event.grade)]
    if long and below in named_term(event.term).grades:
        assert event.stop is not None
        last_third = event.onset + timedelta(days=(event.stop - event.onset).days * 2 // 3)
        steps = [(event.onset, below), (event.onset + timedelta(days=1), event.grade), (last_third, below)]
    for day, grade in steps:
        if day <= until:
            yield {"since": PartialDate.of(day), "grade": grade, "action": "", "note": ""}


def named_term(term: str) -> CtcaeTerm:
    """The term of the list; the stories use no other."""
    found = named(term)
    assert found is not None, term
    return found


def relapse_entries(draw: Draw, protocol: Protocol, course: Course, until: date) -> Iterator[Entry]:
    """The unplanned marrow that shows the relapse, and the form that names it."""
    day, site = course.ending.relapse_on, course.ending.relapse_site
    if day is None or day > until:
        return
    in_marrow = site in ("MARROW", "COMBINED")
    blasts, in_blood = measured.blasts_on(draw, course, day)
    yield Entry(LOG, "HEM", day, {}, rows={"results": laboratory.haematology(draw, course, day)})
    values = measured.marrow(draw, blasts, blood_blasts=in_blood)
    if site in ("EXTRAMEDULLARY", "COMBINED", "CNS"):
        values |= {"extramedullary": True, "extramedullary_new": True}
    yield Entry(LOG, "BM", day, values)
    if in_marrow:
        sample = {"specimen": "BM_FIRST_PULL", "time_point": "OTHER", "hemodilution": False}
        lines = measured.mrd_lines(draw, mrd_methods(protocol)[:1], measured.mrd_level(draw, course, day))
        yield Entry(LOG, "MRD", day, sample, rows={"results": lines}, form_repeat=9)
    if site == "CNS":
        yield Entry(LOG, "CSF", day, measured.puncture(draw, leukaemic=True))
    yield Entry(
        LOG,
        "REL",
        day,
        {
            "onset": PartialDate.of(day),
            "relapse_site": site,
            "extramedullary_place": "Left testis"
            if site == "EXTRAMEDULLARY" and course.person.sex == "M"
            else "Breast"
            if site == "EXTRAMEDULLARY"
            else "",
            "bm_blast_pct": measured.quantity("blasts", blasts),
            "confirmed_on": min(day + timedelta(days=3), until),
            "cd19_negative": draw.chance(16),
        },
        investigator=True,
    )


def second_malignancies(course: Course, until: date) -> Iterator[Entry]:
    """A cancer of another kind, from draws of its own: it changes nothing else in a story."""
    draw = Draw(f"second malignancy {course.screened_on} {course.person.hospital_number}")
    day = course.enrolled_on + timedelta(days=draw.whole(*SECOND_CANCER_DAYS))
    if not draw.chance(SECOND_CANCER_PCT) or day > until:
        return
    values = {
        "diagnosed_on": PartialDate.of(day),
        "malignancy_kind": "SOLID",
        "malignancy_text": "Papillary carcinoma of the thyroid",
        "histology": True,
        "car_positive": None,
        "comment": "",
    }
    yield Entry(LOG, "SPM", day, values, investigator=True)


def end_of_treatment(protocol: Protocol, course: Course, today: date, until: date) -> Iterator[Entry]:
    """The decision that protocol treatment is over; where a visit asks for this form it stands there instead."""
    last = course.treatment_ended_on
    if last is None or not course.end_of_treatment:
        return
    day = last + timedelta(days=0 if course.end_of_treatment == "DEATH" else 3)
    planned = any(one.form == "EOT" for visit in protocol.visits for one in visit.forms)
    if day > min(today, until) or (planned and reaches_last_visit(course, last)):
        return
    yield Entry(LOG, "EOT", day, ending_values(course), investigator=True)


def reaches_last_visit(course: Course, last: date) -> bool:
    return course.seen_until() > last + timedelta(days=37)


def ending_values(course: Course) -> dict[str, Any]:
    return {"last_dose_on": course.treatment_ended_on, "reason": course.end_of_treatment, "comment": ""}


def last_things(draw: Draw, course: Course, today: date) -> Iterator[Entry]:
    """Death, loss, withdrawal: whichever comes first ends what is known."""
    ending, until = course.ending, course.seen_until()
    if until > today:
        return
    if until == ending.died_on:
        values = {
            "died_on": PartialDate.of(until),
            "cause": ending.cause,
            "cause_text": TEXT_OF_DEATH.get(ending.cause, ""),
            "certainty": draw.weighted({"HOSPITAL": 70.0, "CERTIFICATE": 18.0, "FAMILY": 12.0}),
            "autopsy": False,
        }
        yield Entry(LOG, "DTH", until, values, investigator=True)
    elif until == ending.withdrawn_on:
        values = {"degree": ending.withdrawal, "withdrawal_reason": "Moved to another province"}
        yield Entry(LOG, "WD", until, values, investigator=True)
    elif until + timedelta(days=200) <= today:
        values = {
            "contact_kind": "TELEPHONE",
            "alive": None,
            "lost": True,
            "comment": "Three calls without answer",
        }
        last = until + timedelta(days=200)
        for before in (21, 9, 0):
            yield Entry(LOG, "CALL", last - timedelta(days=before), {"call_result": "NOT_REACHED"})
        yield Entry(LOG, "SUR", last, values, missing={"alive": "UNKNOWN"})


def confirming_sample(draw: Draw, protocol: Protocol, course: Course, first: date) -> Entry:
    """A second sample one to four weeks after MRD came back."""
    day = draw.after(first, 10, 20)
    values = {"specimen": "BM_FIRST_PULL", "time_point": "OTHER", "hemodilution": False}
    level: Decimal | None = max(draw.log_around(0.12, 0.6, 3), Decimal("0.02"))
    lines = measured.mrd_lines(draw, mrd_methods(protocol)[:1], level)
    return Entry(LOG, "MRD", day, values, rows={"results": lines})
