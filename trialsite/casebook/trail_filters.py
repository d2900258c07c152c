"""Filtering the trail: the same on the pages and in the API."""

from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import django_filters as filters
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import Role, User
from trialsite.access.permissions import grants_of, reach_of
from trialsite.audit.models import Trail
from trialsite.studies.models import Site, Study

from .form_types import form_type
from .models import Hold, Subject, Transfer
from .registries import FormType, forms, on_forms, on_kinds
from .selectors import open_slot
from .slots import OpenSlot, Slot
from .states import TransferState
from .trail import SYSTEM, columns_of_item, label_of

STATE = "state"
ACTION_CHOICES = [("I", _("entered")), ("U", _("changed")), ("D", _("removed")), (STATE, _("state changed"))]
ROLE_CHOICES = [*Role.choices, ("system", SYSTEM)]


def trail_visible_to(user: User) -> QuerySet[Trail]:
    """The entries at the places where the user may read the trail, and those of their studies as a whole.

    The trail of a subject that was transferred goes along: row-level security hides it from the sending site.
    """
    studies = {study for study, _site, _role in grants_of(user).rows if study}
    of_the_study = Q(study_id__in=studies, site_id=None)
    moved = Transfer.objects.filter(state=TransferState.ACCEPTED).values("subject__person")
    came = Subject.objects.filter(reach_of(user, "trail.view"), person__in=moved).values("pk")
    return Trail.objects.filter(reach_of(user, "trail.view") | of_the_study | Q(subject_id__in=came))


class TrailFilter(filters.FilterSet):
    """Who did what to which item of which form, where and when. Days are those of `zone`."""

    date_from = filters.DateFilter(method="since", label=_("From"))
    date_to = filters.DateFilter(method="until", label=_("To"))
    person = filters.CharFilter(method="by_person", label=_("Person"))
    role = filters.ChoiceFilter(choices=ROLE_CHOICES, label=_("Role"), empty_label=_("All roles"))
    action = filters.ChoiceFilter(
        choices=ACTION_CHOICES, method="of_action", label=_("Action"), empty_label=_("All actions")
    )
    study = filters.CharFilter(method="of_study", label=_("Study"))
    site = filters.CharFilter(method="at_site", label=_("Site"))
    subject = filters.CharFilter(method="of_subject", label=_("Subject"))
    form = filters.CharFilter(method="of_form", label=_("Form"))
    record = filters.UUIDFilter(method="of_record", label=_("One form with its lines"))
    slot = filters.CharFilter(
        method="at_slot", label=_("One form with its lines and what stands on it: subject id/visit/form")
    )
    item = filters.CharFilter(method="of_item", label=_("Item"))

    class Meta:
        model = Trail
        fields = ()

    def __init__(self, *args: Any, zone: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone_named(zone or self.data.get("zone", ""))

    def since(self, found: QuerySet, _name: str, day: date) -> QuerySet:
        return found.filter(at__gte=datetime.combine(day, time.min, self.zone))

    def until(self, found: QuerySet, _name: str, day: date) -> QuerySet:
        return found.filter(at__lt=datetime.combine(day + timedelta(days=1), time.min, self.zone))

    def by_person(self, found: QuerySet, _name: str, name: str) -> QuerySet:
        named = User.objects.filter(Q(full_name__icontains=name.strip()) | Q(username=name.strip()))
        return found.filter(user_id__in=named.values("pk"))

    def of_action(self, found: QuerySet, _name: str, action: str) -> QuerySet:
        return (
            found.filter(action="U", changes__has_key=STATE)
            if action == STATE
            else found.filter(action=action)
        )

    def of_study(self, found: QuerySet, _name: str, key: str) -> QuerySet:
        return found.filter(study_id__in=Study.objects.filter(key=key).values("pk"))

    def at_site(self, found: QuerySet, _name: str, key: str) -> QuerySet:
        return found.filter(site_id__in=Site.objects.filter(key=key).values("pk"))

    def of_subject(self, found: QuerySet, _name: str, number: str) -> QuerySet:
        named = Q(screening_number=number.strip()) | Q(subject_number=number.strip())
        return found.filter(about(Subject.objects.filter(named)))

    def of_form(self, found: QuerySet, _name: str, key: str) -> QuerySet:
        kind = forms.get(key)
        return found.filter(in_form(kind)) if kind else found.none()

    def of_record(self, found: QuerySet, _name: str, record: UUID) -> QuerySet:
        rows = {row.model for kind in forms.values() for row in kind.rows}
        lines = (Q(row_id__in=keys(model.objects.filter(record=record))) for model in rows)
        return found.filter(reduce(or_, lines, Q(row_id=str(record))))

    def at_slot(self, found: QuerySet, _name: str, address: str) -> QuerySet:
        opened = slot_at(address)
        return found.filter(in_slot(opened)) if opened else found.none()

    def of_item(self, found: QuerySet, _name: str, item: str) -> QuerySet:
        return found.filter(changes__has_any_keys=columns_of_item(item))


def about(subjects: QuerySet[Subject]) -> Q:
    """Entries about subjects, and about the holds on their sites and studies."""
    wide = Hold.objects.filter(Q(site=None) | Q(site__in=subjects.values("site")), subject=None)
    wide = wide.filter(study__in=subjects.values("study"))
    return Q(subject_id__in=subjects.values("pk")) | Q(table_name=Hold._meta.db_table, row_id__in=keys(wide))


def zone_named(name: str) -> ZoneInfo:
    """A time zone by its name; UTC where there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError):
        return ZoneInfo("UTC")


def in_form(kind: FormType) -> Q:
    """Entries of all forms of a kind, of their lines, and of what stands on them: holds, queries, signatures …"""
    own = kind.model.objects.filter(form_key=kind.key)
    condition = Q(table_name=kind.model._meta.db_table, row_id__in=keys(own))
    for row in kind.rows:
        lines = row.model.objects.filter(record__form_key=kind.key)
        condition |= Q(table_name=row.model._meta.db_table, row_id__in=keys(lines))
    for source in on_kinds.values():
        for rows in source(kind):
            condition |= Q(table_name=rows.model._meta.db_table, row_id__in=keys(rows))
    return condition


def slot_at(address: str) -> OpenSlot | None:
    """The slot of an address ("<subject id>/SCR.1/VS.1") with what stands in it; None where there is none."""
    number, _slash, rest = address.partition("/")
    visit, _slash, form = rest.partition("/")
    try:
        subject = Subject.objects.select_related("protocol_version").filter(pk=UUID(number)).first()
    except ValueError:
        return None
    slot = Slot.parse(subject.pk, visit, form) if subject else None
    kind = form_type(slot.form_key, subject) if slot and subject else None
    return open_slot(slot, subject, kind) if slot and subject and kind else None


def in_slot(opened: OpenSlot) -> Q:
    """Entries of the form in a slot, of its lines, and of what stands on it: holds, queries, signatures …"""
    subject, record = opened.subject, opened.record
    ids = [str(record.pk)] if record else []
    for row_type in opened.kind.rows if record else ():
        ids += [str(pk) for pk in row_type.lines_of(record).values_list("pk", flat=True)]
    condition = Q(chain=f"subject:{subject.pk}", row_id__in=ids)
    for source in on_forms.values():
        for rows in source(opened.slot, record.pk if record else None):
            condition |= Q(table_name=rows.model._meta.db_table, row_id__in=keys(rows))
    return condition & Q(chain__in=[f"subject:{subject.pk}", f"study:{subject.study_id}"])


def keys(rows: QuerySet) -> QuerySet:
    """The primary keys of rows as the trail writes them."""
    return rows.order_by().annotate(key=Cast("pk", models.TextField())).values("key")


def items_of(kind: FormType) -> list[tuple[str, str]]:
    """Key and label of each item of a form and of its lines."""
    found: dict[str, str] = {}
    for model in (kind.model, *(row.model for row in kind.rows)):
        composites = getattr(model, "composites", {})
        parts = {column for composite in composites.values() for column in composite.columns()}
        editable = [f.column for f in model._meta.concrete_fields if f.editable and f.column not in parts]
        for name in (*editable, *composites):
            found.setdefault(name, label_of(model, name, None))
    return sorted(found.items(), key=lambda pair: pair[1])
