from django.urls import path

from . import log_views, participation_views, views

urlpatterns = [
    path("screening/", views.screening, name="screening"),
    path("screening/log.csv", log_views.screening_csv, name="screening-csv"),
    path("pre-screening/", log_views.prescreening, name="prescreening"),
    path("pre-screening/log.csv", log_views.prescreening_csv, name="prescreening-csv"),
    path(
        "subjects/<uuid:subject_id>/participation/", participation_views.participation, name="participation"
    ),
    path("subjects/<uuid:subject_id>/participation/leave/", participation_views.leave, name="leave-study"),
    path(
        "subjects/<uuid:subject_id>/participation/return/",
        participation_views.come_back,
        name="return-to-study",
    ),
    path("subjects/<uuid:subject_id>/carry-over/", participation_views.carrying, name="carry-over"),
    path("subjects/<uuid:subject_id>/eligibility/", views.eligibility, name="eligibility"),
    path("subjects/<uuid:subject_id>/eligibility/confirm/", views.confirm, name="eligibility-confirm"),
    path("subjects/<uuid:subject_id>/eligibility/fail/", views.fail, name="screening-fail"),
    path("subjects/<uuid:subject_id>/eligibility/enrol/", views.enrol, name="enrol"),
    path("subjects/<uuid:subject_id>/eligibility/randomise/", views.randomise, name="randomise"),
]
