"""Publish the digest of the trail now."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from trialsite.audit.tasks import publish


class Command(BaseCommand):
    help = "Takes the digest of all chain heads and appends it to the published file (every hour a task does so)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Digest {publish()} published in {settings.DIGEST_PATH}.")
