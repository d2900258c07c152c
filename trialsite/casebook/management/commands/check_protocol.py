"""Check a protocol file without loading it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trialsite.casebook.protocol_check import checked_file


class Command(BaseCommand):
    help = "Checks protocol files; each problem names the file, the line and the path."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        count = 0
        for path in files:
            reading, problems = checked_file(path)
            for problem in problems:
                self.stderr.write(str(problem))
            count += len(problems)
            if not problems:
                self.stdout.write(
                    f"{path}: {reading.document['key']} {reading.document['version']} is in order."
                )
        if count:
            raise CommandError(f"{count} problems.")
