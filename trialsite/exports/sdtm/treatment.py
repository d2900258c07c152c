"""What was given and done: EX, EC, CM, PR."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from assessments.models import CerebrospinalFluid, Imaging, MarrowAssessment
from enrollment.models import MedicalHistory, PriorTherapy
from treatment.doses.drugs import drug_name
from treatment.medication.dictionary import dictionary, medicine_words
from treatment.models import (
    BlinatumomabInfusion,
    CellTherapy,
    ConcomitantMedication,
    DoseGiven,
    DosesGiven,
    InfusionSegment,
    MethotrexateInfusion,
    Premedication,
    Transfusion,
    Transplant,
)
from treatment.models.cells import BridgingDrug, CellCourse, CellCourses, CellStep
from treatment.models.infusions import StopReason
from treatment.models.medication import Route
from treatment.models.methotrexate import LeucovorinDose
from treatment.models.transplant import ConditioningDrug, GvhdDrug, GvhdTreatment, ProphylaxisDrug
from trialsite.casebook.models import Subject

from .dataset import Dataset, source, spid
from .reading import Found, Reading
from .text import iso, moment, number, yes_no

UNITS = {
    "ug": "ug", "mg": "mg", "g": "g", "cells": "Therapeutic Cells", "U": "IU", "Gy": "Gy", "mL": "mL", "IU": "IU",
    "MIU": "10^6 IU", "unit": "UNIT", "mg/kg": "mg/kg", "mg/m2": "mg/m2",
}  # fmt: skip
ROUTES = {
    "CIVI": "INTRAVENOUS", "IV": "INTRAVENOUS", "IT": "INTRATHECAL", "PO": "ORAL", "SC": "SUBCUTANEOUS",
    "IM": "INTRAMUSCULAR", "ORAL": "ORAL", "TOPICAL": "TOPICAL", "INHALED": "RESPIRATORY (INHALATION)",
    "EYE": "OPHTHALMIC", "RECTAL": "RECTAL",
}  # fmt: skip
FORMS = {"INTRAVENOUS": "INJECTION", "INTRATHECAL": "INJECTION", "ORAL": "TABLET"}
PRODUCTS = {
    "RBC": "RED BLOOD CELLS", "PLT": "PLATELETS", "FFP": "FRESH FROZEN PLASMA", "CRYO": "CRYOPRECIPITATE",
    "ALB": "ALBUMIN", "IVIG": "IMMUNOGLOBULIN", "OTHER": "OTHER BLOOD PRODUCT",
}  # fmt: skip
ORDINARY = (StopReason.BAG_CHANGE, StopReason.END)  # ends of a stretch that say nothing
HSCT, CELLS = "ALLOGENEIC HEMATOPOIETIC STEM CELLS", "CD19 CAR-T CELLS"


def exposures(reading: Reading, subject: Subject) -> Iterator[Found]:
    """EX: protocol treatment as it was given. What was planned and not given is no exposure."""
    kinds = {phase.key: phase.kind for protocol in reading.design.protocols for phase in protocol.phases}
    planned = {
        kinds.get(phase)
        for arm in reading.design.arms.values()
        for phase in arm.phases
        if subject.arm in ("", arm.key)
    }
    yield from infusions(reading, subject)
    yield from doses(reading, subject)
    yield from methotrexate(reading, subject)
    if "transplant" in planned:
        yield from grafts(reading, subject)
    if "cell-therapy" in planned:
        yield from cells(reading, subject)


def exposure(
    record: Any, line: Any, drug: str, category: str, dose: Decimal | None, unit: str, route: str
) -> Found:
    return {
        "EXSPID": spid(record, line),
        "EXTRT": drug,
        "EXCAT": category,
        "EXDOSE": dose,
        "EXDOSU": UNITS.get(unit, unit) if dose is not None else "",
        "EXDOSFRM": FORMS.get(route, ""),
        "EXROUTE": route,
        "VISIT_OF": record,
        "SOURCE": source(line or record),
    }


def infusions(reading: Reading, subject: Subject) -> Iterator[Found]:
    """Blinatumomab: one row for each stretch at one rate."""
    zone = reading.zone(subject)
    for record in reading.forms(BlinatumomabInfusion, subject):
        for one in reading.lines(InfusionSegment, record):
            row = exposure(record, one, "BLINATUMOMAB", "IMMUNOTHERAPY", one.rate, "ug/day", "INTRAVENOUS")
            yield row | {
                "EXDOSFRQ": "CONTINUOUS",
                "EXSTDTC": moment(one.start, zone),
                "EXENDTC": moment(one.stop, zone),
                "SUPP": {
                    "EXSTOP": (
                        "Reason the Stretch Ended",
                        "" if one.stop_reason in ORDINARY else one.stop_reason,
                    )
                },
            }


def doses(reading: Reading, subject: Subject) -> Iterator[Found]:
    """Other drugs of the protocol: one row a drug and day, the dose of the whole day."""
    for record in reading.forms(DosesGiven, subject):
        for one in reading.lines(DoseGiven, record):
            if not one.given or not one.given_on:
                continue
            name, route = drug_of(reading, one.drug)
            row = exposure(record, one, name, "CHEMOTHERAPY", one.given, one.unit, route)
            yield row | {
                "EXSTDTC": iso(one.given_on),
                "EXENDTC": iso(one.given_on),
                "EXADJ": adjusted(one),
                "SUPP": {
                    "EXPRESC": ("Prescribed Dose", prescribed(one)),
                },
            }


def prescribed(line: DoseGiven) -> str:
    """The prescribed dose, where another was given."""
    return "" if line.given == line.prescribed else number_or_none(line.prescribed)


def number_or_none(value: Decimal | None) -> str:
    return "" if value is None else number(value)


def drug_of(reading: Reading, key: str) -> tuple[str, str]:
    """The drug's name and, where the protocol gives it by one route, that route."""
    routes = {
        drug.route
        for protocol in reading.design.protocols
        for regimen in protocol.regimens
        for drug in regimen.drugs
        if drug.key == key
    }
    route = ROUTES.get(next(iter(routes)), "") if len(routes) == 1 else ""
    bare = key.removesuffix("_IT").removesuffix("_FIRST")
    return drug_name(bare).upper(), "INTRATHECAL" if key.endswith("_IT") else route


def methotrexate(reading: Reading, subject: Subject) -> Iterator[Found]:
    """High-dose methotrexate, unless the same day's dose is in the form of doses."""
    zone = reading.zone(subject)
    told = {
        one.given_on
        for record in reading.forms(DosesGiven, subject)
        for one in reading.lines(DoseGiven, record)
        if one.drug == "METHOTREXATE" and one.given
    }
    for record in reading.forms(MethotrexateInfusion, subject):
        if record.dose and record.performed_on not in told:
            row = exposure(record, None, "METHOTREXATE", "CHEMOTHERAPY", record.dose, "mg", "INTRAVENOUS")
            yield row | {"EXSTDTC": moment(record.start, zone), "EXENDTC": moment(record.end, zone)}


def grafts(reading: Reading, subject: Subject) -> Iterator[Found]:
    """The graft and the conditioning before it."""
    for record in reading.forms(Transplant, subject):
        if not record.performed_on:
            continue
        row = exposure(record, None, HSCT, "TRANSPLANTATION", record.cd34, "10^6/kg", "INTRAVENOUS")
        day = iso(record.performed_on)
        yield row | {"EXDOSFRM": "", "EXSTDTC": day, "EXENDTC": day}
        for one in reading.lines(ConditioningDrug, record):
            if one.first_on:
                row = exposure(record, one, agent_name(one), "CONDITIONING", one.total_dose, one.unit, "")
                yield row | {"EXSTDTC": iso(one.first_on), "EXENDTC": iso(one.last_on or one.first_on)}


def agent_name(line: Any) -> str:
    return str(line.get_agent_display()).partition(":")[0].upper()


def cells(reading: Reading, subject: Subject) -> Iterator[Found]:
    """CAR-T cells, where the arm has them."""
    for record in reading.forms(CellTherapy, subject):
        if record.step == CellStep.INFUSION and record.performed_on:
            day = iso(record.performed_on)
            row = exposure(record, None, CELLS, "CELLULAR THERAPY", record.dose, "10^6/kg", "INTRAVENOUS")
            yield row | {"EXDOSFRM": "", "EXSTDTC": day, "EXENDTC": day, "EXLOT": record.lot}


def given(reading: Reading, subject: Subject) -> Iterator[Found]:
    """EX, as the course of the subject has read it."""
    for one in reading.courses[subject.pk].exposures:
        yield dict(one)


def collected(reading: Reading, subject: Subject) -> Iterator[Found]:
    """EC: doses as they were reported, one row a drug and day, those that were not given too."""
    for record in reading.forms(DosesGiven, subject):
        for one in reading.lines(DoseGiven, record):
            if one.given is None:
                continue
            name, route = drug_of(reading, one.drug)
            yield {
                "ECSPID": spid(record, one),
                "ECTRT": name,
                "ECMOOD": "PERFORMED",
                "ECCAT": "CHEMOTHERAPY",
                "ECPRESP": "Y",
                "ECOCCUR": yes_no(one.given > 0),
                "ECREASOC": str(one.get_reason_display()) if one.reason and not one.given else "",
                "ECDOSE": one.given or None,
                "ECDOSU": UNITS.get(one.unit, one.unit) if one.given else "",
                "ECDOSFRM": FORMS.get(route, ""),
                "ECROUTE": route,
                "ECADJ": adjusted(one),
                "VISIT_OF": record,
                "ECSTDTC": iso(one.given_on),
                "ECENDTC": iso(one.given_on),
                "SOURCE": source(one),
                "SUPP": {"ECPRESC": ("Prescribed Dose", prescribed(one))},
            }


def adjusted(line: DoseGiven) -> str:
    """Why another dose than the prescribed one was given."""
    return (
        str(line.get_reason_display()) if line.reason and line.given and line.given != line.prescribed else ""
    )


# Medicines beside the protocol's treatment


def medicines(reading: Reading, subject: Subject) -> Iterator[Found]:
    """CM: concomitant and earlier medicines, premedication, transfusions, and what prevents or treats GVHD and CRS."""
    for record in reading.forms(ConcomitantMedication, subject):
        yield concomitant(record)
    for record in reading.forms(MedicalHistory, subject):
        for one in reading.lines(PriorTherapy, record):
            name = one.drug or str(one.get_kind_display())
            row = medicine(record, one, name, "PRIOR ANTILEUKEMIC THERAPY", one.start, one.stop)
            yield row | dose_of(one.amount, one.amount_unit)
    for record in reading.forms(Transfusion, subject):
        yield medicine(
            record, None, PRODUCTS[record.product], "TRANSFUSION", record.performed_on, record.performed_on
        )
    zone = reading.zone(subject)
    for record in reading.forms(BlinatumomabInfusion, subject):
        for one in reading.lines(Premedication, record):
            at = moment(one.given_at, zone)
            row = medicine(record, one, short_name(one.get_drug_display()), "PREMEDICATION", at, at)
            yield row | dose_of(one.dose, "mg")
    for record in reading.forms(MethotrexateInfusion, subject):
        for one in reading.lines(LeucovorinDose, record):
            at = moment(one.given_at, zone)
            row = medicine(record, one, "LEUCOVORIN", "RESCUE", at, at)
            yield row | dose_of(one.dose, "mg") | {"CMROUTE": ROUTES.get(one.route, "")}
    yield from of_courses(reading, subject)


def of_courses(reading: Reading, subject: Subject) -> Iterator[Found]:
    """Prophylaxis and treatment of GVHD, bridging, and what was given after CAR-T cells."""
    for record in reading.forms(Transplant, subject):
        for one in reading.lines(ProphylaxisDrug, record):
            yield medicine(record, one, agent_name(one), "GVHD PROPHYLAXIS", one.started_on, one.stopped_on)
    for record in reading.forms(GvhdTreatment, subject):
        for one in reading.lines(GvhdDrug, record):
            row = medicine(record, one, agent_name(one), "GVHD TREATMENT", one.started_on, one.stopped_on)
            yield row | {"CMINDC": str(one.get_treated_display())}
    for record in reading.forms(CellTherapy, subject):
        for one in reading.lines(BridgingDrug, record):
            name = medicine_words(one.medicine).upper()
            yield medicine(record, one, name, "BRIDGING THERAPY", one.first_on, one.last_on)
    for record in reading.forms(CellCourses, subject):
        for one in reading.lines(CellCourse, record):
            row = medicine(
                record, one, agent_name(one), "TREATMENT OF CRS OR ICANS", one.started_on, one.stopped_on
            )
            yield row | dose_of(one.dose_mg, "mg") | {"CMINDC": str(one.get_reason_display())}


def short_name(label: object) -> str:
    return str(label).partition(":")[0].partition(",")[0].upper()


def concomitant(record: ConcomitantMedication) -> Found:
    known = dictionary().recognise(record.medicine)
    row = medicine(
        record,
        None,
        medicine_words(record.medicine),
        "CONCOMITANT MEDICATION",
        record.started,
        record.stopped,
    )
    return (
        row
        | dose_of(record.amount, record.unit)
        | {
            "CMDECOD": known.name.en.upper() if known else "",
            "CMINDC": record.indication,
            "CMDOSTXT": "" if record.amount is not None else record.dose,
            "CMROUTE": ROUTES.get(record.route, ""),
            "CMENRTPT": "" if record.stopped else "ONGOING",
            "SUPP": {
                "CMPERDAY": ("Doses per Day", number_or_none(record.per_day)),
                "CMROUTEO": ("Other Route", record.route if record.route not in Route.values else ""),
            },
        }
    )


def medicine(record: Any, line: Any, name: str, category: str, start: object, stop: object) -> Found:
    return {
        "CMSPID": spid(record, line),
        "CMTRT": name.upper(),
        "CMCAT": category,
        "CMSTDTC": written(start),
        "CMENDTC": written(stop),
        "SOURCE": source(line or record),
    }


def written(day: object) -> str:
    return day if isinstance(day, str) else iso(day)


def dose_of(amount: Decimal | None, unit: str) -> Found:
    if amount is None:
        return {}
    return {"CMDOSE": amount, "CMDOSU": UNITS.get(unit, unit)}


# Procedures

MODALITIES = {"CT": "CT SCAN", "MRI": "MRI", "PET": "PET SCAN", "US": "ULTRASOUND", "XRAY": "X-RAY"}


def procedures(reading: Reading, subject: Subject) -> Iterator[Found]:
    """PR: transplantation, apheresis, marrow aspiration, lumbar puncture, imaging."""
    for record in reading.forms(Transplant, subject):
        yield procedure(record, "ALLOGENEIC STEM CELL TRANSPLANT", "TRANSPLANTATION", record.performed_on) | {
            "PRINDC": str(record.get_indication_display()) if record.indication else "",
            "SUPP": {
                "PRDONOR": ("Donor", str(record.get_donor_display())),
                "PRGRAFT": ("Source of the Graft", str(record.get_graft_source_display())),
                "PRINTENS": ("Intensity of Conditioning", str(record.get_intensity_display())),
            },
        }
    for record in reading.forms(CellTherapy, subject):
        if record.step == CellStep.APHERESIS:
            yield procedure(record, "LEUKAPHERESIS", "CELLULAR THERAPY", record.performed_on)
        elif record.step == CellStep.INFUSION:
            yield procedure(record, "CAR-T CELL INFUSION", "CELLULAR THERAPY", record.performed_on)
    for record in reading.forms(MarrowAssessment, subject):
        yield procedure(record, "BONE MARROW ASPIRATION", "DISEASE ASSESSMENT", record.performed_on)
    for record in reading.forms(CerebrospinalFluid, subject):
        if record.csf_wbc or record.blasts is not None or record.it_given:
            yield procedure(record, "LUMBAR PUNCTURE", "DISEASE ASSESSMENT", record.performed_on)
    for record in reading.forms(Imaging, subject):
        if record.modality:
            yield procedure(record, MODALITIES[record.modality], "IMAGING", record.performed_on)


def procedure(record: Any, name: str, category: str, day: date | None) -> Found:
    return {
        "PRSPID": spid(record),
        "PRTRT": name,
        "PRDECOD": name,
        "PRCAT": category,
        "VISIT_OF": record,
        "PRSTDTC": iso(day),
        "PRENDTC": iso(day),
        "SOURCE": source(record),
    }


DATASETS = (
    Dataset(
        "EX",
        given,
        ("EXSPID", "EXCAT", "EXDOSFRQ", "EXROUTE", "EXLOT", "EXADJ", "EPOCH", "EXSTDY", "EXENDY"),
        ("EXSTDTC", "EXTRT", "EXSPID"),
    ),
    Dataset(
        "EC",
        collected,
        ("ECSPID", "ECMOOD", "ECCAT", "ECPRESP", "ECOCCUR", "ECREASOC", "ECROUTE", "ECADJ", "EPOCH", "ECSTDY",
         "ECENDY"),
        ("ECSTDTC", "ECTRT", "ECSPID"),
        origins={"ECMOOD": "Assigned", "ECCAT": "Assigned", "ECPRESP": "Assigned"},
    ),
    Dataset(
        "CM",
        medicines,
        ("CMSPID", "CMDECOD", "CMCAT", "CMINDC", "CMDOSE", "CMDOSTXT", "CMDOSU", "CMROUTE", "EPOCH",
         "CMSTDTC", "CMENDTC", "CMSTDY", "CMENDY", "CMENRTPT", "CMENTPT"),
        ("CMSTDTC", "CMTRT", "CMSPID"),
    ),
    Dataset(
        "PR",
        procedures,
        ("PRSPID", "PRDECOD", "PRCAT", "PRINDC", "VISITNUM", "VISIT", "EPOCH", "PRENDTC", "PRSTDY", "PRENDY"),
        ("PRSTDTC", "PRTRT", "PRSPID"),
    ),
)  # fmt: skip
