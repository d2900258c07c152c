"""The codes of protocol files in words."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from trialsite.listing import listed, told

from .domain.protocol import (
    DoseLevel,
    DoseModifier,
    DoseTolerance,
    Drug,
    Equivalent,
    ObesityPlan,
    Regimen,
    VisitPlan,
)

DESIGNS = {"single-arm": _("single arm"), "randomised": _("randomised")}
PHASES_OF_TRIALS = {"not stated": _("not stated")}
ROUTES = {
    "IV": _("intravenous"),
    "CIVI": _("continuous infusion"),
    "PO": _("oral"),
    "PO_IV": _("oral or intravenous"),
    "IT": _("intrathecal"),
    "SC": _("subcutaneous"),
}
UNITS = {"ug": "µg", "U": "IU", "cells": _("cells")}
MRD_METHODS = {
    "MFC": _("Flow cytometry"),
    "NGS_IG_TR": _("NGS of IG/TR"),
    "RQPCR_IG_TR": _("RQ-PCR of IG/TR"),
    "RTPCR_FUSION": _("RT-PCR of a fusion"),
    "DPCR": _("Digital PCR"),
}
ROLES = {
    "endpoint": _("endpoint"),
    "gate": _("decision on treatment"),
    "primary": _("primary"),
    "secondary": _("secondary"),
    "exploratory": _("exploratory"),
    "sensitivity": _("sensitivity analysis"),
}
ANALYSIS_SETS = {
    "ALL_TREATED": _("all treated"),
    "CRC": _("in complete remission (CRc)"),
    "TRANSPLANTED": _("transplanted"),
    "RANDOMISED": _("randomised subjects"),
    "EVALUABLE_24M": _("evaluable at 24 months"),
    "SAFETY": _("safety set"),
}
SOURCES = {
    "registration": _("registration"),
    "reference": _("reference"),
    "derived": _("derived"),
    "assumption": _("assumption"),
    "general-knowledge": _("general knowledge"),
}
AGENTS = {
    "chemo": _("chemotherapy"),
    "blinatumomab": _("blinatumomab"),
    "venetoclax": _("venetoclax"),
    "car_t": _("CAR-T cells"),
    "hsct": _("transplantation"),
}
SPECIAL_INTEREST = {
    "CRS": _("Cytokine release syndrome"),
    "NEUROTOXICITY": _("Neurotoxicity, seizure"),
    "INFECTION": _("Infection"),
    "TLS": _("Tumour lysis"),
    "SOS": _("Sinusoidal obstruction"),
    "HLH": _("Haemophagocytosis"),
    "CYTOPENIA": _("Prolonged cytopenia"),
    "PANCREATITIS": _("Pancreatitis"),
    "MEDICATION_ERROR": _("Medication error, overdose"),
    "INFUSION_REACTION": _("Infusion reaction"),
    "HYPOGAMMAGLOBULINAEMIA": _("Low immunoglobulin that needs replacement"),
    "OPPORTUNISTIC": _("Opportunistic infection"),
    "PREGNANCY": _("Pregnancy"),
    "SECOND_MALIGNANCY": _("Second malignancy"),
    "OTHER": _("Other"),
}
RECORDED_AS_EVENT = {
    "never": _("not recorded as an event"),
    "if_serious": _("recorded as an event only if serious"),
    "always": _("recorded as an event"),
}
SETTINGS = {
    "anthracycline_ratio_set": _("ratios of anthracyclines to doxorubicin"),
    "methotrexate": _("methotrexate levels and leucovorin"),
    "glucarpidase": _("advice on glucarpidase"),
    "accrual_months": _("planned accrual, months"),
    "aplasia": _("B-cell aplasia"),
    "apheresis": _("before the apheresis for CAR-T cells"),
    "mrd_negative": _("MRD before transplantation"),
    "washout": _("wash-out before conditioning"),
    "analysis_set": _("analysis set"),
    "assessed_at": _("assessed at"),
    "bsa_formula": _("formula of the body surface area"),
    "censor": _("censored at"),
    "cns2_is_cns_leukemia": _("CNS2 counts as CNS leukaemia"),
    "competing": _("competing events"),
    "adverse_events": _("adverse events"),
    "window": _("window of adverse events"),
    "sae_form": _("time from a serious event to its SAE report"),
    "sae_to_sponsor": _("time of the report of an SAE to the sponsor"),
    "sae_to_ethics": _("time of the report of a fatal or life-threatening SAE to the ethics committee"),
    "special_interest": _("time of the report of an event of special interest to the sponsor"),
    "susar_grave": _("time of the report of a fatal or life-threatening SUSAR to the authority"),
    "susar_other": _("time of the report of another SUSAR to the authority"),
    "susar_follow_up": _("time of the follow-up of a fatal or life-threatening SUSAR"),
    "record_as_ae": _("laboratory grades as adverse events"),
    "again_within_days": _("days within which a new text of the consent is signed"),
    "public_sources": _("a death of a public register may be entered after withdrawal"),
    "trial_only": _("forms of procedures that are only the trial's"),
    "numbering": _("numbering of subjects"),
    "other_trials": _("who takes part in other trials"),
    "consent": _("who signs the consent"),
    "creat_baseline_requires_gt_uln": _("creatinine is graded by its baseline above the normal range only"),
    "crcl_weight": _("weight in the creatinine clearance"),
    "ctcae_version": _("version of CTCAE"),
    "cycle_days": _("days of a cycle"),
    "days": _("days"),
    "deviation": _("class of the deviation"),
    "indications": _("indications"),
    "late_after": _("late after so many days"),
    "rest_days": _("days of rest after it"),
    "deviations": _("deviations drafted by rules"),
    "monitoring": _("stopping rules"),
    "adjudication": _("adjudication of events by a committee"),
    "definition": _("definition"),
    "events": _("events"),
    "landmark_days": _("landmark, days"),
    "landmark_months": _("landmark, months"),
    "method": _("method"),
    "note": _("note"),
    "origin": _("counted from"),
    "timezone": _("time zone"),
    "offset_days": _("planned day"),
    "nct": _("number in the registry"),
    "literal_mlfs_is_cri": _("MLFS counts as CRi"),
    "criteria_set": _("set of criteria"),
    "phases": _("order of the phases"),
    "planned": _("planned number"),
    "randomisation": _("randomisation"),
    "recruitment": _("recruitment"),
    "response": _("criteria of response"),
    "rounding": _("rounded to"),
    "rule": _("rule"),
    "samples": _("days after which a sample for MRD is asked for"),
    "screening": _("how old results may be at screening"),
    "starts": _("starts"),
    "threshold": _("threshold"),
}
SETTING_CODES = {
    "minor": _("Minor"),
    "major": _("Major"),
    "critical": _("Critical"),
    "mosteller": "Mosteller",
    "actual": _("actual weight"),
    "capped_bsa": _("body surface up to a limit"),
    "adjusted_weight": _("adjusted weight"),
    "patient": _("the patient"),
    "guardian": _("the guardian"),
    "assent": _("the minor (assent)"),
    "laboratory": _("laboratory"),
    "serology": _("serology"),
    "cardiopulmonary": _("heart and lung"),
    "marrow": _("marrow"),
    "pregnancy": _("pregnancy test"),
    "remission": _("remission and MRD"),
    "two_stage": _("Simon's two stages"),
    "toxicity": _("limit of toxicity (Bayesian)"),
    "futility": _("limit of futility (Bayesian)"),
}
ENDPOINT_CODES = {
    "ae_grade_3": _("adverse event of grade 3 or more"),
    "agvhd_2_4": _("acute GVHD of grade II to IV"),
    "agvhd_3_4": _("acute GVHD of grade III to IV"),
    "alive_relapse_free": _("alive without relapse"),
    "cgvhd": _("chronic GVHD"),
    "cgvhd_moderate_severe": _("moderate or severe chronic GVHD"),
    "cgvhd_systemic": _("chronic GVHD that needs systemic treatment"),
    "cr_or_cri": _("CR or CRi"),
    "crc": "CRc",
    "death": _("death"),
    "death_without_relapse": _("death without relapse"),
    "first_crc": _("first CRc"),
    "graft_failure": _("graft failure"),
    "last_adequate_assessment": _("the last adequate assessment"),
    "last_known_alive": _("the last day known alive"),
    "last_mrd_sample": _("the last MRD sample"),
    "mrd_negative": _("MRD negative"),
    "mrd_negative_cr": _("MRD-negative CR"),
    "mrd_recurrence": _("MRD recurrence"),
    "relapse": _("relapse"),
    "treatment_failure": _("treatment failure"),
}
BLINATUMOMAB_EVENTS = {  # of the decision table of blinatumomab
    "CRS": _("Cytokine release syndrome"),
    "SEIZURE": _("Seizure"),
    "NEUROTOXICITY": _("Neurotoxicity"),
    "OTHER": _("Other event"),
    "LIVER": _("Liver values"),
    "NOT_RELEVANT": _("No event of the table"),
}
LIVER_NAMES = {"alt": "ALT", "ast": "AST", "bilirubin": _("bilirubin")}
DEVIATION_RULES = {
    "DOSE": _("dose beyond tolerance"),
    "VISIT_WINDOW": _("visit outside its window"),
    "PREMEDICATION": _("premedication missing before blinatumomab"),
    "MRD_SAMPLE": _("no MRD sample at a visit that asks for one"),
    "HSCT_WITHOUT_MRD": _("transplanted without negative MRD"),
}
DEVIATION_CLASSES = {"minor": _("Minor"), "major": _("Major"), "critical": _("Critical")}
BASES = {"BSA": "/m²", "KG": "/kg"}
CODES: Mapping[str, Mapping[str, Any]] = {
    "analysis set": ANALYSIS_SETS,
    "class of a deviation": DEVIATION_CLASSES,
    "deviation": DEVIATION_RULES,
    "design": DESIGNS,
    "method": MRD_METHODS,
    "phase": PHASES_OF_TRIALS,
    "role": ROLES,
    "route": ROUTES,
    "unit": UNITS,
}


def code_words(code: Any, kind: str) -> str:
    """A code of a protocol file in the reader's words; what is said in the field as it is written stays."""
    return str(CODES[kind].get(str(code), code))


def day_runs(days: Iterable[int]) -> str:
    """Days of a cycle with runs joined: 1–7, 14."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][1] + 1:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return listed(str(first) if first == last else f"{first}–{last}" for first, last in runs)


def dose_words(level: DoseLevel, drug: Drug) -> str:
    """A dose as a protocol writes it: 1.4 mg/m² (at most 2 mg)."""
    unit = code_words(drug.unit, "unit")
    dose = f"{level.amount} {unit}{BASES.get(level.basis, '')}"
    if level.cap is None or level.basis not in BASES:
        return dose
    return gettext("%(dose)s (at most %(cap)s)") % {"dose": dose, "cap": f"{level.cap} {unit}"}


def modifier_words(modifier: DoseModifier) -> str:
    """What a modifier does to a dose: × 0.8, omitted, over 48 h, 1000 instead of the level."""
    if modifier.omit:
        done = gettext("omitted")
    elif modifier.hours is not None:
        done = gettext("over %(hours)s h") % {"hours": modifier.hours}
    elif modifier.factor is not None:
        done = f"× {modifier.factor}"
    else:
        done = gettext("%(amount)s instead") % {"amount": modifier.amount}
    return done if modifier.days is None else f"{done}, {runs_words(modifier.days)}"


def equivalent_words(other: Equivalent) -> str:
    """A drug that may be given instead: Dexamethasone × 0.15 (at most 15 mg)."""
    dose = f"{other.name.in_language(get_language() or 'en')} × {other.factor}"
    if other.cap is None:
        return dose
    return gettext("%(dose)s (at most %(cap)s)") % {"dose": dose, "cap": f"{other.cap} mg"}


def dose_levels_words(regimen: Regimen) -> str:
    """Levels of a cycle with the drugs they concern: 100 % / 75 %: Methotrexate, Cytarabine; "" without levels."""
    levels = regimen.dose_levels
    if levels is None:
        return ""
    names = {drug.key: drug.name.in_language(get_language() or "en") for drug in regimen.drugs}
    drugs = listed(names.get(key, key) for key in levels.drugs)
    return told(" / ".join(percent_words(one) for one in levels.factors), drugs)


def obesity_words(plan: ObesityPlan) -> str:
    """How obesity is dosed: BMI ≥ 30 kg/m²: actual weight."""
    cap = f" {plan.cap} m²" if plan.cap is not None else ""
    return told(f"BMI ≥ {plan.bmi_from} kg/m²", f"{SETTING_CODES[plan.handling]}{cap}")


def tolerance_words(plan: DoseTolerance) -> str:
    """How far a dose may be off: asked about above 5 %, a deviation above 10 %."""
    return _("asked about above %(query)s %%, a deviation above %(deviation)s %%") % {
        "query": f"{plan.query_above_pct.normalize():f}",
        "deviation": f"{plan.deviation_above_pct.normalize():f}",
    }


def runs_words(days: Sequence[int]) -> str:
    """Days of a cycle as people say them: "day 1", "days 1–7"."""
    return ngettext("day %(days)s", "days %(days)s", len(days)) % {"days": day_runs(days)}


def offset_words(visit: VisitPlan) -> str:
    """How long after its anchor a visit is, and how often: "+ 7 days", "every 3 months, 8 times"."""
    months, count = visit.offset_months is not None, visit.offset_months or visit.offset_days or 0
    sign = "−" if count < 0 else "+"
    parts = [f"{sign} {months_words(abs(count)) if months else days_words(abs(count))}"] if count else []
    if visit.repeat:
        every = visit.repeat.every_months
        step = months_words(every) if every else days_words(visit.repeat.every_days or 1)
        daily = visit.repeat.every_days == 1
        rhythm = gettext("daily") if daily else gettext("every %(step)s") % {"step": step}
        parts.append(gettext("%(rhythm)s, %(n)s times") % {"rhythm": rhythm, "n": visit.repeat.count})
    return listed(parts)


def window_words(visit: VisitPlan) -> str:
    """The window around the planned day; a dash where it is that day alone."""
    before, after = visit.before_days, visit.after_days
    if before == after:
        return f"± {days_words(before)}" if before else "—"
    return gettext("−%(before)s / +%(after)s days") % {"before": before, "after": after}


def days_words(count: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": count}


def months_words(count: int) -> str:
    return ngettext("%(n)s month", "%(n)s months", count) % {"n": count}


def percent_words(fraction: Decimal) -> str:
    """A threshold as people say it: 0.0001 is 0.01 %."""
    return f"{(100 * fraction).normalize():f} %"
