from django.urls import path

from . import call_pages, views
from .adjudication import pages as adjudication
from .dashboards import pages
from .monitoring import control_pages
from .monitoring import pages as monitoring
from .snapshots import pages as cut_pages

urlpatterns = [
    path("subjects/<uuid:subject_id>/outcomes/", views.subject_outcomes, name="outcomes"),
    path("calls/", call_pages.call_list, name="call-list"),
    path("subjects/<uuid:subject_id>/calls/", call_pages.subject_calls, name="subject-calls"),
    path("subjects/<uuid:subject_id>/calls/phone/", call_pages.call_phone, name="call-phone"),
    path("adjudications/", adjudication.committee, name="adjudications"),
    path("adjudications/<uuid:event_id>/", adjudication.case, name="adjudication"),
    path("dashboards/", views.dashboards, name="dashboards"),
    path("dashboards/<slug:key>/", views.study, name="dashboard"),
    path("dashboards/<slug:key>/monitoring/", monitoring.monitoring, name="dashboard-monitoring"),
    path("dashboards/<slug:key>/adjudications/", adjudication.overview, name="dashboard-adjudications"),
    path("dashboards/<slug:key>/courses/", views.courses, name="dashboard-courses"),
    *(
        path(f"dashboards/<slug:key>/{name}/", pages.page, {"name": name}, name=f"dashboard-{name}")
        for name in pages.PAGES
    ),
    path("dashboards/<slug:key>/cells/<slug:topic>/", pages.cell, name="dashboard-cell"),
    path("dashboards/<slug:key>/flow/", views.consort, name="dashboard-flow"),
    path("dashboards/<slug:key>/flow/<slug:station>/", views.station, name="dashboard-station"),
    path("dashboards/<slug:key>/cuts/", cut_pages.cuts, name="cuts"),
    path("dashboards/<slug:key>/cuts/new/", cut_pages.new, name="cut-new"),
    path("dashboards/<slug:key>/cuts/difference/", cut_pages.difference, name="cut-difference"),
    path("dashboards/<slug:key>/cuts/difference/csv/", cut_pages.difference_csv, name="cut-difference-csv"),
    path("dashboards/<slug:key>/cuts/<uuid:cut_id>/", cut_pages.cut, name="cut"),
    path("dashboards/<slug:key>/cuts/<uuid:cut_id>/job/", cut_pages.work, name="cut-work"),
    path("dashboards/<slug:key>/cuts/<uuid:cut_id>/files/<uuid:file_id>/", cut_pages.file, name="cut-file"),
    path(
        "dashboards/<slug:key>/endpoints/<slug:endpoint>/controls/",
        control_pages.controls,
        name="dashboard-controls",
    ),
    path("dashboards/<slug:key>/endpoints/<slug:endpoint>/", views.endpoint, name="dashboard-endpoint"),
]
