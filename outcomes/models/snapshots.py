"""Data cuts: a named state of a study's record that can be read again exactly, its files, and how they are made."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.jobs import Job
from trialsite.keys import new_id

Head = tuple[str, int, str]


class DataCut(models.Model):
    """A data cut of one study: the heads of all chains on which its data rest. Written once.

    `heads`: [chain, position, hash] in the order of their names; `heads_digest`: SHA-256 over them. `taken_at`: the
    instant at which they stood. `cut_off`: the last clinical day whose records count. `versions`: version of the
    protocol → digest of its file; `protocol_version`: that which spoke for the study then. `release`: what took it.
    The trail keeps that heads were written, not which.
    """

    protection = Protection(trail="study", app=("insert",), redacted=("heads",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="data_cuts")
    name = models.CharField(_("name of the cut"), max_length=60)
    cut_off = models.DateField(_("data cut-off"))
    reason = models.CharField(_("what it is for"), max_length=300)
    taken_at = models.DateTimeField(_("taken at"))
    taken_by = models.ForeignKey(
        "access.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("taken by")
    )
    heads = models.JSONField()
    heads_digest = models.CharField(max_length=64)
    versions = models.JSONField(default=dict)
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    release = models.CharField(_("release"), max_length=60)

    class Meta:
        verbose_name = _("data cut")
        ordering = ["-taken_at"]
        constraints = [models.UniqueConstraint(fields=["study", "name"], name="data_cut_named_once")]

    def __str__(self) -> str:
        return self.name


def digest_of_heads(heads: Sequence[Head]) -> str:
    """SHA-256 over one line a head: chain, position, hash."""
    lines = ["\x1f".join(map(str, head)) for head in heads]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class DataCutFile(models.Model):
    """One file of a data cut with its digest. `closed`: tells arms apart; `of_subjects`: one line a subject.

    `language`: of a report; empty for data. Written once."""

    protection = Protection(trail="study", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    cut = models.ForeignKey(DataCut, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=60)
    media_type = models.CharField(max_length=60)
    closed = models.BooleanField()
    of_subjects = models.BooleanField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField("SHA-256", max_length=64)
    release = models.CharField(_("release"), max_length=60)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("file of a data cut")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["cut", "name"], name="data_cut_file_once")]

    def __str__(self) -> str:
        return self.name


class DataCutContent(models.Model):
    """The bytes of a file, beside the trail, which keeps their digest."""

    protection = Protection(rows="part", app=("insert",))

    file = models.OneToOneField(
        DataCutFile, on_delete=models.PROTECT, primary_key=True, related_name="content"
    )
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    closed = models.BooleanField()
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class CutWork(models.TextChoices):
    """What a worker does with a cut."""

    MAKE = "make", _("make the files")
    CHECK = "check", _("check again")
    REPORT = "report", _("make the DSMB report")


class CutRun(Job, models.Model):
    """A worker's work on a data cut: how far it is, no record.

    `done` of `total` subjects are derived, or files of a report made. `results` of a report: {"without_pdf": true}
    where the server cannot make PDF; of a check: {"release", "heads": [[chain, position]], "files": {name: "same",
    "differs" or "missing"}, "lines": [[name, key, column, was, is]], "left": lines that are not listed}.
    """

    protection = Protection()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cut = models.ForeignKey(DataCut, on_delete=models.CASCADE, related_name="runs")
    work = models.CharField(max_length=10, choices=CutWork)
    asked_by = models.ForeignKey("access.User", on_delete=models.CASCADE, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["cut", "work", "-asked_at"], name="cut_run_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(failed=False) | models.Q(ended_at__isnull=False),
                name="a_failed_cut_run_has_ended",
            )
        ]

    def __str__(self) -> str:
        return f"{self.cut_id} {self.work} {self.done}/{self.total}"

    @property
    def agrees(self) -> bool:
        """Whether a check that ended found everything as it was."""
        files: dict[str, Any] = self.results.get("files", {})
        return not self.results.get("heads") and all(found == "same" for found in files.values())
