"""Consent: which version of the text, who signed it, and when."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord, CasebookRow

from .answers import question


class Signer(models.TextChoices):
    """Who signs a consent form; the keys of the protocol's consent rules."""

    PATIENT = "patient", _("Patient")
    GUARDIAN = "guardian", _("Legal guardian")
    ASSENT = "assent", _("Assent of the minor")
    WITNESS = "witness", _("Witness")


class Consent(CasebookRecord):
    """Informed consent. A new version of the text is a new form; the first valid one dates the consent."""

    natures = {"text_version": Nature.PLAIN}

    performed_on = models.DateField(_("date of consent (last signature needed)"), null=True, blank=True)
    text_version = models.CharField(_("version of the consent text"), max_length=60)
    version_approved = question(_("This version is approved by the site's ethics committee"))
    before_procedures = question(_("No procedure was done only for this study before consent"))


class Signature(CasebookRow):
    """One signature on a consent form."""

    record = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="signatures")
    signer = models.CharField(_("who"), max_length=10, choices=Signer)
    signed = question(_("Signed"))
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
