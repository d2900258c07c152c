"""What other rooms read from the assessments by name."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.amended import dry_runs
from trialsite.casebook.registries import Anchor, ProjectionType, SubjectPage

from .api import PlannedVisitViewSet
from .awaited import AWAITED_WORK, derive_awaited, index_alerts
from .disease_api import MrdVerdictViewSet, ResponseViewSet
from .dry_run import dry_run_visits
from .facts import sources
from .form_registry import FORMS
from .gaps import GAP_WORK, derive_gaps
from .lanes import assessment_lanes
from .models import AwaitedOfDisease, PlannedVisit, RecordGap
from .range_api import ReferenceRangeViewSet
from .responses import first_crc_dates
from .sample_api import SampleViewSet
from .sample_registrations import SAMPLE_LIFECYCLE, TRAIL_WORDS
from .selectors import VISIT_WORK
from .visit_plans import death_dates, derive_visits, planned_rows

for form in FORMS:
    registries.forms.register(form.key, form)
for name, source in sources().items():
    registries.facts.register(name, source)
registries.anchors.register("first_crc", Anchor(first_crc_dates, _("first complete remission")))
registries.ends_of_follow_up.register("death", death_dates)
registries.schedule.register("visits", planned_rows)
registries.projections.register("visits", ProjectionType(PlannedVisit, derive_visits))
registries.projections.register("gaps", ProjectionType(RecordGap, derive_gaps))
registries.projections.register("disease", ProjectionType(AwaitedOfDisease, derive_awaited))
registries.work.register("visits", VISIT_WORK)
registries.work.register("samples", AWAITED_WORK)
registries.work.register("gaps", GAP_WORK)
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
registries.subject_pages.register("samples", SubjectPage(_("Samples"), "subject-samples", 42))
dry_runs.register("visits", dry_run_visits)
registries.subject_pages.register(
    "gaps", SubjectPage(_("Gaps"), "subject-gaps", 26, lambda subject: subject.from_paper_until is not None)
)
