"""Prove that the trail still says what was written, and the tables what the trail says."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from trialsite.audit import acting
from trialsite.audit.digests import disagreements, published_lines
from trialsite.audit.models import Chain, Digest, Trail
from trialsite.audit.records import records_astray
from trialsite.audit.selectors import chain_breaks, digest_breaks


class Command(BaseCommand):
    help = (
        "Recomputes every hash of the audit trail and every digest, compares them with the published file, and the rows"
        " of all tables with what their trail says; names each chain or row that another hand changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--published", type=Path, help="a kept copy of the published digests")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["published"] or Path(settings.DIGEST_PATH)
        if options["published"] and not path.exists():
            raise CommandError(f"There is no file {path}.")
        lines = published_lines(path) if path.exists() else []
        with acting(role="system"):
            entries, chains, digests = Trail.objects.count(), Chain.objects.count(), Digest.objects.count()
            found = [*chain_breaks(), *digest_breaks(), *disagreements(lines), *records_astray()]
        for place, position, problem in found:
            self.stdout.write(f"{place} at {position}: {problem}")
        if found:
            raise CommandError(f"{len(found)} places that another hand changed.")
        self.stdout.write(
            f"{entries} entries in {chains} chains, {digests} digests, {len(lines)} of them published:"
            " every hash agrees, and every row is what its trail says."
        )
