"""What other rooms read from the assessments by name."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.amended import dry_runs
from trialsite.casebook.registries import Anchor, ProjectionType, SubjectPage

from .api import PlannedVisitViewSet
from .dry_run import dry_run_visits
from .facts import sources
from .form_registry import FORMS
from .gaps import GAP_WORK, derive_gaps
from .lanes import assessment_lanes
from .models import PlannedVisit, RecordGap
from .responses import first_crc_dates
from .selectors import VISIT_WORK
from .visit_plans import death_dates, derive_visits, planned_rows
from .week import visits_of_week

for form in FORMS:
    registries.forms.register(form.key, form)
for name, source in sources().items():
    registries.facts.register(name, source)
registries.anchors.register("first_crc", Anchor(first_crc_dates, _("first complete remission")))
registries.ends_of_follow_up.register("death", death_dates)
registries.schedule.register("visits", planned_rows)
registries.projections.register("visits", ProjectionType(PlannedVisit, derive_visits))
registries.projections.register("gaps", ProjectionType(RecordGap, derive_gaps))
registries.work.register("visits", VISIT_WORK)
registries.work.register("gaps", GAP_WORK)
registries.week_lines.register("visits", visits_of_week)
registries.api_lists.register("visits", PlannedVisitViewSet)
registries.timeline.register("assessments", assessment_lanes)
registries.subject_pages.register("assessments", SubjectPage(_("Assessments"), "assessments", 40))
dry_runs.register("visits", dry_run_visits)
registries.subject_pages.register(
    "gaps", SubjectPage(_("Gaps"), "subject-gaps", 26, lambda subject: subject.from_paper_until is not None)
)
