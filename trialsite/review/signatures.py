"""Electronic signatures on forms, visits and casebooks: given with name and password, bound to the content.

A later change makes a signature stale; signing once more renews it for what differs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.passwords import is_own_password
from trialsite.access.permissions import require
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Held, Refused
from trialsite.casebook.holds import holds_on, refuse_where_held, words_of_hold
from trialsite.casebook.models import Subject, Visit
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import locked_subject
from trialsite.casebook.slots import OpenSlot
from trialsite.casebook.states import HoldKind

from .contents import (
    Content,
    content_of,
    content_of_casebook,
    content_of_visit,
    contents_of,
    differences,
    digest_of,
)
from .models import Meaning, Signature


@dataclass(frozen=True)
class Ceremony:
    """What a signer gives: what the signature says, name and password once more, the hash of what was shown."""

    meaning: str
    username: str
    password: str
    content_hash: str


@dataclass(frozen=True)
class Signable:
    """What is signed, as it stands now: a form, a visit, or (without either) a whole casebook."""

    subject: Subject
    content: Content
    record_id: UUID | None = None
    visit: Visit | None = None

    @property
    def digest(self) -> str:
        return digest_of(self.content)

    def signatures(self) -> list[Signature]:
        """Its signatures that no later one renews, the newest first."""
        place = {"subject": self.subject, "record_id": self.record_id, "visit": self.visit}
        return latest(Signature.objects.filter(**place))


@dataclass(frozen=True)
class SignatureStanding:
    """A signature against the record as it is now: whether it still holds, and what differs where it does not."""

    signature: Signature
    stale: bool
    differences: list[tuple[str, str, str]]


def sign_form(*, opened: OpenSlot, told: Ceremony, by: User) -> Signature:
    """Sign the form as it was shown, with the signer's name and password typed again.

    A stale signature of the same person and meaning is renewed. Raises CheckFailed at "username", "password" or
    "meaning", Refused when the form changed after it was shown or is signed already.
    """
    refuse_no_ceremony(told, by)
    with transaction.atomic():
        subject = subject_to_sign(opened.subject.pk, by)
        refuse_where_held(holds_on(subject), slot=opened.slot, review=True)
        return signed(form_to_sign(open_slot(opened.slot, subject, opened.kind)), told, by)


def sign_visit(*, subject_id: UUID, key: str, repeat: int, told: Ceremony, by: User) -> Signature:
    """Sign all forms of a visit together, by the same rules; refused where the visit or a form of it is locked."""
    refuse_no_ceremony(told, by)
    with transaction.atomic():
        subject = subject_to_sign(subject_id, by)
        refuse_any_locked(subject, (key, repeat))
        return signed(visit_to_sign(subject, key, repeat), told, by)


def sign_casebook(*, subject_id: UUID, told: Ceremony, by: User) -> Signature:
    """Sign all forms of a subject together, by the same rules; refused where any part of it is locked."""
    refuse_no_ceremony(told, by)
    with transaction.atomic():
        subject = subject_to_sign(subject_id, by)
        refuse_any_locked(subject)
        return signed(casebook_to_sign(subject), told, by)


def subject_to_sign(subject_id: UUID, by: User) -> Subject:
    """The subject, locked until commit, for who may sign there."""
    subject = locked_subject(subject_id, by, review=True)
    require(by, "record.sign", study_id=subject.study_id, site_id=subject.site_id)
    return subject


def form_to_sign(opened: OpenSlot) -> Signable:
    """A form with its content."""
    if opened.record is None:
        raise Refused(_("There is no form here."))
    content = content_of(opened.kind, opened.record)
    return Signable(opened.subject, content, opened.record.pk)


def visit_to_sign(subject: Subject, key: str, repeat: int) -> Signable:
    """A visit with the content of its forms."""
    visit = Visit.objects.filter(subject=subject, key=key, repeat=repeat).first()
    return Signable(subject, content_of_visit(contents_of(subject, (key, repeat))), visit=visit)


def casebook_to_sign(subject: Subject) -> Signable:
    """A casebook with the content of its forms."""
    return Signable(subject, content_of_casebook(subject, contents_of(subject)))


def refuse_any_locked(subject: Subject, visit: tuple[str, int] | None = None) -> None:
    """Refuse where a lock covers a visit (without one: the casebook) or anything in it, entered or not."""
    for hold in holds_on(subject):
        inside = visit is None or not hold.visit_key or visit == (hold.visit_key, hold.visit_repeat)
        if inside and hold.kind == HoldKind.LOCK:
            raise Held(words_of_hold(hold))


def refuse_no_ceremony(told: Ceremony, by: User) -> None:
    if told.meaning not in Meaning.values:
        raise CheckFailed({"meaning": _("Choose what your signature says.")})
    refuse_other_person(told.username, told.password, by)


def refuse_other_person(username: str, password: str, by: User) -> None:
    """A signature takes the signer's own name and password, both typed again."""
    wrong = {}
    if username.strip() != by.username:
        wrong["username"] = _("This is not your user name.")
    if not is_own_password(by, password):
        record_event(kind="signature.password_wrong", user_id=by.pk)
        wrong["password"] = _("This is not your password. Nothing was signed.")
    if wrong:
        raise CheckFailed(wrong)


def signed(what: Signable, told: Ceremony, by: User) -> Signature:
    """The signature on what was shown, in place of the same person's stale one."""
    if not what.content:
        raise Refused(_("No form stands here: there is nothing to sign."))
    if what.digest != told.content_hash:
        raise Refused(_("Something has changed since it was shown to you. Read it again, then sign."))
    own = [one for one in what.signatures() if (one.signed_by_id, one.meaning) == (by.pk, told.meaning)]
    if own and own[0].content_hash == what.digest:
        raise Refused(_("You have signed this already, and it has not changed since."))
    return Signature.objects.create(
        subject=what.subject,
        study_id=what.subject.study_id,
        site_id=what.subject.site_id,
        record_id=what.record_id,
        visit=what.visit,
        meaning=told.meaning,
        signer_name=by.full_name,
        signed_by=by,
        content=what.content,
        content_hash=what.digest,
        replaces=own[0] if own else None,
    )


def latest(signatures: Any) -> list[Signature]:
    """Those that no later one renews, the newest first."""
    found = signatures.filter(renewal=None).select_related("signed_by", "replaces", "visit")
    return list(found.order_by("-signed_at", "-pk"))


def standing_signatures(kind: Any, record: Any) -> tuple[list[SignatureStanding], str]:
    """Each signature of a form with what differs since, and the digest of the content now."""
    what = Signable(record.subject, content_of(kind, record), record.pk)
    return standing_on(what, what.signatures()), what.digest


def standing_on(what: Signable, signatures: Iterable[Signature]) -> list[SignatureStanding]:
    """Each of these signatures against what it stands on as it is now."""
    digest = what.digest
    return [
        SignatureStanding(one, one.content_hash != digest, differences(one.content, what.content))
        for one in signatures
    ]
