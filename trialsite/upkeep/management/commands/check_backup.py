"""Restore a kept backup to see whether it still can be."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trialsite.upkeep.address import BackupError
from trialsite.upkeep.kept import Backup
from trialsite.upkeep.services import try_backup


class Command(BaseCommand):
    help = (
        "Restores a backup beside the database and compares rows, heads of the trail and published digests with what"
        " was written down with it. Ends with an error where anything differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=Path, help="the folder of one backup")

    def handle(self, *args: Any, **options: Any) -> None:
        backup = Backup(options["backup"])
        if not backup.folder.is_dir():
            raise CommandError(f"There is no folder {backup.folder}.")
        try:
            try_backup(backup=backup)
        except BackupError as failure:
            raise CommandError(str(failure)) from failure
        self.stdout.write(f"{backup.folder}: restored, and nothing differs.")
