"""Files that are being imported or were: what each line would change, or did, and why others were refused."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import may, reach_of
from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound, VisibleQuerySet
from trialsite.jobs import Job
from trialsite.keys import new_id


class ImportState(models.TextChoices):
    """Where an import stands. A cancelled one is deleted."""

    STAGED = "staged", _("Preview: nothing is entered yet")
    COMMITTED = "committed", _("Entered")
    REVERSED = "reversed", _("Reversed")


class ImportKind(models.TextChoices):
    """What a file holds."""

    LABORATORY = "laboratory", _("Laboratory results (CSV)")
    FHIR = "fhir", _("Laboratory results (FHIR R4 bundle)")
    FORMS = "forms", _("Forms (CSV)")
    ODM = "odm", _("Casebooks (ODM 1.3.2)")
    RANGES = "ranges", _("Reference ranges (CSV)")
    ACCOUNTS = "accounts", _("Accounts (CSV)")


class ImportQuerySet(VisibleQuerySet):
    """Imports: those of accounts for who manages accounts, the others at the sites whose record a user sees.

    Row-level security repeats it (`sql/accounts.sql`)."""

    kind = "kind"

    def visible_to(self, user: User) -> Self:
        of_accounts = Q(**{self.kind: ImportKind.ACCOUNTS})
        found = reach_of(user, "record.view") & ~of_accounts
        return self.filter(found | of_accounts if may(user, "accounts.manage", study_id=None) else found)


class ImportRunQuerySet(ImportQuerySet):
    """The runs of these imports."""

    kind = "batch__kind"


class ImportSource(SiteBound):
    """How the files of one source read: `mapping` is what stands in which of its columns, as it was told last."""

    protection = Protection(trail="study", rows="site")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, choices=ImportKind)
    name = models.CharField(_("source"), max_length=100, blank=True, default="")
    mapping = models.JSONField(default=dict)
    told_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("source of imports")
        constraints = [
            models.UniqueConstraint(fields=["study", "site", "kind", "name"], name="a_source_has_one_mapping")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class ImportBatch(SiteBound):
    """One file. While it is staged nothing of it stands in the record; its rows are `outcomes.Row`s as JSON.

    `lines`, `counts` (status → lines; empty until it was tried out), `names` (tests that no analyte has) and `preview`
    (digest of the rows as they were shown) say of the rows what pages ask, so that none reads them all. `mapping`:
    target → column of the file, and what else the kind asks. `touched`: each record that it entered or changed, with
    the version that it left and the way back (see `outcomes.Touched`). Lines that were entered keep no cells of their
    own: they stand in the record. `language` is the one in which its sentences were written.
    """

    protection = Protection(rows="site", app=("insert", "update", "delete"))

    objects = ImportQuerySet.as_manager()  # type: ignore[misc]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, choices=ImportKind)
    source = models.CharField(_("source"), max_length=100, blank=True, default="")
    file_name = models.CharField(_("file"), max_length=150)
    sha256 = models.CharField("SHA-256", max_length=64)
    language = models.CharField(max_length=10)
    mapping = models.JSONField(default=dict)
    rows = models.JSONField(default=list)
    lines = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    names = models.JSONField(default=list)
    preview = models.CharField(max_length=64, blank=True, default="")
    touched = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.STAGED)
    staged_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    staged_at = models.DateTimeField(default=timezone.now)
    committed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    committed_at = models.DateTimeField(null=True)
    reversed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    reversed_at = models.DateTimeField(null=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("import")
        ordering = ["-staged_at"]
        indexes = [models.Index(fields=["study", "site", "-staged_at"], name="import_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ImportState.STAGED, committed_by=None, committed_at=None)
                | ~Q(state=ImportState.STAGED) & Q(committed_by__isnull=False, committed_at__isnull=False),
                name="who_enters_an_import_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=ImportState.REVERSED) & Q(reversed_by=None, reversed_at=None, reason="")
                | Q(state=ImportState.REVERSED, reversed_by__isnull=False, reversed_at__isnull=False)
                & ~Q(reason=""),
                name="who_reverses_an_import_says_when_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.staged_at:%Y-%m-%d %H:%M}"

    @property
    def writes(self) -> int:
        """How many of its lines would enter or change something."""
        return sum(self.counts.get(status, 0) for status in ("new", "changed"))

    @property
    def short_id(self) -> str:
        """How the trail names it: the end of its id."""
        return str(self.pk)[-8:]


class ImportStep(models.TextChoices):
    """What a worker does with an import."""

    AGAIN = "again", _("Trying out")
    NAMES = "names", _("Keeping the names and trying out")
    COMMIT = "commit", _("Entering")
    REVERSE = "reverse", _("Reversing")


class ImportRun(Job, SiteBound):
    """A worker's step with a large file: how far it is, no record. An import has one at a time that has not ended.

    Whoever ends it (its worker, a person who stops it, or who starts it again) does so once, where it has not ended:
    so a step is kept only if nobody has stopped it. `told`: what the step was told. `done` of `total` lines, or
    records. `sentence`: why it failed; `left`: the records that a reversal would have to leave. `cancelled`: the file
    is deleted once its worker has let go of it.
    """

    protection = Protection(rows="site", app=("insert", "update", "delete"))

    objects = ImportRunQuerySet.as_manager()  # type: ignore[misc]

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="runs")
    step = models.CharField(max_length=10, choices=ImportStep)
    told = models.JSONField(default=dict)
    language = models.CharField(max_length=10)
    asked_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)
    cancelled = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    sentence = models.TextField(blank=True, default="")
    left = models.JSONField(default=list)

    class Meta:
        verbose_name = _("work on an import")
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["batch", "-asked_at"], name="import_run_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["batch"], condition=Q(ended_at=None), name="an_import_has_one_run_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(failed=False, cancelled=False) | Q(ended_at__isnull=False),
                name="a_failed_run_of_an_import_has_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.step} {self.done}/{self.total}"

    @property
    def begun_at(self) -> datetime | None:
        return self.seen_at
