"""The leukaemia: RS (response, MRD, CNS, ECOG), MI (marrow), CP and GF (MRD, genetics), FA (GVHD, CRS, ICANS)."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessments.disease.cns_results import puncture_of
from assessments.disease.mrd_results import MrdLine, mrd_lines
from assessments.disease.responses import Judged, judged_responses
from assessments.domain.cns import cns_status
from assessments.domain.crs import crs_grade
from assessments.domain.gvhd import acute_grade, chronic_severity
from assessments.domain.icans import icans_grade
from assessments.domain.mrd import Verdict
from assessments.events.graded import (
    acute_stages_of,
    chronic_scores_of,
    crs_findings,
    ice_findings,
    liver_labs,
)
from assessments.laboratory.results import lab_values
from assessments.models import (
    AcuteGvhd,
    CerebrospinalFluid,
    ChronicGvhd,
    CytokineRelease,
    IceScore,
    MarrowAssessment,
    VitalSigns,
)
from enrollment.models import Diagnosis
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Subject

from .dataset import Dataset, source, spid
from .findings import measured
from .reading import Found, Reading
from .standard import test_names
from .text import iso, number, yes_no

RESPONSES = {
    "CR": "CR", "CRh": "CRh", "CRi": "CRi", "MLFS": "MORPHOLOGIC LEUKEMIA-FREE STATE", "PR": "PR", "NR": "NR",
    "PD": "PD", "RELAPSE": "RELAPSED DISEASE", "NE": "NE",
}  # fmt: skip
VERDICTS = {
    Verdict.POSITIVE: "POSITIVE",
    Verdict.NEGATIVE: "NEGATIVE",
    Verdict.INDETERMINATE: "INDETERMINATE",
}
OPEN = ("UNKNOWN", "INDETERMINATE_5PCT")
SPECIMENS = {
    "BM_FIRST_PULL": "BONE MARROW", "BM_OTHER": "BONE MARROW", "PB": "BLOOD", "CSF": "CEREBROSPINAL FLUID",
}  # fmt: skip
METHODS = {
    "MFC": "FLOW CYTOMETRY",
    "NGS_IG_TR": "NEXT GENERATION SEQUENCING",
    "RQPCR_IG_TR": "QUANTITATIVE POLYMERASE CHAIN REACTION",
    "RTPCR_FUSION": "QUANTITATIVE REVERSE TRANSCRIPTASE POLYMERASE CHAIN REACTION",
    "DPCR": "DIGITAL PCR",
}
QUALIFIERS = {
    "NOT_DETECTED": "NOT DETECTED",
    "DETECTED_BELOW_LOQ": "DETECTED BELOW LIMIT OF QUANTIFICATION",
    "NOT_EVALUABLE": "NOT EVALUABLE",
}
CATEGORY = "PROTOCOL DEFINED RESPONSE CRITERIA"
ECOG_TEST = ("ECOG101", "ECOG1-Performance Status")


def responses(reading: Reading, subject: Subject) -> Iterator[Found]:
    """RS: the response by the rules and by the investigator, verdicts on MRD, CNS status, ECOG."""
    for each in judged_responses(reading.ids).get(subject.pk, []):
        yield from response(reading, each)
    for line in mrd_lines(reading.ids).get(subject.pk, []):
        if line.verdict is not None and line.line.qualifier != "NOT_DONE":
            yield mrd_verdict(line)
    counts = lab_values(reading.ids, ("wbc", "rbc")).get(subject.pk, [])
    for record in reading.forms(CerebrospinalFluid, subject):
        if record.performed_on is None:
            continue
        answer = cns_status(puncture_of(record, counts))
        if answer.status:
            row = assessed(record, "CNSSTAT", answer.status, answer.status[:4], iso(record.performed_on), "")
            yield row | {"RSSPID": spid(record)}
    for record in reading.forms(VitalSigns, subject):
        if record.ecog is not None:
            yield {
                "RSSPID": spid(record),
                "RSTESTCD": ECOG_TEST[0],
                "RSTEST": ECOG_TEST[1],
                "RSCAT": "ECOG",
                "RSORRES": str(record.get_ecog_display()),
                "RSSTRESC": str(record.ecog),
                "RSSTRESN": Decimal(record.ecog),
                "RSEVAL": "INVESTIGATOR",
                "VISIT_OF": record,
                "RSDTC": iso(record.performed_on),
                "SOURCE": source(record),
            }


def assessed(record: Any, code: str, said: str, standard: str, day: str, by: str) -> Found:
    return {
        "RSTESTCD": code,
        "RSTEST": test_names("ONCRTSCD", "ONCRTS")[code],
        "RSCAT": CATEGORY,
        "RSORRES": said,
        "RSSTRESC": standard,
        "RSEVAL": by,
        "VISIT_OF": record,
        "RSDTC": day,
        "SOURCE": source(record),
    }


def response(reading: Reading, each: Judged) -> Iterator[Found]:
    """The computed category, the investigator's beside it; a marrow before treatment is no response assessment."""
    record, category = each.record, each.response.category.value
    if not each.counts:
        return
    computed = "" if category in OPEN else RESPONSES[category]
    if computed:
        later = ".LATER" if each.later else ""
        row = assessed(record, "HEMARESP", category, computed, iso(each.on), "")
        yield row | {"RSSPID": f"{spid(record)}.RULES{later}"}
    if each.said:
        row = assessed(
            record, "HEMARESP", each.said, RESPONSES[each.said], iso(record.performed_on), "INVESTIGATOR"
        )
        yield row | {
            "RSSPID": f"{spid(record)}.INVESTIGATOR",
            "SUPP": {"RSREASON": ("Reason for Difference", reading.words(record, "response_reason"))},
        }


def mrd_verdict(line: MrdLine) -> Found:
    assert line.verdict is not None
    said = VERDICTS[line.verdict.verdict]
    row = assessed(line.sample, "MRDIND", said, said, iso(line.sample.performed_on), "")
    return row | {
        "RSSPID": f"{spid(line.sample, line.line)}",
        "RSLNKID": link(line),
        "LINK": link(line),
        "SOURCE": source(line.line),
        "SUPP": {
            "MRDWHY": ("Working of the Verdict", line.verdict.reason.en),
        },
    }


def link(line: MrdLine) -> str:
    return f"MRD.{line.line.pk}"


# Measurements


def marrows(reading: Reading, subject: Subject) -> Iterator[Found]:
    """MI: blasts of the marrow."""
    name = test_names("MITSCD", "MITS")["BLASTCE"]
    for record in reading.forms(MarrowAssessment, subject):
        if record.bm_blast_pct is not None:
            yield {
                "MISPID": spid(record),
                "MITESTCD": "BLASTCE",
                "MITEST": name,
                **measured("MI", record.bm_blast_pct, "blasts"),
                "MISPEC": "BONE MARROW",
                "MIMETHOD": "MICROSCOPY",
                "VISIT_OF": record,
                "MIDTC": iso(record.performed_on),
                "SOURCE": source(record),
            }


def phenotypes(reading: Reading, subject: Subject) -> Iterator[Found]:
    """CP: MRD by flow cytometry, as a share of the cells."""
    for line in mrd_lines(reading.ids).get(subject.pk, []):
        row = mrd_measured("CP", line)
        if line.line.method == "MFC" and row:
            yield row | {
                "CPTESTCD": "ABCCE",
                "CPTEST": test_names("CPTESTCD", "CPTEST")["ABCCE"],
                "CPCAT": "IMMUNOPHENOTYPING",
                "CPMRKSTR": "CD19+CD45dim",
                "CPMETHOD": METHODS["MFC"],
            }


def mrd_measured(prefix: str, line: MrdLine) -> Found:
    """What the laboratory measured, with its limits; {} of what was not done."""
    one, sample = line.line, line.sample
    found = measured(prefix, one.value, "mrd") if one.value is not None else {}
    if not found:
        said = QUALIFIERS.get(one.qualifier, "")
        if not said:
            return {}
        found = {f"{prefix}ORRES": said, f"{prefix}STRESC": said}
    return {
        f"{prefix}SPID": spid(sample, one),
        f"{prefix}LNKID": link(line),
        "LINK": link(line),
        **found,
        f"{prefix}STRESU": "%",
        f"{prefix}SPEC": SPECIMENS.get(sample.specimen, ""),
        f"{prefix}NAM": sample.laboratory,
        "VISIT_OF": sample,
        f"{prefix}DTC": iso(sample.performed_on),
        "SOURCE": source(one),
        "SUPP": {
            "MRDLOD": ("Limit of Detection, %", limit(one.lod)),
            "MRDLOQ": ("Limit of Quantification, %", limit(one.loq)),
            "MRDCELLS": ("Cells Analyzed", str(one.cells_analysed or "")),
        },
    }


def limit(quantity: Any) -> str:
    return "" if quantity is None or quantity.canonical is None else number(quantity.canonical)


GENES = {
    "kmt2a_r": ("SEQREAR", "KMT2A"), "mef2d_r": ("SEQREAR", "MEF2D"), "hlf_r": ("SEQREAR", "HLF"),
    "myc_r": ("SEQREAR", "MYC"), "igh_r": ("SEQREAR", "IGH"), "znf384_r": ("SEQREAR", "ZNF384"),
    "tp53_mut": ("SHRTVAR", "TP53"), "ikzf1": ("CPNUMVAR", "IKZF1"), "pax5alt": ("CPNUMVAR", "PAX5"),
    "iamp21": ("CPNUMAMP", "RUNX1"),
}  # fmt: skip
FUSIONS = {
    "bcr_abl1_pcr": "QUANTITATIVE REVERSE TRANSCRIPTASE POLYMERASE CHAIN REACTION",
    "bcr_abl1_fish": "FISH",
    "bcr_abl1_karyotype": "KARYOTYPING",
}


def genomics(reading: Reading, subject: Subject) -> Iterator[Found]:
    """GF: fusions and lesions at diagnosis, MRD by sequencing and PCR."""
    names = test_names("GFTESTCD", "GFTEST")
    for record in reading.forms(Diagnosis, subject):
        found = [(code, gene, getattr(record, item), "", item) for item, (code, gene) in GENES.items()]
        answers = {"POS": True, "NEG": False}
        found += [
            ("SEQREAR", "BCR::ABL1", answers.get(getattr(record, item)), method, item)
            for item, method in FUSIONS.items()
        ]
        for code, gene, answer, method, item in found:
            if answer is None:
                continue
            said = "DETECTED" if answer else "NOT DETECTED"
            yield {
                "GFSPID": f"{spid(record)}.{item}",
                "GFTESTCD": code,
                "GFTEST": names[code],
                "GFTSTDTL": "DETECTION",
                "GFCAT": "GENETICS AT DIAGNOSIS",
                "GFORRES": said,
                "GFSTRESC": said,
                "GFSPEC": "RNA" if item == "bcr_abl1_pcr" else "DNA",
                "GFSYM": gene,
                "GFMETHOD": method,
                "VISIT_OF": record,
                "GFDTC": iso(record.performed_on),
                "SOURCE": source(record),
            }
    for line in mrd_lines(reading.ids).get(subject.pk, []):
        row = mrd_measured("GF", line)
        if line.line.method != "MFC" and row:
            yield row | {
                "GFTESTCD": "SEQREAR",
                "GFTEST": names["SEQREAR"],
                "GFTSTDTL": "DETECTION",
                "GFCAT": "MEASURABLE RESIDUAL DISEASE",
                "GFSPEC": "RNA" if line.line.method == "RTPCR_FUSION" else "DNA",
                "GFSYM": "" if line.line.method == "RTPCR_FUSION" else "IG/TR",
                "GFMETHOD": METHODS.get(line.line.method, ""),
            }


# Findings about events


@dataclass(frozen=True)
class Graded:
    """A finding about an event on one day: the event, its scale, the grade in its own words and as a number."""

    record: Any
    event: str
    scale: str
    said: str
    grade: int


ACUTE, CHRONIC = "Acute graft versus host disease", "Chronic graft versus host disease"
CRS, ICANS = "Cytokine release syndrome", "Immune effector cell-associated neurotoxicity syndrome"


def graded_events(reading: Reading, subject: Subject) -> Iterator[Graded]:
    """Grades of GVHD, cytokine release and ICANS on the days they were assessed, where they are certain."""
    labs = liver_labs(reading.ids).get(subject.pk, ())
    for record in reading.forms(AcuteGvhd, subject):
        overall = acute_grade(acute_stages_of(record, labs))
        if overall.grade is not None:
            yield Graded(record, ACUTE, "MAGIC", str(overall), overall.grade)
    for record in reading.forms(ChronicGvhd, subject):
        overall = chronic_severity(chronic_scores_of(record, labs))
        if overall.grade is not None:
            yield Graded(record, CHRONIC, "NIH 2014", str(overall), overall.grade)
    for record in reading.forms(CytokineRelease, subject):
        bounds = crs_grade(crs_findings(record))
        if bounds.low == bounds.high:
            yield Graded(record, CRS, "ASTCT", str(bounds.low), bounds.low)
    for record in reading.forms(IceScore, subject):
        bounds = icans_grade(ice_findings(record))
        if bounds.low == bounds.high:
            yield Graded(record, ICANS, "ASTCT", str(bounds.low), bounds.low)


def about_events(reading: Reading, subject: Subject) -> Iterator[Found]:
    """FA: the grade of each day."""
    for one in graded_events(reading, subject):
        yield {
            "FASPID": spid(one.record),
            "FATESTCD": "SEV",
            "FATEST": test_names("FATESTCD", "FATEST")["SEV"],
            "FAOBJ": one.event,
            "FACAT": f"GRADE BY {one.scale}",
            "FAORRES": one.said,
            "FASTRESC": one.said,
            "FASTRESN": Decimal(one.grade) if one.said.isdigit() else None,
            "VISIT_OF": one.record,
            "FADTC": iso(one.record.performed_on),
            "SOURCE": source(one.record),
            "LINK": f"EVENT.{one.event.upper()}",
            "SUPP": {"FABIOPSY": ("Confirmed by Biopsy", yes_no(getattr(one.record, "biopsy", None)))},
        }


def looked_for(reading: Reading, subject: Subject) -> Iterator[Found]:
    """CE of what is looked for on given days: whether it came, and since which of them."""
    by_event: dict[str, list[Graded]] = {}
    for one in graded_events(reading, subject):
        by_event.setdefault(one.event, []).append(one)
    for event, found in by_event.items():
        came = [one for one in found if one.grade > 0]
        yield {
            "CESPID": f"EVENT.{event.upper()}",
            "CETERM": event,
            "CEDECOD": event.upper(),
            "CECAT": "PRESPECIFIED EVENT",
            "CEPRESP": "Y",
            "CEOCCUR": "Y" if came else "N",
            "CESTDTC": min((iso(one.record.performed_on) for one in came), default=""),
            "LINK": f"EVENT.{event.upper()}",
        }


DATASETS = (
    Dataset(
        "RS",
        responses,
        ("RSSPID", "RSLNKID", "RSSTRESN", "RSEVAL", "VISIT", "EPOCH", "RSDY"),
        ("RSDTC", "RSTESTCD", "RSEVAL", "RSSPID"),
        origins={"RSCAT": "Assigned", "RSEVAL": "Assigned", "RSLNKID": "Assigned"},
    ),
    Dataset(
        "MI",
        marrows,
        ("MISPID", "MIORRESU", "MISTRESN", "MISTRESU", "MIMETHOD", "VISIT", "EPOCH", "MIDY"),
        ("MIDTC", "MITESTCD", "MISPID"),
        origins={"MISPEC": "Assigned", "MIMETHOD": "Assigned"},
    ),
    Dataset(
        "CP",
        phenotypes,
        ("CPSPID", "CPLNKID", "CPCAT", "CPORRESU", "CPSTRESN", "CPSTRESU", "CPNAM", "CPSPEC", "CPMETHOD", "CPLOBXFL",
         "VISITNUM", "VISIT", "EPOCH", "CPDY"),
        ("CPDTC", "CPTESTCD", "CPSPID"),
        origins={"CPCAT": "Assigned", "CPMRKSTR": "Assigned", "CPLNKID": "Assigned"},
    ),
    Dataset(
        "GF",
        genomics,
        ("GFSPID", "GFLNKID", "GFTSTDTL", "GFCAT", "GFORRESU", "GFSTRESN", "GFSTRESU", "GFNAM", "GFSPEC", "GFSYM",
         "GFLOBXFL", "VISIT", "EPOCH", "GFDY"),
        ("GFDTC", "GFTESTCD", "GFSPID"),
        origins={"GFCAT": "Assigned", "GFSYM": "Assigned", "GFLNKID": "Assigned", "GFTSTDTL": "Assigned"},
        nature=Nature.GENETIC,
    ),
    Dataset(
        "FA",
        about_events,
        ("FASPID", "FACAT", "FASTRESN", "VISIT", "EPOCH", "FADY"),
        ("FADTC", "FAOBJ", "FASPID"),
        origins={"FACAT": "Assigned", "FAOBJ": "Assigned"},
    ),
)  # fmt: skip
