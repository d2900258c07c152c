"""Protocol versions that come into force, outside the request: at once, and hourly on the day."""

from uuid import UUID

from celery import shared_task

from .activation import bring_into_force, move_subjects


@shared_task(name="amendments.move_subjects_of_site")
def move_subjects_of_site(study_id: str, site_id: str) -> int:
    """Take the ongoing subjects of a site to the version in force there."""
    return move_subjects(UUID(study_id), UUID(site_id))


@shared_task(name="amendments.bring_into_force")
def bring_versions_into_force() -> int:
    """Once the day has come at a site: its version, and its subjects."""
    return bring_into_force()
