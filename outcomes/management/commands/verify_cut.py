"""Derive a data cut again from the heads of its chains, and say whether its files come out as they were kept."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outcomes.models import DataCut
from outcomes.snapshots.checking import checked
from outcomes.snapshots.derivation import derived
from outcomes.snapshots.files import data_files
from trialsite.audit import acting


class Command(BaseCommand):
    help = (
        "Derives a data cut again from the heads of its chains and compares file by file; where the release is another,"
        " lists what differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="key of the study")
        parser.add_argument("name", help="name of the data cut")

    def handle(self, *args: Any, **options: Any) -> None:
        cut = DataCut.objects.filter(study__key=options["study"], name=options["name"]).first()
        if cut is None:
            raise CommandError(f"{options['study']} has no data cut called {options['name']}.")
        made = data_files(derived(cut))
        with acting(role="system"):
            found = checked(cut, made, sys.maxsize)
        for name, how in found["files"].items():
            self.stdout.write(f"{name}: {how}")
        for chain, position in found["heads"]:
            self.stdout.write(f"{chain} at {position}: another hand changed it")
        for name, key, column, was, now in found["lines"]:
            self.stdout.write(f"{name} {key} {column}: {was or 'nothing'} -> {now or 'nothing'}")
        releases = f"made by release {cut.release}, checked by {found['release']}"
        if found["heads"] or set(found["files"].values()) != {"same"}:
            raise CommandError(f"The cut does not come out as it was kept ({releases}).")
        self.stdout.write(f"Every file comes out to the byte ({releases}).")
