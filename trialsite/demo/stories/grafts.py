"""Around graft and cells: work-up of donors, agents of conditioning and prophylaxis, referral, courses, B cells.

Everything comes from draws of its own: it changes nothing else in a story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from . import measured
from .draws import Draw
from .story import LOG, Course, Entry, Graft

REFERRED_DAYS = 26  # before conditioning
B_CELL_DAYS = (28, 100)
GROUPS = ("A+", "B+", "O+", "AB+")
LOCI = ("hla_a", "hla_b", "hla_c", "hla_drb1", "hla_dqb1")
ALLELES = {
    "MSD": (2, 2, 2, 2, 2),
    "MUD10": (2, 2, 2, 2, 2),
    "MMUD9": (2, 2, 2, 2, 1),
    "HAPLO": (1, 1, 1, 1, 1),
}


def own_draw(course: Course, about: str) -> Draw:
    return Draw(f"{about} {course.screened_on} {course.person.hospital_number}")


def is_referred(course: Course) -> bool:
    """About one in eight is transplanted at a hospital that is no site."""
    return course.graft is not None and own_draw(course, "referral").chance(13)


def work_up(course: Course, graft: Graft, on: date) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """What the form of the donor says besides the donor: the subject's own type, the candidates as lines."""
    draw = own_draw(course, "donor")
    values = {
        "typed_on": on - timedelta(days=draw.whole(20, 60)),
        "recipient_cmv": "POS",
        "recipient_group": draw.one_of(GROUPS),
    }
    chosen = candidate(draw, graft.donor) | {"chosen": True}
    others = [candidate(draw, "HAPLO") | {"chosen": False}] if draw.chance(40) else []
    return values, {"candidates": [chosen, *others]}


def candidate(draw: Draw, relation: str) -> dict[str, Any]:
    return {
        "relation": relation,
        **dict(zip(LOCI, ALLELES[relation], strict=True)),
        "dsa": False,
        "cmv": draw.weighted({"POS": 85.0, "NEG": 15.0}),
        "blood_group": draw.one_of(GROUPS),
        "age": draw.whole(19, 54),
    }


def indication(course: Course, study: str) -> str:
    """Why the subject is transplanted, by what the story knows."""
    if study != "BLINA-FULL":
        return "SUGGESTED" if study == "BLINA-VEN" else "PLANNED"
    if "kmt2a_r" in course.disease.features:
        return "KMT2A_R"
    if "tp53_mut" in course.disease.features:
        return "TP53_MUT"
    return "MRD_RECURRENCE" if course.mrd_recurrence_on else "MRD_PERSISTENT"


def agents(graft: Graft) -> dict[str, list[dict[str, Any]]]:
    """The agents of conditioning and of prophylaxis as lines."""
    first, day0 = graft.conditioning_on, graft.day0
    third, before = first + timedelta(days=2), day0 - timedelta(days=1)
    busulfan = {"total_dose": Decimal("9.6" if graft.intensity == "MAC" else "6.4"), "unit": "mg/kg"}
    second = (
        {"agent": "FLUDARABINE", "total_dose": Decimal(150), "unit": "mg/m2"}
        if graft.intensity == "RIC"
        else {"agent": "CYCLOPHOSPHAMIDE", "total_dose": Decimal("3.6"), "unit": "g"}
    )
    conditioning = [
        {"agent": "BUSULFAN", **busulfan, "first_on": first, "last_on": third},
        {**second, "first_on": third, "last_on": before},
    ]
    prophylaxis: list[dict[str, Any]] = [{"agent": "CICLOSPORIN", "started_on": before}]
    if graft.donor != "MSD":
        prophylaxis.append({"agent": "ATG", "started_on": first, "stopped_on": third})
    prophylaxis.append({"agent": "MYCOPHENOLATE", "started_on": before})
    return {"conditioning_drugs": conditioning, "prophylaxis_drugs": prophylaxis}


def graft_and_cell_entries(course: Course, until: date) -> Iterator[Entry]:
    """The forms of the log: referral, treatment of GVHD, courses after cells, B cells, as far as time has come."""
    yield from referral(course, until)
    yield from gvhd_treatment(course, until)
    yield from after_cells(course, until)


def referral(course: Course, until: date) -> Iterator[Entry]:
    graft = course.graft
    if graft is None or not is_referred(course):
        return
    on = graft.conditioning_on - timedelta(days=REFERRED_DAYS)
    if course.enrolled_on < on <= until:
        values = {
            "kind": "HSCT",
            "hospital": "Riverside Hospital, transplant unit (synthetic)",
            "contact": "Transplant coordination office, extension 4100",
            "planned_on": graft.day0,
        }
        yield Entry(LOG, "REF", on, values)


def gvhd_treatment(course: Course, until: date) -> Iterator[Entry]:
    """Methylprednisolone from grade II on, prednisone and ruxolitinib for chronic GVHD that needs them."""
    graft = course.graft
    if graft is None:
        return
    lines: list[dict[str, Any]] = []
    if graft.acute_on and graft.acute_grade >= 2:
        stop = graft.acute_on + timedelta(days=30)
        lines.append(line("ACUTE", "METHYLPREDNISOLONE", graft.acute_on, stop if stop <= until else None))
    if graft.systemic_on:
        lines.append(line("CHRONIC", "PREDNISONE", graft.systemic_on))
        if graft.chronic_severity == "SEVERE":
            lines.append(line("CHRONIC", "RUXOLITINIB", graft.systemic_on + timedelta(days=14)))
    begun = [one for one in lines if one["started_on"] <= until]
    if begun:
        yield Entry(LOG, "GVT", max(one["started_on"] for one in begun), {}, rows={"drugs": begun})


def line(treated: str, agent: str, start: date, stop: date | None = None) -> dict[str, Any]:
    return {"treated": treated, "agent": agent, "systemic": True, "started_on": start, "stopped_on": stop}


def after_cells(course: Course, until: date) -> Iterator[Entry]:
    """Tocilizumab for CRS from grade 2 on, dexamethasone for ICANS; B cells on two days, of every other subject."""
    cells = course.cells_on
    if cells is None:
        return
    draw = own_draw(course, "cells")
    lines = []
    for flare in course.flares:
        if not cells <= flare.onset <= min(until, cells + timedelta(days=20)):
            continue
        if flare.kind == "CRS" and flare.grade >= 2:
            dose = (course.person.weight_kg * 8).quantize(Decimal(1))
            lines.append(course_line("TOCILIZUMAB", "CRS", dose, 1, flare.onset, flare.onset))
        elif flare.kind == "ICANS":
            stop = flare.onset + timedelta(days=flare.days)
            lines.append(
                course_line("DEXAMETHASONE", "ICANS", Decimal(10), flare.days * 4, flare.onset, stop)
            )
    known = [one for one in lines if one["stopped_on"] <= until]
    if known:
        yield Entry(LOG, "CTX", max(one["stopped_on"] for one in known), {}, rows={"courses": known})
    if not draw.chance(50):
        return
    for number, days in enumerate(B_CELL_DAYS, start=1):
        on = cells + timedelta(days=days)
        if on <= until:
            yield Entry(LOG, "BCA", on, b_cells(draw, days), form_repeat=number)


def course_line(
    agent: str, reason: str, dose: Decimal, doses: int, start: date, stop: date
) -> dict[str, Any]:
    return {
        "agent": agent,
        "reason": reason,
        "dose_mg": dose,
        "doses": doses,
        "started_on": start,
        "stopped_on": stop,
    }


def b_cells(draw: Draw, days: int) -> dict[str, Any]:
    early = days == B_CELL_DAYS[0]
    return {
        "cd19_cells": Decimal(0) if early else draw.number(0, 24),
        "igg": measured.quantity("igg", draw.number(3.1, 6.8)),
        "ivig": not early,
        "car_copies": draw.number(4000, 60000, 0) if early else draw.number(80, 4000, 0),
        "car_pct": draw.number(2, 24) if early else draw.number(0.1, 3),
    }
