from django.urls import path, register_converter

from . import (
    added_visit_views,
    as_of_view,
    draft_views,
    identity_views,
    move_views,
    outage_views,
    trail_views,
    transfer_views,
    views,
    visit_views,
    worksheet_views,
)


class Part:
    """A visit or form of a slot with its repeat: "IND-D8.1", "VS.1"."""

    regex = r"[A-Za-z0-9_+\-]+\.[1-9][0-9]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Part, "part")
VISIT = "subjects/<uuid:subject_id>/visits/<part:visit>/"
SLOT = "subjects/<uuid:subject_id>/slots/<part:visit>/<part:form>/"

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("subjects/", views.subjects, name="subjects"),
    path("subjects/<uuid:subject_id>/", views.subject, name="subject"),
    path("subjects/<uuid:subject_id>/identity/", identity_views.identity, name="identity"),
    path("subjects/<uuid:subject_id>/identity/phone/", identity_views.phone, name="identity-phone"),
    path("subjects/<uuid:subject_id>/trail/", trail_views.subject_trail, name="subject-trail"),
    path("subjects/<uuid:subject_id>/log/<slug:form>/new/", views.new_log_form, name="new-log-form"),
    path("subjects/<uuid:subject_id>/visits/add/", added_visit_views.add, name="visit-add"),
    path(VISIT + "not-done/", visit_views.not_done, name="visit-not-done"),
    path(VISIT + "not-done/undo/", visit_views.undo_not_done, name="visit-not-done-undo"),
    path("subjects/<uuid:subject_id>/transfer/", transfer_views.subject_transfer, name="subject-transfer"),
    path("transfers/<uuid:transfer_id>/", transfer_views.transfer, name="transfer"),
    path("transfers/<uuid:transfer_id>/<slug:action>/", transfer_views.step, name="transfer-step"),
    path("drafts/key/", draft_views.local_key, name="draft-key"),
    path(SLOT, views.form, name="form"),
    path(SLOT + "draft/", draft_views.draft, name="draft"),
    path(SLOT + "history/", trail_views.form_history, name="form-history"),
    path(SLOT + "another/", views.another_form, name="form-another"),
    path(SLOT + "move/", move_views.move, name="form-move"),
    path(SLOT + "<slug:action>/", views.state, name="form-state"),
    path("trail/", trail_views.trail, name="trail"),
    path("studies/<slug:key>/outages/", outage_views.outages, name="outages"),
    path(
        "studies/<slug:key>/outages/<uuid:outage_id>/withdraw/",
        outage_views.withdraw,
        name="outage-withdraw",
    ),
    path("studies/<slug:key>/worksheets/", worksheet_views.worksheets, name="worksheets"),
    path("studies/<slug:key>/worksheets/print/", worksheet_views.printed, name="worksheets-print"),
    path("as-of/", as_of_view.as_of, name="as-of"),
]
