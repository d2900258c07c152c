"""Bedside and organ function: vital signs, examination, ECG, echocardiography, lung function, HCT-CI."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import QuantityItem

from .columns import code, judged, percentage, words, yes_no


class Normality(models.TextChoices):
    """What an examination found."""

    NORMAL = "NORMAL", _("Normal")
    ABNORMAL = "ABNORMAL", _("Abnormal")


class Ecog(models.IntegerChoices):
    """Performance status of the Eastern Cooperative Oncology Group."""

    ACTIVE = 0, _("0: fully active")
    RESTRICTED = 1, _("1: strenuous activity restricted, walks about")
    SELF_CARE = 2, _("2: cares for self, up more than half of waking hours")
    LIMITED = 3, _("3: limited self-care, in bed or chair more than half of waking hours")
    DISABLED = 4, _("4: completely disabled")
    DEAD = 5, _("5: dead")


class VitalSigns(CasebookRecord):
    """Body size, vital signs and performance status."""

    height = QuantityItem("height", _("Height"))
    weight = QuantityItem("weight", _("Weight"), required=True)
    temperature = QuantityItem("temperature", _("Temperature"))
    systolic = QuantityItem("systolic", _("Systolic blood pressure"))
    diastolic = QuantityItem("diastolic", _("Diastolic blood pressure"))
    pulse = QuantityItem("pulse", _("Pulse"))
    ecog = judged(_("ECOG performance status"), Ecog)


class PhysicalExam(CasebookRecord):
    """Physical examination by body system."""

    general = code(_("General appearance"), Normality)
    skin = code(_("Skin and mucosa"), Normality)
    head_neck = code(_("Head and neck"), Normality)
    lymph_nodes = code(_("Lymph nodes"), Normality)
    lungs = code(_("Lungs"), Normality)
    heart = code(_("Heart"), Normality)
    abdomen = code(_("Abdomen, liver and spleen"), Normality)
    genitalia = code(_("Genitalia, testes"), Normality)
    limbs = code(_("Limbs and joints"), Normality)
    neurology = code(_("Nervous system"), Normality)
    findings = models.TextField(
        _("Findings"), blank=True, default="", help_text=_("What is abnormal, in words")
    )


class Electrocardiogram(CasebookRecord):
    """A resting 12-lead ECG; QTcF (Fridericia) is computed from QT and heart rate."""

    item_units = {"heart_rate": "/min", "qt_ms": "ms"}

    heart_rate = models.PositiveSmallIntegerField(_("Heart rate"), null=True, blank=True)
    qt_ms = models.PositiveSmallIntegerField(_("QT interval"), null=True, blank=True)
    acute_mi = yes_no(_("Acute myocardial infarction"))
    severe_arrhythmia = yes_no(_("Severe arrhythmia"))
    interpretation = code(_("Interpretation"), Normality)
    comment = words(_("Comment"))


class Echocardiogram(CasebookRecord):
    """Echocardiography (or another measurement of ejection fraction)."""

    item_units = {"lvef": "%"}

    lvef = percentage(_("Left ventricular ejection fraction"))
    cardiomegaly = yes_no(_("Significant cardiomegaly"))
    valvular_disease = yes_no(_("Significant valvular disease"))
    congenital_disease = yes_no(_("Significant congenital heart defect"))
    comment = words(_("Comment"))


class LungFunction(CasebookRecord):
    """Lung function, each in percent of predicted."""

    item_units = dict.fromkeys(("fev1_pp", "fvc_pp", "dlco_pp"), _("% predicted"))

    fev1_pp = percentage(_("FEV1"), highest=250)
    fvc_pp = percentage(_("FVC"), highest=250)
    dlco_pp = percentage(_("DLCO"), _("corrected for haemoglobin"), highest=250)
    comment = words(_("Comment"))


class Hctci(CasebookRecord):
    """The 17 items of the HCT-CI (Sorror 2005). The score is computed from these and from what was measured."""

    arrhythmia = yes_no(
        _("Arrhythmia"), _("Atrial fibrillation or flutter, sick sinus, ventricular arrhythmia")
    )
    cardiac = yes_no(
        _("Cardiac"), _("Coronary artery disease, heart failure, myocardial infarction, or EF ≤ 50 %")
    )
    ibd = yes_no(_("Inflammatory bowel disease"), _("Crohn's disease or ulcerative colitis"))
    diabetes = yes_no(_("Diabetes"), _("Insulin or an oral agent, not diet alone"))
    cerebrovascular = yes_no(_("Cerebrovascular disease"), _("Transient ischaemic attack or stroke"))
    psychiatric = yes_no(
        _("Psychiatric disturbance"), _("Depression or anxiety needing consultation or treatment")
    )
    hepatic_mild = yes_no(
        _("Hepatic, mild"),
        _("Chronic hepatitis, bilirubin > ULN to 1.5 × ULN, or AST/ALT > ULN to 2.5 × ULN"),
    )
    obesity = yes_no(_("Obesity"), _("Body mass index > 35 kg/m²"))
    infection = yes_no(
        _("Infection"), _("Antimicrobial treatment before, during and after the start of conditioning")
    )
    rheumatologic = yes_no(
        _("Rheumatologic"), _("Lupus, rheumatoid arthritis, polymyositis, MCTD, polymyalgia")
    )
    peptic_ulcer = yes_no(_("Peptic ulcer"), _("Requiring treatment"))
    renal = yes_no(
        _("Renal, moderate or severe"), _("Creatinine > 2 mg/dL (176.8 µmol/L), dialysis or transplant")
    )
    pulmonary_moderate = yes_no(
        _("Pulmonary, moderate"), _("DLCO and/or FEV1 above 65 % to 80 %, or dyspnoea on slight activity")
    )
    solid_tumour = yes_no(_("Prior solid malignancy"), _("Treated at any time; not non-melanoma skin cancer"))
    heart_valve = yes_no(_("Heart valve disease"), _("Except asymptomatic mitral valve prolapse"))
    pulmonary_severe = yes_no(
        _("Pulmonary, severe"), _("DLCO and/or FEV1 ≤ 65 %, dyspnoea at rest, or oxygen")
    )
    hepatic_severe = yes_no(
        _("Hepatic, moderate or severe"), _("Cirrhosis, bilirubin > 1.5 × ULN, or AST/ALT > 2.5 × ULN")
    )
