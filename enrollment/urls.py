from django.urls import path

from . import (
    consent_pages,
    decisions_api,
    import_views,
    log_views,
    paper_views,
    participation_views,
    recruitment_pages,
    views,
)

urlpatterns = [
    path("studies/<slug:key>/consent-versions/", consent_pages.versions, name="consent-versions"),
    path("studies/<slug:key>/consent-versions/add/", consent_pages.add, name="consent-version-add"),
    path(
        "studies/<slug:key>/consent-versions/approve/", consent_pages.approve, name="consent-version-approve"
    ),
    path("screening/", views.screening, name="screening"),
    path("screening/log.csv", log_views.screening_csv, name="screening-csv"),
    path("pre-screening/", log_views.prescreening, name="prescreening"),
    path("pre-screening/log.csv", log_views.prescreening_csv, name="prescreening-csv"),
    path(
        "subjects/<uuid:subject_id>/participation/", participation_views.participation, name="participation"
    ),
    path("subjects/<uuid:subject_id>/participation/leave/", participation_views.leave, name="leave-study"),
    path(
        "subjects/<uuid:subject_id>/participation/return/",
        participation_views.come_back,
        name="return-to-study",
    ),
    path("subjects/<uuid:subject_id>/carry-over/", participation_views.carrying, name="carry-over"),
    path("subjects/<uuid:subject_id>/eligibility/", views.eligibility, name="eligibility"),
    path("subjects/<uuid:subject_id>/eligibility/confirm/", views.confirm, name="eligibility-confirm"),
    path("subjects/<uuid:subject_id>/eligibility/fail/", views.fail, name="screening-fail"),
    path("subjects/<uuid:subject_id>/eligibility/enrol/", views.enrol, name="enrol"),
    path("subjects/<uuid:subject_id>/eligibility/randomise/", views.randomise, name="randomise"),
    path("subjects/<uuid:subject_id>/eligibility/emergency/", views.emergency, name="randomise-emergency"),
    path("subjects/<uuid:subject_id>/eligibility/mis-randomisation/", views.flag, name="mis-randomisation"),
    path("subjects/<uuid:subject_id>/place/hold/", views.hold, name="hold-place"),
    path("subjects/<uuid:subject_id>/place/give-back/", views.give_back, name="give-back-place"),
    path("recruitment/", recruitment_pages.recruitment, name="recruitment"),
    path("recruitment/<slug:key>/", recruitment_pages.study_recruitment, name="study-recruitment"),
    path("recruitment/<slug:key>/pause/", recruitment_pages.pause, name="pause-recruitment"),
    path("recruitment/<slug:key>/lists/", recruitment_pages.seal_list, name="seal-list"),
    path("recruitment-pauses/<uuid:pause_id>/resume/", recruitment_pages.resume, name="resume-recruitment"),
    path("from-paper/", paper_views.paper, name="paper"),
    path("studies/<slug:key>/from-paper/new/", paper_views.new, name="paper-new"),
    path("studies/<slug:key>/from-paper/import/", import_views.imports, name="paper-import"),
    path("studies/<slug:key>/from-paper/import/files/", import_views.templates, name="import-templates"),
    path("subjects/<uuid:subject_id>/from-paper/", paper_views.record, name="paper-record"),
    path("subjects/<uuid:subject_id>/from-paper/sign/", paper_views.sign, name="paper-sign"),
    path("subjects/<uuid:subject_id>/from-paper/identity/", paper_views.name, name="paper-name"),
    path("api/v1/screenings/", decisions_api.ScreeningView.as_view(), name="api-screenings"),
    *(
        path(
            f"api/v1/subjects/<uuid:subject_id>/{name}/",
            view.as_view(),
            name=f"api-{name}",
        )
        for name, view in decisions_api.DECISIONS.items()
    ),
]
