"""Reference ranges of a site's laboratories, dated; one that was wrong is replaced or withdrawn, never deleted."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import SiteBound
from trialsite.clinical.units import ANALYTES, unit_beside
from trialsite.keys import new_id


class RangeSex(models.TextChoices):
    """Of whom a range speaks."""

    ANY = "", _("Both")
    MALE = "M", _("Men")
    FEMALE = "F", _("Women")


def limit(label: Any, places: int = 6) -> models.DecimalField:
    return models.DecimalField(label, max_digits=20, decimal_places=places, null=True, blank=True)


class ReferenceRange(SiteBound):
    """Limits of normal of one analyte at one laboratory of a site, from a day on.

    `lln` and `uln` are as entered, in `unit`; `lln_canonical` and `uln_canonical` in the analyte's canonical unit. It
    holds until another one for the same people begins. `replaces` is the one that it corrects, `moved` the grades that
    changed when it was recorded: [subject number, analyte, day, term, old, new].
    """

    protection = Protection(trail="study", rows="site")
    natures = {"laboratory": Nature.PLAIN}

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    laboratory = models.CharField(_("Laboratory"), max_length=100, blank=True, default="")
    analyte = models.CharField(_("Analyte"), max_length=30)
    sex = models.CharField(_("Sex"), max_length=1, choices=RangeSex, blank=True, default="")
    age_from = models.DecimalField(_("Age from"), max_digits=7, decimal_places=4, null=True, blank=True)
    age_below = models.DecimalField(_("Age below"), max_digits=7, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("Unit"), max_length=20)
    lln = limit(_("Lower limit"))
    uln = limit(_("Upper limit"))
    lln_canonical = limit(_("Lower limit, standard unit"), 10)
    uln_canonical = limit(_("Upper limit, standard unit"), 10)
    effective_from = models.DateField(_("In force from"))
    source = models.CharField(_("Source"), max_length=200)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    reason = models.CharField(_("Reason"), max_length=300, blank=True, default="")
    moved = models.JSONField(_("grades that moved"), default=list, blank=True)
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(_("why it is withdrawn"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("reference range")
        constraints = [
            models.CheckConstraint(
                condition=Q(lln__isnull=False) | Q(uln__isnull=False), name="a_range_has_a_limit"
            ),
            models.CheckConstraint(
                condition=Q(lln=None) | Q(uln=None) | Q(lln__lte=F("uln")), name="limits_of_a_range_in_order"
            ),
            models.CheckConstraint(
                condition=Q(lln=None, lln_canonical=None) | Q(lln__isnull=False, lln_canonical__isnull=False),
                name="a_lower_limit_is_converted",
            ),
            models.CheckConstraint(
                condition=Q(uln=None, uln_canonical=None) | Q(uln__isnull=False, uln_canonical__isnull=False),
                name="an_upper_limit_is_converted",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(reason=""), name="who_corrects_a_range_says_why"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by=None, withdrawn_at=None, withdrawn_why="")
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False) & ~Q(withdrawn_why=""),
                name="who_withdraws_a_range_says_when_and_why",
            ),
            models.UniqueConstraint(
                fields=[
                    "study",
                    "site",
                    "laboratory",
                    "analyte",
                    "sex",
                    "age_from",
                    "age_below",
                    "effective_from",
                ],
                condition=Q(withdrawn_at=None),
                nulls_distinct=False,
                name="one_range_for_the_same_people_and_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["study", "site", "analyte"], condition=Q(withdrawn_at=None), name="range_standing"
            )
        ]

    def __str__(self) -> str:
        return f"{self.analyte} {self.lln} {self.uln} {self.unit}"

    @property
    def analyte_name(self) -> str:
        """The analyte in the reader's language."""
        return ANALYTES[self.analyte].label.in_language(get_language() or "en")

    @property
    def unit_shown(self) -> str:
        return unit_beside(self.unit)
