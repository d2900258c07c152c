"""What the casebook reads from review by name."""

from trialsite.casebook import registries

from .holds_shown import holds_panel
from .queries import follow_submission, somehow_queried
from .query_pages import QUERY_WORK, queries_panel
from .record_pages import signature_panel, verification_panel
from .verification import reopen_changed

registries.form_panels.register("queries", queries_panel)
registries.form_panels.register("verification", verification_panel)
registries.form_panels.register("signatures", signature_panel)
registries.form_panels.register("holds", holds_panel)
registries.marks.register("queried", somehow_queried)
registries.after_submit.register("queries", follow_submission)
registries.after_submit.register("verification", reopen_changed)
registries.work.register("queries", QUERY_WORK)
