from django.urls import path

from . import (
    attachment_pages,
    check_pages,
    hub_page,
    plan_pages,
    query_pages,
    record_pages,
    signature_pages,
    views,
)

SLOT = "subjects/<uuid:subject_id>/slots/<str:visit>/<str:form>/"

urlpatterns = [
    path("review/", hub_page.review, name="review"),
    path("studies/<slug:key>/holds/", views.holds, name="holds"),
    path("holds/", views.place, name="place-hold"),
    path("holds/<uuid:hold_id>/<slug:action>/", views.step, name="hold-step"),
    path(SLOT + "queries/", query_pages.ask, name="ask"),
    path(SLOT + "attachments/", attachment_pages.attach, name="attach"),
    path("attachments/<uuid:attachment_id>/", attachment_pages.opened_file, name="attachment"),
    path("attachments/<uuid:attachment_id>/void/", attachment_pages.void, name="attachment-void"),
    path(SLOT + "verification/", record_pages.verify, name="verify"),
    path(SLOT + "signatures/", signature_pages.sign, name="sign"),
    path("subjects/<uuid:subject_id>/signatures/", signature_pages.casebook, name="subject-signatures"),
    path(
        "subjects/<uuid:subject_id>/visits/<str:visit>/signatures/",
        signature_pages.visit,
        name="visit-signatures",
    ),
    path("studies/<slug:key>/queries/", query_pages.study_queries, name="queries"),
    path("studies/<slug:key>/queries/step/", query_pages.study_queries_step, name="queries-step"),
    path("studies/<slug:key>/verification/", plan_pages.plan, name="verification-plan"),
    path("studies/<slug:key>/verification/plan/", plan_pages.change, name="verification-plan-change"),
    path("studies/<slug:key>/verification/next/", plan_pages.go_to_next, name="verification-next"),
    path("studies/<slug:key>/checks/", check_pages.checks, name="checks"),
    path("studies/<slug:key>/checks/dry-run/", check_pages.dry_run, name="checks-dry-run"),
    path("studies/<slug:key>/checks/activate/", check_pages.activate, name="checks-activate"),
    path("studies/<slug:key>/queries/filters/", query_pages.keep_filter, name="queries-filter"),
    path(
        "studies/<slug:key>/queries/filters/<uuid:filter_id>/remove/",
        query_pages.remove_filter,
        name="queries-filter-remove",
    ),
    path("subjects/<uuid:subject_id>/queries/", query_pages.subject_queries, name="subject-queries"),
    path("queries/<uuid:query_id>/<slug:action>/", query_pages.step, name="query-step"),
]
