"""Write one study as CDISC ODM 1.3.2, as a reader of it would download it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trialsite.access.models import Profile, User
from trialsite.access.permissions import grants_of
from trialsite.audit import acting
from trialsite.exchange.profiles import Release
from trialsite.exports.extract import Extract
from trialsite.exports.odm.document import write_odm
from trialsite.exports.services import EXPORTS
from trialsite.studies.selectors import studies_visible_to


class Command(BaseCommand):
    help = "Write a study as CDISC ODM 1.3.2. What is written is what the user named may see."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="key of the study")
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="user name of the reader whose rights count")
        parser.add_argument("--audit", action="store_true", help="with every transaction of the audit trail")
        parser.add_argument("--profile", choices=Profile.values, default=Profile.IDENTIFIED)
        parser.add_argument("--genetic", action="store_true", help="with genetic items")

    def handle(self, *args: Any, **options: Any) -> None:
        reader = User.objects.filter(username=options["user"], is_active=True).first()
        if reader is None:
            raise CommandError(f"There is no user {options['user']}.")
        with acting(user=reader):
            study = studies_visible_to(reader).filter(key=options["study"]).first()
            if study is None or not grants_of(reader).somewhere(EXPORTS, study.pk):
                raise CommandError(f"There is no study {options['study']} that {options['user']} may export.")
            extract = Extract(study, reader, Release(Profile(options["profile"]), options["genetic"]))
            subjects = write_odm(extract, options["file"], audit=options["audit"])
        self.stdout.write(f"{options['file']}: {subjects} subjects")
