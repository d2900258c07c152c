from django.urls import path

from . import views

urlpatterns = [
    path("reminders/", views.reminders, name="reminders"),
    path("reminders/secret/", views.another_secret, name="reminder-secret"),
    path("week-sheet/", views.week_sheet, name="week-sheet"),
]
