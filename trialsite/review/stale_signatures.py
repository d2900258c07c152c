"""Signatures that no longer agree with what they stand on: derived for each subject, and their lines of the inbox."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.due import work_line
from trialsite.casebook.models import Subject
from trialsite.casebook.names import form_title, visit_name
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.slots import Slot
from trialsite.listing import told

from .contents import Content, content_of_casebook, content_of_visit, contents_of, digest_of
from .models import Signature, StaleSignature
from .signatures import latest

KIND = "sign-again"
KINDS = {KIND: gettext_lazy("Sign again")}
Stands = tuple[UUID | None, UUID | None]  # on a form, on a visit, or without either on the casebook


def derive_stale_signatures(subject: Subject) -> Iterator[StaleSignature]:
    """One row for each form, visit or casebook with signatures to renew; none where nothing is left to sign."""
    by_place: dict[Stands, list[Signature]] = defaultdict(list)
    for signature in latest(Signature.objects.filter(subject=subject).defer("content")):
        by_place[signature.record_id, signature.visit_id].append(signature)
    if not by_place:
        return
    for stands, slot, content in places_to_sign(subject):
        stale = to_renew(by_place[stands], digest_of(content))
        if stale:
            yield StaleSignature(
                visit_key=slot.visit_key if slot else "",
                visit_repeat=slot.visit_repeat if slot else None,
                form_key=slot.form_key if slot else "",
                form_repeat=slot.form_repeat if slot and slot.form_key else None,
                signatures=len(stale),
                signed_at=min(one.signed_at for one in stale),
            )


def places_to_sign(subject: Subject) -> Iterator[tuple[Stands, Slot | None, Content]]:
    """Each form that stands, each visit with forms, and the casebook, with their content."""
    forms, by_visit = contents_of(subject), defaultdict(list)
    for one in forms:
        by_visit[one.record.visit_id].append(one)
        yield (one.record.pk, None), one.slot, one.content
    for visit_id, found in by_visit.items():
        yield (
            (None, visit_id),
            Slot(subject.pk, found[0].visit[0], "", found[0].visit[1]),
            content_of_visit(found),
        )
    if forms:
        yield (None, None), None, content_of_casebook(subject, forms)


def to_renew(signatures: Iterable[Signature], digest: str) -> list[Signature]:
    """The stale ones whose meaning nobody has signed for what stands there now."""
    found = list(signatures)
    said = {one.meaning for one in found if one.content_hash == digest}
    return [one for one in found if one.content_hash != digest and one.meaning not in said]


# The inbox


def signature_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Stale signatures where this user may sign, those signed longest ago first."""
    found = wanted.of(StaleSignature.objects.filter(reach_of(user, "record.sign")))
    found = found.select_related("subject__study", "subject__site", "subject__protocol_version")
    for stale in found.order_by("signed_at", "pk")[: wanted.limit]:
        yield line_of(stale)


def line_of(stale: StaleSignature) -> WorkLine:
    said = ngettext(
        "%(n)d signature is no longer current", "%(n)d signatures are no longer current", stale.signatures
    ) % {"n": stale.signatures}
    return work_line(stale.subject, KIND, KINDS[KIND], None, url_of(stale), told(place_in_words(stale), said))


def place_in_words(stale: StaleSignature) -> str:
    protocol = stale.subject.protocol_version.protocol
    if not stale.visit_key:
        return _("The whole casebook")
    visit = visit_name(protocol, stale.visit_key, stale.visit_repeat or 1)
    return f"{form_title(protocol, stale.form_key)} · {visit}" if stale.form_key else visit


def url_of(stale: StaleSignature) -> str:
    """The page that shows what differs and takes the signature."""
    if not stale.visit_key:
        return reverse("subject-signatures", args=[stale.subject_id])
    if not stale.form_key:
        visit = f"{stale.visit_key}.{stale.visit_repeat}"
        return reverse("visit-signatures", args=[stale.subject_id, visit])
    slot = Slot(
        stale.subject_id, stale.visit_key, stale.form_key, stale.visit_repeat or 1, stale.form_repeat or 1
    )
    return slot.url() + "#signatures"


SIGNATURE_WORK = WorkSource(KINDS, signature_work)
