"""Prove that the trail still says what was written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.audit.selectors import chain_breaks


class Command(BaseCommand):
    help = (
        "Recomputes every hash of the audit trail; says where a chain was altered, shortened or lost entries."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(role="system"):
            entries = Trail.objects.count()
            chains = Trail.objects.values("chain").distinct().count()
            breaks = chain_breaks()
        for chain, position, problem in breaks:
            self.stdout.write(f"{chain} at {position}: {problem}")
        if breaks:
            raise CommandError(f"{len(breaks)} places where the trail was changed by another hand.")
        self.stdout.write(f"{entries} entries in {chains} chains: every hash agrees.")
