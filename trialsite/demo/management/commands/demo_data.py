"""Make synthetic subjects, deterministic by seed, through the services of the rooms."""

import time
from collections.abc import Iterable
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from enrollment.selectors import list_is_made
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.demo.accounts import ensure_accounts
from trialsite.demo.stories.telling import TRIALS
from trialsite.demo.synthetic import subjects_in, tell_stories
from trialsite.studies.models import Study

DEFAULT = {"BLINA-FULL": 60, "VIP-BLINA-HSCT": 30, "BLINA-VEN": 14, "BLINA-INTENS": 24}
SEED = "2026"
BAR = 24


class Command(BaseCommand):
    help = (
        "Makes synthetic subjects of one study (--study KEY --subjects N --seed S), or the synthetic trials of the "
        "demo where no subject exists yet (--if-empty). All persons are invented."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", choices=list(TRIALS), metavar="KEY", help=", ".join(TRIALS))
        parser.add_argument("--subjects", type=int, metavar="N")
        parser.add_argument("--seed", default=SEED, metavar="S")
        parser.add_argument(
            "--if-empty", action="store_true", help="the four trials, where nobody was screened yet"
        )

    def handle(self, *args: Any, seed: str, if_empty: bool, **options: Any) -> None:
        plan = self.planned(options["study"], options["subjects"], if_empty)
        studies = {study.key: study for study in Study.objects.filter(key__in=plan)}
        absent = [key for key in plan if key not in studies]
        if absent:
            raise CommandError(f"{', '.join(absent)} is not loaded: run load_protocol --all first.")
        people = ensure_accounts()
        if if_empty and any(subjects_in(study, people["data.manager"]) for study in studies.values()):
            self.stdout.write("There are subjects already: nothing was made.")
            return
        self.look_for_list(studies, people["statistician"])
        begun = time.monotonic()
        self.make(plan, studies, seed, people)
        self.stdout.write(f"{sum(plan.values())} subjects in {time.monotonic() - begun:.0f} s.")

    def planned(self, study: str | None, subjects: int | None, if_empty: bool) -> dict[str, int]:
        """How many subjects of which study."""
        if if_empty and not study:
            return DEFAULT
        if not study or not subjects or subjects < 1:
            raise CommandError("Name --study KEY and --subjects N (1 or more), or use --if-empty.")
        return {study: subjects}

    def look_for_list(self, studies: dict[str, Study], statistician: User) -> None:
        """A randomised study needs its list first; as owner it is made here, otherwise that is said."""
        for study in studies.values():
            if study.protocol.randomisation is None:
                continue
            with acting(user=statistician):
                made = list_is_made(study.pk)
            if made:
                continue
            if "owner" in connections:
                call_command(
                    "make_randomisation_list",
                    study=study.key,
                    seed=f"synthetic list of {study.key}",
                    stdout=self.stdout,
                    stderr=self.stderr,
                )
            else:
                self.stdout.write(
                    f"{study.key} has no randomisation list yet, so nobody is randomised: run make_randomisation_list"
                    " where DATABASE_OWNER_URL is set, then demo_data again."
                )

    def make(
        self, plan: dict[str, int], studies: dict[str, Study], seed: str, people: dict[str, User]
    ) -> None:
        total, done = sum(plan.values()), 0
        for key, count in plan.items():
            for number in self.shown(tell_stories(studies[key], count, seed, people), key, done, total):
                done += 1
                del number
        if self.stdout.isatty():
            self.stdout.write("")

    def shown(self, numbers: Iterable[str], key: str, done: int, total: int) -> Iterable[str]:
        """Say how far it is: one line that fills on a terminal, a line now and then elsewhere."""
        for number in numbers:
            done += 1
            percent = 100 * done // total
            words = f"{percent:3d} %  {done}/{total}  {key} {number}"
            if self.stdout.isatty():
                full = BAR * done // total
                bar = "█" * full + "·" * (BAR - full)
                self.stdout.write(f"\r  {bar} {words:<50}", ending="")
                self.stdout.flush()
            elif percent // 10 > 100 * (done - 1) // total // 10 or done == total:
                self.stdout.write(f"  {words}")
                self.stdout.flush()
            yield number
