"""The floor of the benchmark: a bare Django page that saves the same form, with the same trigger underneath."""

from itertools import count
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from assessments.models import VitalSigns
from trialsite.casebook.models import Subject, Visit

FIELDS = [
    field.name
    for field in VitalSigns._meta.concrete_fields
    if field.editable and not field.primary_key and field.name != "id"
]
MIDDLEWARE = [  # what Django's own startproject writes
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


class BareForm(forms.ModelForm):
    """What a page without this system would have."""

    class Meta:
        model = VitalSigns
        fields = FIELDS


def save(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The least that such a page does: know the person, find the subject, check the shape, save, say so, send on."""
    subject = get_object_or_404(Subject.objects.select_related("study", "site"), pk=subject_id)
    form = BareForm(request.POST)
    if not form.is_valid():
        return HttpResponse(str(form.errors), status=422)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.user_id', %s, true)", [str(request.user.pk)])
        record = form.save(commit=False)
        record.subject, record.study, record.site = subject, subject.study, subject.site
        record.protocol_version_id = subject.protocol_version_id
        record.visit = Visit.objects.get(subject=subject, key=VISIT)
        record.form_key, record.form_repeat = "VS", next(repeats)
        record.save()
    messages.success(request, "Saved.")
    return redirect("/")


VISIT = "FLOOR"
repeats = count(1)
urlpatterns = [path("floor/<uuid:subject_id>/", login_required(save))]
