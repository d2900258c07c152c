"""Where each subject stands on its path, derived for lists."""

from django.db import models

from trialsite.casebook.models import Projection


class TreatmentStep(Projection):
    """The phase that a subject is in and what follows by the protocol; one row a subject that is on treatment.

    due: the day the next phase is planned to begin (day 1 of this phase and its length), None where it is open.
    decided: what the investigator decided for it (`DecidedKind`), "" while nothing is; decided_phase names the phase.
    decide_on: the day from which that is due, None where nothing is to be decided. unended: the first start of a phase
    that was over on the day `over_on` by its plan or because the next began, and whose last day nobody recorded.
    """

    phase = models.CharField(max_length=40, blank=True, default="")
    started_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    next_kind = models.CharField(max_length=20)
    next_phase = models.CharField(max_length=40, blank=True, default="")
    missing = models.JSONField(default=list)
    due = models.DateField(null=True)
    decided = models.CharField(max_length=20, blank=True, default="")
    decided_phase = models.CharField(max_length=40, blank=True, default="")
    decide_on = models.DateField(null=True)
    unended = models.ForeignKey("treatment.CycleStart", on_delete=models.CASCADE, null=True, related_name="+")
    over_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject"], name="treatment_step_once")]

    def __str__(self) -> str:
        return f"{self.phase} → {self.next_phase or self.next_kind}"
