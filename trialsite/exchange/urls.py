"""The API's addresses: one list for each thing, one for each registered form and each kind of its lines."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import DefaultRouter

from trialsite.casebook.registries import api_lists, forms

from . import views
from .activation_api import ActivationViewSet, DryRunViewSet
from .api import (
    ProtocolFormViewSet,
    ProtocolLineViewSet,
    SiteViewSet,
    StudyViewSet,
    SubjectViewSet,
    form_viewset,
    line_viewset,
)
from .deviation_api import DeviationViewSet
from .form_api import FormSlotView
from .protocol_api import ProtocolVersionViewSet
from .review_api import (
    HoldViewSet,
    QueryMessageViewSet,
    QueryViewSet,
    VerificationViewSet,
)
from .signature_api import SignatureViewSet
from .trail_api import TrailViewSet

router = DefaultRouter()
router.register("studies", StudyViewSet, basename="api-study")
router.register("sites", SiteViewSet, basename="api-site")
router.register("subjects", SubjectViewSet, basename="api-subject")
router.register("protocol-versions", ProtocolVersionViewSet, basename="api-protocol-version")
router.register("activations", ActivationViewSet, basename="api-activation")
router.register("dry-runs", DryRunViewSet, basename="api-dry-run")
for name, viewset in api_lists.items():
    router.register(name, viewset, basename=f"api-{name}")
router.register("queries", QueryViewSet, basename="api-query")
router.register("query-messages", QueryMessageViewSet, basename="api-query-message")
router.register("deviations", DeviationViewSet, basename="api-deviation")
router.register("holds", HoldViewSet, basename="api-hold")
router.register("verifications", VerificationViewSet, basename="api-verification")
router.register("signatures", SignatureViewSet, basename="api-signature")
router.register("trail", TrailViewSet, basename="api-trail")
router.register("forms/PROTOCOL/lines", ProtocolLineViewSet, basename="api-PROTOCOL-lines")
router.register("forms/PROTOCOL", ProtocolFormViewSet, basename="api-form-PROTOCOL")
for form in forms.values():
    for row in form.rows:
        router.register(
            f"forms/{form.key}/{row.name}", line_viewset(form, row), basename=f"api-{form.key}-{row.name}"
        )
    router.register(f"forms/{form.key}", form_viewset(form), basename=f"api-form-{form.key}")

urlpatterns = [
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    path(
        "api/v1/subjects/<uuid:subject_id>/slots/<str:visit>/<str:form>/",
        FormSlotView.as_view(),
        name="api-slot",
    ),
    path("api/v1/", include(router.urls)),
    path("exports/", views.guide, name="api-guide"),
    path("exports/tokens/", views.make_token, name="make-token"),
    path("exports/tokens/<uuid:token_id>/revoke/", views.revoke, name="revoke-token"),
]
