"""What the casebook's pages read from review by name."""

from trialsite.casebook import registries

from .holds_shown import holds_panel

registries.form_panels.register("holds", holds_panel)
