"""Bring identity and the secrets of second factors under a new key."""

from typing import Any

from django.core.management.base import BaseCommand

from trialsite.access.identity import rotate_keys
from trialsite.audit import acting


class Command(BaseCommand):
    help = "Encrypts every identity anew under the first of IDENTITY_KEYS; then the others may be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(role="system", reason="rotation of IDENTITY_KEYS"):
            rows = rotate_keys()
        self.stdout.write(f"{rows} rows are under the first key; the others may leave IDENTITY_KEYS.")
