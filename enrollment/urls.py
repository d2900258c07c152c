from django.urls import path

from . import consent_pages, views

urlpatterns = [
    path("studies/<slug:key>/consent-versions/", consent_pages.versions, name="consent-versions"),
    path("studies/<slug:key>/consent-versions/add/", consent_pages.add, name="consent-version-add"),
    path(
        "studies/<slug:key>/consent-versions/approve/", consent_pages.approve, name="consent-version-approve"
    ),
    path("screening/", views.screening, name="screening"),
    path("subjects/<uuid:subject_id>/eligibility/", views.eligibility, name="eligibility"),
    path("subjects/<uuid:subject_id>/eligibility/confirm/", views.confirm, name="eligibility-confirm"),
    path("subjects/<uuid:subject_id>/eligibility/fail/", views.fail, name="screening-fail"),
    path("subjects/<uuid:subject_id>/eligibility/enrol/", views.enrol, name="enrol"),
    path("subjects/<uuid:subject_id>/eligibility/randomise/", views.randomise, name="randomise"),
]
