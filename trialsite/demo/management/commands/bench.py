"""Measure the system in one run: ratios, never times alone."""

import platform
import time
from collections.abc import Callable
from itertools import count
from statistics import median
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext, setup_test_environment

from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject, Visit
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.slots import Slot
from trialsite.demo import estimates, floor
from trialsite.demo.multiply import multiply
from trialsite.demo.timed_exports import written
from trialsite.demo.timed_pages import STUDY, coordinator_and_subject, keep_control, pages

TURNS = 5
OF_R = 0.1  # of the time that R takes to estimate a million rows
BARE, OURS = "a bare page with the same trigger", "this system"
OPEN = "this system without trail and row security"
TYPED = {
    "performed_on": "2026-01-06",
    "height": "172",
    "height_unit": "cm",
    "weight": "70.5",
    "weight_unit": "kg",
    "temperature": "36.8",
    "temperature_unit": "Cel",
    "systolic": "120",
    "systolic_unit": "mm[Hg]",
    "diastolic": "80",
    "diastolic_unit": "mm[Hg]",
    "pulse": "72",
    "pulse_unit": "/min",
    "ecog": "1",
}


class Command(BaseCommand):
    help = (
        "Prints ratios of one run: a form's save against a bare page, pages at growing numbers of subjects, "
        "survival estimates against R."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sizes", default="100,1000,10000", help="numbers of subjects, ascending")
        parser.add_argument("--saves", type=int, default=200, help="how many saves to time")
        parser.add_argument(
            "--estimates", action="store_true", help="only the survival estimates, which need no database"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["estimates"]:
            return self.bench_estimates()
        if "owner" not in settings.DATABASES:
            raise CommandError(
                "Set DATABASE_OWNER_URL: the benchmark makes its subjects with the owner's rights."
            )
        with acting(role="system"):
            if Subject.objects.exists():
                raise CommandError(
                    "This database holds subjects. The benchmark wants an empty one: make bench."
                )
        setup_test_environment(debug=False)
        sizes = [int(size) for size in options["sizes"].split(",")]
        call_command("load_protocol", all=True, verbosity=0)
        self.say(f"{platform.machine()}, Python {platform.python_version()}, PostgreSQL {server_version()}")
        call_command("demo_data", study=STUDY, subjects=sizes[0], seed=1, verbosity=0)
        with acting(role="system"):
            bring_up_to_date(Subject.objects.all())  # before they are multiplied
        self.bench_pages(sizes)
        self.bench_exports()
        self.bench_list()
        self.bench_save(options["saves"])
        self.bench_estimates()

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def bench_estimates(self) -> None:
        """Kaplan–Meier and cumulative incidence of a million rows against the reference, in the same run."""
        ours, whose, theirs = estimates.times_of_estimates()
        self.say(f"\nEstimates of {estimates.ROWS:,} rows (ratio to {whose}; the bar is {OF_R:.2f} of R)")
        for name, seconds in ours.items():
            line = f"  {name:<46}{seconds / theirs[name]:>6.3f}   ({seconds * 1000:.0f} ms"
            self.say(f"{line} of {theirs[name] * 1000:.0f} ms)")

    def bench_save(self, saves: int) -> None:
        """A form with every check, row-level security, trail and redirect, against the bare page; turn by turn.

        The same without trail and row-level security says what these two cost."""
        who, subject = coordinator_and_subject()
        with acting(user=who):
            place = {"study_id": subject.study_id, "site_id": subject.site_id}
            Visit.objects.create(subject=subject, key=floor.VISIT, **place)
        page, bare, numbers = Client(), Client(), count(1)
        for client in (page, bare):
            client.force_login(who)
        taken: dict[str, list[float]] = {BARE: [], OURS: [], OPEN: []}

        def save(_number: int) -> None:
            submit(page, subject, next(numbers))

        for _turn in range(TURNS):
            taken[OURS] += timed(saves // TURNS, save)
            with without(trail=True):
                taken[OPEN] += timed(saves // TURNS, save)
            with (
                without(trail=False),
                override_settings(ROOT_URLCONF="trialsite.demo.floor", MIDDLEWARE=floor.MIDDLEWARE),
            ):
                taken[BARE] += timed(
                    saves // TURNS, lambda _n: post(bare, f"/floor/{subject.pk}/", bare_typed())
                )
        self.say("\nSaving a form (medians of turns in one run; the bar is 1.50)")
        self.say_ratios(taken)

    def bench_list(self) -> None:
        """The list of all subjects with and without row-level security and trail; turn by turn."""
        page = next(pages())
        client = Client()
        client.force_login(page.who)
        taken: dict[str, list[float]] = {OPEN: [], OURS: []}
        for _turn in range(TURNS):
            taken[OURS] += timed(7, visit_of(client, page.url))
            with without(trail=True):
                taken[OPEN] += timed(7, visit_of(client, page.url))
        self.say("\nReading the subject list at the last size (medians of turns in one run)")
        self.say_ratios(taken)

    def bench_exports(self) -> None:
        """Two lists of the last size in every format of the raw record, beside the COPY of the same rows."""
        self.say(
            "\nExports at the last size (ratio to COPY of the same rows; MiB by which memory grows at the most)"
        )
        self.say(f"  {'list':<20}{'format':<25}{'rows':>10}{'rows/s':>10}{'ratio':>8}{'MiB':>8}")
        first: dict[str, float] = {}
        for one in written():
            base = first.setdefault(one.table, one.seconds)
            memory = "–" if one.memory is None else f"{one.memory:.0f}"
            line = f"  {one.table:<20}{one.how:<25}{one.rows:>10}{one.rows / one.seconds:>10.0f}"
            self.say(f"{line}{one.seconds / base:>8.1f}{memory:>8}")

    def say_ratios(self, taken: dict[str, list[float]]) -> None:
        """Each median as a multiple of the first one."""
        base = median(next(iter(taken.values())))
        for name, times in taken.items():
            self.say(f"  {name:<46}{median(times) / base:>6.2f}   ({median(times) * 1000:.1f} ms)")

    def bench_pages(self, sizes: list[int]) -> None:
        """Pages at growing numbers of subjects; every ratio is to the same page at the first size."""
        first: dict[str, float] = {}
        self.say(
            "\nPages (ratio to the first size; the dashboards without a bar are to stand within a second)"
        )
        self.say(f"  {'page':<28}{'subjects':>9}{'ratio':>8}{'bar':>7}{'ms':>8}{'queries':>9}")
        keep_control()
        for size in sizes:
            grow_to(size)
            for page in pages():
                client = Client()
                client.force_login(page.who)
                taken = median(timed(7, visit_of(client, page.url)))
                with CaptureQueriesContext(connection) as queries:
                    client.get(page.url)
                ratio = taken / first.setdefault(page.name, taken)
                bar = f"{page.bar:.2f}" if page.bar else "–"
                line = f"  {page.name:<28}{size:>9}{ratio:>8.2f}{bar:>7}{taken * 1000:>8.0f}{len(queries):>9}"
                self.say(line)


def submit(client: Client, subject: Subject, number: int) -> None:
    """Submit a new form at a visit at which others stand already."""
    url = Slot(subject.pk, LOG, "VS", 1, number).url()
    post(client, url, TYPED | {"press": "submit", "base_version": "0", "draft_version": "0"})


def post(client: Client, url: str, typed: dict[str, str]) -> None:
    """Send a form from a page that has shown the last message."""
    client.cookies.pop("messages", None)
    expect(client.post(url, typed), 302)


def visit_of(client: Client, url: str) -> Callable[[int], None]:
    return lambda _number: expect(client.get(url), 200)


def bare_typed() -> dict[str, str]:
    """The same values as columns, as a form without composite items has them."""
    typed = {"performed_on": TYPED["performed_on"], "ecog": TYPED["ecog"]}
    for item in ("height", "weight", "temperature", "systolic", "diastolic", "pulse"):
        typed |= {
            f"{item}_text": TYPED[item],
            f"{item}_value": TYPED[item],
            f"{item}_unit": TYPED[f"{item}_unit"],
            f"{item}_canonical": TYPED[item],
        }
    return typed


class without:
    """The tables without row-level security; with `trail` also without any trigger."""

    def __init__(self, *, trail: bool) -> None:
        self.trail = trail

    def __enter__(self) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
            )
            self.tables = [row[0] for row in cursor.fetchall()]
        self.switch("DISABLE")

    def __exit__(self, *problem: Any) -> None:
        self.switch("ENABLE")

    def switch(self, word: str) -> None:
        with connections["owner"].cursor() as cursor:
            for table in self.tables:
                cursor.execute(f"ALTER TABLE {table} {word} ROW LEVEL SECURITY")
                if self.trail:
                    cursor.execute(f"ALTER TABLE {table} {word} TRIGGER USER")


def grow_to(size: int) -> None:
    with acting(role="system"):
        have = Subject.objects.count()
    if size > have:
        multiply(round(size / have) - 1)


def timed(times: int, work: Callable[[int], Any]) -> list[float]:
    """The times that `work` took, in seconds, after two rounds that do not count."""
    taken = []
    for number in range(times + 2):
        start = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - start)
    return taken[2:]


def expect(answer: Any, status: int) -> None:
    if answer.status_code != status:
        raise CommandError(f"The page answered {answer.status_code} instead of {status}.")


def server_version() -> str:
    return str(connections["owner"].cursor().connection.server_version // 10000)
