"""What was decided on a subject and acted on: snapshots that are written once."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound, Subject
from trialsite.casebook.names import arm_name, local
from trialsite.keys import new_id

ONCE = Protection(trail="subject", rows="site", app=("insert",), held="values")


class Confirmation(SiteBound):
    """Eligibility as an investigator confirmed it with the password: inputs, rules, verdicts, as they were.

    `inputs` maps each fact to its value, unit, date and source; `dossier` holds verdict and evidence of each
    criterion; `rule_digest` is the digest of the protocol version that was applied. `reference_day` is the
    day on which the screening windows were judged.
    """

    protection = ONCE

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="confirmations")
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    rule_digest = models.CharField(max_length=64)
    reference_day = models.DateField()
    inputs = models.JSONField()
    dossier = models.JSONField()
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["subject", "-confirmed_at"], name="confirmation_latest")]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.confirmed_at:%Y-%m-%d}"


class Randomisation(SiteBound):
    """The arm that a subject was given, its stratum and its place in the list: once, never changed.

    `from_paper`: the allocation stands on paper; the number, where one is known, is of the list used then, and nothing
    was drawn from the list kept here.
    """

    protection = ONCE

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="randomisation")
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    confirmation = models.ForeignKey(Confirmation, on_delete=models.PROTECT, null=True, related_name="+")
    from_paper = models.BooleanField(_("allocated on paper"), default=False)
    stratum = models.CharField(_("stratum"), max_length=200, blank=True)
    slot_number = models.PositiveIntegerField(_("place in the stratum's list"), null=True)
    arm = models.CharField(_("arm"), max_length=20)
    randomised_on = models.DateField(_("randomised on"))
    randomised_at = models.DateTimeField()
    randomised_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "stratum", "slot_number"],
                condition=Q(from_paper=False),
                name="place_given_once",
            ),
            models.CheckConstraint(
                condition=Q(from_paper=True)
                | Q(confirmation__isnull=False, slot_number__isnull=False) & ~Q(stratum=""),
                name="randomised_here_from_the_list",
            ),
            models.CheckConstraint(condition=~Q(arm=""), name="randomised_to_an_arm"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.arm}"

    def get_arm_display(self) -> str:
        """The arm by its name."""
        return arm_name(self.subject.protocol_version.protocol, self.arm)

    def get_stratum_display(self) -> str:
        """The stratum as its levels are called."""
        plan = self.subject.protocol_version.protocol.randomisation
        levels = dict(part.split("=", 1) for part in self.stratum.split(";") if part)
        return ", ".join(
            local(level.name)
            for stratum in (plan.strata if plan else ())
            for level in stratum.levels
            if levels.get(stratum.key) == level.key
        )
