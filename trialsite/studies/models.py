"""Studies, their sites and the immutable versions of their protocols."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import STUDY_SETUP, SYSTEM_SETUP, Protection
from trialsite.keys import new_id

if TYPE_CHECKING:
    from .domain.protocol import Protocol


class Site(models.Model):
    """A hospital."""

    protection = SYSTEM_SETUP

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=20, unique=True)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    timezone = models.CharField(max_length=50, default="Asia/Shanghai")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en


class Study(models.Model):
    """One trial."""

    protection = STUDY_SETUP

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(max_length=40, unique=True)
    locked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    @cached_property
    def current_version(self) -> "ProtocolVersion":
        """The newest version that is in force at a site; before any is, the newest that was loaded.

        What concerns a subject or a site follows its own version, never this one: it speaks for the study as a whole.
        """
        in_force = models.Exists(StudySite.objects.filter(protocol_version=models.OuterRef("pk")))
        return self.versions.order_by(in_force.desc(), "-loaded_at").first()  # type: ignore[return-value]

    @property
    def protocol(self) -> "Protocol":
        return self.current_version.protocol


class ProtocolVersion(models.Model):
    """One version of a protocol, exactly as loaded: never changed afterwards."""

    protection = Protection(trail="study", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(auto_now_add=True)
    loaded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "version"], name="protocol_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.version}"

    @property
    def protocol(self) -> "Protocol":
        """The protocol as frozen dataclasses, read once a process for each digest."""
        from .selectors import protocol_of

        return protocol_of(self)

    @property
    def document(self) -> dict[str, Any]:
        """The protocol file as loaded."""
        return self.file.content


class ProtocolFile(models.Model):
    """The content of one protocol version: large, read once a process, and so kept apart from what lists join.

    `text` is the file as somebody wrote it, comments and all; empty where a document was loaded without one.
    """

    protection = Protection(trail="study", app=("insert",), redacted=("content", "text"))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    version = models.OneToOneField(ProtocolVersion, on_delete=models.PROTECT, related_name="file")
    content = models.JSONField()
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.version_id}"


class StudySite(models.Model):
    """A site taking part in a study, under the protocol version that its ethics approval allows today.

    `protocol_version` follows the activations of the site: whoever acts there is trained in it.
    """

    protection = STUDY_SETUP

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="study_sites")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="study_sites")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    activated_on = models.DateField(_("activated on"))
    planned = models.PositiveIntegerField(_("planned subjects"), null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "site"], name="site_once_per_study")]

    def __str__(self) -> str:
        return f"{self.study_id} {self.site_id}"


class Activation(models.Model):
    """A protocol version that is in force at a site from a day on, as its ethics committee approved it.

    Never changed: what follows is another activation. `reference` is the number of the approval; it is empty only
    where the system opened the site itself.
    """

    protection = Protection(trail="study", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="activations")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="activations")
    version = models.ForeignKey(
        ProtocolVersion,
        on_delete=models.PROTECT,
        related_name="activations",
        verbose_name=_("Protocol version"),
    )
    approved_on = models.DateField(_("approved on"))
    reference = models.CharField(_("number of the approval"), max_length=100, blank=True, default="")
    in_force_from = models.DateField(_("in force from"))
    activated_by = models.ForeignKey(
        "access.User", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("activated by")
    )
    activated_at = models.DateTimeField(_("activated at"), default=timezone.now)

    class Meta:
        verbose_name = _("activation of a protocol version")
        ordering = ["in_force_from", "activated_at"]
        constraints = [
            models.UniqueConstraint(fields=["version", "site"], name="version_activated_once_at_a_site"),
            models.CheckConstraint(
                condition=models.Q(in_force_from__gte=models.F("approved_on")),
                name="in_force_after_the_approval",
            ),
            models.CheckConstraint(
                condition=models.Q(activated_by=None) | ~models.Q(reference=""),
                name="who_activates_names_the_approval",
            ),
        ]
        indexes = [models.Index(fields=["study", "site", "in_force_from"], name="activation_by_day")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.site_id} {self.in_force_from}"
