"""Make or extend the randomisation list of a study, as the owner of the database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction

from enrollment.domain.randomisation import METHOD, AllocationSlot, all_strata, allocation_list, list_digest
from enrollment.models import RandomisationSlot
from trialsite.audit import acting
from trialsite.audit.events import record_event
from trialsite.studies.models import Study

SHORT_SEED = 12


class Command(BaseCommand):
    help = (
        "Makes the stratified permuted-block list of a study from a seed. The statistician runs it where "
        "DATABASE_OWNER_URL is set and keeps the seed sealed. The same seed again adds strata of new sites "
        "and longer lists."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="KEY")
        parser.add_argument("--seed", required=True)
        parser.add_argument("--slots-per-stratum", type=int, default=100, metavar="N")

    def handle(self, *args: Any, study: str, seed: str, slots_per_stratum: int, **options: Any) -> None:
        if "owner" not in connections:
            raise CommandError("Set DATABASE_OWNER_URL: the application itself has no right on the list.")
        slots = self.planned(study, seed, slots_per_stratum)
        added = self.write(study, slots)
        with acting(role="system", reason="randomisation list made"):
            record_event(
                kind="randomisation.list_made", user_id=None, study=study, method=METHOD, added=added
            )
        if len(seed) < SHORT_SEED:
            self.stderr.write(
                "This seed is short: who guesses it knows the list. Use a long random one in a real trial."
            )
        strata = len({slot.stratum for slot in slots})
        self.stdout.write(f"{study}: {added} places added, {len(slots)} in {strata} strata.")
        self.stdout.write(f"Method {METHOD}, SHA-256 of the list {list_digest(slots)}")

    def planned(self, study_key: str, seed: str, slots_per_stratum: int) -> tuple[AllocationSlot, ...]:
        """The list that seed and protocol give."""
        study = Study.objects.filter(key=study_key).first()
        plan = study.protocol.randomisation if study else None
        if plan is None:
            raise CommandError(f"{study_key} is not a study with randomisation.")
        strata = all_strata({one.key: [level.key for level in one.levels] for one in plan.strata})
        try:
            return allocation_list(seed, strata, plan.ratio, plan.block_sizes, slots_per_stratum)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem

    def write(self, study_key: str, slots: tuple[AllocationSlot, ...]) -> int:
        """Write what is not there yet; what is there must be what this seed gives."""
        with transaction.atomic(using="owner"):
            study = Study.objects.using("owner").select_for_update().get(key=study_key)
            there = RandomisationSlot.objects.using("owner").filter(study=study)
            known = {(row.stratum, row.number): (row.block, row.block_size, row.arm) for row in there}
            given = {(one.stratum, one.number): (one.block, one.block_size, one.arm) for one in slots}
            if any(given[place] != row for place, row in known.items() if place in given):
                raise CommandError("A list from another seed or ratio stands already; it is never replaced.")
            fresh = [
                RandomisationSlot(
                    study_id=study.pk,
                    stratum=one.stratum,
                    number=one.number,
                    block=one.block,
                    block_size=one.block_size,
                    arm=one.arm,
                )
                for one in slots
                if (one.stratum, one.number) not in known
            ]
            RandomisationSlot.objects.using("owner").bulk_create(fresh, batch_size=1000)
        return len(fresh)
