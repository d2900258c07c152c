from django.urls import path

from . import recruitment_pages, views

urlpatterns = [
    path("screening/", views.screening, name="screening"),
    path("subjects/<uuid:subject_id>/eligibility/", views.eligibility, name="eligibility"),
    path("subjects/<uuid:subject_id>/eligibility/confirm/", views.confirm, name="eligibility-confirm"),
    path("subjects/<uuid:subject_id>/eligibility/fail/", views.fail, name="screening-fail"),
    path("subjects/<uuid:subject_id>/eligibility/enrol/", views.enrol, name="enrol"),
    path("subjects/<uuid:subject_id>/eligibility/randomise/", views.randomise, name="randomise"),
    path("subjects/<uuid:subject_id>/eligibility/emergency/", views.emergency, name="randomise-emergency"),
    path("subjects/<uuid:subject_id>/eligibility/mis-randomisation/", views.flag, name="mis-randomisation"),
    path("subjects/<uuid:subject_id>/place/hold/", views.hold, name="hold-place"),
    path("subjects/<uuid:subject_id>/place/give-back/", views.give_back, name="give-back-place"),
    path("recruitment/", recruitment_pages.recruitment, name="recruitment"),
    path("recruitment/<slug:key>/", recruitment_pages.study_recruitment, name="study-recruitment"),
    path("recruitment/<slug:key>/pause/", recruitment_pages.pause, name="pause-recruitment"),
    path("recruitment/<slug:key>/lists/", recruitment_pages.seal_list, name="seal-list"),
    path("recruitment-pauses/<uuid:pause_id>/resume/", recruitment_pages.resume, name="resume-recruitment"),
]
