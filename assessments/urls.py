from django.urls import path

from . import event_views, gap_views, meddra_views, views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("reminders/", views.reminders, name="reminders"),
    path("subjects/<uuid:subject_id>/assessments/", views.assessments, name="assessments"),
    path("subjects/<uuid:subject_id>/adverse-events/", event_views.adverse_events, name="adverse-events"),
    path("subjects/<uuid:subject_id>/proposed-events/", event_views.proposed_event, name="proposed-event"),
    path("meddra/", meddra_views.dictionaries, name="meddra"),
    path("meddra/terms/", meddra_views.terms, name="meddra-terms"),
    path("subjects/<uuid:subject_id>/gaps/", gap_views.subject_gaps, name="subject-gaps"),
    path("studies/<slug:key>/gaps/", gap_views.gaps, name="gaps"),
]
