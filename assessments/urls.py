from django.urls import path

from . import gap_views, views
from .disease import declaration_views
from .events import meddra_views
from .events import views as event_views
from .laboratory import views as laboratory_views
from .ranges import views as range_views
from .sae import views as sae_views
from .samples import views as sample_views
from .visits import feed_views, site_day_views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/feed/", feed_views.calendar_feed, name="calendar-feed"),
    path("calendar/feed/close/", feed_views.close, name="calendar-feed-close"),
    path("calendar/feeds/<str:secret>.ics", feed_views.feed, name="feed"),
    path("studies/<slug:key>/working-days/", site_day_views.site_days, name="site-days"),
    path(
        "studies/<slug:key>/working-days/<uuid:day_id>/withdraw/",
        site_day_views.withdraw,
        name="site-day-withdraw",
    ),
    path("subjects/<uuid:subject_id>/assessments/", views.assessments, name="assessments"),
    path("subjects/<uuid:subject_id>/adverse-events/", event_views.adverse_events, name="adverse-events"),
    path("subjects/<uuid:subject_id>/proposed-events/", event_views.proposed_event, name="proposed-event"),
    path("meddra/", meddra_views.dictionaries, name="meddra"),
    path("meddra/terms/", meddra_views.terms, name="meddra-terms"),
    path("subjects/<uuid:subject_id>/laboratory/", laboratory_views.laboratory, name="laboratory"),
    path(
        "subjects/<uuid:subject_id>/laboratory/draft/",
        laboratory_views.laboratory_draft,
        name="laboratory-draft",
    ),
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
    path("studies/<slug:key>/adverse-events/", event_views.study_events, name="study-events"),
    path("studies/<slug:key>/saes/", sae_views.saes, name="saes"),
    path("saes/<uuid:sae_id>/reports/<int:number>/", sae_views.report, name="sae-report"),
    path("saes/<uuid:sae_id>/assess/", sae_views.assess, name="sae-assess"),
    path("subjects/<uuid:subject_id>/saes/start/", sae_views.start, name="sae-start"),
    path("admissions/<uuid:admission_id>/<slug:action>/", sae_views.admission_step, name="admission-step"),
]
