"""What other rooms read by name from the versions of protocols."""

from trialsite.casebook.amended import dry_runs
from trialsite.casebook.registries import TrailWords, trail_words

from .activation_lines import version_words
from .dry_run_items import dry_run_items

trail_words.register(
    "studies_activation",
    TrailWords(
        hidden=lambda changes: {"activated_by_id", "activated_at"}, values={"version_id": version_words}
    ),
)
dry_runs.register("items", dry_run_items)
