"""Freezing and locking parts of the casebook, and asking whether a place is held.

A hold stands on a study, a site, a subject, a visit or a form, whether something was entered there or not. The trigger
`casebook_held` repeats it under every table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import grants_of, refusal
from trialsite.audit import because

from .errors import CheckFailed, Held, Refused
from .free_text import refuse_identifiers
from .models import Hold, Subject
from .reading import read_once
from .slots import Slot
from .states import HoldKind, HoldState, HoldStep, hold_step


@dataclass(frozen=True)
class Place:
    """What a hold stands on; what is left out is held whole."""

    study_id: UUID
    site_id: UUID | None = None
    subject_id: UUID | None = None
    visit_key: str = ""
    visit_repeat: int | None = None
    form_key: str = ""
    form_repeat: int | None = None

    @classmethod
    def of_subject(cls, subject: Subject) -> "Place":
        return cls(subject.study_id, subject.site_id, subject.pk)

    @classmethod
    def of_slot(cls, subject: Subject, slot: Slot) -> "Place":
        return cls(subject.study_id, subject.site_id, **slot.columns)

    @classmethod
    def of_visit(cls, subject: Subject, key: str, repeat: int) -> "Place":
        return cls(subject.study_id, subject.site_id, subject.pk, key, repeat)


def place_hold(*, place: Place, kind: HoldKind | str, by: User, reason: str = "") -> Hold:
    """Freeze or lock a place."""
    step = allowed(hold_step(kind, None, HoldKind(kind).value))
    require_for(by, step, place.study_id, place.site_id)
    refuse_identifiers({"reason": reason})
    try:
        with transaction.atomic(), because(reason):
            return Hold.objects.create(**vars(place), kind=kind, placed_by=by)
    except IntegrityError as error:
        raise Refused(
            _("This place is %(held)s already.") % {"held": HoldKind(kind).label.lower()}
        ) from error


@transaction.atomic
def take_hold_step(*, hold_id: UUID, action: str, by: User, reason: str = "") -> Hold:
    """Unfreeze, or ask for unlocking, unlock (another person), keep locked: as the table of steps allows."""
    hold = Hold.objects.visible_to(by).select_for_update(of=("self",)).get(pk=hold_id)
    step = allowed(hold_step(hold.kind, hold.state, action))
    require_for(by, step, hold.study_id, hold.site_id)
    if step.needs_reason and not reason.strip():
        raise CheckFailed({"reason": _("Say why this is to be changed again.")})
    refuse_identifiers({"reason": reason})
    if step.other_person and hold.asked_by_id == by.pk:
        raise Refused(_("A second person unlocks: somebody else than who asked for it."))
    now = timezone.now()
    with because(reason.strip()):
        hold.state = step.target
        if step.needs_reason:
            hold.asked_by, hold.asked_at, hold.asked_why = by, now, reason.strip()
        if step.target == HoldState.RELEASED:
            hold.released_by, hold.released_at = by, now
        if step.target == HoldState.PLACED:
            hold.asked_by, hold.asked_at, hold.asked_why = None, None, ""
        hold.save()
    return hold


def may_take(by: User, step: HoldStep, study_id: UUID, site_id: UUID | None) -> bool:
    """Whether a role of the user lets take a step of a hold; one on a whole study takes a role in the whole study."""
    return grants_of(by).allows(step.permission, study_id, site_id)


def require_for(by: User, step: HoldStep, study_id: UUID, site_id: UUID | None) -> None:
    if not may_take(by, step, study_id, site_id):
        raise PermissionDenied(refusal(by, step.permission, study_id, site_id))


def allowed(step: HoldStep | None) -> HoldStep:
    if step is None:
        raise Refused(_("This step is not possible as the hold stands now."))
    return step


# Reading


def in_force() -> QuerySet[Hold]:
    return Hold.objects.exclude(state=HoldState.RELEASED)


def somehow_held() -> Exists:
    """Whether anything of a subject (the row asked about) is held; costs a query of subjects no round trip."""
    return Exists(
        in_force().filter(
            Q(site=None) | Q(site=OuterRef("site_id")),
            Q(subject=None) | Q(subject=OuterRef("pk")),
            study=OuterRef("study_id"),
        )
    )


def holds_on(subject: Subject) -> Sequence[Hold]:
    """Every hold in force that touches a subject: of its study, its site, itself, its visits and forms."""

    def read() -> Sequence[Hold]:
        found = in_force().filter(
            Q(site=None) | Q(site=subject.site_id),
            Q(subject=None) | Q(subject=subject.pk),
            study=subject.study_id,
        )
        return list(found.select_related("placed_by", "asked_by").order_by("placed_at"))

    return read_once(("holds", subject.pk), read)


def holds_at(holds: Iterable[Hold], slot: Slot) -> list[Hold]:
    """The holds that cover a slot."""
    return [hold for hold in holds if hold.covers(slot)]


def standing_of(holds: Iterable[Hold], slot: Slot) -> str:
    """ "locked", "frozen" or "": what the holds make of a slot."""
    kinds = {hold.kind for hold in holds_at(holds, slot)}
    if HoldKind.LOCK in kinds:
        return "locked"
    return "frozen" if HoldKind.FREEZE in kinds else ""


def refuse_where_held(holds: Iterable[Hold], *, slot: Slot | None = None, review: bool = False) -> None:
    """Refuse a write: at a slot, or (without one) to what belongs to the subject as a whole.

    `review` is for queries, verification and signatures, which only a lock stops.
    """
    for hold in holds:
        covers = hold.covers(slot) if slot else hold.whole_subject
        if covers and (hold.kind == HoldKind.LOCK or not review):
            raise Held(words_of_hold(hold))


def words_of_hold(hold: Hold) -> str:
    """Why nothing can be written, and who can help."""
    level = level_of(hold)
    if hold.kind == HoldKind.LOCK:
        return _("%(level)s is locked: nothing can be changed until a data manager unlocks it.") % {
            "level": level
        }
    return _("%(level)s is frozen: values cannot change until a data manager unfreezes it.") % {
        "level": level
    }


def holds_in_words(subject: Subject) -> list[str]:
    """What holds a subject as a whole: itself, its site, its study."""
    return [words_of_hold(hold) for hold in holds_on(subject) if hold.whole_subject]


def level_of(hold: Hold) -> Any:
    """What a hold stands on, in words."""
    if hold.form_key:
        return _("This form")
    if hold.visit_key:
        return _("This visit")
    if hold.subject_id:
        return _("This subject")
    return _("This site") if hold.site_id else _("This study")
