"""Holds in the trail: which of them cover a form, and how an entry about one reads."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from .models import Hold, Subject
from .registries import TrailWords, forms
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


def what(changes: Mapping[str, Any]) -> str:
    """The kind of hold and what it stands on, from its first entry: a form by its name. Of a later step nothing."""
    kind = changes.get("kind")
    if not isinstance(kind, str):
        return ""
    return f"{HoldKind(kind).label}: {level(changes)}"


def level(changes: Mapping[str, Any]) -> str:
    if key := changes.get("form_key"):
        return str(forms[key].title) if key in forms else key
    if changes.get("visit_key"):
        return _("a visit")
    if changes.get("subject_id"):
        return _("a subject")
    return _("a site") if changes.get("site_id") else _("the study")


def hidden(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - set(SHOWN)


HOLD_WORDS = TrailWords(what=what, hidden=hidden)
