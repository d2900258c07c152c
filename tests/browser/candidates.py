"""What coordinators copy from the papers of two candidates, form by form in the words of the screens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from .desk import Answers, Desk


@dataclass(frozen=True)
class Paper:
    """One form: its title, its items, its lines."""

    form: str
    answers: Answers
    lines: Mapping[str | int, Answers] = field(default_factory=dict)


def enter_papers(desk: Desk, papers: Sequence[Paper]) -> None:
    """From the dossier to each form that it still asks for, and back to the dossier."""
    for paper in papers:
        desk.follow(paper.form)
        desk.fill(paper.answers)
        for line, answers in paper.lines.items():
            desk.fill_line(line, answers)
        desk.submit()
        desk.sees(f"Submitted: {paper.form}.")
        desk.follow("Eligibility")


def consent(day: date) -> Paper:
    return Paper(
        "Consent",
        {
            "Date of consent (last signature needed)": day,
            "Version of the consent text": "2.0",
            "This version is approved by the site's ethics committee": "Yes",
            "No procedure was done only for this study before consent": "Yes",
        },
        {1: {"Signed": "Yes", "Signed on": day}},
    )


def puncture(day: date) -> Paper:
    return Paper(
        "Cerebrospinal fluid and intrathecal treatment",
        {
            "Date": day,
            "Signs of CNS leukaemia": "No",
            "White cells in CSF": "1",
            "Red cells in CSF": "0",
            "Blasts in the cytospin": "No",
        },
    )


def newly_diagnosed(day: date) -> list[Paper]:
    """A woman of 35 with B-ALL that BLINA-FULL takes, all of it seen on one day; the statements are not there yet."""
    return [
        consent(day),
        Paper(
            "Demographics",
            {"Date of this information": day, "Date of birth": date(1991, 3, 4), "Sex": "Female"},
        ),
        Paper(
            "Medical history",
            {
                "Date": day,
                "All antileukaemic treatment before enrolment is listed below": "Yes",
                "NYHA class": "No heart disease",
            },
        ),
        Paper(
            "Diagnosis and genetics",
            {
                "Date of the diagnostic sample": day,
                "Diagnosis after central MICM review": "B-cell precursor ALL",
                "De novo, not relapsed or refractory": "Yes",
                "Extramedullary disease other than of the CNS": "None",
                "CD19-positive leukaemic cells by flow cytometry": "92.5",
                "BCR::ABL1 by PCR": "Negative",
                "KMT2A rearranged": "No",
                "TP53 mutated": "No",
            },
        ),
        Paper(
            "Vital signs",
            {
                "Date": day,
                "Height": "170 cm",
                "Weight": "65",
                "ECOG performance status": "1: strenuous activity restricted, walks about",
            },
        ),
        Paper(
            "Chemistry",
            {"Date": day},
            {
                "ALT": {"Result": "38", "Upper limit": "40"},
                "AST": {"Result": "30", "Upper limit": "40"},
                "Total bilirubin": {"Result": "1.0 mg/dL", "Upper limit": "21"},
                "Creatinine": {"Result": "60 µmol/L", "Upper limit": "97"},
            },
        ),
        Paper(
            "Virology",
            {
                "Date": day,
                "HBV DNA": "Not detected",
                "HCV RNA": "Not detected",
                "HIV antibody": "Negative",
            },
        ),
        Paper("Pregnancy test", {"Date": day, "Pregnancy test": "Negative", "Breast-feeding": "No"}),
        puncture(day),
    ]


def statements(day: date) -> Paper:
    return Paper(
        "Investigator's statements on eligibility",
        {"Date": day, "Refuses to take part": "No", "Unsuitable for another reason": "No"},
    )


COMORBIDITIES = (
    "Arrhythmia",
    "Cardiac",
    "Inflammatory bowel disease",
    "Diabetes",
    "Cerebrovascular disease",
    "Psychiatric disturbance",
    "Hepatic, mild",
    "Obesity",
    "Infection",
    "Rheumatologic",
    "Peptic ulcer",
    "Renal, moderate or severe",
    "Pulmonary, moderate",
    "Prior solid malignancy",
    "Heart valve disease",
    "Pulmonary, severe",
    "Hepatic, moderate or severe",
)


def in_remission_before_transplantation(day: date) -> list[Paper]:
    """A man of 40 with a KMT2A rearrangement, in remission and MRD negative, that BLINA-INTENS takes."""
    return [
        consent(day),
        Paper(
            "Demographics",
            {"Date of this information": day, "Date of birth": date(1986, 1, 15), "Sex": "Male"},
        ),
        Paper(
            "Medical history",
            {
                "Date": day,
                "Earlier allogeneic transplantation": "No",
                "Neurotoxicity of grade 3 or more under an earlier course of blinatumomab": "No",
                "Active infection that is not controlled": "No",
                "Epilepsy that needs therapy": "No",
            },
        ),
        Paper(
            "Diagnosis and genetics",
            {
                "Date of the diagnostic sample": day,
                "Diagnosis after central MICM review": "B-cell precursor ALL",
                "CD19-positive leukaemic cells by flow cytometry": "88",
                "BCR::ABL1 by PCR": "Negative",
                "KMT2A rearranged": "Yes",
            },
        ),
        Paper("Vital signs", {"Date": day, "Weight": "71", "ECOG performance status": "0: fully active"}),
        Paper(
            "Chemistry",
            {"Date": day},
            {
                "ALT": {"Result": "22", "Upper limit": "50"},
                "AST": {"Result": "24", "Upper limit": "40"},
                "Total bilirubin": {"Result": "11 µmol/L", "Upper limit": "21"},
                "Creatinine": {"Result": "70 µmol/L", "Upper limit": "97"},
                "Urea (BUN)": {"Result": "5 mmol/L", "Upper limit": "8"},
            },
        ),
        Paper(
            "Electrocardiogram",
            {"Date": day, "Acute myocardial infarction": "No", "Severe arrhythmia": "No"},
        ),
        Paper(
            "Echocardiography",
            {
                "Date": day,
                "Left ventricular ejection fraction": "64",
                "Significant cardiomegaly": "No",
                "Significant valvular disease": "No",
                "Significant congenital heart defect": "No",
            },
        ),
        Paper(
            "Lung function",
            {"Date": day, "FEV1": "92", "FVC": "95", "DLCO": "85"},
        ),
        Paper("HCT-CI", {"Date": day} | dict.fromkeys(COMORBIDITIES, "No")),
        Paper("Donor", {"Date of this information": day, "Identified and available": "Yes"}),
        Paper(
            "Bone marrow and response",
            {
                "Date": day,
                "Marrow evaluable": "Yes",
                "Blasts in marrow": "0.5",
                "Trilineage haematopoiesis": "Yes",
                "Blasts in blood": "No",
                "Extramedullary disease": "No",
                "Day of the counts": day,
                "Neutrophils at response": "2.4 10⁹/L",
                "Platelets at response": "180 10⁹/L",
                "Growth factor within 7 days before the counts": "No",
                "Platelet transfusion within 7 days before the counts": "No",
            },
        ),
        Paper(
            "Measurable residual disease",
            {"Date": day, "Specimen": "Marrow, first pull", "Time point": "Screening"},
            {1: {"As reported": "未检出", "Limit of detection": "0.002 %"}},
        ),
        puncture(day),
        Paper(
            "Investigator's statements on eligibility",
            {"Date": day, "Transplantation is planned within 60 days": "Yes"},
        ),
    ]
