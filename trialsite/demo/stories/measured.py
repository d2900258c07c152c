"""Measured values as the forms take them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import canonical_unit

from .draws import Draw
from .story import Course, Person

MFC_POSITIVE_PCT = Decimal("0.01")


def quantity(analyte: str, value: Decimal | int | str) -> Quantity:
    """A result in its standard unit."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return Quantity.parse(text, canonical_unit(analyte), analyte)


def vital_signs(draw: Draw, person: Person, *, ecog: int, fever: bool = False) -> dict[str, Any]:
    weight = max(person.weight_kg + draw.number(-2.5, 2.0, 1), Decimal(36))
    return {
        "height": quantity("height", person.height_cm),
        "weight": quantity("weight", weight),
        "temperature": quantity("temperature", draw.number(38.1, 39.4) if fever else draw.number(36.2, 37.1)),
        "systolic": quantity("systolic", draw.around(118, 10, 0, low=88)),
        "diastolic": quantity("diastolic", draw.around(73, 7, 0, low=48)),
        "pulse": quantity("pulse", draw.around(102 if fever else 80, 9, 0, low=52)),
        "ecog": ecog,
    }


def examination(draw: Draw) -> dict[str, Any]:
    normal = [
        "general",
        "skin",
        "head_neck",
        "lymph_nodes",
        "lungs",
        "heart",
        "abdomen",
        "genitalia",
        "limbs",
        "neurology",
    ]
    found = dict.fromkeys(normal, "NORMAL") | {"findings": ""}
    if draw.chance(9):
        place, words = draw.one_of(
            [
                ("skin", "Petechiae on both shins"),
                ("lungs", "Crackles at the right base"),
                ("abdomen", "Spleen 3 cm below the costal margin"),
                ("lymph_nodes", "Cervical nodes up to 1.5 cm, mobile"),
            ]
        )
        found |= {place: "ABNORMAL", "findings": words}
    return found


def electrocardiogram(draw: Draw) -> dict[str, Any]:
    return {
        "heart_rate": draw.whole(62, 96),
        "qt_ms": draw.whole(348, 408),
        "acute_mi": False,
        "severe_arrhythmia": False,
        "interpretation": "NORMAL",
        "comment": "",
    }


def echocardiogram(draw: Draw, *, weak: bool = False) -> dict[str, Any]:
    return {
        "lvef": draw.number(40, 47, 0) if weak else draw.number(57, 71, 0),
        "cardiomegaly": False,
        "valvular_disease": False,
        "congenital_disease": False,
        "comment": "",
    }


def lung_function(draw: Draw, *, weak: bool = False) -> dict[str, Any]:
    return {
        "fev1_pp": draw.number(84, 108, 0),
        "fvc_pp": draw.number(84, 109, 0),
        "dlco_pp": draw.number(44, 58, 0) if weak else draw.number(82, 102, 0),
        "comment": "",
    }


HCTCI = [
    "arrhythmia",
    "cardiac",
    "ibd",
    "diabetes",
    "cerebrovascular",
    "psychiatric",
    "hepatic_mild",
    "obesity",
    "infection",
    "rheumatologic",
    "peptic_ulcer",
    "renal",
    "pulmonary_moderate",
    "solid_tumour",
    "heart_valve",
    "pulmonary_severe",
    "hepatic_severe",
]


def comorbidity(draw: Draw, *, heavy: bool = False) -> dict[str, Any]:
    """The 17 items of the HCT-CI: mostly none, sometimes a point; `heavy` is above every trial's limit."""
    found = dict.fromkeys(HCTCI, False)
    if heavy:
        return found | {"solid_tumour": True, "diabetes": True}
    if draw.chance(9):
        found |= {draw.one_of(["diabetes", "psychiatric"]): True}
    return found


def virology(*, hbv: bool = False, carrier: bool = False) -> dict[str, Any]:
    return {
        "hbsag": "POS" if hbv else "NEG",
        "hbcab": "POS" if hbv or carrier else "NEG",
        "hbv_dna": "DETECTED" if hbv else "NOT_DETECTED",
        "hcv_ab": "NEG",
        "hcv_rna": "NOT_DETECTED",
        "hiv_ab": "NEG",
        "trust": "NEG",
        "comment": "",
    }


def puncture(draw: Draw, *, leukaemic: bool = False, intrathecal: bool = True) -> dict[str, Any]:
    """A lumbar puncture; CNS3 with `leukaemic`, otherwise clean."""
    return {
        "clinical_signs": False,
        "csf_wbc": quantity("csf_wbc", draw.whole(18, 90) if leukaemic else draw.whole(0, 3)),
        "csf_rbc": quantity("csf_rbc", draw.whole(0, 6)),
        "blasts": leukaemic,
        "it_given": intrathecal,
        "it_drugs": "Methotrexate 12 mg, cytarabine 50 mg, dexamethasone 5 mg" if intrathecal else "",
        "comment": "",
    }


def marrow(draw: Draw, blasts: Decimal | int, *, blood_blasts: bool, response: str = "") -> dict[str, Any]:
    """A marrow with its blasts; counts come from the haematology of the day."""
    return {
        "evaluable": True,
        "bm_blast_pct": quantity("blasts", blasts),
        "pb_blasts": blood_blasts,
        "pb_blasts_confirmed": True if blood_blasts else None,
        "extramedullary": False,
        "gcsf_7d": False,
        "platelets_7d": False,
        "trilineage": not blood_blasts,
        "investigator_response": response,
        "comment": "",
    }


def mrd_lines(draw: Draw, methods: Sequence[str], percent: Decimal | None) -> list[dict[str, Any]]:
    """One line for each method: a level in per cent, or not detected when there is none."""
    return [mrd_line(draw, method, percent) for method in methods]


def mrd_line(draw: Draw, method: str, percent: Decimal | None) -> dict[str, Any]:
    deep = method == "NGS_IG_TR"
    lod, loq = ("0.0001", "0.0003") if deep else ("0.002", "0.005")
    line: dict[str, Any] = {
        "method": method,
        "lod": quantity("mrd", lod),
        "loq": quantity("mrd", loq),
        "cells_analysed": None if deep else draw.whole(1_000_000, 1_600_000),
        "dna_ng": Decimal(20_000) if deep else None,
        "cd19_gating_adequate": None if deep else True,
    }
    level = percent
    if deep and percent is None and draw.chance(16):
        level = draw.log_around(0.0009, 0.5, 5)
    if level is None:
        return line | {"qualifier": "NOT_DETECTED", "reported_text": "未检出", "value": None}
    return line | {"qualifier": "QUANTIFIED", "reported_text": f"{level} %", "value": quantity("mrd", level)}


def mrd_level(draw: Draw, course: Course, day: date) -> Decimal | None:
    """What flow cytometry finds on a day, in per cent of nucleated cells; None where it finds nothing."""
    ending = course.ending
    if course.remission_on is None or day < course.remission_on:
        found = draw.log_around(6, 1.0, 2)
        at_diagnosis = course.c1d1 is None or day <= course.c1d1
        return course.disease.blasts_pct - min(found, Decimal(12)) if at_diagnosis else found
    if ending.relapse_on and day >= ending.relapse_on:
        return min(draw.log_around(28, 0.5, 1), Decimal(90))
    recurrence = course.mrd_recurrence_on
    treated = (
        course.graft and recurrence and recurrence < course.graft.conditioning_on <= day - timedelta(days=30)
    )
    if recurrence and day >= recurrence and not treated:
        return max(draw.log_around(0.09, 0.8, 3), Decimal("0.015"))
    if course.mrd_negative_on is None or day < course.mrd_negative_on:
        return max(draw.log_around(0.22, 0.7, 3), Decimal("0.125"))
    return None


def blasts_on(draw: Draw, course: Course, day: date) -> tuple[Decimal | int, bool]:
    """Blasts in the marrow (%) and whether there are any in blood."""
    ending = course.ending
    if course.remission_on is None or day < course.remission_on:
        if course.c1d1 is None or day <= course.c1d1:
            return course.disease.blasts_pct, True
        return draw.whole(12, 48), True
    marrow_relapse = ending.relapse_site in ("MARROW", "COMBINED")
    if ending.relapse_on and day >= ending.relapse_on and marrow_relapse:
        return draw.whole(22, 90), True
    return draw.number(0.0, 3.5, 1), False
