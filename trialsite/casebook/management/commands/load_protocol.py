"""Load protocol files as immutable versions and open the sites that they name."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from trialsite.audit import acting
from trialsite.casebook.protocol_check import checked_file
from trialsite.studies.services import PROTOCOLS, ProtocolRefused, load_protocol, open_planned_sites


class Command(BaseCommand):
    help = "Loads protocol files; a version that is loaded already is left alone. --all takes the four that ship."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--all", action="store_true", help="the protocol files that ship with the system")
        parser.add_argument(
            "--open-sites",
            type=date.fromisoformat,
            metavar="DATE",
            help="activate the sites that a file names, from this day (default: three years ago)",
        )

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        paths = sorted(PROTOCOLS.glob("*.yaml")) if options["all"] else files
        if not paths:
            raise CommandError("Name a protocol file, or use --all.")
        checked = [(path, *checked_file(path)) for path in paths]
        wrong = [problem for _path, _reading, problems in checked for problem in problems]
        if wrong:
            raise CommandError("\n".join(str(problem) for problem in wrong))
        opens = options["open_sites"] or timezone.now().date() - timedelta(days=3 * 365)
        for path, reading, _problems in checked:
            try:
                with acting(role="system", reason="protocol file loaded"):
                    version, new = load_protocol(
                        document=reading.document, text=path.read_text(encoding="utf-8"), by=None
                    )
                    open_planned_sites(version=version, on=opens, by=None)
            except ProtocolRefused as refusal:
                raise CommandError(str(refusal)) from refusal
            word = "loaded" if new else "was loaded before"
            self.stdout.write(f"{version.study.key} {version.version} {word}, digest {version.digest[:12]}.")
