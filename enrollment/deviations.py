"""The deviations that randomisation drafts: an arm given in an emergency, and what was wrong with an arm."""

from trialsite.access.models import User

from .models import EmergencyAllocation, MisRandomisation


def draft_emergency(emergency: EmergencyAllocation, by: User) -> None:
    """An arm was given before the protocol's conditions were confirmed."""


def draft_mis_randomisation(found: MisRandomisation, by: User) -> None:
    """Something was wrong with a randomisation."""
