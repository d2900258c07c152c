"""Webhooks: made, given another secret, resumed and ended by one person, for programs that are told of changes."""

import secrets
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from trialsite.access.encryption import encrypted
from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.reminders.domain.addresses import refusal_of_address
from trialsite.studies.models import Study

from .changes import settled_end
from .lists import kinds_open_to
from .models import Delivery, DeliveryState, Webhook

EXPORTS = "export.run"
MOST = 20  # of one person


def webhooks_of(user: User) -> QuerySet[Webhook]:
    """The webhooks that a person made and has not ended, the newest first."""
    return Webhook.objects.filter(made_by=user, ended_at=None).select_related("study")


def kinds_typed(text: str) -> list[str]:
    return sorted({one.strip().strip("/") for one in text.split(",")} - {""})


@transaction.atomic
def make_webhook(
    *, study: Study, name: str, address: str, kinds: Iterable[str], by: User
) -> tuple[Webhook, str]:
    """Tell a program of changes from now on; the webhook, and its secret, which is kept encrypted and shown once.

    Raises CheckFailed (per item).
    """
    require(by, EXPORTS, study_id=study.pk)
    name, address, wanted = name.strip(), address.strip(), sorted({*kinds})
    refuse_identifiers({"name": name})
    wrong = {"address": why_not(address), "name": "" if name else _("Write what will use it."), "kinds": ""}
    try:
        kinds_open_to(by, wanted)
    except ValidationError:
        wrong["kinds"] = _("Write lists as their addresses in the API name them, with commas between.")
    if sentences := {item: sentence for item, sentence in wrong.items() if sentence}:
        raise CheckFailed(sentences)
    if webhooks_of(by).count() >= MOST:
        raise CheckFailed({"name": _("You have %(n)s webhooks: end one first.") % {"n": MOST}})
    secret, seen = secrets.token_urlsafe(32), settled_end()
    made = Webhook.objects.create(
        study=study,
        name=name,
        address=encrypted(address),
        secret=encrypted(secret),
        kinds=wanted,
        seen_transaction=seen.transaction,
        seen_number=seen.number,
        made_by=by,
    )
    tell("made", made)
    return made, secret


def why_not(address: str) -> str:
    """Why nothing is sent to an address, in the reader's language; "" where it may be."""
    why = refusal_of_address(address, settings.WEBHOOK_HOSTS, private=settings.WEBHOOK_PRIVATE)
    return why.in_language(get_language() or "en") if why else ""


def tell(what: str, webhook: Webhook, **details: object) -> None:
    record_event(
        kind=f"webhook.{what}",
        user_id=webhook.made_by_id,
        webhook=str(webhook.pk),
        study=str(webhook.study_id),
        **details,
    )


@transaction.atomic
def new_secret(*, webhook: Webhook, by: User) -> str:
    """Sign with another secret from now on; it is shown this once."""
    mine = own(webhook, by)
    secret = secrets.token_urlsafe(32)
    mine.secret = encrypted(secret)
    mine.save(update_fields=["secret"])
    tell("secret", mine)
    return secret


@transaction.atomic
def resume_webhook(*, webhook: Webhook, by: User) -> None:
    """Send again to a webhook that was paused, what waits first."""
    mine = own(webhook, by)
    require(by, EXPORTS, study_id=mine.study_id)
    mine.paused_at, mine.paused_why = None, ""
    mine.save(update_fields=["paused_at", "paused_why"])
    mine.deliveries.filter(state=DeliveryState.WAITING).update(attempts=0, next_try_at=timezone.now())
    tell("resumed", mine)


@transaction.atomic
def send_again(*, delivery: Delivery, by: User) -> None:
    """Send a message once more, or one that waits for its next attempt now."""
    mine = own(delivery.webhook, by)
    require(by, EXPORTS, study_id=mine.study_id)
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.WAITING, attempts=0, next_try_at=timezone.now(), delivered_at=None, failure=""
    )
    tell("again", mine, delivery=str(delivery.pk))


@transaction.atomic
def end_webhook(*, webhook: Webhook, by: User) -> None:
    """Tell a program nothing any more; address and secret are forgotten."""
    mine = own(webhook, by)
    mine.address = mine.secret = ""
    mine.ended_at = timezone.now()
    mine.save(update_fields=["address", "secret", "ended_at"])
    tell("ended", mine)


def own(webhook: Webhook, by: User) -> Webhook:
    """The row of one's own webhook, locked. Raises Refused where it has ended."""
    found = webhooks_of(by).select_for_update(of=("self",)).filter(pk=webhook.pk).first()
    if found is None:
        raise Refused(_("This webhook has ended."))
    return found
