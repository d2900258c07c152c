"""Pages of bedside and organ function."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..models import Echocardiogram, Electrocardiogram, Hctci, LungFunction, PhysicalExam, VitalSigns


class VitalSignsForm(CasebookForm):
    model = VitalSigns
    sections = (
        Section(_("Measurement"), "performed_on", "height", "weight"),
        Section(_("Vital signs"), "temperature", "systolic", "diastolic", "pulse"),
        Section(_("Performance"), "ecog"),
    )


class PhysicalExamForm(CasebookForm):
    model = PhysicalExam
    sections = (
        Section(
            _("Examination"),
            "performed_on",
            "general",
            "skin",
            "head_neck",
            "lymph_nodes",
            "lungs",
            "heart",
            "abdomen",
            "genitalia",
            "limbs",
            "neurology",
        ),
        Section(_("Findings"), "findings"),
    )


class ElectrocardiogramForm(CasebookForm):
    model = Electrocardiogram
    sections = (
        Section(_("Measurement"), "performed_on", "heart_rate", "qt_ms"),
        Section(_("Interpretation"), "acute_mi", "severe_arrhythmia", "interpretation", "comment"),
    )


class EchocardiogramForm(CasebookForm):
    model = Echocardiogram
    sections = (
        Section(_("Measurement"), "performed_on", "lvef"),
        Section(
            _("Significant findings"), "cardiomegaly", "valvular_disease", "congenital_disease", "comment"
        ),
    )


class LungFunctionForm(CasebookForm):
    model = LungFunction
    sections = (
        Section(_("Percent of predicted"), "performed_on", "fev1_pp", "fvc_pp", "dlco_pp", "comment"),
    )


class HctciForm(CasebookForm):
    model = Hctci
    sections = (
        Section(
            _("One point each"),
            "performed_on",
            "arrhythmia",
            "cardiac",
            "ibd",
            "diabetes",
            "cerebrovascular",
            "psychiatric",
            "hepatic_mild",
            "obesity",
            "infection",
        ),
        Section(_("Two points each"), "rheumatologic", "peptic_ulcer", "renal", "pulmonary_moderate"),
        Section(_("Three points each"), "solid_tumour", "heart_valve", "pulmonary_severe", "hepatic_severe"),
    )
