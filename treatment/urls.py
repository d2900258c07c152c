from django.urls import path

from . import views
from .referrals import views as referral_views

urlpatterns = [
    path("studies/<slug:key>/referrals/", referral_views.referrals, name="referrals"),
    path("studies/<slug:key>/referrals/list.csv", referral_views.referrals_csv, name="referrals-csv"),
    path("subjects/<uuid:subject_id>/medication/", views.medication, name="medication"),
    path(
        "subjects/<uuid:subject_id>/treatment/<slug:phase>/beyond-limit/",
        views.beyond_limit,
        name="anthracycline-decision",
    ),
    path("subjects/<uuid:subject_id>/treatment/", views.treatment, name="treatment"),
    path("subjects/<uuid:subject_id>/treatment/decide/", views.decide, name="treatment-decide"),
    path(
        "subjects/<uuid:subject_id>/treatment/<uuid:cycle_id>/worksheet/",
        views.worksheet,
        name="treatment-worksheet",
    ),
    path(
        "subjects/<uuid:subject_id>/treatment/<uuid:cycle_id>/replan/", views.replan, name="treatment-replan"
    ),
]
