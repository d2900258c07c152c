"""Electronic signatures on forms: given with name and password, bound to the content, stale after a change."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import locked_subject
from trialsite.casebook.slots import OpenSlot

from .contents import content_of, differences, digest_of
from .models import Meaning, Signature


@dataclass(frozen=True)
class SignatureStanding:
    """A signature against the record as it is now: whether it still holds, and what differs where it does not."""

    signature: Signature
    stale: bool
    differences: list[tuple[str, str, str]]


def sign_form(
    *, opened: OpenSlot, meaning: str, username: str, password: str, content_hash: str, by: User
) -> Signature:
    """Sign the form as it was shown (`content_hash`), with the signer's name and password typed again.

    A stale signature of the same person and meaning is renewed. Raises CheckFailed at "username", "password" or
    "meaning", Refused when the form changed after it was shown or is signed already.
    """
    if meaning not in Meaning.values:
        raise CheckFailed({"meaning": _("Choose what your signature says.")})
    refuse_other_person(username, password, by)
    with transaction.atomic():
        subject = locked_subject(opened.subject.pk, by, review=True)
        require(by, "record.sign", study_id=subject.study_id, site_id=subject.site_id)
        refuse_where_held(holds_on(subject), slot=opened.slot, review=True)
        now = open_slot(opened.slot, subject, opened.kind)
        if now.record is None:
            raise Refused(_("There is no form here."))
        content = content_of(now.kind, now.record)
        digest = digest_of(content)
        if digest != content_hash:
            raise Refused(_("The form has changed since it was shown to you. Read it again, then sign."))
        own = [
            one
            for one in latest_signatures(now.record.pk)
            if (one.signed_by_id, one.meaning) == (by.pk, meaning)
        ]
        if own and own[0].content_hash == digest:
            raise Refused(_("You have signed this form already, and it has not changed since."))
        return Signature.objects.create(
            subject=subject,
            study_id=subject.study_id,
            site_id=subject.site_id,
            record_id=now.record.pk,
            meaning=meaning,
            signer_name=by.full_name,
            signed_by=by,
            content=content,
            content_hash=digest,
            replaces=own[0] if own else None,
        )


def refuse_other_person(username: str, password: str, by: User) -> None:
    """A signature takes the signer's own name and password, both typed again."""
    wrong = {}
    if username.strip() != by.username:
        wrong["username"] = _("This is not your user name.")
    if not by.check_password(password):
        record_event(kind="signature.password_wrong", user_id=by.pk)
        wrong["password"] = _("This is not your password. Nothing was signed.")
    if wrong:
        raise CheckFailed(wrong)


def latest_signatures(record_id: UUID) -> list[Signature]:
    """The signatures of a form that no later one renews, the newest first."""
    found = Signature.objects.filter(record_id=record_id, renewal=None)
    return list(found.select_related("signed_by", "replaces").order_by("-signed_at", "-pk"))


def standing_signatures(kind: Any, record: Any) -> tuple[list[SignatureStanding], str]:
    """Each signature of a form with what differs since, and the digest of the content now."""
    content = content_of(kind, record)
    digest = digest_of(content)
    standing = [
        SignatureStanding(one, one.content_hash != digest, differences(one.content, content))
        for one in latest_signatures(record.pk)
    ]
    return standing, digest
