"""Write one study in a standard of CDISC, as its statistician would download it."""

from argparse import BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trialsite.access.models import Profile, User
from trialsite.audit import acting
from trialsite.exchange.profiles import Release
from trialsite.exports.extract import Extract
from trialsite.exports.standards import STANDARDS, write_standard
from trialsite.exports.writers.xpt import NotTransportable
from trialsite.studies.selectors import studies_visible_to


class Command(BaseCommand):
    help = (
        "Write SDTM (SDTMIG 3.4) or ADaM of a study with define.xml into a folder: SAS transport files (xpt), "
        "Dataset-JSON 1.1 (json) or one row a line (ndjson). What is written is what the user named may see."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="key of the study")
        parser.add_argument("folder", type=Path)
        parser.add_argument("--user", required=True, help="user name of the reader whose rights count")
        parser.add_argument("--standard", choices=sorted(STANDARDS), default="sdtm")
        parser.add_argument("--format", choices=["xpt", "json", "ndjson"], default="xpt")
        parser.add_argument("--profile", choices=Profile.values, default=Profile.IDENTIFIED)
        parser.add_argument(
            "--genetic",
            action=BooleanOptionalAction,
            default=True,
            help="with genetic items (unless --no-genetic)",
        )
        parser.add_argument(
            "--ascii",
            action="store_true",
            help="in xpt say of texts in Chinese that they stand in the Dataset-JSON",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reader = User.objects.filter(username=options["user"]).first()
        if reader is None:
            raise CommandError(f"There is no user {options['user']}.")
        with acting(user=reader):
            study = studies_visible_to(reader).filter(key=options["study"]).first()
            if study is None:
                raise CommandError(f"There is no study {options['study']} that {options['user']} may see.")
            folder: Path = options["folder"]
            folder.mkdir(parents=True, exist_ok=True)
            try:
                written = write_standard(
                    Extract(study, reader, Release(Profile(options["profile"]), options["genetic"])),
                    options["standard"],
                    folder,
                    options["format"],
                    plain=options["ascii"],
                )
            except NotTransportable as refused:
                raise CommandError(str(refused)) from None
        for name, count in written.items():
            self.stdout.write(f"{name}: {count} rows")
