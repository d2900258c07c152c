"""What other rooms read from the assessments by name."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trialsite.casebook import registries
from trialsite.casebook.amended import dry_runs
from trialsite.casebook.registries import Anchor, ProjectionType, SubjectPage, TrailWords

from .disease.api import MrdVerdictViewSet, ResponseViewSet
from .disease.awaited import AWAITED_WORK, derive_awaited, index_alerts
from .disease.responses import first_crc_dates
from .events.proposals import PROPOSAL_WORK, derive_proposals
from .facts import sources
from .form_registry import FORMS
from .gaps import GAP_WORK, derive_gaps
from .laboratory.trail import WORDS_OF_NAMES, WORDS_OF_ROWS
from .laboratory.views import DRAFT_KEY
from .laboratory.work import TRAY_WORK
from .lanes import assessment_lanes
from .models import (
    AwaitedOfDisease,
    EventDecision,
    LabName,
    LabTrayRow,
    PlannedVisit,
    ProposedEvent,
    RecordGap,
    ReferenceRange,
    SaeClock,
)
from .ranges.api import ReferenceRangeViewSet
from .ranges.links import ranges_panel
from .ranges.moves import WORDS_OF_RANGES
from .sae.api import SaeClockViewSet
from .sae.derive import derive_clocks
from .sae.shown import sae_panel, sponsor_panel, stands_on_kind, stands_on_report
from .sae.tasks import tell_at_once
from .sae.trail_words import register_words
from .sae.work import SAE_WORK
from .samples.api import SampleViewSet
from .samples.registrations import SAMPLE_LIFECYCLE, TRAIL_WORDS
from .visits.api import PlannedVisitViewSet
from .visits.dry_run import dry_run_visits
from .visits.plans import death_dates, derive_visits, planned_rows
from .visits.selectors import BEGUN_WORK, VISIT_WORK
from .visits.shifts import watch_visits
from .visits.week import notes_of_week, visits_of_week


def hidden_of_decision(changes: Mapping[str, Any]) -> set[str]:
    """Of a declined proposal what was declined and why."""
    return set(changes) - {"term", "starts_on", "worst_grade", "reason"}


for form in FORMS:
    registries.forms.register(form.key, form)
for name, source in sources().items():
    registries.facts.register(name, source)
registries.anchors.register(
    "first_crc", Anchor(first_crc_dates, _("first complete remission"), ("BM", "HEM", "CSF", "IMG"))
)
registries.ends_of_follow_up.register("death", death_dates)
registries.schedule.register("visits", planned_rows)
registries.shifts.register("visits", watch_visits)
registries.projections.register("visits", ProjectionType(PlannedVisit, derive_visits))
registries.projections.register("gaps", ProjectionType(RecordGap, derive_gaps))
registries.projections.register("disease", ProjectionType(AwaitedOfDisease, derive_awaited))
registries.work.register("visits", VISIT_WORK)
registries.work.register("begun visits", BEGUN_WORK)
registries.projections.register("proposed events", ProjectionType(ProposedEvent, derive_proposals))
registries.work.register("samples", AWAITED_WORK)
registries.work.register("gaps", GAP_WORK)
registries.week_lines.register("visits", visits_of_week)
registries.week_notes.register("working days", notes_of_week)
registries.work.register("proposed events", PROPOSAL_WORK)
registries.api_lists.register("visits", PlannedVisitViewSet)
registries.api_lists.register("responses", ResponseViewSet)
registries.api_lists.register("mrd-verdicts", MrdVerdictViewSet)
registries.api_lists.register("samples", SampleViewSet)
registries.subject_alerts.register("index sample", index_alerts)
registries.lifecycles.register("sample", SAMPLE_LIFECYCLE)
for table, told in TRAIL_WORDS.items():
    registries.trail_words.register(table, told)
registries.api_lists.register("reference-ranges", ReferenceRangeViewSet)
registries.timeline.register("assessments", assessment_lanes)
registries.subject_pages.register("assessments", SubjectPage(_("Assessments"), "assessments", 40))
registries.subject_pages.register("adverse-events", SubjectPage(_("Adverse events"), "adverse-events", 42))
registries.trail_words.register(EventDecision._meta.db_table, TrailWords(hidden=hidden_of_decision))
registries.trail_words.register(ReferenceRange._meta.db_table, WORDS_OF_RANGES)
registries.subject_pages.register(
    "laboratory", SubjectPage(pgettext_lazy("results", "Laboratory"), "laboratory", 35)
)
registries.pages_of_drafts.register(DRAFT_KEY, (_("Laboratory table"), "laboratory"))
registries.work.register("lab-tray", TRAY_WORK)
registries.trail_words.register(LabTrayRow._meta.db_table, WORDS_OF_ROWS)
registries.trail_words.register(LabName._meta.db_table, WORDS_OF_NAMES)
registries.subject_pages.register("samples", SubjectPage(_("Samples"), "subject-samples", 42))
dry_runs.register("visits", dry_run_visits)
registries.subject_pages.register(
    "gaps", SubjectPage(_("Gaps"), "subject-gaps", 26, lambda subject: subject.from_paper_until is not None)
)
registries.projections.register("sae clocks", ProjectionType(SaeClock, derive_clocks))
registries.work.register("sae", SAE_WORK)
registries.api_lists.register("sae-clocks", SaeClockViewSet)
registries.form_panels.register("sae", sae_panel)
registries.form_panels.register("sae sponsor", sponsor_panel)
registries.form_panels.register("reference ranges", ranges_panel)
registries.on_forms.register("sae", stands_on_report)
registries.on_kinds.register("sae", stands_on_kind)
registries.after_submit.register("sae-notices", tell_at_once)
register_words(registries.trail_words)
