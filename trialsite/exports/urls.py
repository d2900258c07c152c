"""The addresses of exports."""

from django.urls import path

from . import pages

urlpatterns = [
    path("subjects/<uuid:subject_id>/casebook.pdf", pages.casebook_pdf, name="casebook-pdf"),
    path("studies/<slug:key>/exports/", pages.exports, name="exports"),
    path("studies/<slug:key>/exports/<uuid:export_id>/line/", pages.export_line, name="export-line"),
    path("studies/<slug:key>/exports/<uuid:export_id>/file/", pages.export_file, name="export-file"),
]
