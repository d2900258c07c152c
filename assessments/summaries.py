"""A record of the assessments in one line, with what is computed from it."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from trialsite.casebook.pages import words
from trialsite.casebook.selectors import standing_lines
from trialsite.clinical.body import qtcf, round_half_up
from trialsite.clinical.hctci import BY_KEY, hctci_score
from trialsite.listing import listed

from .disease.responses import category_words
from .domain.crs import crs_grade
from .domain.gvhd import Overall, acute_grade, chronic_severity
from .domain.icans import icans_grade, ice_total
from .events.graded import acute_stages_of, chronic_scores_of, crs_findings, ice_findings
from .models import (
    AcuteGvhd,
    AdverseEvent,
    CerebrospinalFluid,
    Chimerism,
    ChronicGvhd,
    CytokineRelease,
    Echocardiogram,
    Electrocardiogram,
    Engraftment,
    Hctci,
    IceScore,
    Imaging,
    LabReport,
    LungFunction,
    MarrowAssessment,
    MrdSample,
    PhysicalExam,
    PregnancyTest,
    Virology,
    VitalSigns,
)


def joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def labelled(label: Any, value: Any, unit: str = "") -> str:
    """ "Label value unit", or nothing without a value."""
    shown = words(value)
    return f"{label} {shown} {unit}".strip() if shown else ""


def vital_signs(record: VitalSigns) -> str:
    return joined(
        words(record.weight), words(record.height), labelled("ECOG", record.ecog), words(record.temperature)
    )


def physical_exam(record: PhysicalExam) -> str:
    abnormal = [
        str(field.verbose_name)
        for field in record._meta.fields
        if getattr(record, field.name, "") == "ABNORMAL"
    ]
    return joined(listed(abnormal) or _("Nothing abnormal recorded"), record.findings[:80])


def electrocardiogram(record: Electrocardiogram) -> str:
    corrected = ""
    if record.qt_ms and record.heart_rate:
        corrected = (
            f"QTcF {round_half_up(qtcf(Decimal(record.qt_ms), Decimal(record.heart_rate)).value, 0)} ms"
        )
    return joined(corrected, record.get_interpretation_display())


def echocardiogram(record: Echocardiogram) -> str:
    return labelled("LVEF", record.lvef, "%")


def lung_function(record: LungFunction) -> str:
    return joined(
        labelled("FEV1", record.fev1_pp, "%"),
        labelled("FVC", record.fvc_pp, "%"),
        labelled("DLCO", record.dlco_pp, "%"),
    )


def hctci_form(record: Hctci) -> str:
    """The points of the answered items; what was measured elsewhere is added on the overview."""
    score = hctci_score({key: getattr(record, key) for key in BY_KEY})
    known = str(score.score_low) if score.complete else f"≥ {score.score_low}"
    return _("%(score)s points from the answers") % {"score": known}


def lab_report(record: LabReport) -> str:
    lines = standing_lines(record.lines)[:4]
    shown = [f"{line.get_analyte_display()} {words(line.result)}" for line in lines]
    return joined(listed(shown), record.laboratory)


def label_of(record: Any, item: str) -> str:
    return str(record._meta.get_field(item).verbose_name)


def virology(record: Virology) -> str:
    positive = [
        label_of(record, item)
        for item in ("hbsag", "hbcab", "hbv_dna", "hcv_ab", "hcv_rna", "hiv_ab", "trust")
        if getattr(record, item) in ("POS", "DETECTED")
    ]
    return _("Positive: %(tests)s") % {"tests": listed(positive)} if positive else _("Nothing positive")


def pregnancy_test(record: PregnancyTest) -> str:
    return str(record.get_result_display())


def marrow(record: MarrowAssessment) -> str:
    return joined(
        labelled(_("Blasts"), record.bm_blast_pct),
        labelled(_("Investigator"), category_words(record.investigator_response)),
    )


def mrd_sample(record: MrdSample) -> str:
    lines = standing_lines(record.lines)
    return joined(
        str(record.get_time_point_display()),
        *(f"{line.get_method_display()} {result_words(line)}" for line in lines),
    )


def result_words(line: Any) -> str:
    """An MRD result as people read it: the report's own text, else the value, else the finding."""
    return line.reported_text or words(line.value) or str(line.get_qualifier_display())


def cerebrospinal_fluid(record: CerebrospinalFluid) -> str:
    treated = (
        _("intrathecal: %(drugs)s") % {"drugs": record.it_drugs or _("given")} if record.it_given else ""
    )
    return joined(labelled(_("White cells"), record.csf_wbc), labelled(_("Blasts"), record.blasts), treated)


def imaging(record: Imaging) -> str:
    return joined(str(record.get_modality_display()), record.region, str(record.get_finding_display()))


def adverse_event(record: AdverseEvent) -> str:
    grade = _("grade %(n)s") % {"n": record.grade} if record.grade else ""
    serious = _("serious") if record.serious else ""
    end = _("ongoing") if record.ongoing else words(record.stop)
    return joined(record.words, grade, serious, f"{words(record.onset)} – {end}")


def cytokine_release(record: CytokineRelease) -> str:
    return joined(f"ASTCT {crs_grade(crs_findings(record))}", labelled("CTCAE", record.ctcae_grade))


def ice_score(record: IceScore) -> str:
    found = ice_findings(record)
    return joined(
        labelled("ICE", ice_total(found)),
        f"ICANS {icans_grade(found)}",
        labelled("CTCAE", record.ctcae_grade),
    )


def acute_gvhd(record: AcuteGvhd) -> str:
    return pgettext("acute GVHD", "grade %(grade)s (MAGIC)") % {"grade": acute_grade(acute_stages_of(record))}


def severity_words(found: Overall) -> str:
    """The NIH severity in a word, or the lowest that is certain."""
    words_of = {"NONE": _("none"), "MILD": _("mild"), "MODERATE": _("moderate"), "SEVERE": _("severe")}
    lowest = words_of[found.scale[found.low]]
    return lowest if found.grade is not None else f"≥ {lowest}"


def chronic_gvhd(record: ChronicGvhd) -> str:
    therapy = record.systemic_therapy_on
    return joined(
        severity_words(chronic_severity(chronic_scores_of(record))),
        labelled(_("systemic treatment since"), therapy.isoformat() if therapy else ""),
    )


def chimerism(record: Chimerism) -> str:
    return joined(str(record.get_specimen_display()), labelled(_("donor"), record.donor_pct, "%"))


def engraftment(record: Engraftment) -> str:
    failure = record.graft_failure
    return joined(
        labelled(_("neutrophils"), record.neutrophils_on),
        labelled(_("platelets"), record.platelets_on),
        str(record.get_graft_failure_display()) if failure not in ("", "NONE") else "",
    )
