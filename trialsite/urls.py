"""Every address of the system: each room's own, under one root."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def log_out(request: HttpRequest) -> HttpResponse:
    """End the session, and ask the browser to drop what it keeps of this system."""
    response: HttpResponse = LogoutView.as_view()(request)
    response["Clear-Site-Data"] = '"storage"'
    return response


urlpatterns = [
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", log_out, name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("trialsite.review.urls")),
    path("", include("trialsite.casebook.urls")),
    path("", include("trialsite.studies.urls")),
    path("", include("enrollment.urls")),
    path("", include("assessments.urls")),
    path("", include("treatment.urls")),
    path("", include("outcomes.urls")),
    path("", include("trialsite.exchange.urls")),
]
