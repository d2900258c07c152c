"""Planned visits of each subject, derived from protocol and anchors."""

from django.db import models

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Missable, Projection

WITH_MRD = [{"form": "MRD", "required": True}]


class PlannedVisit(Projection, Missable):
    """One planned visit: target and window, or the anchor it waits for. Holds no fact and no lateness.

    `done_on` is the first day on which something of the visit was recorded, and `open_forms` how many of its required
    forms are still empty; `missed` says that it was recorded as not
    done, and the columns of Missable say why; `note` says why an unscheduled visit was added; `ended_on` is the end of
    the subject's follow-up, copied so that lists need no other table.
    """

    natures = dict.fromkeys(("name_en", "name_zh"), Nature.PLAIN)

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=40)
    repeat = models.PositiveSmallIntegerField(default=1)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    target = models.DateField(null=True)
    earliest = models.DateField(null=True)
    latest = models.DateField(null=True)
    anchor = models.CharField(max_length=60)
    waits_for = models.CharField(max_length=20, blank=True, default="")
    phase = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    forms = models.JSONField(default=list)
    done_on = models.DateField(null=True)
    open_forms = models.PositiveSmallIntegerField(default=0)
    missed = models.BooleanField(default=False)
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "key", "repeat"], name="planned_visit_once")
        ]
        indexes = [
            models.Index(
                fields=["study", "site", "earliest"],
                condition=models.Q(done_on=None, missed=False),
                name="planned_visit_open",
            ),
            models.Index(
                fields=["latest", "earliest", "id"],
                condition=models.Q(done_on=None, missed=False),
                name="planned_visit_pressing",
            ),
            models.Index(fields=["study", "site", "target"], name="planned_visit_day"),
            models.Index(
                fields=["latest", "id"],
                condition=models.Q(done_on__isnull=False, open_forms__gt=0),
                name="planned_visit_begun",
            ),
            models.Index(  # what the dashboard of MRD asks of every visit, without its row
                fields=["study", "latest"],
                include=["subject", "key", "repeat", "target", "ended_on", "done_on"],
                condition=models.Q(forms__contains=WITH_MRD),
                name="planned_visit_mrd",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}.{self.repeat} {self.target}"
