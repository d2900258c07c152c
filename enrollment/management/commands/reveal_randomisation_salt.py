"""Print the key of the digest of an imported list, as the owner of the database, once the study is over."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from enrollment.models import RandomisationSalt
from trialsite.audit.events import record_event


class Command(BaseCommand):
    help = (
        "Prints the salt of an imported randomisation list: with the list it proves the digest that was published "
        "(bin/reproduce-randomisation). Run it where DATABASE_OWNER_URL is set, after the last randomisation."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="KEY")

    def handle(self, *args: Any, study: str, **options: Any) -> None:
        if "owner" not in connections:
            raise CommandError("Set DATABASE_OWNER_URL: the application itself has no right on the salt.")
        found = RandomisationSalt.objects.using("owner").filter(study__key=study).first()
        if found is None:
            raise CommandError(f"{study} has no imported list.")
        record_event(kind="randomisation.salt_revealed", user_id=None, study=study)
        self.stdout.write(found.salt)
