"""What is written in each form of a planned visit on its day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from trialsite.studies.domain.protocol import Protocol, VisitPlan

from . import doses, laboratory, log_forms, measured
from .draws import Draw
from .grafts import agents, indication, is_referred, own_draw, work_up
from .screening_forms import donor_values, lysis_panel, mrd_methods, pregnancy_test
from .story import Course, Entry, Flare

# grade: skin in %, bilirubin in µmol/L, stool in mL a day
FOUND_OF_GRADE = {0: (0, 11, 150), 1: (15, 13, 200), 2: (60, 16, 300), 3: (40, 19, 1200), 4: (75, 82, 1900)}
SEVERE_SUPPORT = {
    "vasopressor": "NOREPINEPHRINE",
    "vasopressin": False,
    "oxygen": "MASK",
    "oxygen_flow": Decimal(8),
    "fio2_pct": Decimal(50),
}
ICE_OF_GRADE = {1: (4, 3, 1, 0, 0), 2: (2, 2, 1, 0, 0), 3: (1, 0, 1, 0, 0)}
CHRONIC = {
    "MILD": {"mouth": 1, "skin_pct": Decimal(12), "gvhd_class": "CLASSIC_CHRONIC"},
    "MODERATE": {"mouth": 1, "skin_pct": Decimal(30), "eyes": 1, "gvhd_class": "CLASSIC_CHRONIC"},
    "SEVERE": {"mouth": 2, "skin_pct": Decimal(65), "eyes": 1, "sclerosis": "DEEP", "gvhd_class": "OVERLAP"},
}
CALM = {
    "mouth": 0,
    "eyes": 0,
    "joints": 0,
    "genital": 0,
    "skin_pct": Decimal(0),
    "sclerosis": "NONE",
    "gut": "NONE",
    "weight_loss_pct": Decimal(0),
    "bilirubin_raised": False,
    "alt_times": Decimal("0.8"),
    "alp_times": Decimal("0.7"),
    "fev1_pct": Decimal(92),
    "breath": "NONE",
}
DECISIVE = ("IND_EOI1", "IND_EOI2", "ASSESS1", "EOC1", "EOC2")


@dataclass(frozen=True)
class Occasion:
    """One visit on the day it took place. `target` is its planned day."""

    draw: Draw
    protocol: Protocol
    course: Course
    visit: VisitPlan
    repeat: int
    target: date
    on: date
    today: date
    cycles: dict[str, doses.Cycle]
    anchors: dict[str, date | None]

    def entry(self, form: str, values: dict[str, Any], **more: Any) -> Entry:
        return Entry(self.visit.key, form, self.on, values, visit_repeat=self.repeat, **more)

    @property
    def relapsed(self) -> bool:
        day = self.course.ending.relapse_on
        return day is not None and self.on >= day

    @property
    def after_graft(self) -> bool:
        graft = self.course.graft
        return graft is not None and self.on >= graft.day0

    def flare(self, kind: str) -> Flare | None:
        """The cytokine release or neurotoxicity of the day."""
        return next(
            (
                each
                for each in self.course.flares
                if each.kind == kind and each.onset <= self.on < each.onset + timedelta(days=each.days)
            ),
            None,
        )


def form_entries(now: Occasion, form: str) -> Iterator[Entry]:
    """The entries of one form at a visit: usually one; none where there is nothing to write."""
    build = BUILDERS.get(form)
    if build is not None:
        yield from build(now)


def vital_signs(now: Occasion) -> Iterator[Entry]:
    fever = now.flare("CRS") is not None
    ecog = now.draw.weighted({0: 35.0, 1: 55.0, 2: 10.0})
    yield now.entry("VS", measured.vital_signs(now.draw, now.course.person, ecog=ecog, fever=fever))


def results(form: str) -> Callable[[Occasion], Iterator[Entry]]:
    """A laboratory report."""

    def build(now: Occasion) -> Iterator[Entry]:
        course, draw = now.course, now.draw
        active = course.remission_on is None or now.on < course.remission_on
        lines = {
            "HEM": lambda: laboratory.haematology(draw, course, now.on),
            "CHEM": lambda: laboratory.chemistry(draw, course.person, active=active or now.relapsed),
            "COAG": lambda: laboratory.coagulation(draw),
        }[form]()
        yield now.entry(form, {}, rows={"results": lines})

    return build


def marrow(now: Occasion) -> Iterator[Entry]:
    """Marrow with the investigator's own category where the response is decided."""
    course = now.course
    blasts, in_blood = measured.blasts_on(now.draw, course, now.on)
    said = course.first_category if now.visit.key in DECISIVE and now.on == course.remission_on else ""
    yield now.entry("BM", measured.marrow(now.draw, blasts, blood_blasts=in_blood, response=said))


def residual_disease(now: Occasion) -> Iterator[Entry]:
    level = measured.mrd_level(now.draw, now.course, now.on)
    sample = {"specimen": "BM_FIRST_PULL", "time_point": time_point(now), "hemodilution": False}
    lines = measured.mrd_lines(now.draw, mrd_methods(now.protocol), level)
    yield now.entry("MRD", sample, rows={"results": lines})


def time_point(now: Occasion) -> str:
    key = now.visit.key
    if key in ("IND_EOI1", "IND_EOI2", "ASSESS1", "EOC1"):
        return "END_OF_INDUCTION"
    if key.endswith("_END") or key == "EOC2":
        return "AFTER_CONSOLIDATION"
    if key in ("HSCT_PRE", "ASSESS2"):
        return "BEFORE_HSCT"
    return "AFTER_HSCT" if key.startswith("HSCT") else "OTHER"


def cytokines(now: Occasion) -> Iterator[Entry]:
    flare, draw = now.flare("CRS"), now.draw
    values: dict[str, Any] = {
        "temperature": measured.quantity("temperature", draw.number(36.3, 37.4)),
        "other_cause": None,
        "anticytokine": False,
        "hypotension": "NONE",
        "oxygen": "NONE",
        "ctcae_grade": 0,
        "tocilizumab": False,
        "steroid": False,
    }
    if flare:
        values |= {
            "temperature": measured.quantity("temperature", draw.number(38.2, 40.1)),
            "other_cause": False,
            "hypotension": {1: "NONE", 2: "FLUIDS", 3: "VASOPRESSOR"}[flare.grade],
            **(SEVERE_SUPPORT if flare.grade == 3 else {}),
            "ctcae_grade": flare.grade,
            "tocilizumab": flare.grade >= 2,
            "steroid": flare.grade >= 2,
        }
    yield now.entry("CRS", values)


def neurology(now: Occasion) -> Iterator[Entry]:
    flare = now.flare("ICANS")
    scores = ICE_OF_GRADE[flare.grade] if flare else (4, 3, 1, 1, 1)
    orientation, *points = scores
    names = ("naming", "command", "writing", "attention")
    values: dict[str, Any] = dict(zip(names, points, strict=True))
    values |= {
        **{item: number < orientation for number, item in enumerate(("year", "month", "city", "hospital"))},
        "consciousness": "VOICE"
        if flare and flare.grade == 2
        else "TACTILE"
        if flare and flare.grade == 3
        else "AWAKE",
        "sedated": False,
        "seizure": "NONE",
        "tremor": bool(flare),
        "haemorrhage": False,
        "motor_weakness": False,
        "oedema": "NONE",
        "ctcae_grade": flare.grade if flare else 0,
    }
    yield now.entry("ICE", values)


def doses_given(now: Occasion) -> Iterator[Entry]:
    cycle = now.cycles.get(now.visit.phase or "")
    if cycle is None:
        return
    days = doses.days_of_visit(now.protocol, now.visit, "EX", cycle.span, now.anchors)
    until = min(now.today, now.course.seen_until())
    lines = doses.dose_lines(now.draw, cycle, days, until)
    if lines:
        yield now.entry("EX", {}, rows={"doses": lines})


def infusion(now: Occasion) -> Iterator[Entry]:
    cycle = now.cycles.get(now.visit.phase or "")
    if cycle is None:
        return
    days = doses.days_of_visit(now.protocol, now.visit, "BLI", cycle.span, now.anchors)
    lines = doses.infusion_lines(cycle, days, now.today)
    if lines:
        before = doses.premedication_lines(cycle, days, now.today)
        values = {"line_flushed": False, "premedication_listed": True}
        yield now.entry("BLI", values, rows={"segments": lines, "premedication": before})


def cells(now: Occasion) -> Iterator[Entry]:
    course, draw = now.course, now.draw
    values: dict[str, Any] = {"product": "CD19 CAR-T (synthetic)", "lot": f"SYN-{course.screened_on:%y%m%d}"}
    match now.visit.key:
        case "CAR_APH":
            values |= {"step": "APHERESIS", "apheresis_on": now.on}
        case "CAR_LD":
            values |= {
                "step": "LYMPHODEPLETION",
                "lymphodepletion_on": now.on,
                "apheresis_on": course.apheresis_on,
            }
        case "CAR_D0":
            dose, viability = draw.number(0.8, 1.3, 2), draw.number(84, 97)
            values |= {"step": "INFUSION", "dose": dose, "viability": viability, "bridging": False}
            values |= {
                "transduction_pct": own_draw(course, "product").number(28, 61),
                "weight": measured.quantity("weight", course.person.weight_kg),
            }
        case _:
            values |= {"step": "FOLLOW_UP", "tocilizumab": False, "steroid": False}
    yield now.entry("CAR", values)


def transplantation(now: Occasion) -> Iterator[Entry]:
    graft, draw = now.course.graft, now.draw
    if graft is None:
        return
    haploidentical = graft.donor == "HAPLO"
    reduced = graft.intensity == "RIC"
    values: dict[str, Any] = {
        "conditioning_on": graft.conditioning_on,
        "intensity": graft.intensity,
        "conditioning": "Fludarabine, busulfan (2 days), cytarabine"
        if reduced
        else "Busulfan, cyclophosphamide, cytarabine",
        "donor": graft.donor,
        "graft_source": graft.source,
        "cd34": draw.number(3.2, 8.4, 2),
        "mnc": draw.number(6.5, 13.5, 2),
        "prophylaxis": "Ciclosporin, mycophenolate, methotrexate" + (", ATG" if graft.donor != "MSD" else ""),
        "atg": graft.donor != "MSD",
        "ptcy": haploidentical and draw.chance(30),
        "indication": indication(now.course, now.protocol.key),
    }
    if is_referred(now.course):
        values |= {"told_by": "LETTER"}
        if own_draw(now.course, "letter").chance(50):
            values["cd34"] = None  # the letter does not say it: the referral goes on
    yield now.entry("HSCT", values, rows=agents(graft))


def engraftment(now: Occasion) -> Iterator[Entry]:
    graft = now.course.graft
    if graft is None:
        return
    values = {
        "neutrophils_on": reached(graft.neutrophils_on, now.on),
        "platelets_on": reached(graft.platelets_on, now.on),
        "graft_failure": "NONE",
        "graft_failure_on": None,
    }
    yield now.entry("ENG", values)


def reached(day: date | None, on: date) -> date | None:
    return day if day is not None and day <= on else None


def acute_gvhd(now: Occasion) -> Iterator[Entry]:
    graft = now.course.graft
    if graft is None:
        return
    active = graft.acute_on is not None and graft.acute_on <= now.on < graft.acute_on + timedelta(days=32)
    yield now.entry("AGV", acute_findings(graft.acute_grade if active else 0))


def acute_findings(grade: int) -> dict[str, Any]:
    """What is found at the organs where the overall grade (MAGIC) is this one."""
    skin_pct, bilirubin, stool_ml = FOUND_OF_GRADE[grade]
    return {
        "skin_pct": Decimal(skin_pct),
        "bullae": grade == 4,
        "bilirubin": measured.quantity("bilirubin", bilirubin),
        "upper_gi_symptoms": grade >= 2,
        "stool_ml": Decimal(stool_ml),
        "severe_gut": grade == 4,
        "gvhd_class": "CLASSIC_ACUTE" if grade else "",
        "biopsy": grade >= 3,
        "systemic_steroid": grade >= 2,
        "steroid_response": "NA" if grade < 2 else "REFRACTORY" if grade == 4 else "RESPONSIVE",
    }


def chronic_gvhd(now: Occasion) -> Iterator[Entry]:
    graft = now.course.graft
    if graft is None:
        return
    begun = reached(graft.chronic_on, now.on) is not None
    values: dict[str, Any] = CALM | (CHRONIC[graft.chronic_severity] if begun else {})
    values |= {
        "bilirubin": measured.quantity("bilirubin", 11),
        "onset_on": reached(graft.chronic_on, now.on),
        "systemic_therapy_on": reached(graft.systemic_on, now.on),
    }
    yield now.entry("CGV", values)


def chimerism(now: Occasion) -> Iterator[Entry]:
    donor = now.draw.number(22, 80) if now.relapsed else now.draw.number(97.2, 100.0)
    yield now.entry("CHI", {"specimen": "BLOOD", "donor_pct": donor, "method": "STR-PCR"})


def contact(now: Occasion) -> Iterator[Entry]:
    """Seen or telephoned; freedom from relapse is stated only where there was an examination."""
    seen = not now.visit.key.startswith("SUR") or now.draw.chance(70)
    seen = seen and not (now.relapsed and now.draw.chance(60))
    values: dict[str, Any] = {
        "contact_kind": "VISIT" if seen else "TELEPHONE",
        "alive": True,
        "no_relapse": None if not seen else not now.relapsed,
        "new_therapy": "IMMUNOTHERAPY" if now.relapsed else "NONE",
    }
    if now.course.remission_on is None or now.on < now.course.remission_on:
        values["no_relapse"] = None
    yield now.entry("SUR", values)


def donor(now: Occasion) -> Iterator[Entry]:
    graft = now.course.graft
    if graft:
        plan = {"conditioning_planned": graft.conditioning_on}
        values, rows = work_up(now.course, graft, now.on)
        yield now.entry("DON", donor_values(now.draw, graft.donor) | plan | values, rows=rows)


def pregnancy(now: Occasion) -> Iterator[Entry]:
    yield replace(pregnancy_test(now.course.person, now.visit.key, now.on), visit_repeat=now.repeat)


def lysis(now: Occasion) -> Iterator[Entry]:
    point = "BEFORE" if now.visit.key.endswith("D1") else "H24"
    dose = {"C2_D1": 100, "C2_D2": 200, "C2_D3": 400, "C2_D4": 400}.get(now.visit.key)
    yield now.entry("TLS", lysis_panel(now.draw, now.on, point, dose))


def single(form: str, values: Callable[[Draw], dict[str, Any]]) -> Callable[[Occasion], Iterator[Entry]]:
    """A form that says the same whatever happened."""

    def build(now: Occasion) -> Iterator[Entry]:
        yield now.entry(form, values(now.draw))

    return build


def end_of_treatment(now: Occasion) -> Iterator[Entry]:
    yield now.entry("EOT", log_forms.ending_values(now.course), investigator=True)


BUILDERS: dict[str, Callable[[Occasion], Iterator[Entry]]] = {
    "VS": vital_signs,
    "PE": single("PE", measured.examination),
    "HEM": results("HEM"),
    "CHEM": results("CHEM"),
    "COAG": results("COAG"),
    "VIR": single("VIR", lambda draw: measured.virology()),
    "PREG": pregnancy,
    "ECG": single("ECG", measured.electrocardiogram),
    "ECHO": single("ECHO", measured.echocardiogram),
    "PFT": single("PFT", measured.lung_function),
    "HCI": single("HCI", measured.comorbidity),
    "BM": marrow,
    "MRD": residual_disease,
    "CSF": single("CSF", measured.puncture),
    "CRS": cytokines,
    "ICE": neurology,
    "EX": doses_given,
    "BLI": infusion,
    "CAR": cells,
    "DON": donor,
    "HSCT": transplantation,
    "ENG": engraftment,
    "AGV": acute_gvhd,
    "CGV": chronic_gvhd,
    "CHI": chimerism,
    "SUR": contact,
    "EOT": end_of_treatment,
    "TLS": lysis,
}
