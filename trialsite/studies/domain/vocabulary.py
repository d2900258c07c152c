"""The anchors, forms, events, origins and analysis sets that protocol files may name."""

from __future__ import annotations

from trialsite.clinical.text import Text

ANCHORS: dict[str, str] = {
    "screening": "the day screening began",
    "consent": "the date of consent",
    "c1d1": "day 1 of the first cycle: the first dose of protocol treatment",
    "randomisation": "the day of randomisation",
    "first_crc": "the date of the first sample in complete remission (CR, CRh or CRi)",
    "end_of_blinatumomab": "the actual end of the first blinatumomab course",
    "last_dose": "the last dose of any protocol treatment, once treatment has ended",
    "conditioning": "the first day of conditioning; the planned day until it has begun",
    "hsct_d0": "the day the graft was infused (day 0)",
    "car_t_d0": "the day the CAR-T cells were infused (day 0)",
}
PHASE_ANCHORS: dict[str, str] = {
    "phase:": "day 1 of that phase",
    "phase_end:": "the last day of that phase",
    "infusion_end:": "the day the infusion of that phase actually ended",
}
DAY_ANCHORS: dict[str, str] = {
    "infusion_day:": "the day on which day <N> of the infusion of that phase begins, counted by 24 h of infusion:"
    " pauses move it; foreseen while the infusion runs",
}
ANCHOR_FORMS = (*(f"{one}<PHASE>" for one in PHASE_ANCHORS), *(f"{one}<PHASE>:<N>" for one in DAY_ANCHORS))


def starts_an_anchor(name: str) -> bool:
    """Whether a registered anchor is no name by itself: a phase follows it, behind a colon."""
    return f"{name}:" in PHASE_ANCHORS or f"{name}:" in DAY_ANCHORS


def phase_of_anchor(anchor: str) -> str | None:
    """The phase that an anchor names ("phase:IND", "infusion_day:IND:8"); None for one that names none.

    An anchor of a day without its number is none: its phase is then "" and no phase."""
    kind, colon, rest = anchor.partition(":")
    if f"{kind}:" in PHASE_ANCHORS and colon:
        return rest
    if f"{kind}:" in DAY_ANCHORS and colon:
        phase, _colon, number = rest.rpartition(":")
        return phase if number.isdecimal() and int(number) >= 1 else ""
    return None


FORMS: dict[str, str] = {
    "DM": "Demographics",
    "ICF": "Consent",
    "MH": "Medical history",
    "DX": "Diagnosis and genetics",
    "EL": "Investigator's statements on eligibility",
    "VS": "Vital signs, weight, height, ECOG",
    "PE": "Physical examination",
    "HEM": "Haematology",
    "CHEM": "Chemistry",
    "COAG": "Coagulation",
    "VIR": "Virology",
    "PREG": "Pregnancy test",
    "ECG": "Electrocardiogram",
    "ECHO": "Echocardiography",
    "PFT": "Lung function",
    "HCI": "HCT-CI",
    "DON": "Donor",
    "BM": "Bone marrow",
    "MRD": "Measurable residual disease",
    "MTX": "High-dose methotrexate",
    "CSF": "Cerebrospinal fluid and intrathecal treatment",
    "IMG": "Imaging",
    "CYC": "Start of a phase",
    "EX": "Doses",
    "BLI": "Blinatumomab infusion",
    "CRS": "Cytokine release syndrome",
    "ICE": "ICE score and ICANS",
    "AE": "Adverse event",
    "SAE": "Serious adverse event",
    "ADM": "Stay in hospital",
    "CM": "Concomitant medication",
    "TF": "Transfusion",
    "HSCT": "Transplantation",
    "ENG": "Engraftment",
    "CHI": "Chimerism",
    "AGV": "Acute GVHD",
    "CGV": "Chronic GVHD",
    "GVT": "Treatment of GVHD",
    "CAR": "CAR-T cell therapy",
    "CTX": "Tocilizumab and steroid courses",
    "BCA": "B-cell aplasia",
    "REF": "Referral to another hospital",
    "SUR": "Survival contact",
    "CALL": "Attempt at contact",
    "REL": "Relapse",
    "SPM": "Second malignancy",
    "DTH": "Death",
    "EOT": "End of treatment",
    "DEV": "Protocol deviation",
    "WD": "Withdrawal of consent",
}
# Entered any number of times at no planned visit: what they supply can be answered without a visit that names them.
LOG_FORMS = (
    *(
        "ADM",
        "AE",
        "AGV",
        "BCA",
        "BM",
        "CALL",
        "CAR",
        "CGV",
        "CHEM",
        "CHI",
        "CM",
        "COAG",
        "CRS",
        "CSF",
        "CTX",
        "CYC",
        "DEV",
        "DON",
        "DTH",
    ),
    *(
        "ECG",
        "ECHO",
        "ENG",
        "EOT",
        "GVT",
        "HEM",
        "HSCT",
        "ICE",
        "IMG",
        "MRD",
        "REF",
        "MTX",
        "REL",
        "SAE",
        "SPM",
        "SUR",
        "TF",
        "WD",
    ),
)

EVENTS: dict[str, str] = {
    "relapse": "haematological relapse, in marrow, central nervous system or another place",
    "death": "death from any cause",
    "death_without_relapse": "death without an earlier relapse",
    "treatment_failure": "no remission by the assessment that the protocol names",
    "first_crc": "first complete remission (CR, CRh or CRi)",
    "crc": "complete remission (CR, CRh or CRi) at the assessment",
    "cr_or_cri": "blasts below 5 % by the protocol's own definition of CR/CRi",
    "mrd_negative": "MRD negative by the protocol's method",
    "mrd_negative_cr": "complete remission and MRD negative in the same assessment",
    "mrd_recurrence": "confirmed MRD recurrence in remission",
    "agvhd_2_4": "first acute GVHD of grade II to IV",
    "agvhd_3_4": "first acute GVHD of grade III or IV",
    "cgvhd": "first chronic GVHD of any severity",
    "cgvhd_moderate_severe": "first moderate or severe chronic GVHD",
    "cgvhd_systemic": "chronic GVHD that needs systemic therapy",
    "graft_failure": "graft failure",
    "alive_relapse_free": "alive without relapse at the landmark",
    "ae_grade_3": "any adverse event of grade 3 or more",
}

# What each kind of endpoint needs besides what every endpoint has.
ENDPOINT_NEEDS: dict[str, tuple[str, ...]] = {
    "time-to-event": ("origin", "censor"),
    "cumulative-incidence": ("origin", "censor", "competing"),
    "proportion": (),
    "binary-landmark": ("origin", "landmark_months"),
}
# Where a branch leads besides the phases of the file.
BRANCH_ENDS: dict[str, str] = {
    "OFF_TREATMENT": "protocol treatment ends, survival follow-up goes on",
    "AWAIT": "nothing is decided until the missing fact is there",
}
# Sensitivity analyses of an endpoint: the same endpoint, with one of its rules turned.
ANALYSES: dict[str, Text] = {
    "censored_at_hsct": Text("censored at transplantation", "移植时删失"),
    "censored_at_car_t": Text("censored at CAR-T infusion", "CAR-T 回输时删失"),
    "censored_at_new_therapy": Text("censored at new anti-leukaemic therapy", "新的抗白血病治疗时删失"),
    "censored_before_gap": Text(
        "event after two missed assessments censored before the gap", "连续缺失两次评估后的事件在缺失前删失"
    ),
    "failure_on_first_day": Text("failure counted on day 1 (ELN)", "失败记于第 1 天（ELN）"),
    "relapse_on_last_day": Text(
        "incomplete relapse dates on their last possible day", "不完整的复发日期取最晚可能日"
    ),
    "competing_death_only": Text("only death competes", "仅以死亡为竞争事件"),
    "not_evaluable_as_failure": Text("not evaluable counts as not reached", "不可评估者按未达到计"),
    "response_by_counts": Text(
        "response by counts: without recovery MLFS, no CRi", "按血象判定疗效：血象未恢复者为MLFS，不计CRi"
    ),
    "response_evaluable": Text("only with an assessed response", "仅限有疗效评估者"),
    "per_protocol": Text("without major deviation", "无重大方案偏离者"),
    "investigator": Text("events as the investigators judged them", "按研究者判断的事件"),
}
# Where time ends without an event.
CENSORS = ("last_adequate_assessment", "last_known_alive", "last_mrd_sample")
ORIGINS = ("first_crc", "c1d1", "hsct_d0", "randomisation")
ANALYSIS_SETS = ("ALL_TREATED", "CRC", "TRANSPLANTED", "RANDOMISED", "EVALUABLE_24M", "SAFETY")
