"""A transplantation or cell therapy at a hospital that is no site of the trial."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.columns import words
from trialsite.casebook.models import CasebookRecord, Projection

from ..domain.referral import Kind

KINDS = [(Kind.HSCT.value, _("Allogeneic transplantation")), (Kind.CAR_T.value, _("CAR-T cells"))]


class Referral(CasebookRecord):
    """A subject was sent to another hospital on `performed_on`; its site stays responsible and asks for the facts."""

    kind = models.CharField(_("referred for"), max_length=5, choices=KINDS)
    hospital = models.CharField(_("hospital"), max_length=120)
    contact = words(
        _("whom to ask there"), _("department and its telephone; no name of a person"), length=200
    )
    planned_on = models.DateField(_("planned day 0"), null=True, blank=True)
    called_off_on = models.DateField(
        _("called off on"), null=True, blank=True, help_text=_("when it will not take place there")
    )
    called_off_why = words(_("why it was called off"))


class OpenReferral(Projection):
    """A referral of which something is still to be learned: the next thing, from which day it is asked for."""

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5)
    hospital = models.CharField(max_length=120)
    wanted = models.CharField(max_length=5)
    due = models.DateField()
    still = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral"], name="open_referral_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.wanted}"
