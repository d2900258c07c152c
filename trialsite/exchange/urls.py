"""The API's addresses, and those of the page that tells of them."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from . import views
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
]
