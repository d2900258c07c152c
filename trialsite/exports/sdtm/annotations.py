"""Where SDTM takes each item of the forms: one table, held against the code that makes SDTM by tests."""

from collections.abc import Iterator, Mapping
from functools import cache

from .annotation import NOT_SUBMITTED, Annotated, Items, Sheet, result, sheet, took
from .disease import ACUTE, CHRONIC, CRS, ECOG_TEST, FUSIONS, GENES, ICANS
from .events import AGENT_NAMES, CRITERIA, HISTORY
from .findings import ANTIBODIES, BODY_SYSTEMS, CATEGORIES, VIRUSES, VITAL_SIGNS
from .remarks import remarked
from .subjects import PARTICIPATION, TREATMENT
from .treatment import CELLS, HSCT

Key = tuple[str, str, str]  # form, kind of its lines ("": the form itself), item


def subjects() -> Iterator[Sheet]:
    yield sheet(
        "DM",
        sex=took("DM", "SEX", "SEX"),
        ethnicity=took("DM", "RACE") + took("SUPPDM", "ETHNGRP"),
    )
    consent = took("DS", "DSSTDTC", "DSSTDAT", DSDECOD="INFORMED CONSENT OBTAINED")
    yield sheet("ICF", performed_on=took("DM", "RFICDTC DMDTC") + consent)
    yield sheet(
        "ICF.signatures", signed_on=took("DS", "DSSTDTC", "DSSTDAT", DSDECOD="INFORMED ASSENT OBTAINED")
    )
    yield sheet(
        "EOT",
        performed_on=took("DS", "DSSTDTC", "DSSTDAT", DSSCAT=TREATMENT),
        reason=took("DS", "DSTERM DSDECOD", "DSDECOD", DSSCAT=TREATMENT),
    )
    yield sheet(
        "DTH",
        died_on=took("DM", "DTHDTC", "DTHDAT")
        + took("DS", "DSSTDTC", DSDECOD="DEATH", DSSCAT=PARTICIPATION)
        + took("DD", "DDDTC"),
        cause=took("DD", "DDORRES", "PRCDTH_DDORRES", DDTESTCD="PRCDTH"),
        certainty=took("DD", "DDORRES", "INFOSCOD_DDORRES", DDTESTCD="INFOSCOD"),
        autopsy=took("DD", "DDORRES", "AUTOPIND_DDORRES", DDTESTCD="AUTOPIND"),
    )
    yield sheet(
        "SUR",
        performed_on=took("SS", "SSDTC", "SSDAT"),
        alive=took("SS", "SSORRES", "SURVSTAT_SSORRES", SSTESTCD="SURVSTAT"),
    )
    yield sheet("CYC", phase=took("SE", "ETCD ELEMENT"), performed_on=took("SE", "SESTDTC"))


# What was given and done


def given(days: tuple[str, str], dataset: str = "EX", **where: str) -> dict[str, Annotated]:
    """First and last day, by the names of their items."""
    return {
        days[0]: took(dataset, f"{dataset}STDTC", f"{dataset}STDAT", **where),
        days[1]: took(dataset, f"{dataset}ENDTC", f"{dataset}ENDAT", **where),
    }


def at_once(dataset: str, times: str = "STDAT", **where: str) -> Annotated:
    """The day or moment of what begins and ends with it."""
    names = " ".join(f"{dataset}{one}" for one in times.split())
    return took(dataset, f"{dataset}STDTC {dataset}ENDTC", names, **where)


def exposures() -> Iterator[Sheet]:
    yield sheet(
        "EX.doses",
        drug=took("EX", "EXTRT", EXCAT="CHEMOTHERAPY") + took("EC", "ECTRT", "ECTRT"),
        given_on=at_once("EX", "", EXCAT="CHEMOTHERAPY") + at_once("EC"),
        prescribed=took("SUPPEX", "EXPRESC", EXCAT="CHEMOTHERAPY") + took("SUPPEC", "ECPRESC"),
        given=took("EX", "EXDOSE", EXCAT="CHEMOTHERAPY") + took("EC", "ECDOSE ECOCCUR", "ECDOSE"),
        unit=took("EX", "EXDOSU", EXCAT="CHEMOTHERAPY") + took("EC", "ECDOSU", "ECDOSU"),
        reason=took("EX", "EXADJ", EXCAT="CHEMOTHERAPY") + took("EC", "ECADJ ECREASOC", "ECADJ"),
    )
    infusion = {"EXTRT": "BLINATUMOMAB"}
    yield sheet(
        "BLI.segments",
        start=took("EX", "EXSTDTC", "EXSTDAT EXSTTIM", **infusion),
        stop=took("EX", "EXENDTC", "EXENDAT EXENTIM", **infusion),
        rate=took("EX", "EXDOSE", "EXDOSE", **infusion),
        stop_reason=took("SUPPEX", "EXSTOP", **infusion),
    )
    infusion = {"EXTRT": "METHOTREXATE"}
    yield sheet(
        "MTX",
        start=took("EX", "EXSTDTC", "EXSTDAT EXSTTIM", **infusion),
        end=took("EX", "EXENDTC", "EXENDAT EXENTIM", **infusion),
        dose=took("EX", "EXDOSE", "EXDOSE", **infusion),
    )
    conditioning = {"EXCAT": "CONDITIONING"}
    yield sheet(
        "HSCT.conditioning_drugs",
        agent=took("EX", "EXTRT", "EXTRT", **conditioning),
        total_dose=took("EX", "EXDOSE", "EXDOSE", **conditioning),
        unit=took("EX", "EXDOSU", "EXDOSU", **conditioning),
        **given(("first_on", "last_on"), **conditioning),
    )


def medicines() -> Iterator[Sheet]:
    yield sheet(
        "CM",
        medicine=took("CM", "CMTRT CMDECOD", "CMTRT"),
        indication=took("CM", "CMINDC", "CMINDC"),
        amount=took("CM", "CMDOSE", "CMDOSE"),
        unit=took("CM", "CMDOSU", "CMDOSU"),
        per_day=took("SUPPCM", "CMPERDAY"),
        route=took("CM", "CMROUTE", "CMROUTE") + took("SUPPCM", "CMROUTEO"),
        dose=took("CM", "CMDOSTXT", "CMDSTXT"),
        started=took("CM", "CMSTDTC", "CMSTDAT"),
        stopped=took("CM", "CMENDTC CMENRTPT", "CMENDAT"),
    )
    yield sheet(
        "MH.therapies",
        **course("PRIOR ANTILEUKEMIC THERAPY", "drug", "start", "stop", "amount", "amount_unit"),
        kind=took("CM", "CMTRT", CMCAT="PRIOR ANTILEUKEMIC THERAPY"),
    )
    yield sheet(
        "TF",
        performed_on=at_once("CM", CMCAT="TRANSFUSION"),
        product=took("CM", "CMTRT", "CMTRT", CMCAT="TRANSFUSION"),
    )
    category = {"CMCAT": "PREMEDICATION"}
    yield sheet(
        "BLI.premedication",
        drug=took("CM", "CMTRT", "CMTRT", **category),
        dose=took("CM", "CMDOSE", "CMDOSE", **category),
        given_at=at_once("CM", "STDAT STTIM", **category),
    )
    category = {"CMTRT": "LEUCOVORIN"}
    yield sheet(
        "MTX.leucovorin",
        given_at=at_once("CM", "STDAT STTIM", **category),
        dose=took("CM", "CMDOSE", "CMDOSE", **category),
        route=took("CM", "CMROUTE", "CMROUTE", **category),
    )
    yield sheet("HSCT.prophylaxis_drugs", **course("GVHD PROPHYLAXIS", "agent", "started_on", "stopped_on"))
    yield sheet(
        "GVT.drugs",
        treated=took("CM", "CMINDC", "CMINDC", CMCAT="GVHD TREATMENT"),
        **course("GVHD TREATMENT", "agent", "started_on", "stopped_on"),
    )
    yield sheet("CAR.bridges", **course("BRIDGING THERAPY", "medicine", "first_on", "last_on"))
    yield sheet(
        "CTX.courses",
        **course("TREATMENT OF CRS OR ICANS", "agent", "started_on", "stopped_on", "dose_mg"),
        reason=took("CM", "CMINDC", "CMINDC", CMCAT="TREATMENT OF CRS OR ICANS"),
    )


def course(category: str, name: str, start: str, stop: str, dose: str = "", unit: str = "") -> Items:
    """A medicine of a category, by the names of its items."""
    where = {"CMCAT": category}
    found = {name: took("CM", "CMTRT", "CMTRT", **where), **given((start, stop), "CM", **where)}
    if dose:
        found[dose] = took("CM", "CMDOSE", "CMDOSE", **where)
    if unit:
        found[unit] = took("CM", "CMDOSU", "CMDOSU", **where)
    return found


def procedures() -> Iterator[Sheet]:
    where = {"PRTRT": "ALLOGENEIC STEM CELL TRANSPLANT"}
    yield sheet(
        "HSCT",
        performed_on=at_once("PR", **where) + at_once("EX", EXTRT=HSCT),
        indication=took("PR", "PRINDC", "PRINDC", **where),
        donor=took("SUPPPR", "PRDONOR", **where),
        graft_source=took("SUPPPR", "PRGRAFT", **where),
        intensity=took("SUPPPR", "PRINTENS", **where),
        cd34=took("EX", "EXDOSE", "EXDOSE", EXTRT=HSCT),
    )
    yield sheet(
        "CAR",
        step=took("PR", "PRTRT PRDECOD", "PRTRT", PRCAT="CELLULAR THERAPY"),
        performed_on=at_once("PR", PRCAT="CELLULAR THERAPY") + at_once("EX", EXTRT=CELLS),
        dose=took("EX", "EXDOSE", "EXDOSE", EXTRT=CELLS),
        lot=took("EX", "EXLOT", "EXLOT", EXTRT=CELLS),
    )
    yield sheet("BM", performed_on=at_once("PR", PRTRT="BONE MARROW ASPIRATION"))
    yield sheet("CSF", performed_on=at_once("PR", PRTRT="LUMBAR PUNCTURE"))
    yield sheet(
        "IMG",
        performed_on=at_once("PR", PRCAT="IMAGING"),
        modality=took("PR", "PRTRT PRDECOD", "PRTRT", PRCAT="IMAGING"),
    )


# What happened


def events() -> Iterator[Sheet]:
    agents: dict[str, Annotated] = {}
    for agent, (short, _name) in AGENT_NAMES.items():
        agents[f"cause_{agent}"] = took("AE", "AEREL") + took("SUPPAE", f"AEREL{short}")
        agents[f"action_{agent}"] = took("AE", "AEACN") + took("SUPPAE", f"AEACN{short}")
    yield sheet(
        "AE",
        **agents,
        term=took("AE", "AETERM AEDECOD AEBODSYS AEBDSYCD", "AETERM") + took("SUPPAE", "CTCAETRM"),
        specified=took("AE", "AETERM"),
        onset=took("AE", "AESTDTC", "AESTDAT"),
        stop=took("AE", "AEENDTC", "AEENDAT"),
        ongoing=took("AE", "AEENRTPT", "AEONGO"),
        serious=took("AE", "AESER", "AESER"),
        special_interest=took("SUPPAE", "AESI"),
        outcome=took("AE", "AEOUT", "AEOUT"),
        meddra_llt=took("AE", "AELLT", "AELLT"),
        meddra_llt_code=took("AE", "AELLTCD", "AELLTCD"),
        meddra_pt=took("AE", "AEDECOD", "AEDECOD"),
        meddra_pt_code=took("AE", "AEPTCD", "AEPTCD"),
        grade=took("AE", "AETOXGR", "AETOXGR"),
        action=took("AE", "AEACN", "AEACN"),
    )
    yield sheet(
        "AE.track",
        since=took("SUPPAE", "AETRACK"),
        grade=took("AE", "AETOXGR", "AETOXGR") + took("SUPPAE", "AETRACK"),
    )
    yield sheet("SAE", **{item: took("AE", name, name) for name, items in CRITERIA.items() for item in items})
    where = {"MHCAT": "GENERAL MEDICAL HISTORY"}
    yield sheet(
        "MH",
        performed_on=took("MH", "MHDTC", "MHDAT", **where),
        **{item: took("MH", "MHTERM", "MHOCCUR", **where) for item in HISTORY},
        **{
            f"{item}_date": took("MH", "MHSTDTC", "MHSTDAT", MHTERM=HISTORY[item])
            for item in ("arterial_thrombosis", "venous_thrombosis", "gi_bleeding")
        },
    )
    where = {"MHCAT": "PRIMARY DIAGNOSIS"}
    yield sheet(
        "DX",
        performed_on=took("MH", "MHDTC MHSTDTC", "MHDAT", **where),
        dx=took("MH", "MHTERM", "MHTERM", **where),
    )
    where = {"CETERM": "Relapse of leukemia"}
    yield sheet(
        "REL",
        performed_on=took("CE", "CEDTC", **where),
        onset=took("CE", "CESTDTC", "CESTDAT", **where),
        relapse_site=took("SUPPCE", "CESITE", **where),
        cd19_negative=took("SUPPCE", "CECD19", **where),
    )
    where = {"CECAT": "DISEASE EVENT"}
    yield sheet(
        "SPM",
        performed_on=took("CE", "CEDTC", **where),
        diagnosed_on=took("CE", "CESTDTC", "CESTDAT", **where),
        malignancy_kind=took("CE", "CETERM CEDECOD", "CETERM", **where),
    )


# What was measured and examined


def findings() -> Iterator[Sheet]:
    signs: dict[str, Annotated] = {}
    for item, code in VITAL_SIGNS.items():
        signs |= result(item, "VS", f"{code}_VSORRES", VSTESTCD=code)
    ecog = {"RSTESTCD": ECOG_TEST[0]}
    yield sheet(
        "VS",
        **signs,
        performed_on=took("VS", "VSDTC", "VSDAT") + took("RS", "RSDTC", **ecog),
        ecog=took("RS", "RSORRES RSSTRESC RSSTRESN", f"{ECOG_TEST[0]}_RSORRES", **ecog),
    )
    yield sheet(
        "PE",
        performed_on=took("PE", "PEDTC", "PEDAT"),
        **{item: took("PE", "PEORRES", PETESTCD=code) for item, (code, _name) in BODY_SYSTEMS.items()},
    )
    yield sheet(
        "ECG",
        performed_on=took("EG", "EGDTC", "EGDAT"),
        **{
            item: took("EG", "EGORRES", f"{code}_EGORRES", EGTESTCD=code)
            for item, code in (("heart_rate", "EGHRMN"), ("qt_ms", "QTAG"), ("interpretation", "INTP"))
        },
    )
    yield sheet(
        "VIR",
        performed_on=took("MB", "MBDTC", "MBDAT") + took("IS", "ISDTC"),
        **{
            item: took("MB", "MBORRES", f"{code}_MBORRES", MBTESTCD=code)
            for item, (code, _specimen) in VIRUSES.items()
        },
        **{
            item: took("IS", "ISORRES", ISTESTCD=code, ISBDAGNT=bound)
            for item, (code, bound) in ANTIBODIES.items()
        },
    )


def laboratory() -> Iterator[Sheet]:
    """The analyte of a line decides LBTESTCD."""
    for form, category in CATEGORIES.items():
        where = {"LBCAT": category}
        yield sheet(
            form,
            performed_on=took("LB", "LBDTC", "LBDAT", **where),
            sample_time=took("LB", "LBDTC", "LBTIM", **where),
            laboratory=took("LB", "LBNAM", "LBNAM", **where),
        )
        yield sheet(
            f"{form}.results",
            analyte=took("LB", "LBTESTCD LBTEST", "LBTEST"),
            **result("result", "LB", "LBORRES"),
            lln=took("LB", "LBORNRLO LBSTNRLO", "LBORNRLO"),
            uln=took("LB", "LBORNRHI LBSTNRHI", "LBORNRHI"),
            finding=took("SUPPLB", "LBFIND"),
        )
    fluid = {"LBSPEC": "CEREBROSPINAL FLUID"}
    status = took("RS", "RSDTC", RSTESTCD="CNSSTAT")
    yield sheet(
        "CSF",
        performed_on=took("LB", "LBDTC", "LBDAT", **fluid) + status,
        **result("csf_wbc", "LB", "WBC_LBORRES", LBTESTCD="WBC", **fluid),
        **result("csf_rbc", "LB", "RBC_LBORRES", LBTESTCD="RBC", **fluid),
    )
    yield sheet(
        "MTX.levels",
        drawn_at=took("LB", "LBDTC", "LBDAT LBTIM", LBTESTCD="MTX"),
        **result("level", "LB", "MTX_LBORRES", LBTESTCD="MTX"),
    )
    yield sheet(
        "PREG",
        performed_on=took("LB", "LBDTC", "LBDAT", LBTESTCD="HCG"),
        specimen=took("LB", "LBSPEC", "LBSPEC", LBTESTCD="HCG"),
        result=took("LB", "LBORRES", "HCG_LBORRES", LBTESTCD="HCG"),
    )


# The leukaemia


def disease() -> Iterator[Sheet]:
    said = {"RSTESTCD": "HEMARESP", "RSEVAL": "INVESTIGATOR"}
    yield sheet(
        "BM",
        performed_on=took("MI", "MIDTC", "MIDAT") + took("RS", "RSDTC", RSTESTCD="HEMARESP"),
        **result("bm_blast_pct", "MI", "BLASTCE_MIORRES", MITESTCD="BLASTCE"),
        investigator_response=took("RS", "RSORRES", "HEMARESP_RSORRES", **said),
        response_reason=took("SUPPRS", "RSREASON", **said),
    )
    flow, genes = {"CPTESTCD": "ABCCE"}, {"GFCAT": "MEASURABLE RESIDUAL DISEASE"}
    yield sheet(
        "MRD",
        performed_on=took("CP", "CPDTC", **flow)
        + took("GF", "GFDTC", **genes)
        + took("RS", "RSDTC", RSTESTCD="MRDIND"),
        specimen=took("CP", "CPSPEC", **flow),
        laboratory=took("CP", "CPNAM", **flow) + took("GF", "GFNAM", **genes),
    )
    yield sheet(
        "MRD.results",
        method=took("CP", "CPMETHOD", **flow) + took("GF", "GFMETHOD", **genes),
        qualifier=took("CP", "CPORRES", **flow) + took("GF", "GFORRES", **genes),
        value=took("CP", "CPORRES CPORRESU", **flow) + took("GF", "GFORRES GFORRESU", **genes),
        **{"value.canonical": took("CP", "CPSTRESN", **flow) + took("GF", "GFSTRESN", **genes)},
        **{
            item: took("SUPPCP", name, **flow) + took("SUPPGF", name, **genes)
            for item, name in (
                ("lod", "MRDLOD"),
                ("lod.canonical", "MRDLOD"),
                ("loq", "MRDLOQ"),
                ("loq.canonical", "MRDLOQ"),
                ("cells_analysed", "MRDCELLS"),
            )
        },
    )
    lesions = {item: {"GFTESTCD": code, "GFSYM": gene} for item, (code, gene) in GENES.items()}
    lesions |= {
        item: {"GFTESTCD": "SEQREAR", "GFSYM": "BCR::ABL1", "GFMETHOD": method}
        for item, method in FUSIONS.items()
    }
    yield sheet(
        "DX",
        performed_on=took("GF", "GFDTC", GFCAT="GENETICS AT DIAGNOSIS"),
        **{item: took("GF", "GFORRES", **where) for item, where in lesions.items()},
    )
    for form, event in (("AGV", ACUTE), ("CGV", CHRONIC), ("CRS", CRS), ("ICE", ICANS)):
        yield sheet(form, performed_on=took("FA", "FADTC", FAOBJ=event))
    yield sheet("AGV", biopsy=took("SUPPFA", "FABIOPSY", FAOBJ=ACUTE))


def remarks() -> Iterator[Sheet]:
    """Remarks, and the day of those that belong to no single dataset; that of an adverse event always does."""
    for form, _model, item in remarked():
        yield sheet(form, **{item: took("CO", "COVAL", "COVAL", COREF=form)})
        if form != "AE":
            yield sheet(form, performed_on=took("CO", "CODTC", COREF=form))


PARTS = (subjects, exposures, medicines, procedures, events, findings, laboratory, disease, remarks)


@cache
def annotations() -> Mapping[Key, Annotated]:
    """Every item that SDTM takes. What is not here is not submitted: it is asked for the conduct of the trial, or
    something that is computed from it is submitted in its place."""
    found: dict[Key, Annotated] = {}
    for part in PARTS:
        for place, items in part():
            form, _dot, group = place.partition(".")
            for item, one in items.items():
                key = (form, group, item)
                found[key] = found.get(key, NOT_SUBMITTED) + one
    return found


def annotated(form: str, group: str, item: str) -> Annotated:
    """What is known of an item of a form, or of one kind of its lines; NOT_SUBMITTED of one that SDTM does not take."""
    return annotations().get((form, group, item), NOT_SUBMITTED)
