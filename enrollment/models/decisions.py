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

    Without a confirmation it was given in an emergency (`EmergencyAllocation` says why), or on paper.
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
                condition=Q(from_paper=True) | Q(slot_number__isnull=False) & ~Q(stratum=""),
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


class EmergencyAllocation(SiteBound):
    """An arm given before the system could confirm what the protocol asks: why, and what was missing.

    `bridged` lists what could not be confirmed, each as a code ("criterion", "confirmation", "gate") and its id. It
    is filled in when an investigator confirms eligibility afterwards, or what went wrong is recorded."""

    protection = ONCE

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="emergency")
    randomisation = models.OneToOneField(Randomisation, on_delete=models.PROTECT, related_name="emergency")
    reason = models.CharField(_("reason"), max_length=500)
    bridged = models.JSONField(_("not confirmed at the time"))
    allocated_at = models.DateTimeField()
    allocated_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="an_emergency_says_why")]

    def __str__(self) -> str:
        return f"{self.subject_id}"


class MisRandomisation(SiteBound):
    """Something that was wrong with a randomisation, found later. The allocation stays: analysed as randomised."""

    protection = ONCE

    class Kind(models.TextChoices):
        """What was wrong."""

        WRONG_STRATUM = "WRONG_STRATUM", _("Randomised in the wrong stratum")
        INELIGIBLE = "INELIGIBLE", _("Found ineligible after randomisation")
        WRONG_SUBJECT = "WRONG_SUBJECT", _("The wrong subject was randomised")
        OTHER = "OTHER", _("Other")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="mis_randomisations")
    randomisation = models.ForeignKey(
        Randomisation, on_delete=models.PROTECT, related_name="mis_randomisations"
    )
    kind = models.CharField(_("what was wrong"), max_length=20, choices=Kind)
    words = models.CharField(_("in words"), max_length=500)
    found_on = models.DateField(_("found on"))
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["randomisation", "kind"], name="mis_randomised_once_a_kind"),
            models.CheckConstraint(condition=~Q(words=""), name="mis_randomisations_say_what"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.kind}"


class RandomisationList(models.Model):
    """That a list (or a longer one) was sealed: by which method, how many places, and the digest that proves it.

    Written by the owner of the database or by a definer function; nothing of the list stands here. `plan` is what the
    protocol said: with the key of the digest it makes the list again."""

    protection = Protection(trail="study", app=())

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="randomisation_lists")
    number = models.PositiveIntegerField()
    method = models.CharField(_("method"), max_length=60)
    places = models.PositiveIntegerField(_("places"))
    digest = models.CharField(_("digest"), max_length=64)
    plan = models.JSONField()
    sealed_at = models.DateTimeField()
    sealed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["study", "number"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="randomisation_list_once"),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.number}"
