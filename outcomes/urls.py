from django.urls import path

from . import call_pages, views
from .monitoring import control_pages
from .monitoring import pages as monitoring

urlpatterns = [
    path("subjects/<uuid:subject_id>/outcomes/", views.subject_outcomes, name="outcomes"),
    path("calls/", call_pages.call_list, name="call-list"),
    path("subjects/<uuid:subject_id>/calls/", call_pages.subject_calls, name="subject-calls"),
    path("subjects/<uuid:subject_id>/calls/phone/", call_pages.call_phone, name="call-phone"),
    path("dashboards/", views.dashboards, name="dashboards"),
    path("dashboards/<slug:key>/", views.study, name="dashboard"),
    path("dashboards/<slug:key>/monitoring/", monitoring.monitoring, name="dashboard-monitoring"),
    path("dashboards/<slug:key>/courses/", views.courses, name="dashboard-courses"),
    path("dashboards/<slug:key>/flow/", views.consort, name="dashboard-flow"),
    path("dashboards/<slug:key>/flow/<slug:station>/", views.station, name="dashboard-station"),
    path(
        "dashboards/<slug:key>/endpoints/<slug:endpoint>/controls/",
        control_pages.controls,
        name="dashboard-controls",
    ),
    path("dashboards/<slug:key>/endpoints/<slug:endpoint>/", views.endpoint, name="dashboard-endpoint"),
]
