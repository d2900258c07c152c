"""The API's addresses, and those of the page that tells of them."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from . import views, webhook_pages
from .form_api import FormSlotView
from .lists import router
from .problems_api import KindsView
from .visit_api import NotDoneView

urlpatterns = [
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/problems/", KindsView.as_view(), name="api-problems"),
    path("api/v1/docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    path(
        "api/v1/subjects/<uuid:subject_id>/slots/<str:visit>/<str:form>/",
        FormSlotView.as_view(),
        name="api-slot",
    ),
    path(
        "api/v1/subjects/<uuid:subject_id>/visits/<str:visit>/not-done/",
        NotDoneView.as_view(),
        name="api-not-done",
    ),
    path("api/v1/", include(router.urls)),
    path("exports/", views.guide, name="api-guide"),
    path("exports/tokens/", views.make_token, name="make-token"),
    path("exports/tokens/<uuid:token_id>/revoke/", views.revoke, name="revoke-token"),
    path("exports/webhooks/", webhook_pages.webhooks, name="webhooks"),
    path("exports/webhooks/<uuid:webhook_id>/", webhook_pages.webhook, name="webhook"),
    path("exports/webhooks/<uuid:webhook_id>/secret/", webhook_pages.another_secret, name="webhook-secret"),
    path("exports/webhooks/<uuid:webhook_id>/resume/", webhook_pages.resume, name="webhook-resume"),
    path("exports/webhooks/<uuid:webhook_id>/end/", webhook_pages.end, name="webhook-end"),
    path(
        "exports/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/send-again/",
        webhook_pages.again,
        name="webhook-send-again",
    ),
]
