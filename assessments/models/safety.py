"""Safety: adverse events."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import PartialDateItem

from .columns import code, score, words, yes_no


class Causality(models.TextChoices):
    """The investigator's judgement for one treatment."""

    RELATED = "RELATED", _("Related")
    POSSIBLE = "POSSIBLE", _("Possible")
    UNLIKELY = "UNLIKELY", _("Unlikely")
    NOT_RELATED = "NOT_RELATED", _("Not related")
    NOT_GIVEN = "NA", _("Not given")


class AdverseEvent(CasebookRecord):
    """One adverse event; `performed_on` is the earliest possible day of its onset."""

    class Outcome(models.TextChoices):
        RECOVERED = "RECOVERED", _("Recovered")
        RECOVERING = "RECOVERING", _("Recovering")
        NOT_RECOVERED = "NOT_RECOVERED", _("Not recovered")
        SEQUELAE = "SEQUELAE", _("Recovered with sequelae")
        FATAL = "FATAL", _("Fatal")
        UNKNOWN = "UNK", _("Not known yet")

    class Action(models.TextChoices):
        NONE = "NONE", _("None")
        REDUCED = "REDUCED", _("Dose reduced")
        INTERRUPTED = "INTERRUPTED", _("Interrupted or delayed")
        STOPPED = "STOPPED", _("Stopped for good")

    class SpecialInterest(models.TextChoices):
        CRS = "CRS", _("Cytokine release syndrome")
        NEUROTOXICITY = "NEUROTOXICITY", _("Neurotoxicity, seizure")
        INFECTION = "INFECTION", _("Infection")
        TLS = "TLS", _("Tumour lysis")
        SOS = "SOS", _("Sinusoidal obstruction")
        HLH = "HLH", _("Haemophagocytosis")
        CYTOPENIA = "CYTOPENIA", _("Prolonged cytopenia")
        PANCREATITIS = "PANCREATITIS", _("Pancreatitis")
        MEDICATION_ERROR = "MEDICATION_ERROR", _("Medication error, overdose")
        SECOND_MALIGNANCY = "SECOND_MALIGNANCY", _("Second malignancy")
        OTHER = "OTHER", _("Other")

    term = models.CharField(_("Event"), max_length=200, help_text=_("the CTCAE term, where there is one"))
    onset = PartialDateItem(_("Onset"), required=True)
    stop = PartialDateItem(_("End"))
    ongoing = yes_no(_("Ongoing"))
    grade = score(_("CTCAE grade"), 5, _("the highest it reached"), lowest=1)
    serious = yes_no(_("Serious adverse event (SAE)"))
    special_interest = code(_("Event of special interest"), SpecialInterest)
    cause_chemo = code(_("Caused by chemotherapy"), Causality)
    cause_blinatumomab = code(_("Caused by blinatumomab"), Causality)
    cause_venetoclax = code(_("Caused by venetoclax"), Causality)
    cause_car_t = code(_("Caused by CAR-T cells"), Causality)
    cause_hsct = code(_("Caused by transplantation"), Causality)
    action = code(_("Action with the study treatment"), Action)
    outcome = code(_("Outcome"), Outcome)
    comment = words(_("Comment"), length=500)
