"""A subject whose record begins on paper: what was decided then, and what an investigator signs of it now."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import Projection, SiteBound, Subject
from trialsite.keys import new_id

from .decisions import ONCE


class PaperWhy(models.TextChoices):
    """Why a record begins on paper."""

    MID_TRIAL = "MID_TRIAL", _("the study started here mid-trial")
    OUTAGE = "OUTAGE", _("the system could not be used")


class JudgedThen(models.TextChoices):
    """The verdict on eligibility that stands on paper."""

    ELIGIBLE = "ELIGIBLE", _("eligible")
    INELIGIBLE = "INELIGIBLE", _("not eligible, and enrolled all the same")
    NOT_DOCUMENTED = "NOT_DOCUMENTED", _("no judgement is documented")


class PaperEntry(SiteBound):
    """A subject that was entered from paper: consent and eligibility as judged then, its place, why and by whom.

    Nothing of it is derived anew. `places_taken` of `places_planned` were taken with it; `site_open_on` is when the
    site opened here, where that was later than the screening. `batch` names the import that it came with.
    """

    protection = ONCE

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="paper")
    why = models.CharField(_("why from paper"), max_length=10, choices=PaperWhy)
    consented_on = models.DateField(_("consent signed on"), null=True)
    judged_by = models.CharField(_("eligibility judged by"), max_length=200, blank=True, default="")
    judged_on = models.DateField(_("judged on"), null=True)
    verdict = models.CharField(_("verdict then"), max_length=14, choices=JudgedThen)
    places_taken = models.PositiveIntegerField(_("places taken"), null=True)
    places_planned = models.PositiveIntegerField(_("places planned"), null=True)
    site_open_on = models.DateField(_("site open here from"), null=True)
    batch = models.UUIDField(_("import"), null=True)
    entered_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("entry from paper")
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict=JudgedThen.NOT_DOCUMENTED)
                | ~Q(judged_by="") & Q(judged_on__isnull=False),
                name="who_judged_then_says_when",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.why}"


class PaperSignature(SiteBound):
    """The signature of an investigator under what would be refused today: `content` as it was shown."""

    protection = Protection(trail="subject", rows="site", app=("insert",), held="review")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    signer_name = models.CharField(_("signer"), max_length=200)
    signed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("signature under the entry from paper")
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "content_hash", "signed_by"], name="paper_signed_once_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.signer_name} {self.signed_at}"


class PaperFacts(Projection):
    """What of a subject from paper would be refused today, as its record stands; no row where there is nothing."""

    subject = models.OneToOneField(Subject, on_delete=models.CASCADE, primary_key=True, related_name="+")
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.subject_id} {self.content_hash[:8]}"
