"""Holds as pages show them: what is held, by whom, and the steps that this user may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.holds import holds_at, holds_on, may_take
from trialsite.casebook.models import Hold
from trialsite.casebook.names import form_title, visit_name
from trialsite.casebook.slots import OpenSlot
from trialsite.casebook.states import HOLD_STEPS, HoldKind, HoldStep

ACTIONS = {
    "freeze": _("Freeze"),
    "unfreeze": _("Unfreeze"),
    "lock": _("Lock"),
    "ask_unlock": _("Ask for unlocking"),
    "keep_locked": _("Keep locked"),
    "unlock": _("Unlock"),
}


@dataclass(frozen=True)
class ShownStep:
    """A step as a button."""

    action: str
    label: Any
    needs_reason: bool


@dataclass(frozen=True)
class ShownHold:
    """A hold with its place in words and the steps from here."""

    hold: Hold
    place: str
    steps: tuple[ShownStep, ...]


def shown_hold(hold: Hold, user: User) -> ShownHold:
    steps = [one for one in HOLD_STEPS if one.kind == hold.kind and one.source == hold.state]
    allowed = [one for one in steps if is_open(user, one, hold)]
    return ShownHold(hold, place_in_words(hold), tuple(as_button(one) for one in allowed))


def is_open(user: User, step: HoldStep, hold: Hold) -> bool:
    if step.other_person and hold.asked_by_id == user.pk:
        return False
    return may_take(user, step, hold.study_id, hold.site_id)


def as_button(step: HoldStep) -> ShownStep:
    return ShownStep(step.action, ACTIONS[step.action], step.needs_reason)


def place_in_words(hold: Hold) -> str:
    """Site, subject, visit and form as far as they are named; the study for a whole study."""
    parts = [str(hold.site)] if hold.site else [str(hold.study)]
    if hold.subject:
        protocol = hold.subject.protocol_version.protocol
        parts.append(hold.subject.number)
        if hold.visit_key:
            parts.append(visit_name(protocol, hold.visit_key, hold.visit_repeat or 1))
        if hold.form_key:
            parts.append(form_title(protocol, hold.form_key))
    return " · ".join(parts)


def holds_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On a form: what holds it, and the buttons to freeze or lock it."""
    user, subject = user_of(request), opened.subject
    here = holds_at(holds_on(subject), opened.slot)
    kinds = {hold.kind for hold in here}
    new = [
        HoldKind(step.action)
        for step in HOLD_STEPS
        if step.source is None
        and step.kind not in kinds
        and may(user, step.permission, study_id=subject.study_id, site_id=subject.site_id)
    ]
    if not here and not new:
        return None
    return {
        "template": "review/holds_panel.html",
        "holds": [shown_hold(hold, user) for hold in here],
        "new": [(kind.value, ACTIONS[kind.value]) for kind in new],
    }
