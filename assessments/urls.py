from django.urls import path

from . import declaration_views, gap_views, range_views, sample_views, views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("reminders/", views.reminders, name="reminders"),
    path("subjects/<uuid:subject_id>/assessments/", views.assessments, name="assessments"),
    path("subjects/<uuid:subject_id>/gaps/", gap_views.subject_gaps, name="subject-gaps"),
    path("studies/<slug:key>/gaps/", gap_views.gaps, name="gaps"),
    path("subjects/<uuid:subject_id>/samples/", sample_views.subject_samples, name="subject-samples"),
    path("subjects/<uuid:subject_id>/samples/draw/", sample_views.draw, name="sample-draw"),
    path("samples/", sample_views.samples, name="samples"),
    path("samples/ship/", sample_views.ship, name="samples-ship"),
    path("samples/<uuid:sample_id>/step/", sample_views.record_step, name="sample-step"),
    path("shipments/<uuid:shipment_id>/", sample_views.shipment, name="shipment"),
    path("studies/<slug:key>/mrd-declarations/", declaration_views.declarations, name="mrd-declarations"),
    path("studies/<slug:key>/mrd-declarations/declare/", declaration_views.declare, name="declare-limits"),
    path(
        "studies/<slug:key>/mrd-declarations/<uuid:declaration_id>/withdraw/",
        declaration_views.withdraw,
        name="declaration-withdraw",
    ),
    path("studies/<slug:key>/reference-ranges/", range_views.ranges, name="reference-ranges"),
    path("studies/<slug:key>/reference-ranges/new/", range_views.new, name="reference-range-new"),
    path(
        "studies/<slug:key>/reference-ranges/<uuid:range_id>/correct/",
        range_views.correct,
        name="reference-range-correct",
    ),
    path(
        "studies/<slug:key>/reference-ranges/<uuid:range_id>/withdraw/",
        range_views.withdraw,
        name="reference-range-withdraw",
    ),
    path(
        "studies/<slug:key>/reference-ranges/<uuid:range_id>/moved/",
        range_views.moved,
        name="reference-range-moved",
    ),
]
