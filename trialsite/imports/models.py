"""Files that are being imported or were: what each line would change, or did, and why others were refused."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import may, reach_of
from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound, VisibleQuerySet
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

    def visible_to(self, user: User) -> Self:
        of_accounts = Q(kind=ImportKind.ACCOUNTS)
        found = reach_of(user, "record.view") & ~of_accounts
        return self.filter(found | of_accounts if may(user, "accounts.manage", study_id=None) else found)


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

    `mapping`: target → column of the file, and what else the kind asks. `touched`: each record that it entered or
    changed, with the version that it left and the way back (see `outcomes.Touched`). Lines that were entered keep no
    cells of their own: they stand in the record. `language` is the one in which its sentences were written.
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
    def short_id(self) -> str:
        """How the trail names it: the end of its id."""
        return str(self.pk)[-8:]
