"""Who the subject is and what happened before: demographics and medical history."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord, CasebookRow
from trialsite.casebook.values import PartialDateItem

from .answers import choice, question


class Sex(models.TextChoices):
    MALE = "M", _("Male")
    FEMALE = "F", _("Female")


class Ethnicity(models.TextChoices):
    HAN = "HAN", _("Han")
    OTHER = "OTHER", _("Other")
    NOT_STATED = "NOT_STATED", _("Not stated")


class Demographics(CasebookRecord):
    """Date of birth and sex."""

    natures = {"birth_date": Nature.IDENTIFYING}

    birth_date = PartialDateItem(_("Date of birth"), required=True)
    sex = choice(_("sex"), Sex, _("as used for limits of normal and creatinine clearance"))
    ethnicity = choice(_("ethnicity"), Ethnicity, _("optional"))


class NyhaClass(models.TextChoices):
    NONE = "NONE", _("No heart disease")
    I = "I", _("I: no limitation")  # noqa: E741  (the class is called I)
    II = "II", _("II: slight limitation")
    III = "III", _("III: marked limitation")
    IV = "IV", _("IV: symptoms at rest")


class InfectionKind(models.TextChoices):
    UTI = "UTI_UNCOMPLICATED", _("Uncomplicated urinary tract infection")
    URTI = "URTI_UNCOMPLICATED", _("Uncomplicated upper respiratory infection")
    OTHER = "OTHER", _("Other")


class MedicalHistory(CasebookRecord):
    """Treatment before enrolment, infections, heart, vessels and other history that eligibility asks for."""

    prior_therapy_reviewed = question(
        _("All antileukaemic treatment before enrolment is listed below"),
        _("yes, with nothing listed, says that none was given"),
    )
    prior_allo_hsct = question(_("Earlier allogeneic transplantation"))
    prior_blinatumomab_neurotoxicity_g3 = question(
        _("Neurotoxicity of grade 3 or more under an earlier course of blinatumomab"),
        _("no, if blinatumomab was never given"),
    )
    active_infection_treated = question(_("Active infection that needs systemic treatment"))
    infection_uncontrolled = question(_("Active infection that is not controlled"))
    infection_kind = choice(_("kind of the active infection"), InfectionKind)
    nyha = choice(_("NYHA class"), NyhaClass)
    hypertension_uncontrolled = question(
        _("Uncontrolled hypertension, hypertensive crisis or hypertensive encephalopathy")
    )
    cardiac_history = question(
        _("Ever congestive heart failure, unstable angina or clinically significant arrhythmia")
    )
    cardiac_procedure = question(
        _("Ever coronary angioplasty, defibrillation or another high-risk cardiovascular procedure")
    )
    arterial_thrombosis = question(_("Ever an arterial thrombosis (stroke, TIA)"))
    arterial_thrombosis_date = PartialDateItem(_("Date of the latest arterial thrombosis"))
    venous_thrombosis = question(_("Ever a symptomatic deep vein thrombosis or pulmonary embolism"))
    venous_thrombosis_date = PartialDateItem(_("Date of the latest venous thrombosis"))
    gi_bleeding = question(_("Ever an active gastrointestinal bleeding"))
    gi_bleeding_date = PartialDateItem(_("Date of the latest gastrointestinal bleeding"))
    respiratory_insufficiency = question(_("Severe respiratory insufficiency"))
    epilepsy_on_therapy = question(_("Epilepsy that needs therapy"))
    blinatumomab_hypersensitivity = question(_("Hypersensitivity to blinatumomab or a component"))
    strong_cyp3a_inducer = question(_("Strong CYP3A inducer that cannot be stopped"))
    malabsorption = question(_("Malabsorption of oral drugs"))
    uncontrolled_illness = question(_("Another uncontrolled illness"))
    uncontrolled_illness_text = models.CharField(_("which illness"), max_length=200, blank=True, default="")


class TherapyKind(models.TextChoices):
    HYDROXYUREA = "HU", _("Hydroxyurea")
    STEROID = "STEROID", _("Corticosteroid")
    OTHER = "OTHER", _("Other antileukaemic drug")


class CumulativeUnit(models.TextChoices):
    """The unit of a cumulative dose."""

    MG_M2 = "mg/m2", "mg/m²"
    MG = "mg", "mg"


class PriorTherapy(CasebookRow):
    """One course of a drug before enrolment."""

    units_in = {"amount": "amount_unit"}
    natures = {"drug": Nature.PLAIN}

    record = models.ForeignKey(MedicalHistory, on_delete=models.PROTECT, related_name="therapies")
    kind = models.CharField(_("kind"), max_length=10, choices=TherapyKind)
    drug = models.CharField(_("drug"), max_length=120, blank=True, default="")
    amount = models.DecimalField(
        _("cumulative dose"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("of an anthracycline: all that was given; it counts towards the cumulative dose"),
    )
    amount_unit = models.CharField(_("unit"), max_length=5, choices=CumulativeUnit, blank=True, default="")
    start = PartialDateItem(_("Start"))
    stop = PartialDateItem(_("Stop"))
