"""The trail's work outside the request: publishing its digest."""

from celery import shared_task

from .acting import acting
from .digests import publish_digest


@shared_task(name="audit.publish_digest")
def publish() -> int:
    """Publish the digest of all chain heads; its number."""
    with acting(role="system", reason="hourly digest"):
        return publish_digest()
