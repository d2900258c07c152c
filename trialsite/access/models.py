"""Who works here, in which role and where; and whose identity is kept apart."""

import hashlib
import secrets
from datetime import date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
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
    ADMINISTRATOR = "administrator", _("Administrator")


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

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name"]

    def __str__(self) -> str:
        return self.full_name


class Membership(models.Model):
    """One role of one person at one site of a study, from a day to a day.

    Without a site it holds for the whole study; without a study (administrators only) for the system.
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
    starts_on = models.DateField(default=date.today)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "study", "site"], nulls_distinct=False, name="one_role_per_user_and_place"
            ),
            models.CheckConstraint(
                condition=Q(role=Role.ADMINISTRATOR, study=None, site=None)
                | (~Q(role=Role.ADMINISTRATOR) & Q(study__isnull=False)),
                name="administrators_are_system_wide",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Person(models.Model):
    """The identity of a human being: kept apart from the record, with a permission of its own."""

    protection = Protection(
        trail="system", rows="identity", redacted=("full_name", "national_id", "phone", "hospital_number")
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, related_name="+")
    full_name = models.CharField(_("name"), max_length=200)
    hospital_number = models.CharField(_("hospital number"), max_length=50, blank=True)
    national_id = models.CharField(_("national id"), max_length=30, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class Token(models.Model):
    """A key for REST clients, of which only the hash is kept; it opens what its user may see, until it expires."""

    protection = Protection(trail="system", redacted=("digest",))

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    def usable(self, at: datetime) -> bool:
        return self.revoked_at is None and at < self.expires_at and self.user.is_active


def new_token_key() -> str:
    return secrets.token_urlsafe(32)
