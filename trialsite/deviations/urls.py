from django.urls import path

from . import views

urlpatterns = [
    path("studies/<slug:key>/deviations/", views.register, name="deviations"),
    path("studies/<slug:key>/deviations/report/", views.report, name="deviations-report"),
    path("subjects/<uuid:subject_id>/deviations/", views.subject_register, name="subject-deviations"),
    path(
        "subjects/<uuid:subject_id>/deviations/report/",
        views.subject_report,
        name="subject-deviations-report",
    ),
    path("deviations/<uuid:deviation_id>/", views.deviation, name="deviation"),
    path("deviations/<uuid:deviation_id>/<slug:action>/", views.step, name="deviation-step"),
]
