"""The gaps of a record from paper, derived: what is missing, and where it is entered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import Projection

from ..domain.gaps import GapKind

KINDS = (
    (GapKind.VISIT.value, _("nothing of this visit")),
    (GapKind.FORM.value, _("this form")),
    (GapKind.ITEM.value, _("an item that is required")),
    (GapKind.FINDING.value, _("unusual, never asked about")),
    (GapKind.CRITERION.value, _("a criterion that the record leaves open")),
)


class RecordGap(Projection):
    """One thing that the record from paper lacks; `detail_en` and `detail_zh` say what was found, of a finding."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=10, choices=KINDS)
    visit_key = models.CharField(max_length=40, blank=True, default="")
    visit_repeat = models.PositiveSmallIntegerField(default=1)
    form_key = models.CharField(max_length=20, blank=True, default="")
    form_repeat = models.PositiveSmallIntegerField(default=1)
    item = models.CharField(max_length=120, blank=True, default="")
    on = models.DateField(null=True)
    detail_en = models.CharField(max_length=500, blank=True, default="")
    detail_zh = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["study", "site", "subject"], name="gap_of_study")]

    def __str__(self) -> str:
        return f"{self.kind} {self.visit_key} {self.form_key}"
