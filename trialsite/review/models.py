"""What reviewers write beside the record: queries on items, with all that was said."""

from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import Projection, SiteBound, Subject, Visit
from trialsite.casebook.slots import Slot
from trialsite.keys import new_id

from .states import ACTION_LABELS, STANDING, QueryState

REVIEW = Protection(trail="subject", rows="site", held="review")


class Query(SiteBound):
    """A question about an item of a slot, empty slots and items included: asked by a person or by an edit check.

    `item` is an item of the form ("weight", "results.3.value" of its third line), empty for the form as a whole.
    """

    protection = REVIEW

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    visit_key = models.CharField(max_length=40)
    visit_repeat = models.PositiveSmallIntegerField(default=1)
    form_key = models.CharField(max_length=20)
    form_repeat = models.PositiveSmallIntegerField(default=1)
    item = models.CharField(_("item"), max_length=120, blank=True, default="")
    check_key = models.CharField(max_length=80, blank=True, default="")
    check_version = models.PositiveSmallIntegerField(null=True)
    text_en = models.CharField(_("question"), max_length=1000)
    text_zh = models.CharField(_("question in Chinese"), max_length=1000)
    state = models.CharField(max_length=10, choices=QueryState)
    opened_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("query")
        constraints = [
            models.CheckConstraint(
                condition=Q(check_key="", check_version=None)
                | ~Q(check_key="") & Q(check_version__isnull=False),
                name="queries_of_checks_name_their_version",
            ),
            models.UniqueConstraint(
                fields=[
                    "subject", "visit_key", "visit_repeat", "form_key", "form_repeat", "item", "check_key",
                ],
                condition=Q(state__in=STANDING) & ~Q(check_key=""),
                name="a_check_asks_once",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["study", "site", "moved_at"], condition=Q(state__in=STANDING), name="query_standing"
            ),
            models.Index(fields=["subject", "form_key"], name="query_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.form_key} {self.item} {self.state}"

    @property
    def text(self) -> str:
        """The question in the reader's language; a person's own words as they were written."""
        return self.text_zh if (get_language() or "").startswith("zh") else self.text_en

    @property
    def slot(self) -> Slot:
        return Slot(self.subject_id, self.visit_key, self.form_key, self.visit_repeat, self.form_repeat)


class QueryMessage(SiteBound):
    """One step of a query with what was said; written once."""

    protection = Protection(trail="subject", rows="site", app=("insert",), held="review")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    query = models.ForeignKey(Query, on_delete=models.PROTECT, related_name="messages")
    action = models.CharField(_("step"), max_length=20, choices=ACTION_LABELS)
    text = models.CharField(_("words"), max_length=1000, blank=True, default="")
    said_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("step of a query")
        ordering = ["said_at", "pk"]

    def __str__(self) -> str:
        return self.action


class VerificationPlan(models.Model):
    """How much of a study is verified against source: critical items of every subject, all items of a sample."""

    protection = Protection(trail="study")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.OneToOneField("studies.Study", on_delete=models.PROTECT, related_name="+")
    sample_percent = models.PositiveSmallIntegerField(_("share of subjects verified in full (%)"), default=10)
    seed = models.CharField(_("seed of the sample"), max_length=40)

    class Meta:
        verbose_name = _("plan of source verification")
        constraints = [
            models.CheckConstraint(condition=Q(sample_percent__lte=100), name="a_sample_is_at_most_all")
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.sample_percent} %"


class Verification(SiteBound):
    """One item that somebody compared with the source; a change of the item ends it, and of no other."""

    protection = REVIEW

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    record_id = models.UUIDField()
    item = models.CharField(_("item"), max_length=120)
    verified_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(default=timezone.now)
    reopened_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("source verification")
        constraints = [
            models.UniqueConstraint(
                fields=["record_id", "item"],
                condition=Q(reopened_at=None),
                name="an_item_is_verified_once",
            ),
            models.CheckConstraint(
                condition=Q(reopened_by=None, reopened_at=None)
                | Q(reopened_by__isnull=False, reopened_at__isnull=False),
                name="who_reopens_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], condition=Q(reopened_at=None), name="verified_of_subject")
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.item}"


class Meaning(models.TextChoices):
    """What a signature says."""

    REVIEWED = "reviewed", _("I reviewed this form and it is complete and right")
    RESPONSIBLE = "responsible", _("I take responsibility for these data as investigator")


class Level(models.TextChoices):
    """What a signature stands on."""

    FORM = "form", _("form")
    VISIT = "visit", _("visit")
    CASEBOOK = "casebook", _("casebook")


REVIEWED_AT = {
    Level.FORM: Meaning.REVIEWED.label,
    Level.VISIT: _("I reviewed the forms of this visit and they are complete and right"),
    Level.CASEBOOK: _("I reviewed this casebook and it is complete and right"),
}


def meaning_words(meaning: str, level: str) -> Any:
    """What a signature says where it stands."""
    return REVIEWED_AT[Level(level)] if meaning == Meaning.REVIEWED else Meaning(meaning).label


class Signature(SiteBound):
    """An electronic signature on a form, on a visit or on a whole casebook: who, when, with which meaning.

    It is bound to the content as it was: `content` is what was signed, item by item, as text; `content_hash` its
    SHA-256. It is stale when the record says anything else now. `replaces` is the stale signature that this one
    renews. Without `record_id` it stands on a visit, without either on all forms of the subject.
    """

    protection = Protection(trail="subject", rows="site", app=("insert",), held="review")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    record_id = models.UUIDField(null=True)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, null=True, related_name="+")
    meaning = models.CharField(_("meaning"), max_length=20, choices=Meaning)
    signer_name = models.CharField(_("signer"), max_length=200)
    signed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="renewal")

    class Meta:
        verbose_name = _("electronic signature")
        constraints = [
            models.CheckConstraint(
                condition=Q(record_id=None) | Q(visit=None), name="a_signature_stands_on_one_thing"
            )
        ]
        indexes = [
            models.Index(fields=["record_id"], name="signature_of_record"),
            models.Index(fields=["subject"], name="signature_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.signer_name} {self.signed_at}"

    @property
    def level(self) -> Level:
        if self.record_id:
            return Level.FORM
        return Level.VISIT if self.visit_id else Level.CASEBOOK

    @property
    def words(self) -> Any:
        """What it says."""
        return meaning_words(self.meaning, self.level)


class ActivatedCheck(models.Model):
    """A changed edit check that a study uses from now on, and on how many saved forms its dry run fired."""

    protection = Protection(trail="study", app=("insert",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    form_key = models.CharField(max_length=20)
    check_key = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    forms = models.PositiveIntegerField(_("saved forms in the dry run"))
    would_fire = models.PositiveIntegerField(_("of these it would fire on"))
    activated_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("activated edit check")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "form_key", "check_key", "version"], name="a_version_is_activated_once"
            ),
            models.CheckConstraint(
                condition=Q(would_fire__lte=models.F("forms")), name="a_check_fires_on_forms_it_saw"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form_key} {self.check_key} {self.version}"


class CheckRun(models.Model):
    """A dry run of every edit check on the saved forms that one person may see: counts only, no record.

    `results`: form → {"forms": saved forms, "checks": {key: {"version": n, "fires": forms it would fire on}}}.
    """

    protection = Protection()

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="+")
    asked_by = models.ForeignKey("access.User", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)
    results = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["study", "asked_by", "-asked_at"], name="check_run_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(failed=False) | Q(ended_at__isnull=False), name="a_failed_run_has_ended"
            )
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.asked_at}"


class FormToVerify(Projection):
    """How many items of a form there are to verify and are verified: critical ones, and all of them.

    Which of the two counts depends on the sample of the study's plan, so that a new plan derives nothing anew.
    """

    record_id = models.UUIDField()
    visit_key = models.CharField(max_length=40)
    visit_repeat = models.PositiveSmallIntegerField()
    form_key = models.CharField(max_length=20)
    form_repeat = models.PositiveSmallIntegerField()
    performed_on = models.DateField(null=True)
    critical = models.PositiveSmallIntegerField()
    critical_verified = models.PositiveSmallIntegerField()
    all_items = models.PositiveSmallIntegerField()
    all_verified = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["study", "site", "form_key"], name="form_to_verify")]

    def __str__(self) -> str:
        return f"{self.form_key} {self.all_verified}/{self.all_items}"

    @property
    def slot(self) -> Slot:
        return Slot(self.subject_id, self.visit_key, self.form_key, self.visit_repeat, self.form_repeat)


class StaleSignature(Projection):
    """How many signatures on a form, a visit or a casebook no longer agree with it, and when the first was given.

    Without `form_key` on a visit, without `visit_key` either on the casebook."""

    visit_key = models.CharField(max_length=40)
    visit_repeat = models.PositiveSmallIntegerField(null=True)
    form_key = models.CharField(max_length=20)
    form_repeat = models.PositiveSmallIntegerField(null=True)
    signatures = models.PositiveSmallIntegerField()
    signed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["study", "site", "signed_at"], name="stale_signature")]

    def __str__(self) -> str:
        return f"{self.visit_key} {self.form_key} {self.signatures}"


class SavedFilter(models.Model):
    """A filter of a study's queries that one person keeps under a name: theirs alone, and no record."""

    protection = Protection(app=("insert", "update", "delete"))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey("access.User", on_delete=models.CASCADE, related_name="+")
    study = models.ForeignKey("studies.Study", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    criteria = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "study", "name"], name="a_filter_has_one_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def query(self) -> str:
        """Its criteria as an address writes them."""
        return urlencode(self.criteria)


class Attachment(SiteBound):
    """A picture or PDF of a source document on a form, without names and numbers of the person; never changed, voided.

    `made_from` is the digest (SHA-256) of the file as it was sent, `digest` of what is kept, without its metadata."""

    protection = Protection(trail="subject", rows="site", held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    visit_key = models.CharField(max_length=40)
    visit_repeat = models.PositiveSmallIntegerField(default=1)
    form_key = models.CharField(max_length=20)
    form_repeat = models.PositiveSmallIntegerField(default=1)
    about = models.CharField(_("what it shows"), max_length=200)
    media_type = models.CharField(_("kind of file"), max_length=20)
    size = models.PositiveIntegerField(_("size in bytes"))
    digest = models.CharField("SHA-256", max_length=64)
    made_from = models.CharField(max_length=64)
    attached_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    attached_at = models.DateTimeField(default=timezone.now)
    voided_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(null=True)
    voided_why = models.CharField(_("why it was voided"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("attachment")
        constraints = [
            models.CheckConstraint(
                condition=Q(voided_by=None, voided_at=None, voided_why="")
                | Q(voided_by__isnull=False, voided_at__isnull=False) & ~Q(voided_why=""),
                name="who_voids_an_attachment_says_when_and_why",
            )
        ]
        indexes = [models.Index(fields=["subject", "form_key"], name="attachment_of_subject")]

    def __str__(self) -> str:
        return f"{self.form_key} {self.about}"

    @property
    def slot(self) -> Slot:
        return Slot(self.subject_id, self.visit_key, self.form_key, self.visit_repeat, self.form_repeat)

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")


class AttachmentContent(SiteBound):
    """The bytes of an attachment, written once: beside the trail, which keeps their digest."""

    protection = Protection(rows="site", app=("insert",))

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    attachment = models.OneToOneField(
        Attachment, on_delete=models.PROTECT, primary_key=True, related_name="content"
    )
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
