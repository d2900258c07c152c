"""The forms of screening: what a candidate's papers say, and what keeps some of them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from trialsite.clinical.partial_date import PartialDate
from trialsite.studies.domain.protocol import Protocol

from . import laboratory, measured
from .draws import Draw
from .people import POOR_RISK
from .story import Course, Disease, Entry, Person, Story

FEATURES = tuple(POOR_RISK)
ORDER = [
    "ICF",
    "DM",
    "MH",
    "DX",
    "VS",
    "PE",
    "HEM",
    "CHEM",
    "COAG",
    "VIR",
    "PREG",
    "ECG",
    "ECHO",
    "PFT",
    "HCI",
    "DON",
    "BM",
    "MRD",
    "CSF",
    "TLS",
    "EL",
]
LATER_DAYS = {"ECHO": 1, "PFT": 2, "CSF": 1, "DON": 2, "EL": 2}
CONSENT_TEXT = "V2.0 (zh)"


def screening_entries(
    draw: Draw, protocol: Protocol, told: Story, *, in_remission: bool
) -> tuple[Entry, ...]:
    """Every form of the screening visit that the protocol asks for; consent comes first, statements last.

    A candidate who declines leaves consent unsigned and nothing else. Facts that rules need and the visit names as
    optional (lumbar puncture) are there too.
    """
    plan = next(visit for visit in protocol.visits if visit.key == "SCR")
    planned = {one.form for one in plan.forms if one.required} | {"CSF"}
    course = as_course(told.person, told.disease, told.screened_on, in_remission)
    found: list[Entry] = []
    for form in ORDER:
        if form not in planned or (told.obstacle == "refuses" and form not in ("ICF", "DM")):
            continue
        later = LATER_DAYS.get(form, 0 if form in ("ICF", "DM", "MH", "DX") else 1)
        day = min(told.screened_on + timedelta(days=later), told.decided_on)
        found += entry_of(draw, protocol, form, course, day, told.obstacle)
    return tuple(found)


def as_course(person: Person, disease: Disease, screened_on: date, in_remission: bool) -> Course:
    """The candidate as the forms of later visits see a subject."""
    return Course(
        person,
        disease,
        screened_on,
        screened_on,
        "",
        (),
        remission_on=screened_on - timedelta(days=40) if in_remission else None,
        mrd_negative_on=screened_on - timedelta(days=40) if in_remission else None,
    )


def entry_of(
    draw: Draw, protocol: Protocol, form: str, course: Course, day: date, obstacle: str
) -> Iterator[Entry]:
    person, disease = course.person, course.disease
    entry = Entry("SCR", form, day, {}, investigator=form in ("EL", "PE"))
    match form:
        case "ICF":
            yield consent(draw, protocol, person, day, refused=obstacle == "refuses")
        case "DM":
            birth = {"birth_date": PartialDate.of(person.birth_date), "sex": person.sex, "ethnicity": "HAN"}
            yield replace(entry, values=birth)
        case "MH":
            yield history(draw, day, obstacle)
        case "DX":
            yield replace(entry, on=disease.diagnosed_on, values=diagnosis(draw, disease, obstacle))
        case "EL":
            yield replace(entry, values=statements(person, obstacle))
        case "VS":
            ecog = draw.weighted({0: 22.0, 1: 56.0, 2: 22.0})
            yield replace(entry, values=measured.vital_signs(draw, person, ecog=ecog))
        case "PE":
            yield replace(entry, values=measured.examination(draw))
        case "HEM":
            yield replace(entry, rows={"results": laboratory.haematology(draw, course, day)})
        case "CHEM":
            active = course.remission_on is None
            lines = laboratory.chemistry(draw, person, active=active, obstacle=obstacle)
            yield replace(entry, rows={"results": lines})
        case "COAG":
            yield replace(entry, rows={"results": laboratory.coagulation(draw)})
        case "VIR":
            carrier = draw.chance(18)
            yield replace(entry, values=measured.virology(hbv=obstacle == "hbv", carrier=carrier))
        case "PREG":
            yield pregnancy_test(person, "SCR", day, positive=obstacle == "pregnant")
        case "ECG":
            yield replace(entry, values=measured.electrocardiogram(draw))
        case "ECHO":
            yield replace(entry, values=measured.echocardiogram(draw, weak=obstacle == "heart"))
        case "PFT":
            yield replace(entry, values=measured.lung_function(draw, weak=obstacle == "lung"))
        case "HCI":
            yield replace(entry, values=measured.comorbidity(draw, heavy=obstacle == "comorbid"))
        case "DON":
            yield donor_search(draw, day, found=obstacle != "no_donor")
        case "BM":
            blasts, in_blood = measured.blasts_on(draw, course, day)
            yield replace(entry, values=measured.marrow(draw, blasts, blood_blasts=in_blood))
        case "MRD":
            yield baseline_mrd(draw, protocol, course, day, positive=obstacle == "mrd_positive")
        case "CSF":
            yield replace(entry, values=measured.puncture(draw, leukaemic=obstacle == "cns"))
        case "TLS":
            yield replace(entry, values=lysis_panel(draw, day, "BEFORE"))


def consent(draw: Draw, protocol: Protocol, person: Person, day: date, *, refused: bool) -> Entry:
    """Consent by whom the protocol names at this age, on the day of screening."""
    signers = protocol.consent.signers_at(person.age_on(day)) or ("patient",)
    rows = [{"signer": who, "signed": not refused, "signed_on": None if refused else day} for who in signers]
    values = {"text_version": CONSENT_TEXT, "version_approved": True, "before_procedures": True}
    return Entry("SCR", "ICF", day, values, rows={"signatures": rows})


def history(draw: Draw, day: date, obstacle: str) -> Entry:
    """Nothing that excludes; steroids for some days in a third, for too long in those who fail for it."""
    no = [
        "prior_allo_hsct",
        "prior_blinatumomab_neurotoxicity_g3",
        "active_infection_treated",
        "infection_uncontrolled",
        "hypertension_uncontrolled",
        "cardiac_history",
        "cardiac_procedure",
        "arterial_thrombosis",
        "venous_thrombosis",
        "gi_bleeding",
        "respiratory_insufficiency",
        "epilepsy_on_therapy",
        "blinatumomab_hypersensitivity",
        "strong_cyp3a_inducer",
        "malabsorption",
        "uncontrolled_illness",
    ]
    values: dict[str, Any] = dict.fromkeys(no, False) | {"prior_therapy_reviewed": True}
    values["nyha"] = "II" if obstacle == "heart" else "NONE"
    rows = []
    days = draw.whole(8, 14) if obstacle == "steroids" else draw.whole(1, 4) if draw.chance(34) else 0
    if days:
        stop = day - timedelta(days=1)
        rows.append(
            {
                "kind": "STEROID",
                "drug": "Dexamethasone",
                "start": PartialDate.of(stop - timedelta(days=days - 1)),
                "stop": PartialDate.of(stop),
            }
        )
    return Entry("SCR", "MH", day, values, rows={"therapies": rows})


def diagnosis(draw: Draw, disease: Disease, obstacle: str) -> dict[str, Any]:
    """MICM with every question answered; the poor-risk features as they were found."""
    positive = obstacle == "ph_positive"
    done = [
        "morphology_done",
        "cytochemistry_done",
        "immunophenotype_done",
        "karyotype_done",
        "molecular_done",
    ]
    features = frozenset() if obstacle == "standard_risk" else disease.features
    return {
        "dx": "T_ALL" if obstacle == "t_all" else "BCP_ALL",
        "newly_dx": True,
        "emd": "NONE",
        "cd19_pct": draw.number(2, 15) if obstacle in ("cd19", "t_all") else disease.cd19_pct,
        **dict.fromkeys(done, True),
        "bcr_abl1_pcr": "POS" if positive else "NEG",
        "bcr_abl1_fish": "POS" if positive else "NEG",
        "bcr_abl1_karyotype": "POS" if positive and draw.chance(70) else "NEG",
        **{feature: feature in features for feature in FEATURES},
    }


def statements(person: Person, obstacle: str) -> dict[str, Any]:
    """What only the investigator can say."""
    return {
        "leuk_infiltration_liver": False if obstacle == "liver" else None,
        "hsct_within_60_days": True,
        "willing_hsct": True,
        "refused": False,
        "will_comply": True,
        "cannot_consent_or_comply": False,
        "not_childbearing": person.sex == "F" and not person.childbearing,
        "contraception_agreed": True,
        "pregnancy_planned": False if person.sex == "F" else None,
        "investigator_unsuitable": False,
    }


def pregnancy_test(person: Person, visit: str, day: date, *, positive: bool = False) -> Entry:
    """Serum test of women who may have children; not applicable in everybody else."""
    if not person.childbearing:
        missing = {"result": "NOT_APPLICABLE", "lactating": "NOT_APPLICABLE"}
        return Entry(visit, "PREG", day, {}, missing=missing)
    values = {"specimen": "SERUM", "result": "POS" if positive else "NEG", "lactating": False}
    return Entry(visit, "PREG", day, values)


def donor_search(draw: Draw, day: date, *, found: bool) -> Entry:
    if not found:
        return Entry("SCR", "DON", day, {"donor": "NONE", "donor_available": False})
    donor = draw.weighted({"HAPLO": 48.0, "MSD": 27.0, "MUD10": 18.0, "MMUD9": 7.0})
    return Entry("SCR", "DON", day, donor_values(draw, donor))


def donor_values(draw: Draw, donor: str) -> dict[str, Any]:
    match_ = {"MSD": "10/10", "MUD10": "10/10", "MMUD9": "9/10", "HAPLO": "5/10"}[donor]
    return {
        "donor": donor,
        "donor_available": True,
        "hla_match": match_,
        "donor_sex": draw.one_of("MF"),
        "donor_age": draw.whole(19, 54),
    }


def baseline_mrd(draw: Draw, protocol: Protocol, course: Course, day: date, *, positive: bool) -> Entry:
    methods = mrd_methods(protocol)
    level: Decimal | None = measured.mrd_level(draw, course, day) if not course.remission_on else None
    if positive:
        level = draw.number(0.02, 0.4, 3)
    if course.remission_on:
        methods = methods[:1]
    values = {"specimen": "BM_FIRST_PULL", "time_point": "SCREENING", "hemodilution": False}
    return Entry("SCR", "MRD", day, values, rows={"results": measured.mrd_lines(draw, methods, level)})


def mrd_methods(protocol: Protocol) -> tuple[str, ...]:
    """The methods that the protocol has a threshold for, each once; RQ-PCR only where flow is not done."""
    named = dict.fromkeys(one.method for one in protocol.mrd if one.method != "RQPCR_IG_TR")
    return tuple(named)


def lysis_panel(draw: Draw, day: date, point: str, venetoclax_mg: int | None = None) -> dict[str, Any]:
    """The protocol's own form on tumour lysis (BLINA-VEN)."""
    return {
        "time_point": point,
        "sample_date": day,
        "potassium_mmol_l": draw.around(4.1, 0.3, 1),
        "phosphate_mmol_l": draw.around(1.25, 0.15, 2),
        "calcium_mmol_l": draw.around(2.2, 0.08, 2),
        "uric_acid_umol_l": draw.around(310, 60, 0, low=120),
        "creatinine_umol_l": draw.around(64, 9, 0, low=38),
        "venetoclax_mg": venetoclax_mg,
        "clinical_tls": "no",
        "venetoclax_held": "no",
        "remark": "",
    }
