from django.urls import path

from . import views

urlpatterns = [
    path("screening/", views.screening, name="screening"),
    path("subjects/<uuid:subject_id>/eligibility/", views.eligibility, name="eligibility"),
    path("subjects/<uuid:subject_id>/eligibility/confirm/", views.confirm, name="eligibility-confirm"),
    path("subjects/<uuid:subject_id>/eligibility/fail/", views.fail, name="screening-fail"),
    path("subjects/<uuid:subject_id>/eligibility/enrol/", views.enrol, name="enrol"),
    path("subjects/<uuid:subject_id>/eligibility/randomise/", views.randomise, name="randomise"),
]
