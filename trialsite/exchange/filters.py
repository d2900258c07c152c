"""How the lists of the API are narrowed: by the subject as a reader knows it, by place, by no name that is none."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from trialsite.casebook.models import Subject

from .tokens import release_of

DAYS = (filters.DateFilter, filters.IsoDateTimeFilter, filters.DateTimeFilter)
NO_FILTERS = ("format", "as_of", "zone", "cursor", "page_size")


def refuse_strange(request: Request, known: Iterable[str]) -> None:
    """Refuse a filter that the list has not, by its name, so that no slip of the pen gives too many rows."""
    names = sorted({*known})
    if strange := sorted(request.query_params.keys() - {*names, *NO_FILTERS}):
        sentence = (
            _("There is no filter of this name; this list has %(names)s.") % {"names": ", ".join(names)}
            if names
            else _("This list has no filters.")
        )
        raise ValidationError({name: [sentence] for name in strange})


def refuse_days(request: Request, known: Mapping[str, Any]) -> None:
    """Who reads shifted dates cannot narrow by true ones: that would tell the shift."""
    asked = [name for name in request.query_params if isinstance(known.get(name), DAYS)]
    if asked and release_of(request).shifts:
        raise ValidationError(
            {name: [_("This token reads shifted dates: no filter by day.")] for name in asked}
        )


def refuse_no_truth(request: Request, known: Mapping[str, Any]) -> None:
    """A filter by yes or no takes true or false; anything else would narrow nothing."""
    asked = {
        name: value
        for name, value in request.query_params.items()
        if isinstance(known.get(name), filters.BooleanFilter)
        and str(value).lower() not in ("", "true", "false")
    }
    if asked:
        raise ValidationError({name: [_("Write true or false.")] for name in asked})


class KnownFilters(filters.DjangoFilterBackend):
    """The filters of a list; a name that is none of them is refused."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        if kind := self.get_filterset_class(view, queryset):
            refuse_strange(request, kind.base_filters)
            refuse_days(request, kind.base_filters)
            refuse_no_truth(request, kind.base_filters)
        return super().filter_queryset(request, queryset, view)


def subjects_called(name: str) -> QuerySet[Subject]:
    """The subjects of this id, subject number or screening number."""
    try:
        return Subject.objects.filter(pk=UUID(name))
    except ValueError:
        return Subject.objects.filter(Q(subject_number=name) | Q(screening_number=name))


class SubjectFilter(filters.CharFilter):
    """The rows of one subject, by its id or its number."""

    def __init__(self, field_name: str = "subject") -> None:
        super().__init__(field_name, help_text="id or number of the subject")

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs.filter(**{f"{self.field_name}__in": subjects_called(value).values("pk")}) if value else qs


class PlacedFilter(filters.FilterSet):
    """The filters of every list of what stands at a subject."""

    subject = SubjectFilter()
    study = filters.CharFilter(field_name="study__key", help_text="key of the study")
    site = filters.CharFilter(field_name="site__key", help_text="key of the site")
