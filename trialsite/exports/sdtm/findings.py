"""What was measured and examined: VS, PE, EG, LB, MB, IS."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessments.domain.terms import NO_FINDING
from assessments.laboratory.limits import limits_of_rows
from assessments.models import (
    CerebrospinalFluid,
    Electrocardiogram,
    LabReport,
    LabResult,
    PhysicalExam,
    PregnancyTest,
    Virology,
    VitalSigns,
)
from treatment.models import MethotrexateInfusion
from treatment.models.methotrexate import MethotrexateLevel
from trialsite.casebook.models import Subject
from trialsite.clinical.body import qtcf, round_half_up
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import canonical_unit

from .dataset import Dataset, source, spid
from .reading import Found, Reading
from .standard import test_names
from .text import iso, moment, number

CT_UNITS = {
    "10*9/L": "10^9/L", "10*3/uL": "10^3/uL", "10*12/L": "10^12/L", "10*6/uL": "10^6/uL", "10*6/L": "10^6/L",
    "/mm3": "10^6/L", "/uL": "10^6/L", "meq/L": "mEq/L", "[IU]/L": "IU/L", "{INR}": "RATIO", "Cel": "C", "[degF]": "F",
    "mm[Hg]": "mmHg", "/min": "beats/min", "{fraction}": "fraction of 1",
}  # fmt: skip
VITAL_SIGNS = {
    "height": "HEIGHT", "weight": "WEIGHT", "temperature": "TEMP", "systolic": "SYSBP", "diastolic": "DIABP",
    "pulse": "PULSE",
}  # fmt: skip
ANALYTES = {
    "creatinine": "CREAT", "bilirubin": "BILI", "bilirubin_direct": "BILDIR", "haemoglobin": "HGB", "glucose": "GLUC",
    "urea": "UREA", "uric_acid": "URATE", "calcium": "CA", "calcium_ionised": "CAION", "calcium_corrected": "CACRALB",
    "magnesium": "MG", "phosphate": "PHOS", "albumin": "ALB", "triglycerides": "TRIG", "cholesterol": "CHOL",
    "fibrinogen": "FIBRINO", "wbc": "WBC", "anc": "NEUT", "lymphocytes": "LYM", "cd4": "CD4",
    "neutrophils_pct": "NEUTLE", "bands_pct": "NEUTBLE", "platelets": "PLAT", "potassium": "K", "sodium": "SODIUM",
    "chloride": "CL", "alt": "ALT", "ast": "AST", "alp": "ALP", "ggt": "GGT", "ldh": "LDH", "amylase": "AMYLASE",
    "lipase": "LIPASET", "ck": "CK", "inr": "INR", "aptt": "APTT", "crp": "CRP", "ferritin": "FERRITN", "igg": "IGG",
    "rbc": "RBC", "pb_blasts": "BLASTLE", "methotrexate": "MTX",
}  # fmt: skip
OWN_TESTS = {
    "MTX": "Methotrexate",
    "CD4": "CD4 Lymphocytes",
}  # that the terminology of laboratory tests has not
CATEGORIES = {"HEM": "HEMATOLOGY", "CHEM": "CHEMISTRY", "COAG": "COAGULATION"}
VIRUSES = {"hbsag": ("HBSAG", "SERUM"), "hbv_dna": ("HBDNA", "BLOOD"), "hcv_rna": ("HCRNA", "BLOOD")}
ANTIBODIES = {  # the test and what the antibody binds
    "hbcab": ("MBAB", "HEPATITIS B VIRUS CORE ANTIGEN"),
    "hcv_ab": ("MBAB", "HEPATITIS C VIRUS"),
    "hiv_ab": ("MBAB", "HUMAN IMMUNODEFICIENCY VIRUS"),
    "trust": ("REAAB", "CARDIOLIPIN"),
}
BODY_SYSTEMS = {
    "general": ("GENERAL", "General Appearance"), "skin": ("SKIN", "Skin and Mucosa"),
    "head_neck": ("HEADNECK", "Head and Neck"), "lymph_nodes": ("LYMPH", "Lymph Nodes"),
    "lungs": ("LUNGS", "Lungs"), "heart": ("HEART", "Heart"), "abdomen": ("ABDOMEN", "Abdomen, Liver and Spleen"),
    "genitalia": ("GENITAL", "Genitalia, Testes"), "limbs": ("LIMBS", "Limbs and Joints"),
    "neurology": ("NEURO", "Nervous System"),
}  # fmt: skip
ANSWERS = {
    "NEG": "NEGATIVE", "POS": "POSITIVE", "PENDING": "PENDING", "NOT_DETECTED": "NOT DETECTED",
    "DETECTED": "DETECTED", "BELOW_LOQ": "BELOW LIMIT OF QUANTIFICATION",
}  # fmt: skip


def unit(code: str) -> str:
    """A unit code as the terminology of CDISC writes it."""
    return CT_UNITS.get(code, code)


def measured(prefix: str, quantity: Quantity, analyte: str) -> Found:
    """A quantity as collected and in the standard unit; with a comparator the standard result is no number."""
    row: Found = {
        f"{prefix}ORRES": f"{quantity.comparator}{number(quantity.value)}",
        f"{prefix}ORRESU": unit(quantity.unit),
    }
    canonical = quantity.canonical
    if canonical is not None:
        row[f"{prefix}STRESC"] = f"{quantity.comparator}{number(significant(canonical))}"
        row[f"{prefix}STRESN"] = None if quantity.comparator else significant(canonical)
        row[f"{prefix}STRESU"] = unit(canonical_unit(analyte))
    return row


def significant(value: Decimal) -> Decimal:
    """A converted value with at most 8 digits after the point: what a conversion adds beyond says nothing."""
    return round_half_up(value, 8).normalize() + 0 if value.as_tuple().exponent < -8 else value  # type: ignore[operator]


def vital_signs(reading: Reading, subject: Subject) -> Iterator[Found]:
    """VS."""
    names = test_names("VSTESTCD", "VSTEST")
    for record in reading.forms(VitalSigns, subject):
        for item, code in VITAL_SIGNS.items():
            quantity = record.item(item)
            if quantity is not None:
                yield {
                    "VSSPID": spid(record),
                    "VSTESTCD": code,
                    "VSTEST": names[code],
                    **measured("VS", quantity, item),
                    "VISIT_OF": record,
                    "VSDTC": iso(record.performed_on),
                    "SOURCE": source(record),
                }


def examinations(reading: Reading, subject: Subject) -> Iterator[Found]:
    """PE: each body system that was examined; what was abnormal, in words, stands in CO."""
    for record in reading.forms(PhysicalExam, subject):
        for item, (code, name) in BODY_SYSTEMS.items():
            if said := getattr(record, item):
                yield {
                    "PESPID": spid(record),
                    "PETESTCD": code,
                    "PETEST": name,
                    "PEORRES": said,
                    "PESTRESC": said,
                    "VISIT_OF": record,
                    "PEDTC": iso(record.performed_on),
                    "SOURCE": source(record),
                }


def electrocardiograms(reading: Reading, subject: Subject) -> Iterator[Found]:
    """EG: heart rate, QT, QTcF (computed) and the interpretation."""
    names = test_names("EGTESTCD", "EGTEST")
    for record in reading.forms(Electrocardiogram, subject):
        found: list[tuple[str, str, str, Decimal | None, bool]] = []
        if record.heart_rate is not None:
            found.append(("EGHRMN", str(record.heart_rate), "beats/min", Decimal(record.heart_rate), False))
        if record.qt_ms is not None:
            found.append(("QTAG", str(record.qt_ms), "ms", Decimal(record.qt_ms), False))
        if record.heart_rate and record.qt_ms:
            value = round_half_up(qtcf(Decimal(record.qt_ms), Decimal(record.heart_rate)).value, 1)
            found.append(("QTCFAG", "", "ms", value, True))
        if record.interpretation:
            found.append(("INTP", record.interpretation, "", None, False))
        for code, text, of, figure, derived in found:
            said = text or number(figure or 0)
            yield {
                "EGSPID": spid(record),
                "EGTESTCD": code,
                "EGTEST": names[code],
                "EGORRES": "" if derived else said,
                "EGORRESU": "" if derived else of,
                "EGSTRESC": said,
                "EGSTRESN": figure,
                "EGSTRESU": of,
                "EGDRVFL": "Y" if derived else "",
                "VISIT_OF": record,
                "EGDTC": iso(record.performed_on),
                "SOURCE": source(record),
            }


def laboratory(reading: Reading, subject: Subject) -> Iterator[Found]:
    """LB: reports line by line, cells of the fluid, methotrexate levels, pregnancy tests."""
    for record in reading.forms(LabReport, subject):
        for line in reading.lines(LabResult, record):
            if line.result is not None and record.performed_on:
                yield report_line(reading, record, line)
    for record in reading.forms(CerebrospinalFluid, subject):
        for item, code in (("csf_wbc", "WBC"), ("csf_rbc", "RBC")):
            if (quantity := record.item(item)) is not None:
                row = test(record, code, "CEREBROSPINAL FLUID", "CEREBROSPINAL FLUID")
                yield row | measured("LB", quantity, item) | {"LBDTC": iso(record.performed_on)}
    zone = reading.zone(subject)
    for record in reading.forms(MethotrexateInfusion, subject):
        for line in reading.lines(MethotrexateLevel, record):
            if line.level is not None and not line.from_line:
                row = test(record, "MTX", "DRUG LEVEL", "SERUM") | measured("LB", line.level, "methotrexate")
                yield row | {"LBSPID": spid(record, line), "LBDTC": moment(line.drawn_at, zone)}
    for record in reading.forms(PregnancyTest, subject):
        if record.result:
            answer = ANSWERS[record.result]
            row = test(record, "HCG", "PREGNANCY TEST", record.specimen)
            yield row | {"LBORRES": answer, "LBSTRESC": answer, "LBDTC": iso(record.performed_on)}


def report_line(reading: Reading, record: LabReport, line: LabResult) -> Found:
    quantity = line.result
    assert quantity is not None
    specimen = "SERUM" if record.form_key == "CHEM" else "PLASMA" if record.form_key == "COAG" else "BLOOD"
    row = test(
        record,
        ANALYTES.get(line.analyte, line.analyte.upper()[:8]),
        CATEGORIES.get(record.form_key, "OTHER"),
        specimen,
    )
    day = iso(record.performed_on)
    at = f"{day}T{record.sample_time:%H:%M}" if record.sample_time else day
    row |= measured("LB", quantity, line.analyte) | {
        "LBSPID": spid(record, line),
        "LBDTC": at,
        "LBNAM": record.laboratory,
    }
    limits = lab_limits(reading)[line.pk]
    low, high = limits.lln, limits.uln
    row |= {
        "LBSTNRLO": low,
        "LBSTNRHI": high,
        "LBNRIND": against(quantity, low, high),
        "SOURCE": source(line),
        "SUPP": {
            "LBFIND": ("Clinical Finding with the Result", "" if line.finding == NO_FINDING else line.finding)
        },
    }
    if quantity.unit == canonical_unit(line.analyte):
        row |= {
            "LBORNRLO": "" if low is None else number(low),
            "LBORNRHI": "" if high is None else number(high),
        }
    return row


def lab_limits(reading: Reading) -> dict[UUID, Any]:
    """The limits of every line of the batch."""
    if not hasattr(reading, "lab_limits"):
        rows = LabResult.objects.visible_to(reading.extract.reader).filter(
            subject__in=reading.ids, voided=False
        )
        reading.lab_limits = limits_of_rows(list(rows.select_related("record")))  # type: ignore[attr-defined]
    return reading.lab_limits  # type: ignore[attr-defined]


def against(quantity: Quantity, low: Decimal | None, high: Decimal | None) -> str:
    """LOW, HIGH or NORMAL against the limits; "" where they or the number do not say."""
    value = quantity.canonical
    if value is None or (low is None and high is None):
        return ""
    if low is not None and (value < low or (value == low and quantity.comparator == "<")):
        return "" if quantity.comparator.startswith(">") else "LOW"
    if high is not None and (value > high or (value == high and quantity.comparator == ">")):
        return "" if quantity.comparator.startswith("<") else "HIGH"
    return "" if quantity.comparator or low is None or high is None else "NORMAL"


def test(record: Any, code: str, category: str, specimen: str) -> Found:
    name = test_names("LBTESTCD", "LBTEST").get(code) or OWN_TESTS.get(code, code)
    return {
        "LBSPID": spid(record),
        "LBTESTCD": code,
        "LBTEST": name,
        "LBCAT": category,
        "LBSPEC": specimen,
        "VISIT_OF": record,
        "SOURCE": source(record),
    }


def microbiology(reading: Reading, subject: Subject) -> Iterator[Found]:
    """MB: antigens and nucleic acids of viruses."""
    names = test_names("MBTESTCD", "MBTEST")
    for record in reading.forms(Virology, subject):
        for item, (code, specimen) in VIRUSES.items():
            if row := infection("MB", record, item):
                yield row | {
                    "MBTESTCD": code,
                    "MBTEST": names[code],
                    "MBCAT": "VIROLOGY",
                    "MBSPEC": specimen,
                }


def immunogenicity(reading: Reading, subject: Subject) -> Iterator[Found]:
    """IS: antibodies against viruses and syphilis."""
    names = test_names("ISTESTCD", "ISTEST")
    for record in reading.forms(Virology, subject):
        for item, (code, bound) in ANTIBODIES.items():
            if row := infection("IS", record, item):
                yield row | {
                    "ISTESTCD": code,
                    "ISTEST": names[code],
                    "ISBDAGNT": bound,
                    "ISCAT": "SEROLOGY",
                    "ISSPEC": "SERUM",
                }


def infection(prefix: str, record: Virology, item: str) -> Found:
    """What the form of virology answers at an item; {} where it does not."""
    answer = ANSWERS.get(getattr(record, item), "")
    if not answer:
        return {}
    return {
        f"{prefix}SPID": f"{spid(record)}.{item}",
        f"{prefix}ORRES": answer,
        f"{prefix}STRESC": answer,
        "VISIT_OF": record,
        f"{prefix}DTC": iso(record.performed_on),
        "SOURCE": source(record),
    }


DATASETS = (
    Dataset("VS", vital_signs, ("VSSPID", "VISIT", "EPOCH", "VSDY"), ("VSDTC", "VSTESTCD", "VSSPID")),
    Dataset(
        "PE",
        examinations,
        ("PESPID", "VISIT", "EPOCH", "PEDY"),
        ("PEDTC", "PETESTCD", "PESPID"),
        origins={"PETESTCD": "Assigned"},
    ),
    Dataset(
        "EG",
        electrocardiograms,
        ("EGSPID", "EGORRESU", "EGSTRESN", "EGSTRESU", "EGDRVFL", "VISIT", "EPOCH", "EGDY"),
        ("EGDTC", "EGTESTCD", "EGSPID"),
        origins={"EGDRVFL": "Assigned"},
    ),
    Dataset(
        "LB",
        laboratory,
        ("LBSPID", "LBNAM", "LBSPEC", "VISIT", "EPOCH", "LBDY"),
        ("LBDTC", "LBTESTCD", "LBSPEC", "LBSPID"),
        origins={"LBCAT": "Assigned"},
    ),
    Dataset(
        "MB",
        microbiology,
        ("MBSPID", "MBCAT", "MBSPEC", "VISIT", "EPOCH", "MBDY"),
        ("MBDTC", "MBTESTCD", "MBSPID"),
        origins={"MBCAT": "Assigned"},
    ),
    Dataset(
        "IS",
        immunogenicity,
        ("ISSPID", "ISBDAGNT", "ISCAT", "ISSPEC", "VISIT", "EPOCH", "ISDY"),
        ("ISDTC", "ISTESTCD", "ISBDAGNT", "ISSPID"),
        origins={"ISCAT": "Assigned", "ISBDAGNT": "Assigned"},
    ),
)
