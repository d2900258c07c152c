"""What the casebook reads from review by name."""

from trialsite.casebook import registries

from .holds_shown import holds_panel
from .queries import follow_submission, somehow_queried
from .query_pages import QUERY_WORK, queries_panel

registries.form_panels.register("queries", queries_panel)
registries.form_panels.register("holds", holds_panel)
registries.marks.register("queried", somehow_queried)
registries.after_submit.register("queries", follow_submission)
registries.work.register("queries", QUERY_WORK)
