"""The log of attempts at contact: who was tried when, how it ended, what was said."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from outcomes.domain.attempts import Disease, Result
from trialsite.casebook.models import CasebookRecord

from .events import choice


class CallResult(models.TextChoices):
    """How one attempt at contact ended."""

    REACHED = Result.REACHED.value, _("Reached")
    FAMILY = Result.FAMILY.value, _("Family reached")
    NOT_REACHED = Result.NOT_REACHED.value, _("Not reached")
    REFUSED = Result.REFUSED.value, _("Refused")


class DiseaseTold(models.TextChoices):
    """What was said of the subject."""

    ALIVE_WELL = Disease.ALIVE_WELL.value, _("Alive, no relapse known")
    ALIVE_RELAPSED = Disease.ALIVE_RELAPSED.value, _("Alive, relapse told")
    DIED = Disease.DIED.value, _("Died")
    UNKNOWN = Disease.UNKNOWN.value, _("Not known")


class Informant(models.TextChoices):
    """Who spoke: a relation, never a name."""

    SUBJECT = "SUBJECT", _("The subject")
    SPOUSE = "SPOUSE", _("Husband or wife")
    PARENT = "PARENT", _("Parent")
    CHILD = "CHILD", _("Son or daughter")
    SIBLING = "SIBLING", _("Brother or sister")
    PHYSICIAN = "PHYSICIAN", _("Local physician")
    OTHER = "OTHER", _("Somebody else")


class ContactAttempt(CasebookRecord):
    """One attempt to learn how a subject is; `performed_on` is its day at the site.

    Where it finds the subject alive the survival contact of that day is entered with it.
    """

    performed_on = models.DateField(_("Date of the call"), null=True, blank=True)
    called_at = models.TimeField(_("Time of the call"), null=True, blank=True)
    call_result = choice(_("Result"), CallResult, required=True)
    informant = choice(_("Informant"), Informant, _("a relation, no name"))
    disease_told = choice(_("Disease status as told"), DiseaseTold, _("as told, not an assessment"))
    next_call_on = models.DateField(_("Next call"), null=True, blank=True)
    comment = models.CharField(_("Comment"), max_length=300, blank=True, default="")
