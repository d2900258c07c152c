"""The addresses of imports."""

from django.urls import path

from . import pages

urlpatterns = [
    path("imports/", pages.studies, name="import-studies"),
    path("studies/<slug:key>/imports/", pages.imports, name="imports"),
    path("studies/<slug:key>/imports/<uuid:import_id>/", pages.one_import, name="import"),
    path(
        "studies/<slug:key>/imports/<uuid:import_id>/progress/", pages.import_progress, name="import-progress"
    ),
    path("studies/<slug:key>/imports/<uuid:import_id>/tray/", pages.tray, name="import-tray"),
]
