"""The facts that protocol files may name: the contract between files and the rooms that record.

Each room registers its facts under these names. A fact that is not recorded, not done, stale or not
decidable is unknown (value None with the reason), never "no". `not applicable` (a pregnancy test in a man)
is a reason of its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FactName:
    """A fact by name: kind boolean, integer, decimal, date, choice or text; unit; meaning; the form that
    owns it.
    """

    name: str
    kind: str
    unit: str
    form: str
    meaning: str
    choices: tuple[str, ...] = ()


SEROLOGY = ("NEG", "POS")
VIRAL_LOAD = ("NOT_DETECTED", "DETECTED")
MRD_VERDICT = ("NEGATIVE", "POSITIVE")


_TABLE = (
    # Person, consent, place
    FactName("birth_date", "date", "", "DM", "date of birth; may be partial"),
    FactName(
        "age_years",
        "integer",
        "a",
        "DM",
        "completed years at the date of consent; unknown when a partial birth date straddles the "
        "limit that is asked for",
    ),
    FactName(
        "sex", "choice", "", "DM", "sex as used for limits of normal and creatinine clearance", ("M", "F")
    ),
    FactName("site_key", "text", "", "ENROLMENT", "key of the site where the subject is screened"),
    FactName("icf_date", "date", "", "ICF", "date of the first valid consent"),
    FactName("icf_signed", "boolean", "", "ICF", "the subject signed consent"),
    FactName("guardian_icf_signed", "boolean", "", "ICF", "a legal guardian signed consent"),
    FactName("assent_signed", "boolean", "", "ICF", "a minor signed assent"),
    FactName(
        "consent_complete",
        "boolean",
        "",
        "ICF",
        "everybody who must sign at this age has signed a version approved for the site",
    ),
    FactName(
        "consent_before_procedures",
        "boolean",
        "",
        "ICF",
        "consent is not later than the first study procedure",
    ),
    # Disease
    FactName(
        "dx",
        "choice",
        "",
        "DX",
        "diagnosis after central MICM review",
        ("BCP_ALL", "T_ALL", "MPAL", "MATURE_B", "B_LBL", "OTHER"),
    ),
    FactName("newly_dx", "boolean", "", "DX", "de novo disease, not relapsed or refractory"),
    FactName(
        "ph_status",
        "choice",
        "",
        "DX",
        "BCR::ABL1 by PCR, FISH or karyotype; any positive is POS; pending is unknown",
        SEROLOGY,
    ),
    FactName("cd19_pct", "decimal", "%", "DX", "CD19-positive share of leukaemic cells by flow cytometry"),
    FactName(
        "emd",
        "choice",
        "",
        "DX",
        "extramedullary disease other than of the central nervous system",
        ("NONE", "PRESENT"),
    ),
    FactName("morphology_done", "boolean", "", "DX", "marrow morphology was done"),
    FactName("cytochemistry_done", "boolean", "", "DX", "cytochemistry was done"),
    FactName("immunophenotype_done", "boolean", "", "DX", "immunophenotyping was done"),
    FactName("karyotype_done", "boolean", "", "DX", "chromosomal analysis was done"),
    FactName("molecular_done", "boolean", "", "DX", "molecular testing was done"),
    FactName(
        "kmt2a_r",
        "boolean",
        "",
        "DX",
        "KMT2A rearranged (FISH, RT-PCR or RNA sequencing); a partial tandem duplication does not "
        "count; pending is unknown",
    ),
    FactName(
        "tp53_mut",
        "boolean",
        "",
        "DX",
        "TP53 mutated (VAF 5 % or more by NGS, or 17p deleted by FISH); pending is unknown",
    ),
    FactName(
        "high_risk",
        "boolean",
        "",
        "DX",
        "any poor-risk feature: KMT2A-r, hypodiploidy below 44, TP53, Ph-like, MEF2D-r, HLF-r, "
        "MYC-r, IGH-r, PAX5alt, ZNF384-r, iAMP21, IKZF1, complex karyotype of 5 or more",
    ),
    FactName(
        "cns_status",
        "choice",
        "",
        "CSF",
        "CNS status by the COG classes",
        ("CNS1", "CNS2a", "CNS2b", "CNS2c", "CNS3a", "CNS3b", "CNS3c"),
    ),
    FactName(
        "cns_leukemia",
        "boolean",
        "",
        "CSF",
        "CNS leukaemia: CNS3, and CNS2 where the protocol says so; a documented clinical absence "
        "counts as no; nothing documented is unknown",
    ),
    # Pre-treatment
    FactName(
        "hydroxyurea_days",
        "integer",
        "d",
        "MH",
        "days of hydroxyurea before enrolment, stop - start + 1; 0 when none was given",
    ),
    FactName(
        "steroid_days",
        "integer",
        "d",
        "MH",
        "days of corticosteroid before enrolment, stop - start + 1; 0 when none was given",
    ),
    FactName(
        "other_antileukemic_therapy",
        "boolean",
        "",
        "MH",
        "any antileukaemic drug other than hydroxyurea and corticosteroid before enrolment",
    ),
    FactName("prior_allo_hsct", "boolean", "", "MH", "an earlier allogeneic transplantation"),
    FactName(
        "prior_blinatumomab_neurotoxicity_g3",
        "boolean",
        "",
        "MH",
        "neurotoxicity of grade 3 or more under an earlier course of blinatumomab",
    ),
    # Function
    FactName("ecog", "integer", "", "VS", "ECOG performance status, 0 to 5"),
    FactName(
        "weight_kg", "decimal", "kg", "VS", "body weight; in a dose rule the weight that fixes the cycle"
    ),
    FactName("height_cm", "decimal", "cm", "VS", "body height"),
    FactName("first_cycle_weight_kg", "decimal", "kg", "CYC", "body weight with which the first phase began"),
    FactName("tbil", "decimal", "umol/L", "CHEM", "total bilirubin"),
    FactName("tbil_uln", "decimal", "umol/L", "CHEM", "upper limit of normal stored with that result"),
    FactName("alt", "decimal", "U/L", "CHEM", "alanine aminotransferase"),
    FactName("alt_uln", "decimal", "U/L", "CHEM", "upper limit of normal stored with that result"),
    FactName("ast", "decimal", "U/L", "CHEM", "aspartate aminotransferase"),
    FactName("ast_uln", "decimal", "U/L", "CHEM", "upper limit of normal stored with that result"),
    FactName("creat", "decimal", "umol/L", "CHEM", "serum creatinine"),
    FactName("creat_uln", "decimal", "umol/L", "CHEM", "upper limit of normal stored with that result"),
    FactName("bun", "decimal", "mmol/L", "CHEM", "urea (reported as BUN in China)"),
    FactName("bun_uln", "decimal", "mmol/L", "CHEM", "upper limit of normal stored with that result"),
    FactName(
        "crcl",
        "decimal",
        "mL/min",
        "CHEM",
        "creatinine clearance by Cockcroft-Gault, exact constants, unrounded, weight as the protocol says",
    ),
    FactName("anc", "decimal", "10*9/L", "HEM", "absolute neutrophil count"),
    FactName("plt", "decimal", "10*9/L", "HEM", "platelet count"),
    FactName("wbc", "decimal", "10*9/L", "HEM", "white blood cell count"),
    FactName("lvef", "decimal", "%", "ECHO", "left ventricular ejection fraction"),
    FactName("cardiomegaly", "boolean", "", "ECHO", "significant cardiomegaly (investigator)"),
    FactName("valvular_disease", "boolean", "", "ECHO", "significant valvular disease (investigator)"),
    FactName(
        "congenital_heart_disease",
        "boolean",
        "",
        "ECHO",
        "significant congenital heart defect (investigator)",
    ),
    FactName("ecg_acute_mi", "boolean", "", "ECG", "acute myocardial infarction on ECG"),
    FactName("ecg_severe_arrhythmia", "boolean", "", "ECG", "severe arrhythmia on ECG"),
    FactName("fev1_pp", "decimal", "%", "PFT", "FEV1, percent of predicted"),
    FactName("fvc_pp", "decimal", "%", "PFT", "FVC, percent of predicted"),
    FactName("dlco_pp", "decimal", "%", "PFT", "DLCO, percent of predicted, corrected for haemoglobin"),
    FactName(
        "hctci",
        "integer",
        "",
        "HCI",
        "HCT-CI total; with items open the known part as a lower bound (comparator >=), so that 3 "
        "or more already decides",
    ),
    # Infection, pregnancy
    FactName("hbsag", "choice", "", "VIR", "hepatitis B surface antigen", SEROLOGY),
    FactName("hbcab", "choice", "", "VIR", "hepatitis B core antibody", SEROLOGY),
    FactName(
        "hbv_dna",
        "choice",
        "",
        "VIR",
        "hepatitis B virus DNA; below the limit of quantification without 'not detected' is unknown",
        VIRAL_LOAD,
    ),
    FactName("hcv_ab", "choice", "", "VIR", "hepatitis C antibody", SEROLOGY),
    FactName("hcv_rna", "choice", "", "VIR", "hepatitis C virus RNA", VIRAL_LOAD),
    FactName("hiv_ab", "choice", "", "VIR", "HIV antibody", SEROLOGY),
    FactName("trust", "choice", "", "VIR", "TRUST (syphilis)", SEROLOGY),
    FactName(
        "preg_test",
        "choice",
        "",
        "PREG",
        "pregnancy test; not applicable in men, 12 months after the menopause and after sterilisation",
        SEROLOGY,
    ),
    FactName("lactating", "boolean", "", "PREG", "breast-feeding; not applicable in men"),
    FactName(
        "active_infection_treated", "boolean", "", "MH", "an active infection that needs systemic treatment"
    ),
    FactName("infection_uncontrolled", "boolean", "", "MH", "an active infection that is not controlled"),
    FactName(
        "infection_kind",
        "choice",
        "",
        "MH",
        "the kind of the active infection; not applicable without one",
        ("UTI_UNCOMPLICATED", "URTI_UNCOMPLICATED", "OTHER"),
    ),
    # History
    FactName(
        "nyha", "choice", "", "MH", "NYHA class; NONE is no heart disease", ("NONE", "I", "II", "III", "IV")
    ),
    FactName(
        "hypertension_uncontrolled",
        "boolean",
        "",
        "MH",
        "uncontrolled hypertension, hypertensive crisis or hypertensive encephalopathy",
    ),
    FactName(
        "cardiac_history",
        "boolean",
        "",
        "MH",
        "ever congestive heart failure, unstable angina or clinically significant arrhythmia",
    ),
    FactName("arterial_thrombosis", "boolean", "", "MH", "ever an arterial thrombosis (stroke, TIA)"),
    FactName(
        "arterial_thrombosis_date",
        "date",
        "",
        "MH",
        "date of the latest arterial thrombosis; not applicable without one",
    ),
    FactName(
        "venous_thrombosis",
        "boolean",
        "",
        "MH",
        "ever a symptomatic deep vein thrombosis or pulmonary embolism",
    ),
    FactName(
        "venous_thrombosis_date", "date", "", "MH", "date of the latest one; not applicable without one"
    ),
    FactName("gi_bleeding", "boolean", "", "MH", "ever an active gastrointestinal bleeding"),
    FactName("gi_bleeding_date", "date", "", "MH", "date of the latest one; not applicable without one"),
    FactName(
        "cardiac_procedure",
        "boolean",
        "",
        "MH",
        "ever coronary angioplasty, defibrillation or another high-risk cardiovascular procedure",
    ),
    FactName("respiratory_insufficiency", "boolean", "", "MH", "severe respiratory insufficiency"),
    FactName("epilepsy_on_therapy", "boolean", "", "MH", "epilepsy that needs therapy"),
    FactName(
        "blinatumomab_hypersensitivity",
        "boolean",
        "",
        "MH",
        "hypersensitivity to blinatumomab or a component",
    ),
    FactName("strong_cyp3a_inducer", "boolean", "", "MH", "a strong CYP3A inducer that cannot be stopped"),
    FactName(
        "cyp3a_inhibitor",
        "choice",
        "",
        "CM",
        "the strongest CYP3A (or P-gp) inhibitor taken now; NONE until one is recorded",
        ("NONE", "MODERATE", "STRONG", "POSACONAZOLE"),
    ),
    FactName(
        "child_pugh",
        "choice",
        "",
        "CYC",
        "Child-Pugh class at the start of a phase; NONE without cirrhosis",
        ("NONE", "A", "B", "C"),
    ),
    FactName(
        "methotrexate_interaction",
        "boolean",
        "",
        "CM",
        "an NSAID, a proton pump inhibitor, trimethoprim-sulfamethoxazole or a penicillin taken in the last 48 hours "
        "(two days); no until one is recorded",
    ),
    FactName("urine_ph", "decimal", "", "MTX", "urine pH before high-dose methotrexate"),
    FactName(
        "serous_effusion", "boolean", "", "MTX", "pleural effusion or ascites before high-dose methotrexate"
    ),
    FactName("malabsorption", "boolean", "", "MH", "malabsorption of oral drugs"),
    FactName("uncontrolled_illness", "boolean", "", "MH", "an uncontrolled concurrent illness"),
    # Statements of the investigator
    FactName(
        "leuk_infiltration_liver",
        "boolean",
        "",
        "EL",
        "the investigator attributes the liver values to leukaemic infiltration; unanswered is unknown",
    ),
    FactName(
        "investigator_unsuitable",
        "boolean",
        "",
        "EL",
        "a condition that the investigator judges unsuitable, with reason",
    ),
    FactName("refused", "boolean", "", "EL", "the person refuses to take part"),
    FactName("willing_hsct", "boolean", "", "EL", "willing to undergo transplantation"),
    FactName("will_comply", "boolean", "", "EL", "agrees to treatment, visits and tests"),
    FactName(
        "cannot_consent_or_comply", "boolean", "", "EL", "unable to consent or to follow the procedures"
    ),
    FactName(
        "contraception_agreed",
        "boolean",
        "",
        "EL",
        "effective contraception agreed for the time the protocol says",
    ),
    FactName(
        "not_childbearing",
        "boolean",
        "",
        "EL",
        "post-menopausal (no menses for 12 months or more) or sterilised",
    ),
    FactName(
        "pregnancy_planned",
        "boolean",
        "",
        "EL",
        "plans a pregnancy during the study or within a year after the last infusion; not applicable in men",
    ),
    FactName("hsct_within_60_days", "boolean", "", "EL", "transplantation is planned within 60 days"),
    # Donor
    FactName(
        "donor",
        "choice",
        "",
        "DON",
        "the best donor identified; pending is unknown",
        ("MSD", "MUD10", "MMUD9", "HAPLO", "NONE"),
    ),
    FactName("donor_available", "boolean", "", "DON", "an eligible donor is identified and available"),
    FactName(
        "hsct_indication",
        "text",
        "",
        "HSCT",
        "why the subject is transplanted, a key of transplant.indications",
    ),
    FactName("graft_source", "choice", "", "HSCT", "where the graft came from", ("PB", "BM", "BM_PB", "CB")),
    FactName(
        "days_since_hsct", "integer", "d", "HSCT", "days from the first graft to the day on which it is asked"
    ),
    FactName(
        "days_since_car_t",
        "integer",
        "d",
        "CAR",
        "days from the first infusion of CAR-T cells to the day on which it is asked",
    ),
    # Course
    FactName(
        "response_latest",
        "choice",
        "",
        "BM",
        "response category of the latest assessment",
        ("CR", "CRh", "CRi", "MLFS", "PR", "NR", "PD", "RELAPSE"),
    ),
    FactName(
        "in_crc", "boolean", "", "BM", "in CR, CRh or CRi at the latest assessment, with no relapse since"
    ),
    FactName("ever_crc", "boolean", "", "BM", "CR, CRh or CRi at any assessment"),
    FactName(
        "relapsed", "boolean", "", "REL", "haematological or extramedullary relapse; no until one is recorded"
    ),
    FactName(
        "mrd_verdict_screening",
        "choice",
        "",
        "MRD",
        "MRD verdict of the screening sample by a method of the protocol; indeterminate is unknown",
        MRD_VERDICT,
    ),
    FactName(
        "mrd_verdict_latest",
        "choice",
        "",
        "MRD",
        "MRD verdict of the latest sample by the protocol's method; indeterminate is unknown",
        MRD_VERDICT,
    ),
    FactName(
        "mrd_state",
        "choice",
        "",
        "MRD",
        "MRD over time",
        ("NEGATIVE", "POSITIVE_UNCONFIRMED", "POSITIVE_EOI", "PERSISTENT", "RECURRENCE"),
    ),
    FactName(
        "transplanted", "boolean", "", "HSCT", "an allogeneic graft was infused; no until one is recorded"
    ),
    FactName(
        "response_latest_day",
        "integer",
        "d",
        "BM",
        "study day of the latest response assessment (day 1 is the first day of treatment)",
    ),
)

FACTS: dict[str, FactName] = {fact.name: fact for fact in _TABLE}
