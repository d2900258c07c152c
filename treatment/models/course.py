"""End of treatment and protocol deviations."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord


class EndOfTreatmentReason(models.TextChoices):
    """Why protocol treatment ended."""

    COMPLETED = "COMPLETED", _("Completed as planned")
    RELAPSE = "RELAPSE", _("Relapse")
    NO_RESPONSE = "NO_RESPONSE", _("No remission")
    TOXICITY = "TOXICITY", _("Toxicity")
    INVESTIGATOR = "INVESTIGATOR", _("Decision of the investigator")
    SUBJECT = "SUBJECT", _("Wish of the subject")
    DEATH = "DEATH", _("Death")
    LOST = "LOST", _("Lost to follow-up")
    OTHER = "OTHER", _("Other: say what")


# The term of CDISC's completion list (DS, NCOMPLT, C66727) for each reason of the form.
DISPOSITION_TERMS = {
    EndOfTreatmentReason.COMPLETED: "COMPLETED",
    EndOfTreatmentReason.RELAPSE: "DISEASE RELAPSE",
    EndOfTreatmentReason.NO_RESPONSE: "LACK OF EFFICACY",
    EndOfTreatmentReason.TOXICITY: "ADVERSE EVENT",
    EndOfTreatmentReason.INVESTIGATOR: "PHYSICIAN DECISION",
    EndOfTreatmentReason.SUBJECT: "WITHDRAWAL BY SUBJECT",
    EndOfTreatmentReason.DEATH: "DEATH",
    EndOfTreatmentReason.LOST: "LOST TO FOLLOW-UP",
    EndOfTreatmentReason.OTHER: "OTHER",
}


class EndOfTreatment(CasebookRecord):
    """Protocol treatment has ended; survival follow-up goes on. `performed_on` is the day of the decision."""

    last_dose_on = models.DateField(_("last dose of any protocol treatment"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=15, choices=EndOfTreatmentReason)
    comment = models.TextField(_("remarks"), blank=True, default="")


class DeviationClass(models.TextChoices):
    """Weight of a deviation."""

    MINOR = "MINOR", _("Minor")
    MAJOR = "MAJOR", _("Major")
    CRITICAL = "CRITICAL", _("Critical: safety, rights, or the primary endpoint")


class Deviation(CasebookRecord):
    """A departure from the protocol on a day: class, what happened, what was done."""

    deviation_class = models.CharField(_("class"), max_length=8, choices=DeviationClass)
    what = models.TextField(_("what happened"))
    action = models.TextField(_("what was done"), blank=True, default="")
    reported = models.BooleanField(_("Reported to the ethics committee"), null=True, blank=True)
