"""Who is reminded when: what people chose, and what holds for those who chose nothing."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.encryption import decrypted, encrypted
from trialsite.access.errors import AccessRefused
from trialsite.access.models import Membership, Role, User
from trialsite.access.permissions import require_somewhere
from trialsite.studies.models import Site, StudySite

from .domain.addresses import refusal_of_address
from .domain.periods import Frequency, Plan
from .models import Channel, ReminderPlan

FIRST_HOUR = 6


def plans_of_everybody(instant: datetime) -> list[tuple[User, Plan]]:
    """Everybody who may be reminded and can be reached, with the plan; three queries. Runs as the system.

    Who chose nothing is reminded daily at 06:00 while coordinator somewhere, by e-mail; others are not.
    """
    people = User.objects.filter(is_active=True).select_related("reminder_plan").order_by("username")
    unplanned = default_zones(instant)
    found = []
    for user in people:
        chosen = getattr(user, "reminder_plan", None)
        if chosen is not None and reachable(user, chosen):
            found.append((user, as_plan(chosen)))
        elif chosen is None and user.email and user.pk in unplanned:
            found.append((user, Plan(Frequency.DAILY, 0, FIRST_HOUR, unplanned[user.pk])))
    return found


def reachable(user: User, chosen: ReminderPlan) -> bool:
    return bool(user.email) if chosen.channel == Channel.EMAIL else bool(chosen.webhook_url)


def as_plan(chosen: ReminderPlan) -> Plan:
    return Plan(Frequency(chosen.frequency), chosen.weekday, chosen.hour, chosen.zone, since=chosen.chosen_at)


def default_zones(instant: datetime) -> dict[UUID, str]:
    """The people who coordinate somewhere on this day, with the time zone of the first of their sites."""
    today = instant.date()
    current = Q(ends_on=None) | Q(ends_on__gte=today)
    roles = Membership.objects.filter(current, role=Role.COORDINATOR, starts_on__lte=today)
    return first_zones(roles.values_list("user_id", "study_id", "site_id"))


def first_zones(rows: Iterable[tuple[UUID, UUID | None, UUID | None]]) -> dict[UUID, str]:
    """User → time zone of the first of the sites (by key) at which roles hold, given as (user, study, site)."""
    places = list(
        StudySite.objects.order_by("site__key").values_list("study_id", "site_id", "site__timezone")
    )
    found: dict[UUID, str] = {}
    for user, study, site in rows:
        mine = (zone for of, at, zone in places if of == study and site in (None, at))
        zone = next(mine, None)
        if zone is not None:
            found.setdefault(user, zone)
    return found


def plan_of(user: User) -> ReminderPlan:
    """What this person has chosen, or what holds otherwise (not saved)."""
    chosen = ReminderPlan.objects.filter(user=user).first()
    if chosen is not None:
        return chosen
    zone = default_zones(timezone.now()).get(user.pk)
    frequency = Frequency.DAILY if zone else Frequency.OFF
    return ReminderPlan(user=user, frequency=frequency, zone=zone or zones()[0], hour=FIRST_HOUR)


def zones() -> list[str]:
    """The time zones that can be chosen: those of the sites, and UTC."""
    return [*dict.fromkeys(Site.objects.order_by("key").values_list("timezone", flat=True)), "UTC"]


@transaction.atomic
def choose_reminders(*, values: dict[str, Any], by: User) -> str:
    """Keep how `by` wants to be reminded, and in which language; returns the new secret of a webhook, otherwise "".

    `values`: frequency, weekday, hour, zone, channel, webhook_url (empty: the one that is kept), language. Raises
    AccessRefused (per item).
    """
    require_somewhere(by, "record.view")
    plan = ReminderPlan.objects.select_for_update().filter(user=by).first() or ReminderPlan(user=by)
    for item in ("frequency", "weekday", "hour", "zone", "channel"):
        setattr(plan, item, values[item])
    url = values["webhook_url"].strip()
    if plan.channel == Channel.WEBHOOK:
        refuse_unusable(url or decrypted(plan.webhook_url))
    if plan.channel == Channel.EMAIL and plan.frequency != Frequency.OFF and not by.email:
        raise AccessRefused(
            {"channel": _("Your account has no e-mail address: an administrator can add one.")}
        )
    if url:
        plan.webhook_url = encrypted(url)
    secret = ""
    if plan.channel == Channel.WEBHOOK and not plan.webhook_secret:
        secret = renew_secret(plan)
    plan.chosen_at = timezone.now()
    plan.save()
    if by.language != values["language"]:
        by.language = values["language"]
        by.save(update_fields=["language"])
    return secret


def refuse_unusable(url: str) -> None:
    """Refuse an address to which no reminder may go, with the sentence that says why."""
    if not url:
        raise AccessRefused({"webhook_url": _("Write the address of the robot.")})
    why = refusal_of_address(url, settings.WEBHOOK_HOSTS, private=settings.WEBHOOK_PRIVATE)
    if why is not None:
        raise AccessRefused({"webhook_url": why.in_language(get_language() or "en")})


def renew_secret(plan: ReminderPlan) -> str:
    secret = secrets.token_urlsafe(32)
    plan.webhook_secret = encrypted(secret)
    return secret


@transaction.atomic
def new_secret(*, by: User) -> str:
    """Make another secret for one's webhook; the old one signs nothing any more. It is shown this once."""
    require_somewhere(by, "record.view")
    plan = ReminderPlan.objects.select_for_update().filter(user=by, channel=Channel.WEBHOOK).first()
    if plan is None:
        raise AccessRefused({"": _("Choose the group robot first.")})
    secret = renew_secret(plan)
    plan.save(update_fields=["webhook_secret"])
    return secret
