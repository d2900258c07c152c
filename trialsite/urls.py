"""Every address of the system: each room's own, under one root."""

from django.urls import include, path

handler404 = "trialsite.problems.page_not_found"
handler500 = "trialsite.problems.server_error"

urlpatterns = [
    path("", include("trialsite.access.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("trialsite.reminders.urls")),
    path("", include("trialsite.review.urls")),
    path("", include("trialsite.deviations.urls")),
    path("", include("trialsite.amendments.urls")),
    path("", include("trialsite.casebook.urls")),
    path("", include("trialsite.studies.urls")),
    path("", include("enrollment.urls")),
    path("", include("assessments.urls")),
    path("", include("treatment.urls")),
    path("", include("outcomes.urls")),
    path("", include("trialsite.exports.urls")),
    path("", include("trialsite.imports.urls")),
    path("", include("trialsite.exchange.urls")),
]
