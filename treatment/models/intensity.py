"""Relative dose intensity, derived for lists."""

from django.db import models

from trialsite.casebook.models import Projection


class DoseIntensity(Projection):
    """A drug of a phase against its plan, or of the phases of a reference against one conventional cycle.

    reference: "" against the plan, else the key of the reference regimen. gaps: codes of what is not known."""

    line = models.PositiveSmallIntegerField()
    phases = models.JSONField(default=list)
    drug = models.CharField(max_length=40)
    unit = models.CharField(max_length=10)
    wanted = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    given = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    wanted_days = models.PositiveSmallIntegerField(null=True)
    days = models.PositiveSmallIntegerField(null=True)
    ratio = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    rdi = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    gaps = models.JSONField(default=list)
    reference = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["subject", "line"], name="dose_intensity_line")]

    def __str__(self) -> str:
        return f"{'+'.join(self.phases)} {self.drug}"
