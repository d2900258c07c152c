from django.urls import path

from . import gap_views, views
from .laboratory import views as laboratory_views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("reminders/", views.reminders, name="reminders"),
    path("subjects/<uuid:subject_id>/assessments/", views.assessments, name="assessments"),
    path("subjects/<uuid:subject_id>/laboratory/", laboratory_views.laboratory, name="laboratory"),
    path(
        "subjects/<uuid:subject_id>/laboratory/draft/",
        laboratory_views.laboratory_draft,
        name="laboratory-draft",
    ),
    path("subjects/<uuid:subject_id>/gaps/", gap_views.subject_gaps, name="subject-gaps"),
    path("studies/<slug:key>/gaps/", gap_views.gaps, name="gaps"),
]
