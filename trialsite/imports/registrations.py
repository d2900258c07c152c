"""What this room gives to the registries of earlier ones."""

from trialsite.casebook import registries

from .api import ImportViewSet

registries.api_lists.register("imports", ImportViewSet)
