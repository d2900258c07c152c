"""A MedDRA dictionary that the sponsor's licence allows: uploaded, one row a lowest level term, never shipped."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.keys import new_id


class MeddraDictionary(models.Model):
    """One version of the dictionary. The newest is used for coding; a coded event keeps the version it was coded by."""

    protection = Protection(trail="system", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.CharField(_("version"), max_length=10, unique=True)
    terms_count = models.PositiveIntegerField(_("terms"))
    uploaded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("MedDRA dictionary")

    def __str__(self) -> str:
        return f"MedDRA {self.version}"


class MeddraTerm(models.Model):
    """One lowest level term with its preferred term; `key` is its name without case, `current` whether it is in use."""

    protection = Protection(
        app=("insert",)
    )  # a copy of licensed files: the dictionary's own entry is in the trail

    id = models.BigAutoField(primary_key=True)
    dictionary = models.ForeignKey(MeddraDictionary, on_delete=models.PROTECT, related_name="terms")
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True, default="")
    key = models.CharField(max_length=200)
    preferred_code = models.CharField(max_length=10)
    preferred = models.CharField(max_length=200)
    current = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dictionary", "code"], name="meddra_code_once")]
        indexes = [
            models.Index(
                fields=["dictionary", "key"],
                name="meddra_name",
                opclasses=["uuid_ops", "varchar_pattern_ops"],
            ),
            models.Index(fields=["dictionary", "name_zh"], name="meddra_name_zh"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"
