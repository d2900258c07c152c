from django.urls import path

from . import import_views, paper_views, views

urlpatterns = [
    path("screening/", views.screening, name="screening"),
    path("subjects/<uuid:subject_id>/eligibility/", views.eligibility, name="eligibility"),
    path("subjects/<uuid:subject_id>/eligibility/confirm/", views.confirm, name="eligibility-confirm"),
    path("subjects/<uuid:subject_id>/eligibility/fail/", views.fail, name="screening-fail"),
    path("subjects/<uuid:subject_id>/eligibility/enrol/", views.enrol, name="enrol"),
    path("subjects/<uuid:subject_id>/eligibility/randomise/", views.randomise, name="randomise"),
    path("from-paper/", paper_views.paper, name="paper"),
    path("studies/<slug:key>/from-paper/new/", paper_views.new, name="paper-new"),
    path("studies/<slug:key>/from-paper/import/", import_views.imports, name="paper-import"),
    path("studies/<slug:key>/from-paper/import/files/", import_views.templates, name="import-templates"),
    path("subjects/<uuid:subject_id>/from-paper/", paper_views.record, name="paper-record"),
    path("subjects/<uuid:subject_id>/from-paper/sign/", paper_views.sign, name="paper-sign"),
    path("subjects/<uuid:subject_id>/from-paper/identity/", paper_views.name, name="paper-name"),
]
