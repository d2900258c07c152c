"""The casebook: subjects, visits, and what every form and every line of a form has."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import reach_of, studies_reached
from trialsite.audit.protection import CASEBOOK, PROJECTION, Protection
from trialsite.clinical.facts import ItemAddress
from trialsite.keys import made_at, new_id
from trialsite.listing import listed

from .domain.nature import Nature
from .states import HoldKind, HoldState, RecordState, SubjectState, TransferState
from .values import CompositeItem

if TYPE_CHECKING:
    from .slots import Slot

UNSCHEDULED = "UNS"  # the visit key of visits that no protocol plans, by number
LOG = "LOG"  # the visit key of forms that no visit plans: adverse events, transplant, relapse, death


class VisibleQuerySet(models.QuerySet):
    """Rows at the sites that a user's memberships open; row-level security repeats it underneath."""

    def visible_to(self, user: User) -> Self:
        return self.filter(reach_of(user, "record.view"))


class HoldQuerySet(VisibleQuerySet):
    """Holds: those of a whole study are for everybody who reads a part of it."""

    def visible_to(self, user: User) -> Self:
        studies = studies_reached(user, "record.view")
        return self.filter(reach_of(user, "record.view") | Q(site=None, study__in=studies))


class SiteBound(models.Model):
    """A row that belongs to one site of one study."""

    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+", editable=False)
    site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, related_name="+", editable=False)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        abstract = True


class Counter(models.Model):
    """The last number given out of one series (screening or subject numbers of a study); taken under its row lock."""

    protection = Protection()

    key = models.CharField(primary_key=True, max_length=100)
    value = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


class Subject(SiteBound):
    """One participation of a person in a study, from screening on. The screening number never changes."""

    protection = CASEBOOK

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey("access.Person", on_delete=models.PROTECT, related_name="subjects")
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    usubjid = models.CharField(max_length=64)
    screening_number = models.CharField(_("screening number"), max_length=40)
    subject_number = models.CharField(_("subject number"), max_length=40, blank=True, default="")
    state = models.CharField(max_length=20, choices=SubjectState, default=SubjectState.SCREENING)
    screened_on = models.DateField(_("screened on"))
    enrolled_on = models.DateField(_("enrolled on"), null=True, blank=True)
    failure_reason = models.CharField(_("reason of screen failure"), max_length=500, blank=True, default="")
    arm = models.CharField(max_length=20, blank=True, default="")
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    from_paper_until = models.DateField(_("record from paper until"), null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "screening_number"], name="screening_number_once"),
            models.UniqueConstraint(
                fields=["study", "subject_number"],
                condition=~Q(subject_number=""),
                name="subject_number_once",
            ),
            models.CheckConstraint(
                condition=Q(enrolled_on=None, subject_number="")
                | ~Q(enrolled_on=None) & ~Q(subject_number=""),
                name="enrolled_subjects_have_a_number",
            ),
            models.CheckConstraint(
                condition=~Q(state=SubjectState.SCREEN_FAILED) | ~Q(failure_reason=""),
                name="screen_failures_have_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["study", "site", "screening_number"], name="subject_by_site"),
            models.Index(fields=["-screened_on", "screening_number", "id"], name="subject_newest_first"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_arm_display(self) -> str:
        """The arm by its name; "" while there is none."""
        from .names import arm_name

        return arm_name(self.protocol_version.protocol, self.arm)

    @property
    def number(self) -> str:
        """The subject number once enrolled, the screening number before."""
        return self.subject_number or self.screening_number


class Outage(SiteBound):
    """A time in which the system could not be used at a site: what happened then is entered afterwards.

    Recorded when it is over; one that was recorded wrongly is withdrawn, never deleted.
    """

    protection = Protection(trail="study", rows="site")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"))
    reason = models.CharField(_("reason"), max_length=300)
    recorded_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(_("why it is withdrawn"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("outage")
        constraints = [
            models.CheckConstraint(condition=Q(began_at__lt=models.F("ended_at")), name="outages_end"),
            models.CheckConstraint(
                condition=Q(withdrawn_by=None, withdrawn_at=None, withdrawn_why="")
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False) & ~Q(withdrawn_why=""),
                name="who_withdraws_an_outage_says_when_and_why",
            ),
        ]
        indexes = [
            models.Index(fields=["study", "site"], condition=Q(withdrawn_at=None), name="outage_standing")
        ]

    def __str__(self) -> str:
        return f"{self.began_at} {self.ended_at}"


class MissedReason(models.TextChoices):
    """Why a planned visit was not done."""

    UNWELL = "UNWELL", _("Subject unwell")
    DECLINED = "DECLINED", _("Subject declined")
    UNREACHABLE = "UNREACHABLE", _("Subject could not be reached")
    SITE = "SITE", _("Organisational reason of the site")
    NOT_APPLICABLE = "NOT_APPLICABLE", _("Not applicable: treatment not given")
    OTHER = "OTHER", _("Other")


class Missable(models.Model):
    """A visit that can be recorded as not done: the reason from the list, and words that add to it."""

    missed_reason = models.CharField(
        _("not done because"), max_length=20, choices=MissedReason, blank=True, default=""
    )
    missed_text = models.CharField(_("in words"), max_length=300, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def missed_words(self) -> str:
        """Why it was not done, as people read it; empty for a visit that is not recorded as not done."""
        label = (
            "" if self.missed_reason in ("", MissedReason.OTHER) else MissedReason(self.missed_reason).label
        )
        return ": ".join(filter(None, (str(label), self.missed_text)))


class Visit(SiteBound, Missable):
    """A visit about which something has been recorded; planned visits are computed from protocol and anchors.

    An unscheduled visit is one that somebody added: the day it is for, why, and the forms to do there.
    """

    protection = CASEBOOK

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="visits")
    key = models.CharField(max_length=40)
    repeat = models.PositiveSmallIntegerField(default=1)
    added_for = models.DateField(_("added for"), null=True)
    added_why = models.CharField(_("why it was added"), max_length=300, blank=True, default="")
    added_forms = models.CharField(_("forms to do"), max_length=300, blank=True, default="")  # keys: "VS HEM"

    class Meta:
        verbose_name = _("visit")
        constraints = [
            models.UniqueConstraint(fields=["subject", "key", "repeat"], name="visit_once"),
            models.CheckConstraint(
                condition=Q(key=UNSCHEDULED, added_for__isnull=False) & ~Q(added_why="")
                | ~Q(key=UNSCHEDULED) & Q(added_for=None, added_why=""),
                name="added_visits_say_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(missed_reason="", missed_text="")
                | ~Q(missed_reason="") & ~Q(missed_reason=MissedReason.OTHER)
                | Q(missed_reason=MissedReason.OTHER) & ~Q(missed_text=""),
                name="missed_visits_say_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}.{self.repeat}"

    @property
    def name(self) -> str:
        """As the subject's protocol names it, one of a series with its number."""
        from .names import visit_name

        return visit_name(self.subject.protocol_version.protocol, self.key, self.repeat)

    def get_added_forms_display(self) -> str:
        """The forms to do at an unscheduled visit by their titles."""
        from .names import form_title

        protocol = self.subject.protocol_version.protocol
        return listed(form_title(protocol, key) for key in self.added_forms.split())

    def get_key_display(self) -> str:
        """The visit's name in the reader's language."""
        from .names import visit_title

        return visit_title(self.subject.protocol_version.protocol, self.key)


class CasebookRecord(SiteBound):
    """What every form has: its slot, its state and version, the protocol's own items, and why items are empty.

    `performed_on` is the day the form is about (the CDISC --DTC): the day of a measurement, an onset, day 0.
    `extra` holds the items that only this protocol asks for; `missing` maps an empty item to why it is empty.
    """

    protection = CASEBOOK
    composites: ClassVar[dict[str, CompositeItem]] = {}
    item_units: ClassVar[Mapping[str, Any]] = {}  # of the items that are one column with a fixed unit
    units_in: ClassVar[Mapping[str, str]] = {}  # item: the item that names its unit
    natures: ClassVar[Mapping[str, Nature]] = {}  # of the items that are not what their columns look like

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="+", editable=False)
    form_key = models.CharField(max_length=20, editable=False)
    form_repeat = models.PositiveSmallIntegerField(default=1, editable=False)
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+", editable=False
    )
    state = models.CharField(
        max_length=12, choices=RecordState, default=RecordState.SUBMITTED, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    performed_on = models.DateField(_("date"), null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True, editable=False)
    missing = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "form_key", "form_repeat"],
                condition=~Q(state=RecordState.VOIDED),
                name="%(class)s_one_per_slot",
            )
        ]
        indexes = [models.Index(fields=["subject", "form_key"], name="%(class)s_subject")]

    def __str__(self) -> str:
        return f"{self.form_key} {self.pk}"

    @property
    def entered_at(self) -> datetime | None:
        """The instant at which it was entered first; `performed_on` is the day it is about."""
        return made_at(self.pk)

    def address(self, item: str) -> ItemAddress:
        """The address of one item, the same on every path: table, row id, item key."""
        return ItemAddress(self._meta.db_table, str(self.pk), item)

    def item(self, key: str) -> Any:
        """The value of an item, whether it is a column, a composite or one of the protocol's own."""
        if key.startswith("extra."):
            return self.extra.get(key.removeprefix("extra."))
        return getattr(self, key)


class CasebookRow(SiteBound):
    """A repeating line of a form: it locks, signs and versions with its parent."""

    protection = CASEBOOK
    composites: ClassVar[dict[str, CompositeItem]] = {}
    item_units: ClassVar[Mapping[str, Any]] = {}  # of the items that are one column with a fixed unit
    units_in: ClassVar[Mapping[str, str]] = {}  # item: the item that names its unit
    natures: ClassVar[Mapping[str, Nature]] = {}  # of the items that are not what their columns look like

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", editable=False)
    line = models.PositiveSmallIntegerField(editable=False)
    voided = models.BooleanField(default=False, editable=False)
    extra = models.JSONField(default=dict, blank=True, editable=False)

    record: models.ForeignKey  # every kind of line names its form

    class Meta:
        abstract = True
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["record", "line"], name="%(class)s_line")]

    def __str__(self) -> str:
        return f"{self.line}"

    def address(self, item: str) -> ItemAddress:
        return ItemAddress(self._meta.db_table, str(self.pk), item)


class ProtocolForm(CasebookRecord):
    """A form that only one protocol has: all its items stand in `extra`, as the protocol file declares them."""


class ProtocolLine(CasebookRow):
    """A line of a form that only one protocol has: its group in the protocol file; its items stand in `extra`."""

    record = models.ForeignKey(ProtocolForm, on_delete=models.PROTECT, related_name="lines", editable=False)
    group = models.CharField(max_length=40, editable=False)


class Hold(models.Model):
    """A freeze or lock on a part of the casebook: a study, a site, a subject, a visit or a form, entered or not yet.

    Levels are nested: what is empty is held whole. Locks are released by a second person.
    """

    protection = Protection(trail="subject", rows="site")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, null=True, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, null=True, related_name="+")
    visit_key = models.CharField(max_length=40, blank=True, default="")
    visit_repeat = models.PositiveSmallIntegerField(null=True)
    form_key = models.CharField(max_length=20, blank=True, default="")
    form_repeat = models.PositiveSmallIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=HoldKind)
    state = models.CharField(max_length=14, choices=HoldState, default=HoldState.PLACED)
    placed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    asked_why = models.CharField(_("why it is to be unlocked"), max_length=300, blank=True, default="")
    released_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "study", "site", "subject", "visit_key", "visit_repeat", "form_key", "form_repeat", "kind",
                ],
                condition=~Q(state=HoldState.RELEASED),
                nulls_distinct=False,
                name="one_hold_of_a_kind_per_place",
            ),
            models.CheckConstraint(
                condition=Q(subject=None) | Q(site__isnull=False), name="held_subjects_have_a_site"
            ),
            models.CheckConstraint(
                condition=Q(visit_key="", visit_repeat=None)
                | ~Q(visit_key="") & Q(visit_repeat__isnull=False, subject__isnull=False),
                name="held_visits_have_a_subject",
            ),
            models.CheckConstraint(
                condition=Q(form_key="", form_repeat=None)
                | ~Q(form_key="") & ~Q(visit_key="") & Q(form_repeat__isnull=False),
                name="held_forms_have_a_visit",
            ),
            models.CheckConstraint(
                condition=Q(asked_by=None, asked_at=None, asked_why="")
                | Q(asked_by__isnull=False, asked_at__isnull=False) & ~Q(asked_why=""),
                name="who_asks_to_unlock_says_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(released_by=None, released_at=None) & ~Q(state=HoldState.RELEASED)
                | Q(released_by__isnull=False, released_at__isnull=False, state=HoldState.RELEASED),
                name="who_releases_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(kind=HoldKind.LOCK, state=HoldState.RELEASED)
                | Q(asked_by__isnull=False) & ~Q(released_by=models.F("asked_by")),
                name="locks_are_released_by_a_second_person",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["study", "subject"], condition=~Q(state=HoldState.RELEASED), name="hold_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    def covers(self, slot: "Slot") -> bool:
        """Whether a slot of the held subject (or of any subject of the held site or study) lies in this part."""
        if self.visit_key and (self.visit_key, self.visit_repeat) != (slot.visit_key, slot.visit_repeat):
            return False
        return not self.form_key or (self.form_key, self.form_repeat) == (slot.form_key, slot.form_repeat)

    @property
    def whole_subject(self) -> bool:
        return not self.visit_key


class Draft(SiteBound):
    """What one author has typed and not submitted: nobody's record, unchecked, outside the trail."""

    protection = Protection(rows="author", app=("insert", "update", "delete"))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    author = models.ForeignKey("access.User", on_delete=models.CASCADE, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    visit_key = models.CharField(max_length=40)
    visit_repeat = models.PositiveSmallIntegerField(default=1)
    form_key = models.CharField(max_length=20)
    form_repeat = models.PositiveSmallIntegerField(default=1)
    base_version = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)  # of the draft: two windows do not overwrite each other
    window = models.CharField(max_length=40, blank=True, default="")  # that saved it last
    window_step = models.PositiveIntegerField(default=0)  # how often was typed there until then
    typed = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["author", "subject", "visit_key", "visit_repeat", "form_key", "form_repeat"],
                name="one_draft_per_author_and_slot",
            )
        ]

    def __str__(self) -> str:
        return f"{self.form_key} {self.saved_at}"

    @property
    def slot(self) -> "Slot":
        """Where it belongs."""
        from .slots import Slot

        return Slot(self.subject_id, self.visit_key, self.form_key, self.visit_repeat, self.form_repeat)

    @property
    def url(self) -> str:
        """Where it is typed on: the form of its slot, or the page of a subject that keeps it."""
        from .registries import pages_of_drafts

        page = pages_of_drafts.get(self.form_key)
        return reverse(page[1], args=[self.subject_id]) if page else self.slot.url()


class MovedForm(SiteBound):
    """One side of a move to the right subject: the form that was voided there, or the one that was created here.

    Each side stands with its own subject, so that each sees the link in its own trail and behind its own boundary.
    """

    protection = Protection(trail="subject", rows="site", app=("insert",), held="values")

    class Direction(models.TextChoices):
        OUT = "out", _("moved to another subject")
        IN = "in", _("moved here from another subject")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=3, choices=Direction)
    visit_key = models.CharField(max_length=40)
    visit_repeat = models.PositiveSmallIntegerField()
    form_key = models.CharField(max_length=20)
    form_repeat = models.PositiveSmallIntegerField()
    record_id = models.UUIDField()
    other_subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", verbose_name=_("other subject")
    )
    other_record_id = models.UUIDField()
    reason = models.CharField(max_length=400)
    moved_at = models.DateTimeField(default=timezone.now)
    moved_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("move to the right subject")
        constraints = [
            models.UniqueConstraint(fields=["record_id", "direction"], name="form_moved_once_each_way"),
            models.CheckConstraint(
                condition=~Q(subject=models.F("other_subject")), name="moved_between_two_subjects"
            ),
        ]
        indexes = [models.Index(fields=["subject", "form_key"], name="movedform_subject")]

    def __str__(self) -> str:
        return f"{self.form_key} {self.direction} {self.other_record_id}"

    @property
    def slot(self) -> "Slot":
        """Where the form of this side stood or stands."""
        from .slots import Slot

        return Slot(self.subject_id, self.visit_key, self.form_key, self.visit_repeat, self.form_repeat)


class TransferQuerySet(VisibleQuerySet):
    """Transfers: for the sending and for the receiving site."""

    def visible_to(self, user: User) -> Self:
        return self.filter(reach_of(user, "record.view") | reach_of(user, "record.view", site="to_site_id"))


class Transfer(SiteBound):
    """A subject goes to another site: asked for by the sending site (`site`), decided by the receiving one.

    `number` is the subject's number, for the receiving site, which does not see the subject before it accepts.
    """

    protection = Protection(trail="subject", rows="both_sites")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="transfers")
    number = models.CharField(_("subject"), max_length=40)
    to_site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, related_name="+")
    transfers_on = models.DateField(_("transferred on"))
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=10, choices=TransferState, default=TransferState.ASKED)
    asked_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_why = models.CharField(_("why, when it was decided"), max_length=300, blank=True, default="")
    responsible = models.ForeignKey(
        "access.User",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("responsible investigator"),
    )

    objects = TransferQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("transfer")
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(state=TransferState.ASKED), name="one_open_transfer"
            ),
            models.CheckConstraint(
                condition=~Q(site=models.F("to_site")), name="transferred_to_another_site"
            ),
            models.CheckConstraint(
                condition=Q(state=TransferState.ASKED, decided_by=None, decided_at=None)
                | ~Q(state=TransferState.ASKED) & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="who_decides_a_transfer_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[TransferState.ACCEPTED, TransferState.REFUSED])
                | ~Q(decided_by=models.F("asked_by")),
                name="a_second_person_decides_a_transfer",
            ),
            models.CheckConstraint(
                condition=~Q(state=TransferState.ACCEPTED) | Q(responsible__isnull=False),
                name="who_is_transferred_has_an_investigator",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class Projection(SiteBound):
    """A table derived from the record: holds no fact, can be dropped and rebuilt, never depends on today."""

    protection = PROJECTION

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class Derivation(Projection):
    """How much of a subject's record the projections have seen: the length of its chain and the protocol version."""

    subject = models.OneToOneField(
        Subject, on_delete=models.CASCADE, primary_key=True, related_name="derivation"
    )
    chain_length = models.BigIntegerField()
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.subject_id} at {self.chain_length}"
