"""Holds in the trail: which of them cover a form, and how an entry about one reads."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from trialsite.listing import told

from .models import Hold, Subject
from .registries import FormType, TrailWords
from .slots import Slot
from .states import HoldKind

SHOWN = ("asked_why",)


def holds_on_form(slot: Slot, record_id: UUID | None) -> Iterable[QuerySet[Any]]:
    """Every hold that covers a slot or did: on itself, its visit, its subject, its site, its study."""
    subject = Subject.objects.filter(pk=slot.subject_id)
    yield Hold.objects.filter(
        Q(site=None) | Q(site__in=subject.values("site")),
        Q(subject=None) | Q(subject=slot.subject_id),
        Q(visit_key="") | Q(visit_key=slot.visit_key, visit_repeat=slot.visit_repeat),
        Q(form_key="") | Q(form_key=slot.form_key, form_repeat=slot.form_repeat),
        study__in=subject.values("study"),
    )


def holds_on_kind(kind: FormType) -> Iterable[QuerySet[Any]]:
    """The holds on forms of a kind, and those that cover them: on visits, subjects, sites and studies."""
    yield Hold.objects.filter(form_key__in=("", kind.key))


def what(first: Mapping[str, Any], form: str) -> str:
    """The kind of hold and what it stands on: a form by its name."""
    kind = first.get("kind")
    if not isinstance(kind, str):  # the first entry is not for this reader
        return ""
    return told(HoldKind(kind).label, form or level(first))


def level(changes: Mapping[str, Any]) -> str:
    if changes.get("visit_key"):
        return _("a visit")
    if changes.get("subject_id"):
        return _("a subject")
    return _("a site") if changes.get("site_id") else _("the study")


def hidden(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - set(SHOWN)


HOLD_WORDS = TrailWords(what=what, hidden=hidden)
