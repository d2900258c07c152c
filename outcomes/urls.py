from django.urls import path

from . import views

urlpatterns = [
    path("subjects/<uuid:subject_id>/outcomes/", views.subject_outcomes, name="outcomes"),
    path("dashboards/", views.dashboards, name="dashboards"),
    path("dashboards/<slug:key>/", views.study, name="dashboard"),
    path("dashboards/<slug:key>/flow/", views.consort, name="dashboard-flow"),
    path("dashboards/<slug:key>/flow/<slug:station>/", views.station, name="dashboard-station"),
    path("dashboards/<slug:key>/endpoints/<slug:endpoint>/", views.endpoint, name="dashboard-endpoint"),
]
