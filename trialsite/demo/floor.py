"""The floor of the benchmark: a bare Django page that saves the same form, with the same trigger underneath."""

import uuid
from typing import Any

from django import forms
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from assessments.models import VitalSigns

FIELDS = [
    field.name
    for field in VitalSigns._meta.concrete_fields
    if field.editable and not field.primary_key and field.name != "id"
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


class BareForm(forms.ModelForm):
    """What a page without this system would have."""

    class Meta:
        model = VitalSigns
        fields = FIELDS


def save(request: HttpRequest, **place: Any) -> HttpResponse:
    """Check the shape, save, send on."""
    form = BareForm(request.POST)
    if not form.is_valid():
        return HttpResponse(str(form.errors), status=422)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.user_id', %s, true)", [str(request.user.pk)])
        record = form.save(commit=False)
        for name, value in PLACE.items():
            setattr(record, name, value)
        record.id, record.form_key, record.form_repeat = uuid.uuid4(), "VS", next_repeat()
        record.save(force_insert=True)
    return redirect("/")


PLACE: dict[str, Any] = {}
_repeats = iter(range(1000, 1_000_000))


def next_repeat() -> int:
    return next(_repeats)


urlpatterns = [path("floor/", save)]
