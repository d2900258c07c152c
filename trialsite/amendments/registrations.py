"""What other rooms read by name from the versions of protocols."""

from trialsite.casebook.amended import dry_runs

from .dry_run_items import dry_run_items

dry_runs.register("items", dry_run_items)
