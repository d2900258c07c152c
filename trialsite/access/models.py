"""Who works here, in which role and where; and whose identity is kept apart."""

import hashlib
import secrets
from datetime import date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.keys import new_id


class Role(models.TextChoices):
    """What a person does in a study."""

    COORDINATOR = "coordinator", _("Coordinator")
    INVESTIGATOR = "investigator", _("Investigator")
    MONITOR = "monitor", _("Monitor")
    DATA_MANAGER = "data_manager", _("Data manager")
    STATISTICIAN = "statistician", _("Statistician")
    INSPECTOR = "inspector", _("Inspector")
    ADJUDICATOR = "adjudicator", _("Adjudicator")
    CHAIR = "chair", _("Chair of adjudication")
    ADMINISTRATOR = "administrator", _("Administrator")


COMMITTEE = (Role.ADJUDICATOR, Role.CHAIR)  # who sees the packages of events and no record


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str, **fields: Any) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account. It carries no right by itself: rights come from memberships."""

    protection = Protection(trail="system", redacted=("password",))
    last_login = None  # log-ins are events of the audit, not a column that changes

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(_("user name"), max_length=150, unique=True)
    full_name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(default=False)
    password_set_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name"]

    def __str__(self) -> str:
        return self.full_name


class FormerPassword(models.Model):
    """The hash of a password that its owner has had, so that it is not taken again."""

    protection = Protection(trail="system", app=("insert",), redacted=("password",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="former_passwords")
    password = models.CharField(max_length=128)
    replaced_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id} {self.replaced_at}"


class LoginSession(AbstractBaseSession):
    """One log-in of one person on one device. `session_key` is the hash of what the browser holds."""

    protection = Protection(app=("insert", "update", "delete"))

    session_key = models.CharField(primary_key=True, max_length=64)
    id = models.UUIDField(default=new_id, editable=False, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    device = models.CharField(max_length=100, blank=True, default="")
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id} {self.seen_at}"


class SecondFactor(models.Model):
    """The app that gives one person's codes. It counts once a first code has been typed."""

    protection = Protection(
        trail="system", app=("insert", "update", "delete"), redacted=("secret", "last_step")
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="second_factor")
    secret = models.TextField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.user_id}"


class RecoveryCode(models.Model):
    """A code, kept as its hash, that stands in once for the second factor."""

    protection = Protection(trail="system", app=("insert", "update", "delete"), redacted=("digest",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id}"


class Membership(models.Model):
    """One role of one person at one site of a study, from a day to a day.

    Without a site it holds for the whole study; without a study (administrators only) for the system. It opens
    something only while it is active: with its trainings and, at a site, the delegation that its principal
    investigator signed (`access_standing` in audit/sql/context.sql says so, for the services and for row-level
    security alike). `ended_at` is when somebody ended it; `ends_on` of that row is that day.
    """

    protection = Protection(trail="study")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    study = models.ForeignKey(
        "studies.Study", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    site = models.ForeignKey(
        "studies.Site", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    role = models.CharField(max_length=20, choices=Role)
    principal = models.BooleanField(_("principal investigator of the site"), default=False)
    starts_on = models.DateField(default=date.today)
    ends_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "study", "site"],
                nulls_distinct=False,
                condition=Q(ends_on=None),
                name="one_open_role_per_user_and_place",
            ),
            models.CheckConstraint(
                condition=Q(role=Role.ADMINISTRATOR, study=None, site=None)
                | (~Q(role=Role.ADMINISTRATOR) & Q(study__isnull=False)),
                name="administrators_are_system_wide",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=[Role.COORDINATOR, Role.INVESTIGATOR]) | Q(site__isnull=False),
                name="site_staff_has_a_site",
            ),
            models.CheckConstraint(
                condition=~Q(role=Role.INSPECTOR) | Q(site=None, ends_on__isnull=False),
                name="inspectors_see_one_study_until_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=COMMITTEE) | Q(site=None), name="committees_serve_the_whole_study"
            ),
            models.CheckConstraint(
                condition=Q(principal=False) | Q(role=Role.INVESTIGATOR), name="principals_are_investigators"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ends_on__isnull=False),
                name="ended_roles_say_until_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    @property
    def place(self) -> dict[str, Any]:
        """Study and site, as every row of a place names them."""
        return {"study_id": self.study_id, "site_id": self.site_id}

    @property
    def needs_delegation(self) -> bool:
        """Whether the site's principal investigator has to delegate duties before the role opens anything."""
        return self.role in (Role.COORDINATOR, Role.INVESTIGATOR) and not self.principal


class TrainingKind(models.TextChoices):
    """What people of a trial are trained in."""

    GCP = "GCP", _("Good clinical practice")
    PROTOCOL = "PROTOCOL", _("Protocol version")
    SYSTEM = "SYSTEM", _("This system")


VALID_MONTHS = {TrainingKind.GCP: 36}  # the others hold for good: a new version is a new training


class RequiredTraining(models.Model):
    """A training that a role needs before it opens anything."""

    protection = Protection(app=())

    role = models.CharField(max_length=20, choices=Role)
    kind = models.CharField(max_length=10, choices=TrainingKind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "kind"], name="training_required_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.kind}"


class Training(models.Model):
    """One training of one person: a line of the training log. A mistake is withdrawn, never overwritten.

    A training in the protocol names its version, and with it the study; the others hold in every study.
    """

    protection = Protection(trail="study")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="trainings")
    kind = models.CharField(_("training"), max_length=10, choices=TrainingKind)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, null=True, related_name="+")
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, null=True, related_name="+"
    )
    completed_on = models.DateField(_("completed on"))
    expires_on = models.DateField(_("holds until"), null=True)
    evidence = models.CharField(_("certificate or trainer"), max_length=200, blank=True, default="")
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=TrainingKind.PROTOCOL, study__isnull=False, protocol_version__isnull=False)
                | ~Q(kind=TrainingKind.PROTOCOL) & Q(study=None, protocol_version=None),
                name="protocol_trainings_name_the_version",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="withdrawn_trainings_say_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.completed_on}"


class Duty(models.TextChoices):
    """What a principal investigator delegates (ICH E6(R3) 2.3): the lines of a delegation log."""

    CONSENT = "CONSENT", _("Informed consent")
    ELIGIBILITY = "ELIGIBILITY", _("Assessment of eligibility")
    ENTRY = "ENTRY", _("Entry and correction of the record")
    TREATMENT = "TREATMENT", _("Decisions on treatment")
    SAFETY = "SAFETY", _("Assessment and report of adverse events")
    RESPONSE = "RESPONSE", _("Assessment of response")
    PRODUCT = "PRODUCT", _("Handling of the investigational product")
    SAMPLES = "SAMPLES", _("Samples")
    QUERIES = "QUERIES", _("Answers to queries")


class Delegation(models.Model):
    """Duties that the principal investigator of a site delegates to one of its staff, signed with the password."""

    protection = Protection(trail="study")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="delegations")
    duties = models.JSONField(default=list)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True)
    signed_at = models.DateTimeField(default=timezone.now)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False, ends_on__isnull=False),
                name="ended_delegations_say_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.starts_on}"

    @property
    def duty_words(self) -> list[str]:
        """The duties as people read them, in the order of the log."""
        return [str(duty.label) for duty in Duty if duty.value in self.duties]


class Person(models.Model):
    """The identity of a human being: kept apart from the record, encrypted, with a permission of its own.

    Only `access.identity` writes and reads it. The two hashes are keyed: they find a number again and tell nothing.
    """

    protection = Protection(
        trail="system",
        rows="identity",
        redacted=(
            "full_name", "national_id", "phone", "hospital_number", "national_id_hash", "hospital_number_hash",
        ),
    )  # fmt: skip

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, related_name="+")
    full_name = models.TextField(_("name"))
    hospital_number = models.TextField(_("hospital number"), blank=True, default="")
    national_id = models.TextField(_("national id"), blank=True, default="")
    phone = models.TextField(_("phone"), blank=True, default="")
    national_id_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)
    hospital_number_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)

    def __str__(self) -> str:
        return str(self.pk)


class Profile(models.TextChoices):
    """What leaves through a token or an export: see `exchange.profiles`."""

    IDENTIFIED = "identified", _("As recorded")
    CODED = "coded", _("Coded")
    DATE_SHIFTED = "date_shifted", _("Coded, with shifted dates")


class Scope(models.TextChoices):
    """What a token is for."""

    READ = "read", _("Read records, page by page")
    WRITE = "write", _("Enter and change records")
    EXPORT = "export", _("Pull whole lists")


class Token(models.Model):
    """A key for REST clients, of which only the hash is kept; it opens what its user may see, until it expires.

    It never opens more than its user may: scopes, study and profile only narrow that.
    """

    protection = Protection(trail="system", redacted=("digest",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, null=True, related_name="+")
    profile = models.CharField(max_length=12, choices=Profile, default=Profile.CODED)
    genetic = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    @property
    def scope_words(self) -> list[str]:
        """What it is for, as people read it."""
        return [str(scope.label) for scope in Scope if scope.value in self.scopes]

    def usable(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at and self.user.is_active


def new_token_key() -> str:
    return secrets.token_urlsafe(32)
