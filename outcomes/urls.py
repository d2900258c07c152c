from django.urls import path

from . import call_pages, views
from .snapshots import pages

urlpatterns = [
    path("subjects/<uuid:subject_id>/outcomes/", views.subject_outcomes, name="outcomes"),
    path("calls/", call_pages.call_list, name="call-list"),
    path("subjects/<uuid:subject_id>/calls/", call_pages.subject_calls, name="subject-calls"),
    path("subjects/<uuid:subject_id>/calls/phone/", call_pages.call_phone, name="call-phone"),
    path("dashboards/", views.dashboards, name="dashboards"),
    path("dashboards/<slug:key>/", views.study, name="dashboard"),
    path("dashboards/<slug:key>/courses/", views.courses, name="dashboard-courses"),
    path("dashboards/<slug:key>/flow/", views.consort, name="dashboard-flow"),
    path("dashboards/<slug:key>/flow/<slug:station>/", views.station, name="dashboard-station"),
    path("dashboards/<slug:key>/cuts/", pages.cuts, name="cuts"),
    path("dashboards/<slug:key>/cuts/new/", pages.new, name="cut-new"),
    path("dashboards/<slug:key>/cuts/difference/", pages.difference, name="cut-difference"),
    path("dashboards/<slug:key>/cuts/difference/csv/", pages.difference_csv, name="cut-difference-csv"),
    path("dashboards/<slug:key>/cuts/<uuid:cut_id>/", pages.cut, name="cut"),
    path("dashboards/<slug:key>/cuts/<uuid:cut_id>/work/", pages.work, name="cut-work"),
    path("dashboards/<slug:key>/cuts/<uuid:cut_id>/files/<uuid:file_id>/", pages.file, name="cut-file"),
    path("dashboards/<slug:key>/endpoints/<slug:endpoint>/", views.endpoint, name="dashboard-endpoint"),
]
