"""Derive all projections anew from the record."""

from typing import Any

from django.core.management.base import BaseCommand

from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import refresh


class Command(BaseCommand):
    help = (
        "Derives planned visits and endpoint results of every subject anew; they hold no fact of their own."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(role="system"):
            ids = list(Subject.objects.order_by("pk").values_list("pk", flat=True))
        for number, pk in enumerate(ids, start=1):
            with acting(role="system"):
                refresh(Subject.objects.select_related("protocol_version", "study", "site").get(pk=pk))
            if number % 100 == 0 or number == len(ids):
                self.stdout.write(
                    f"\r{number} of {len(ids)} subjects", ending="\n" if number == len(ids) else ""
                )
