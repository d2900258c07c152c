"""The cumulative anthracycline of each subject, derived, and what an investigator decided at the limit."""

from django.db import models

from trialsite.casebook.models import Projection, SiteBound
from trialsite.casebook.names import phase_name
from trialsite.keys import new_id

from .cycles import DECISION


class AnthracyclineTotal(Projection):
    """A subject's cumulative dose in mg/m² of doxorubicin equivalents, earlier treatment included; one row a subject.

    total: what is known; `missing` says what could not be counted (then it is at least so much). echo_since: the day
    from which an echocardiography is asked for, None while none is."""

    ratio_set = models.CharField(max_length=20)
    total = models.DecimalField(max_digits=12, decimal_places=4)
    earlier = models.DecimalField(max_digits=12, decimal_places=4)
    alert = models.CharField(max_length=10)
    missing = models.JSONField(default=list)
    last_on = models.DateField(null=True)
    echo_since = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject"], name="anthracycline_total_once")]

    def __str__(self) -> str:
        return f"{self.total} {self.ratio_set}"


class AnthracyclineDecision(SiteBound):
    """An investigator decided with a password that a phase may go beyond the limit: never changed.

    `projected` is the total that the phase would reach, by the ratio set that is stored with it."""

    protection = DECISION

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey("casebook.Subject", on_delete=models.PROTECT, related_name="+")
    phase = models.CharField(max_length=40)
    ratio_set = models.CharField(max_length=20)
    given = models.DecimalField(max_digits=12, decimal_places=4)
    projected = models.DecimalField(max_digits=12, decimal_places=4)
    reason = models.CharField(max_length=300)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["decided_at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="anthracycline_decision_says_why")
        ]

    def __str__(self) -> str:
        return f"{self.phase} {self.projected}"

    def get_phase_display(self) -> str:
        """The phase's name in the reader's language."""
        return phase_name(self.subject.protocol_version.protocol, self.phase)
