"""What the casebook reads from review by name."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.amended import dry_runs
from trialsite.casebook.registries import ProjectionType, SubjectPage

from .attachment_pages import attachments_panel
from .check_runs import activated_versions
from .dry_run import dry_run_verification
from .holds_shown import holds_panel
from .models import FormToVerify, StaleSignature
from .progress import derive_forms_to_verify
from .queries import follow_submission, prompting_checks, somehow_queried
from .query_pages import QUERY_WORK, queries_panel
from .record_pages import verification_panel
from .signature_pages import signature_panel
from .stale_signatures import SIGNATURE_WORK, derive_stale_signatures
from .trail_words import register_words, review_of_form, review_of_kind
from .verification import reopen_changed

registries.form_panels.register("queries", queries_panel)
registries.form_panels.register("attachments", attachments_panel)
registries.form_panels.register("verification", verification_panel)
registries.form_panels.register("signatures", signature_panel)
registries.form_panels.register("holds", holds_panel)
registries.marks.register("queried", somehow_queried)
registries.after_submit.register("queries", follow_submission)
registries.after_submit.register("verification", reopen_changed)
registries.prompts.register("queries", prompting_checks)
registries.work.register("queries", QUERY_WORK)
registries.work.register("signatures", SIGNATURE_WORK)
registries.subject_pages.register("queries", SubjectPage(_("Queries"), "subject-queries", 75))
registries.subject_pages.register("signatures", SubjectPage(_("Signatures"), "subject-signatures", 80))
registries.activated_checks.register("review", activated_versions)
registries.projections.register("verification", ProjectionType(FormToVerify, derive_forms_to_verify))
registries.projections.register("signatures", ProjectionType(StaleSignature, derive_stale_signatures))
registries.on_forms.register("review", review_of_form)
registries.on_kinds.register("review", review_of_kind)
register_words(registries.trail_words)
dry_runs.register("verification", dry_run_verification)
