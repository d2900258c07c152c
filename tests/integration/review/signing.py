"""Signatures on each level, as somebody signs who has just read what stands there."""

from tests.cast import PASSWORD
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.slots import Slot
from trialsite.review.contents import content_of, digest_of
from trialsite.review.models import Signature
from trialsite.review.signatures import (
    Ceremony,
    casebook_to_sign,
    sign_casebook,
    sign_form,
    sign_visit,
    visit_to_sign,
)

LEVELS = ("form", "visit", "casebook")


def sign(level: str, subject: Subject, by: User, meaning: str = "reviewed", form: str = "VS") -> Signature:
    """Sign a form of the screening visit, that visit or the casebook."""

    def told(digest: str) -> Ceremony:
        return Ceremony(meaning, by.username, PASSWORD, digest)

    with acting(user=by):
        if level == "form":
            opened = open_slot(Slot(subject.pk, "SCR", form), subject, forms[form])
            digest = digest_of(content_of(opened.kind, opened.record))
            return sign_form(opened=opened, told=told(digest), by=by)
        if level == "visit":
            digest = visit_to_sign(subject, "SCR", 1).digest
            return sign_visit(subject_id=subject.pk, key="SCR", repeat=1, told=told(digest), by=by)
        return sign_casebook(subject_id=subject.pk, told=told(casebook_to_sign(subject).digest), by=by)
