"""Queries, verifications and signatures in the trail: which stand on a form, and how an entry about one reads."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from trialsite.casebook.registries import FormType, Registry, TrailWords
from trialsite.casebook.slots import Slot
from trialsite.listing import told

from .models import Attachment, Level, Query, QueryMessage, Signature, Verification, meaning_words

Changes = Mapping[str, Any]


def review_of_form(slot: Slot, record_id: UUID | None) -> Iterable[QuerySet[Any]]:
    """Queries on a slot with their steps; verifications of its form; signatures on form, visit and casebook."""
    queries = Query.objects.filter(**slot.columns)
    yield queries
    yield Attachment.objects.filter(**slot.columns)
    yield QueryMessage.objects.filter(query__in=queries)
    if record_id is None:
        return
    yield Verification.objects.filter(record_id=record_id)
    here = Q(visit__key=slot.visit_key, visit__repeat=slot.visit_repeat) | Q(visit=None, record_id=None)
    yield Signature.objects.filter(Q(record_id=record_id) | here, subject=slot.subject_id)


def review_of_kind(kind: FormType) -> Iterable[QuerySet[Any]]:
    """Queries on forms of a kind with their steps; verifications of such forms and signatures on them."""
    queries = Query.objects.filter(form_key=kind.key)
    yield queries
    yield Attachment.objects.filter(form_key=kind.key)
    yield QueryMessage.objects.filter(query__in=queries)
    records = kind.model.objects.filter(form_key=kind.key).values("pk")  # type: ignore[attr-defined]
    yield Verification.objects.filter(record_id__in=records)
    yield Signature.objects.filter(record_id__in=records)


def showing(*columns: str) -> Any:
    """Hide everything but these columns: who and when stand in the line already."""

    def hidden(changes: Changes) -> set[str]:
        return set(changes) - set(columns)

    return hidden


def hidden_of_query(changes: Changes) -> set[str]:
    """The question once where both languages say the same."""
    both = changes.get("text_en") != changes.get("text_zh")
    return set(changes) - {"text_en", *(("text_zh",) if both else ())}


def level_of(changes: Changes) -> Level:
    if changes.get("record_id"):
        return Level.FORM
    return Level.VISIT if changes.get("visit_id") else Level.CASEBOOK


def what_is_signed(first: Changes, form: str) -> str:
    return told(capfirst(str(Signature._meta.verbose_name)), form or level_of(first).label)


def what_a_signature_says(changes: Changes) -> str:
    return str(meaning_words(changes["meaning"], level_of(changes)))


def verified_or_reopened(changes: Changes) -> str:
    return (
        _("to be verified again")
        if "reopened_at" in changes and isinstance(changes["reopened_at"], list)
        else ""
    )


def attached_or_voided(changes: Changes) -> str:
    return _("voided") if isinstance(changes.get("voided_at"), list) else ""


WORDS = {
    Query: TrailWords(hidden=hidden_of_query),
    Attachment: TrailWords(
        action=attached_or_voided, hidden=showing("about", "media_type", "digest", "voided_why")
    ),
    QueryMessage: TrailWords(hidden=showing("action", "text")),
    Verification: TrailWords(hidden=showing(), action=verified_or_reopened),
    Signature: TrailWords(what=what_is_signed, action=what_a_signature_says, hidden=showing()),
}


def register_words(registry: Registry[TrailWords]) -> None:
    for model, words in WORDS.items():
        registry.register(model._meta.db_table, words)
