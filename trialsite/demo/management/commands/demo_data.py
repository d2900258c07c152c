"""Make synthetic subjects, deterministic by seed, through the services of the rooms."""

import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from enrollment.selectors import list_is_made
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.demo.accounts import ensure_accounts
from trialsite.demo.amending import amend_study
from trialsite.demo.comparing import compare_study, cut_study
from trialsite.demo.deviating import decide_on_drafts
from trialsite.demo.laboratories import correct_a_range
from trialsite.demo.planning import plan_days_and_visits
from trialsite.demo.prescreening import prescreen
from trialsite.demo.reviewing import review_study
from trialsite.demo.sampling import sample_study
from trialsite.demo.stories.telling import TRIALS
from trialsite.demo.synthetic import subjects_in, tell_stories
from trialsite.studies.models import Study

DEFAULT = {"BLINA-FULL": 48, "VIP-BLINA-HSCT": 26, "BLINA-VEN": 12, "BLINA-INTENS": 20}
SEED = "295"  # small as these trials are, it tells of every kind of event
BAR = 24
Plan = Mapping[str, int]


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
            "--workers",
            type=int,
            default=min(os.cpu_count() or 1, 2),
            metavar="W",
            help="studies made at a time",
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="the four trials, where nobody was screened yet"
        )

    def handle(self, *args: Any, seed: str, if_empty: bool, **options: Any) -> None:
        plan = planned(options["study"], options["subjects"], if_empty)
        studies = {study.key: study for study in Study.objects.filter(key__in=plan)}
        absent = [key for key in plan if key not in studies]
        if absent:
            raise CommandError(f"{', '.join(absent)} is not loaded: run load_protocol --all first.")
        people = ensure_accounts()
        if if_empty and any(subjects_in(study, people["data.manager"]) for study in studies.values()):
            self.stdout.write("There are subjects already: nothing was made.")
            return
        self.look_for_list(studies.values(), people["statistician"])
        begun = time.monotonic()
        workers = min(options["workers"], len(plan))
        numbers = in_parallel(plan, seed, workers) if workers > 1 else in_turn(plan, seed, people)
        self.show(numbers, sum(plan.values()))
        self.stdout.write(f"{sum(plan.values())} subjects in {time.monotonic() - begun:.0f} s.")

    def look_for_list(self, studies: Iterable[Study], statistician: User) -> None:
        """A randomised study needs its list first; as owner it is made here, otherwise that is said."""
        for study in studies:
            if study.protocol.randomisation is None:
                continue
            with acting(user=statistician):
                made = list_is_made(study.pk)
            if made:
                continue
            if owner_is_here():
                seed = f"synthetic list of {study.key}"
                call_command("make_randomisation_list", study=study.key, seed=seed, stdout=self.stdout)
            else:
                self.stdout.write(
                    f"{study.key} has no randomisation list yet, so nobody is randomised. "
                    "make_randomisation_list makes one where DATABASE_OWNER_URL is set; run it before demo_data."
                )

    def show(self, numbers: Iterable[tuple[str, str]], total: int) -> None:
        """Say how far it is: one line that fills on a terminal, a line now and then elsewhere."""
        for done, (key, number) in enumerate(numbers, start=1):
            words = f"{100 * done // total:3d} %  {done}/{total}  {key} {number}"
            if self.stdout.isatty():
                full = BAR * done // total
                self.stdout.write(f"\r  {'█' * full}{'·' * (BAR - full)} {words:<44}", ending="")
                self.stdout.flush()
            elif 10 * done // total > 10 * (done - 1) // total:
                self.stdout.write(f"  {words}")
                self.stdout.flush()
        if self.stdout.isatty():
            self.stdout.write("")


def owner_is_here() -> bool:
    """Whether this process has the owner's connection, as migrations have; web and worker never do."""
    return "owner" in connections


def planned(study: str | None, subjects: int | None, if_empty: bool) -> Plan:
    """How many subjects of which study."""
    if if_empty and not study:
        return DEFAULT
    if not study or not subjects or subjects < 1:
        raise CommandError("Name --study KEY and --subjects N (1 or more), or use --if-empty.")
    return {study: subjects}


def in_turn(plan: Plan, seed: str, people: Mapping[str, User]) -> Iterator[tuple[str, str]]:
    """One study after the other, then its review and, of one, an amendment; yields study and number of each."""
    for key, count in plan.items():
        study = Study.objects.get(key=key)
        for number in tell_stories(study, count, seed, people):
            yield key, number
        plan_days_and_visits(study, people)
        sample_study(study, people)
        correct_a_range(study, people)
        review_study(study, people)
        decide_on_drafts(study, people)
        amend_study(study, people)
        prescreen(study, people)
        compare_study(study, people)
        cut_study(study, people)


def in_parallel(plan: Plan, seed: str, workers: int) -> Iterator[tuple[str, str]]:
    """Several studies at a time, each in a process of its own; subjects of one study wait for each other's number."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    told: Any = context.SimpleQueue()
    left = len(plan)
    with context.Pool(workers, initializer=take_queue, initargs=(told,)) as pool:
        pool.map_async(make_study, [(key, count, seed) for key, count in plan.items()], chunksize=1)
        while left:
            key, number, problem = told.get()
            if problem:
                raise CommandError(f"{key}: {problem}")
            if number:
                yield key, number
            else:
                left -= 1


_queue: list[Any] = []


def take_queue(told: Any) -> None:
    """What a worker reports to."""
    _queue.append(told)


def make_study(task: tuple[str, int, str]) -> None:
    """Make the subjects of one study in this process; an empty number says that it is done."""
    key, count, seed = task
    told = _queue[-1]
    try:
        for reached, number in in_turn({key: count}, seed, ensure_accounts()):
            told.put((reached, number, ""))
        told.put((key, "", ""))
    except Exception as problem:  # told to the parent, which stops
        told.put((key, "", f"{type(problem).__name__}: {problem}"))
    finally:
        connections.close_all()
