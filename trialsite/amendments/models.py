"""What people confirm about a version of a protocol: findings they have seen, assumptions they sign for the sponsor."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.keys import new_id


class SeenFindings(models.Model):
    """Contradictions between registry and rules that somebody has seen and let stand; by name, never changed."""

    protection = Protection(trail="study", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="seen_findings"
    )
    codes = models.JSONField(_("findings"))
    seen_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("findings seen")

    def __str__(self) -> str:
        return f"{self.version_id} {self.seen_at}"


class SignOff(models.Model):
    """The sponsor's sign-off of what a version assumes: who, when, for how many assumptions of which content."""

    protection = Protection(trail="study", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("studies.ProtocolVersion", on_delete=models.PROTECT, related_name="sign_offs")
    digest = models.CharField(_("digest of the protocol"), max_length=64)
    assumptions = models.PositiveIntegerField(_("assumptions signed"))
    reference = models.CharField(_("document of the sponsor's decision"), max_length=200, blank=True)
    signer_name = models.CharField(_("signer"), max_length=200)
    signed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("sign-off of assumptions")
        constraints = [
            models.UniqueConstraint(fields=["version", "signed_by"], name="one_sign_off_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.signer_name} {self.signed_at}"
