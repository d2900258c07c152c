from django.urls import path

from . import gap_views, views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("subjects/<uuid:subject_id>/assessments/", views.assessments, name="assessments"),
    path("subjects/<uuid:subject_id>/gaps/", gap_views.subject_gaps, name="subject-gaps"),
    path("studies/<slug:key>/gaps/", gap_views.gaps, name="gaps"),
]
