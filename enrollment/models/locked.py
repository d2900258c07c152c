"""Tables on which the application has no right at all: only their definer functions read and write them."""

from django.db import models

from trialsite.audit.protection import Protection
from trialsite.keys import new_id


class EnrolmentPlaces(models.Model):
    """How many places of a study are taken, over all sites; its row is locked while one is taken."""

    protection = Protection(app=None)

    study = models.OneToOneField(
        "studies.Study", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    taken = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.study_id}: {self.taken}"


class RandomisationSlot(models.Model):
    """One place of the randomisation list: stratum, number within it, block, arm, and who took it.

    Of a minimised trial it is one draw: `draw` is set, and stratum and arm come with the subject."""

    protection = Protection(app=None)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    stratum = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    block = models.PositiveIntegerField()
    block_size = models.PositiveSmallIntegerField()
    arm = models.CharField(max_length=20)
    draw = models.PositiveIntegerField(null=True)
    subject = models.OneToOneField("casebook.Subject", on_delete=models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "stratum", "number"], name="slot_once"),
            models.CheckConstraint(
                condition=models.Q(subject=None, taken_at=None)
                | models.Q(subject__isnull=False, taken_at__isnull=False),
                name="taken_slots_have_a_subject_and_an_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stratum} {self.number}"


class RandomisationSalt(models.Model):
    """The key of the digest of a list that was imported; with a list from a seed the seed is the key."""

    protection = Protection(app=None)

    study = models.OneToOneField(
        "studies.Study", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    salt = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.study_id}"
