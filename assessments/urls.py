from django.urls import path

from . import gap_views, views
from .sae import views as sae_views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("reminders/", views.reminders, name="reminders"),
    path("subjects/<uuid:subject_id>/assessments/", views.assessments, name="assessments"),
    path("subjects/<uuid:subject_id>/gaps/", gap_views.subject_gaps, name="subject-gaps"),
    path("studies/<slug:key>/gaps/", gap_views.gaps, name="gaps"),
    path("studies/<slug:key>/saes/", sae_views.saes, name="saes"),
    path("saes/<uuid:sae_id>/reports/<int:number>/", sae_views.report, name="sae-report"),
    path("saes/<uuid:sae_id>/assess/", sae_views.assess, name="sae-assess"),
    path("subjects/<uuid:subject_id>/saes/start/", sae_views.start, name="sae-start"),
    path("admissions/<uuid:admission_id>/<slug:action>/", sae_views.admission_step, name="admission-step"),
]
