from django.urls import path

from . import views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("reminders/", views.reminders, name="reminders"),
    path("subjects/<uuid:subject_id>/assessments/", views.assessments, name="assessments"),
]
