"""The forms of outcome: relapse, death, survival contact, withdrawal."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import PartialDateItem, QuantityItem


def answer(label: Any, help_text: Any = "", *, required: bool = False) -> models.BooleanField:
    """A question answered yes or no; empty is unknown and never no."""
    return models.BooleanField(label, null=True, blank=not required, help_text=help_text)


def choice(label: Any, choices: Any, help_text: Any = "", *, required: bool = False) -> models.CharField:
    """One code of a list."""
    if required:  # without a default the page offers an empty first line: nothing is chosen unseen
        return models.CharField(label, max_length=20, choices=choices, help_text=help_text)
    return models.CharField(
        label, max_length=20, choices=choices, blank=True, default="", help_text=help_text
    )


class RelapseSite(models.TextChoices):
    """Where the leukaemia came back. Every one of them is a relapse in all endpoints."""

    MARROW = "MARROW", _("Marrow")
    CNS = "CNS", _("Central nervous system")
    EXTRAMEDULLARY = "EXTRAMEDULLARY", _("Another extramedullary site")
    COMBINED = "COMBINED", _("Marrow and another site")


class Relapse(CasebookRecord):
    """Haematological or extramedullary relapse; `performed_on` is the day of the assessment that shows it.

    The event is dated to `onset`, the date of the first evidence (the sample), not to its confirmation. MRD
    recurrence alone is no relapse.
    """

    onset = PartialDateItem(
        _("Date of first evidence"),
        _("day of the first sample or image that showed it, not of its confirmation"),
        required=True,
    )
    relapse_site = choice(_("Site of relapse"), RelapseSite, required=True)
    extramedullary_place = models.CharField(_("Extramedullary site"), max_length=200, blank=True, default="")
    bm_blast_pct = QuantityItem("blasts", _("Blasts in marrow"), _("of nucleated cells"))
    confirmed_on = models.DateField(_("Confirmed on"), null=True, blank=True)
    cd19_negative = answer(_("CD19-negative blasts"))
    comment = models.CharField(_("Comment"), max_length=300, blank=True, default="")


class MalignancyKind(models.TextChoices):
    """Which kind of second malignancy was found."""

    MYELOID = "MYELOID", _("Myeloid neoplasm (MDS, AML)")
    PTLD = "PTLD", _("Post-transplant lymphoproliferative disease")
    T_CELL = "T_CELL", _("T-cell malignancy")
    HAEMATOLOGICAL = "HAEMATOLOGICAL", _("Another haematological malignancy")
    SKIN = "SKIN", _("Skin cancer other than melanoma")
    SOLID = "SOLID", _("Solid tumour")


class SecondMalignancy(CasebookRecord):
    """A malignancy other than the leukaemia of the trial; `performed_on` is the day of the findings.

    It ends no endpoint: relapse-free survival goes on, a death of it is a death without relapse.
    """

    diagnosed_on = PartialDateItem(_("Date of diagnosis"), required=True)
    malignancy_kind = choice(_("Kind of malignancy"), MalignancyKind, required=True)
    malignancy_text = models.CharField(_("Diagnosis"), max_length=200)
    histology = answer(_("Confirmed by histology or cytology"))
    car_positive = answer(
        _("CAR transgene found in the malignant cells"), _("only after CAR-T cells, where it was looked for")
    )
    comment = models.CharField(_("Comment"), max_length=300, blank=True, default="")


class DeathCause(models.TextChoices):
    """What the subject died of, by the investigator."""

    LEUKAEMIA = "LEUKAEMIA", _("Leukaemia")
    INFECTION = "INFECTION", _("Infection")
    GVHD = "GVHD", _("GVHD")
    HAEMORRHAGE = "HAEMORRHAGE", _("Haemorrhage")
    TOXICITY = "TOXICITY", _("Toxicity of treatment")
    ORGAN_FAILURE = "ORGAN_FAILURE", _("Organ failure")
    SECOND_CANCER = "SECOND_CANCER", _("Second malignancy")
    OTHER = "OTHER", _("Other")
    UNKNOWN = "UNKNOWN", _("Unknown")


class Certainty(models.TextChoices):
    """What the date and cause of death rest on."""

    CERTIFICATE = "CERTIFICATE", _("Death certificate")
    HOSPITAL = "HOSPITAL", _("Hospital record")
    FAMILY = "FAMILY", _("Told by the family")
    REGISTRY = "REGISTRY", _("Population registry")


class Death(CasebookRecord):
    """Death from any cause; `performed_on` is the earliest possible day of it."""

    died_on = PartialDateItem(_("Date of death"), required=True)
    learned_on = models.DateField(_("The site learned of it on"), null=True, blank=True)
    cause = choice(_("Cause"), DeathCause, required=True)
    cause_text = models.CharField(_("Cause in words"), max_length=300, blank=True, default="")
    certainty = choice(_("Source"), Certainty)
    autopsy = answer(_("Autopsy"))


class ContactKind(models.TextChoices):
    """How the subject was reached. A telephone call tells that somebody lives, never that there is no relapse."""

    VISIT = "VISIT", _("Visit")
    TELEPHONE = "TELEPHONE", _("Telephone")
    RECORD = "RECORD", _("Record of another hospital")
    FAMILY = "FAMILY", _("Family or physician")


class NewTherapy(models.TextChoices):
    """Antileukaemic treatment that the protocol does not plan."""

    NONE = "NONE", _("None")
    CHEMOTHERAPY = "CHEMOTHERAPY", _("Chemotherapy")
    IMMUNOTHERAPY = "IMMUNOTHERAPY", _("Blinatumomab or inotuzumab")
    CAR_T = "CAR_T", _("CAR-T cells")
    DLI = "DLI", _("Donor lymphocytes")
    HSCT = "HSCT", _("Another transplantation")
    OTHER = "OTHER", _("Other")


class SurvivalContact(CasebookRecord):
    """What is known of the subject on a day: alive or not, and in remission or not."""

    performed_on = models.DateField(_("Date of contact"), null=True, blank=True)
    contact_kind = choice(_("Kind of contact"), ContactKind, required=True)
    alive = answer(_("Alive"), required=True)
    no_relapse = answer(
        _("No evidence of relapse"),
        _("investigator's statement after examination and a blood count with differential; not by telephone"),
    )
    new_therapy = choice(_("New antileukaemic therapy since the last contact"), NewTherapy)
    new_therapy_on = PartialDateItem(_("New therapy since"))
    lost = answer(_("Lost to follow-up"), _("after 2 missed visits and 3 attempts at contact"))
    comment = models.CharField(_("Comment"), max_length=300, blank=True, default="")
    attempt = models.ForeignKey(  # the call that entered this contact, none where somebody did
        "outcomes.ContactAttempt",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="contacts",
    )


class WithdrawalDegree(models.TextChoices):
    """From what the subject withdraws; each goes further than the one before."""

    TREATMENT = "TREATMENT", _("From treatment; follow-up goes on")
    FOLLOW_UP = "FOLLOW_UP", _("From treatment and follow-up; data until then are used")
    DATA_USE = "DATA_USE", _("From any further use of data")


class WithdrawnBy(models.TextChoices):
    """Who withdrew the consent."""

    SUBJECT = "SUBJECT", _("The subject")
    GUARDIAN = "GUARDIAN", _("The legal guardian")


class ToldHow(models.TextChoices):
    """How the site was told."""

    IN_PERSON = "IN_PERSON", _("In person")
    WRITTEN = "WRITTEN", _("In writing")
    TELEPHONE = "TELEPHONE", _("By telephone")
    OTHER = "OTHER", _("In another way")


class Withdrawal(CasebookRecord):
    """Withdrawal of consent; `performed_on` is its date. Data of later days are not used where it ends follow-up."""

    performed_on = models.DateField(_("Date of withdrawal"), null=True, blank=True)
    degree = choice(_("Withdraws"), WithdrawalDegree, required=True)
    withdrawn_by = choice(_("Withdrawn by"), WithdrawnBy)
    told_how = choice(_("The site was told"), ToldHow)
    told_to = models.CharField(_("Told to (role at the site)"), max_length=100, blank=True, default="")
    withdrawal_reason = models.CharField(_("Reason, if given"), max_length=300, blank=True, default="")
