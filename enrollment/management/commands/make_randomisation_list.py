"""Make or extend the randomisation list of a study, as the owner of the database."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.db.models import Max
from django.utils import timezone

from enrollment.domain.randomisation import (
    METHOD,
    AllocationSlot,
    allocation_list,
    draw_lines,
    draw_list,
    list_digest,
    list_lines,
)
from enrollment.lists import plan_data, publish_lists, strata_of
from enrollment.models import RandomisationList, RandomisationSlot
from trialsite.audit import acting
from trialsite.audit.events import record_event
from trialsite.studies.domain.protocol import Randomisation
from trialsite.studies.domain.recruitment_plan import LIST, MINIMISATION
from trialsite.studies.models import Study

SHORT_SEED = 12


class Command(BaseCommand):
    help = (
        "Seals the randomisation list of a study (of a minimised one its draws) from a seed and publishes its digest. "
        "The statistician runs it where DATABASE_OWNER_URL is set and keeps the seed sealed. The same seed again adds "
        "strata of new sites and longer lists."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="KEY")
        seed = parser.add_mutually_exclusive_group(required=True)
        seed.add_argument("--seed", help="seen by whoever lists processes: for tests and demonstrations")
        seed.add_argument(
            "--seed-file", metavar="PATH", help="holds the seed; made with a random one where there is none"
        )
        parser.add_argument(
            "--slots-per-stratum",
            type=int,
            default=100,
            metavar="N",
            help="places of each stratum, or draws in all",
        )

    def handle(
        self, *args: Any, study: str, slots_per_stratum: int, seed: str | None = None, **options: Any
    ) -> None:
        if "owner" not in connections:
            raise CommandError("Set DATABASE_OWNER_URL: the application itself has no right on the list.")
        key = seed or seed_in(Path(options["seed_file"]))
        if len(key) < SHORT_SEED:
            raise CommandError(
                f"This seed is short: the digest is published, and who guesses the seed knows the list. "
                f"Use {SHORT_SEED} characters or more, random ones in a real trial."
            )
        plan = self.plan_of(study)
        slots, lines = self.made(key, plan, slots_per_stratum)
        made = self.seal(study, plan, slots_per_stratum, slots, list_digest(lines, key))
        with acting(role="system", reason="randomisation list sealed"):
            record_event(
                kind="randomisation.list_sealed", user_id=None, study=study, method=METHOD, digest=made.digest
            )
            publish_lists()
        strata = len({slot.stratum for slot in slots})
        self.stdout.write(f"{study}: {made.added} places added, {len(slots)} in {strata} strata.")  # type: ignore[attr-defined]
        self.stdout.write(f"Method {METHOD}, digest {made.digest}")

    def plan_of(self, study_key: str) -> Randomisation:
        study = Study.objects.filter(key=study_key).first()
        plan = study.protocol.randomisation if study else None
        if plan is None:
            raise CommandError(f"{study_key} is not a study with randomisation.")
        if plan.method == LIST:
            raise CommandError(f"{study_key} takes an imported list: a data manager seals it on its page.")
        return plan

    def made(
        self, seed: str, plan: Randomisation, places: int
    ) -> tuple[list[RandomisationSlot], Iterable[str]]:
        """The sealed rows that seed and protocol give, and the lines of their digest."""
        if plan.method == MINIMISATION:
            draws = draw_list(seed, places)
            rows = [
                RandomisationSlot(stratum="", number=number, block=0, block_size=0, arm="", draw=draw)
                for number, draw in enumerate(draws, start=1)
            ]
            return rows, draw_lines(draws)
        try:
            found = allocation_list(seed, strata_of(plan), plan.ratio, plan.block_sizes, places)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        return [slot_of(one) for one in found], list_lines(found)

    def seal(
        self, study_key: str, plan: Randomisation, places: int, slots: list[RandomisationSlot], digest: str
    ) -> RandomisationList:
        """Write what is not there yet, which must be what this seed gives, and the digest of the whole."""
        with acting(role="system", reason="randomisation list sealed", using="owner"):
            study = Study.objects.using("owner").select_for_update().get(key=study_key)
            there = RandomisationSlot.objects.using("owner").filter(study=study)
            known = {content(row)[:2]: content(row) for row in there}
            given = {content(row)[:2]: content(row) for row in slots}
            if any(given[place] != row for place, row in known.items() if place in given):
                raise CommandError("A list from another seed or ratio stands already; it is never replaced.")
            fresh = [row for row in slots if content(row)[:2] not in known]
            for row in fresh:
                row.study_id = study.pk
            RandomisationSlot.objects.using("owner").bulk_create(fresh, batch_size=1000)
            made = self.note(study, plan, places, slots, digest)
        made.added = len(fresh)  # type: ignore[attr-defined]
        return made

    def note(
        self, study: Study, plan: Randomisation, places: int, slots: list[RandomisationSlot], digest: str
    ) -> RandomisationList:
        """The public record of the list; the same list again is the same record."""
        lists = RandomisationList.objects.using("owner")
        last = lists.filter(study_id=study.pk).aggregate(last=Max("number"))["last"] or 0
        made, _created = lists.get_or_create(
            study_id=study.pk,
            digest=digest,
            defaults={
                "number": last + 1,
                "method": METHOD,
                "places": len(slots),
                "plan": plan_data(plan, places),
                "sealed_at": timezone.now(),
            },
        )
        return made


def slot_of(one: AllocationSlot) -> RandomisationSlot:
    return RandomisationSlot(
        stratum=one.stratum, number=one.number, block=one.block, block_size=one.block_size, arm=one.arm
    )


def content(row: RandomisationSlot) -> tuple[object, ...]:
    """What a seed decides of a row, its place first; of a draw the subject brings the stratum and the arm."""
    if row.draw is not None:
        return "", row.number, row.draw
    return row.stratum, row.number, row.block, row.block_size, row.arm


def seed_in(path: Path) -> str:
    """The seed of a file that its owner alone reads; a new one is written where there is none."""
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    seed = secrets.token_hex(32)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(seed + "\n")
    return seed
