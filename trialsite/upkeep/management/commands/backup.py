"""Back the database up, and restore the backup to see whether it can be."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from trialsite.upkeep.address import BackupError
from trialsite.upkeep.schedule import next_run, sleep_until
from trialsite.upkeep.services import back_up


class Command(BaseCommand):
    help = (
        "Dumps one snapshot of the database, restores the dump beside it and compares rows, heads of the trail and"
        " published digests; removes old backups. Ends with an error where anything is wrong."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, required=True, help="the folder of the backups")
        parser.add_argument("--keep", type=days, default=30, help="remove those older than so many days (30)")
        parser.add_argument(
            "--nightly", type=time_of_day, help="go on for good: one each day at HH:MM, in UTC"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = options["nightly"]
        while True:
            if at is not None:
                due = next_run(datetime.now(UTC), at)
                self.say(f"The next backup is made at {due:%Y-%m-%d %H:%M} UTC.")
                sleep_until(due)
            self.back_up_now(options["to"], options["keep"])
            if at is None:
                return
            connections.close_all()

    def back_up_now(self, folder: Path, keep_days: int) -> None:
        try:
            backup = back_up(folder=folder, keep_days=keep_days)
        except BackupError as failure:
            raise CommandError(str(failure)) from failure
        self.say(f"{backup.folder}: restored, and nothing differs.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def time_of_day(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise ArgumentTypeError(f"'{text}' is no time of day: write it like 18:30.") from None


def days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or text.strip("0") == "":
        raise ArgumentTypeError(f"'{text}': write a whole number of days, 1 or more.")
    return int(text)
