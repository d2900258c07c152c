"""What happened: AE, MH, CE."""

from collections.abc import Iterator
from typing import Any

from assessments.models import AdverseEvent, GradeChange, SeriousEvent
from assessments.models.safety import AgentAction, Causality
from enrollment.models import Diagnosis, MedicalHistory
from outcomes.models import Relapse, SecondMalignancy
from trialsite.casebook.models import Subject
from trialsite.clinical import ctcae

from .dataset import Dataset, source, spid
from .disease import looked_for
from .reading import Found, Reading
from .standard import IgVariable
from .text import iso, plain, yes_no

AGENTS = ("blinatumomab", "chemo", "venetoclax", "car_t", "hsct")
AGENT_NAMES = {
    "chemo": ("CHM", "Chemotherapy"),
    "venetoclax": ("VEN", "Venetoclax"),
    "car_t": ("CAR", "CAR-T Cells"),
    "hsct": ("HSC", "Transplantation"),
    "blinatumomab": ("BLI", "Blinatumomab"),
}
ACTIONS = {
    AgentAction.NONE: "DOSE NOT CHANGED",
    AgentAction.REDUCED: "DOSE REDUCED",
    AgentAction.INTERRUPTED: "DRUG INTERRUPTED",
    AgentAction.STOPPED: "DRUG WITHDRAWN",
    AgentAction.NOT_APPLICABLE: "NOT APPLICABLE",
}
STRONGEST = (
    AgentAction.STOPPED,
    AgentAction.INTERRUPTED,
    AgentAction.REDUCED,
    AgentAction.NONE,
    AgentAction.NOT_APPLICABLE,
)
CAUSES = (Causality.RELATED, Causality.POSSIBLE, Causality.UNLIKELY, Causality.NOT_RELATED)
SYSTEM_CODES = {  # the MedDRA codes of the body systems of the CTCAE (general knowledge)
    "blood": 10005329, "cardiac": 10007541, "ear": 10013993, "endocrine": 10014698, "eye": 10015919, "gi": 10017947,
    "general": 10018065, "liver": 10019805, "immune": 10021428, "infections": 10021881, "injury": 10022117,
    "investigations": 10022891, "metabolism": 10027433, "muscles": 10028395, "neoplasms": 10029104,
    "nerves": 10029205, "pregnancy": 10036585, "mind": 10037175, "kidneys": 10038359, "reproductive": 10038604,
    "lungs": 10038738, "skin": 10040785, "vessels": 10047065, "social": 10041244, "procedures": 10042613,
    "congenital": 10010331,
}  # fmt: skip
OUTCOMES = {
    AdverseEvent.Outcome.RECOVERED: "RECOVERED/RESOLVED",
    AdverseEvent.Outcome.RECOVERING: "RECOVERING/RESOLVING",
    AdverseEvent.Outcome.NOT_RECOVERED: "NOT RECOVERED/NOT RESOLVED",
    AdverseEvent.Outcome.SEQUELAE: "RECOVERED/RESOLVED WITH SEQUELAE",
    AdverseEvent.Outcome.FATAL: "FATAL",
    AdverseEvent.Outcome.UNKNOWN: "UNKNOWN",
}
CRITERIA = {
    "AESCONG": ("congenital",),
    "AESDISAB": ("disability",),
    "AESDTH": ("death",),
    "AESHOSP": ("hospitalisation", "prolongation"),
    "AESLIFE": ("life_threatening",),
    "AESMIE": ("important",),
}


def adverse_events(reading: Reading, subject: Subject) -> Iterator[Found]:
    """AE: one row an episode; its grade is the worst of its track."""
    reports = {one.event: one for one in reading.forms(SeriousEvent, subject)}
    died = reading.courses[subject.pk].died
    for record in reading.forms(AdverseEvent, subject):
        term = ctcae.named(record.term)
        report = reports.get(record.form_repeat)
        outcome = OUTCOMES.get(record.outcome, "")
        serious = bool(record.serious) or report is not None
        yield {
            "AESPID": spid(record),
            "AETERM": record.specified or record.term,
            "AELLT": record.meddra_llt,
            "AELLTCD": whole(record.meddra_llt_code),
            "AEDECOD": record.meddra_pt or (term.name.en if term else record.term),
            "AEPTCD": whole(record.meddra_pt_code),
            "AEBODSYS": ctcae.SYSTEMS[term.system].en if term else "",
            "AEBDSYCD": SYSTEM_CODES[term.system] if term else None,
            "AESER": yes_no(serious),
            "AEACN": action_of(record),
            "AEREL": cause_of(record),
            "AEOUT": outcome,
            **seriousness(report, outcome, serious, bool(died)),
            "AETOXGR": str(record.grade) if record.grade else "",
            "AESTDTC": iso(record.onset),
            "AEENDTC": iso(record.stop),
            "AEENRTPT": "ONGOING" if record.ongoing and not record.stop else "",
            "AEENTPT": "",
            "SUPP": supplements(record, reading),
            "SOURCE": source(record),
        }


def whole(code: str) -> int | None:
    return int(code) if code.isdigit() else None


def action_of(record: AdverseEvent) -> str:
    """The strongest action with any agent; each agent's own stands in the supplemental qualifiers."""
    said = [value for one in AGENTS if (value := getattr(record, f"action_{one}"))] or [record.action]
    return next((ACTIONS[one] for one in STRONGEST if one in said), "")


def cause_of(record: AdverseEvent) -> str:
    """The strongest relation to any agent; each agent's own stands in the supplemental qualifiers."""
    said = [getattr(record, f"cause_{one}") for one in AGENTS]
    return next((str(one.label).upper() for one in CAUSES if one in said), "")


def seriousness(report: SeriousEvent | None, outcome: str, serious: bool, died: bool) -> Found:
    """The criteria of seriousness of the report; a fatal event meets that of death."""
    found: Found = {}
    for name, items in CRITERIA.items():
        answers = [getattr(report, item) for item in items] if report else []
        yes = any(answers) or (name == "AESDTH" and outcome == "FATAL")
        found[name] = "Y" if yes and serious else "N" if serious and answers and None not in answers else ""
    if not died and found["AESDTH"] == "Y":
        found["AESDTH"] = ""
    return found


def supplements(record: AdverseEvent, reading: Reading) -> dict[str, tuple[str, Any]]:
    """The CTCAE term, and cause and action of each agent."""
    found: dict[str, tuple[str, Any]] = {
        "CTCAETRM": ("CTCAE Term", record.term if record.specified or record.meddra_pt else ""),
        "AESI": ("Event of Special Interest", record.special_interest),
    }
    for agent, (short, name) in AGENT_NAMES.items():
        cause, action = getattr(record, f"cause_{agent}"), getattr(record, f"action_{agent}")
        given = cause not in ("", Causality.NOT_GIVEN)
        found[f"AEREL{short}"] = (f"Causality: {name}", str(Causality(cause).label) if given else "")
        acted = action not in ("", AgentAction.NOT_APPLICABLE)
        found[f"AEACN{short}"] = (f"Action: {name}", ACTIONS[action] if acted else "")
    days = [(iso(one.since), one.grade) for one in reading.lines(GradeChange, record) if one.grade]
    track = [f"{day} {grade}" for day, grade in days if len(day) > len("2026") or not reading.shifts]
    found["AETRACK"] = ("Grades with their First Days", "; ".join(track) if len(track) > 1 else "")
    return found


def history(reading: Reading, subject: Subject) -> Iterator[Found]:
    """MH: the diagnosis and what the form of medical history answers with yes."""
    for record in reading.forms(Diagnosis, subject)[:1]:
        if record.dx:
            yield event("MH", record, f"{record.get_dx_display()}", record.performed_on) | {
                "MHCAT": "PRIMARY DIAGNOSIS",
                "MHDTC": iso(record.performed_on),
            }
    for record in reading.forms(MedicalHistory, subject)[-1:]:
        for item, term in HISTORY.items():
            if getattr(record, item):
                began = getattr(record, f"{item}_date", None)
                row = event("MH", record, term, began) | {
                    "MHCAT": "GENERAL MEDICAL HISTORY",
                    "MHDTC": iso(record.performed_on),
                }
                yield row | {"MHSPID": f"{spid(record)}.{item}"}


HISTORY = {
    "prior_allo_hsct": "Prior allogeneic transplantation",
    "prior_blinatumomab_neurotoxicity_g3": "Neurotoxicity of grade 3 or more under blinatumomab",
    "active_infection_treated": "Active infection with systemic treatment",
    "infection_uncontrolled": "Active infection, not controlled",
    "hypertension_uncontrolled": "Uncontrolled hypertension",
    "cardiac_history": "Heart failure, unstable angina or significant arrhythmia",
    "cardiac_procedure": "High-risk cardiovascular procedure",
    "arterial_thrombosis": "Arterial thrombosis",
    "venous_thrombosis": "Deep vein thrombosis or pulmonary embolism",
    "gi_bleeding": "Gastrointestinal bleeding",
    "respiratory_insufficiency": "Severe respiratory insufficiency",
    "epilepsy_on_therapy": "Epilepsy with therapy",
    "blinatumomab_hypersensitivity": "Hypersensitivity to blinatumomab",
    "malabsorption": "Malabsorption of oral drugs",
    "uncontrolled_illness": "Uncontrolled illness",
}


def clinical_events(reading: Reading, subject: Subject) -> Iterator[Found]:
    """CE: relapse, second malignancy, and the events that are looked for (GVHD, CRS, ICANS)."""
    yield from looked_for(reading, subject)
    for record in reading.forms(Relapse, subject):
        yield event("CE", record, "Relapse of leukemia", record.onset) | {
            "CECAT": "DISEASE EVENT",
            "CEDTC": iso(record.performed_on),
            "SUPP": {
                "CESITE": ("Site of Relapse", str(record.get_relapse_site_display())),
                "CECD19": ("CD19-Negative Blasts", yes_no(record.cd19_negative)),
            },
        }
    for record in reading.forms(SecondMalignancy, subject):
        name = record.get_malignancy_kind_display()
        yield event("CE", record, f"Second malignancy: {name}", record.diagnosed_on) | {
            "CECAT": "DISEASE EVENT",
            "CEDTC": iso(record.performed_on),
        }


def event(prefix: str, record: Any, term: str, began: object) -> Found:
    return {
        f"{prefix}SPID": spid(record),
        f"{prefix}TERM": term,
        f"{prefix}DECOD": plain(term).upper() if prefix == "CE" else "",
        f"{prefix}STDTC": iso(began),
        "SOURCE": source(record),
    }


DATASETS = (
    Dataset(
        "AE",
        adverse_events,
        ("AESPID", "AEOUT", "AESCONG", "AESDISAB", "AESDTH", "AESHOSP", "AESLIFE", "AESMIE", "AETOXGR", "EPOCH",
         "AESTDY", "AEENDY", "AEENRTPT", "AEENTPT"),
        ("AESTDTC", "AEDECOD", "AESPID"),
    ),
    Dataset(
        "MH",
        history,
        ("MHSPID", "MHCAT", "MHDTC", "MHSTDTC", "MHDY"),
        ("MHCAT", "MHTERM", "MHSPID"),
        further=(IgVariable("MHSTDY", "Study Day of Start of Observation", "Num", "Timing", "Perm", ()),),
    ),
    Dataset(
        "CE",
        clinical_events,
        ("CESPID", "CEDECOD", "CECAT", "CEPRESP", "CEOCCUR", "EPOCH", "CEDTC", "CESTDTC", "CEDY", "CESTDY"),
        ("CESTDTC", "CETERM", "CESPID"),
    ),
)  # fmt: skip
