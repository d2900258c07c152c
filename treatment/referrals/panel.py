"""Referrals on the treatment page: what the other hospital is still asked for, and where it is entered."""

from typing import Any

from django.urls import reverse

from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.listing import listed

from ..domain.referral import Asked, State, Wanted
from .reading import Standing, referrals_of
from .words import KINDS, STATES, WANTED, lacks_words

ASKED = (State.MISSING, State.TO_COME)


def referral_context(subject: Subject) -> dict[str, Any]:
    """Each referral with its checklist; {} without one."""
    found = referrals_of(subject, site_today(subject))
    return {"referrals": [referral_line(one) for one in found]} if found else {}


def referral_line(one: Standing) -> dict[str, Any]:
    return {
        "record": one.referral,
        "url": Slot.of_record(one.referral).url(),
        "kind": KINDS[one.referral.kind],
        "open": one.open,
        "things": [thing_line(one, each) for each in one.things],
    }


def thing_line(one: Standing, each: Asked) -> dict[str, Any]:
    tone, state = STATES[each.state]
    return {
        "what": WANTED[one.referral.kind][each.what.value],
        "tone": tone,
        "state": state,
        "due": each.due if each.state in ASKED else None,
        "lacks": listed(lacks_words(one.referral.kind, each.lacks))
        if each.state is not State.NOT_ASKED
        else "",
        "url": url_of(one, each) if each.state in ASKED else "",
    }


def url_of(one: Standing, each: Asked) -> str:
    """Where it is entered: the form of day 0 where it stands, else a new form in the log."""
    if each.what in (Wanted.DAY0, Wanted.GRAFT) and one.day0_form is not None:
        return Slot.of_record(one.day0_form).url() + "?edit=1"
    return reverse("new-log-form", args=[one.referral.subject_id, one.form_of(each.what, each.lacks)])
