"""What this room gives to the registries of earlier ones."""

from trialsite.casebook import registries

from .api import ExportViewSet

registries.api_lists.register("exports", ExportViewSet)
