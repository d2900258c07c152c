"""Which agents each phase that began has given, for the causality of adverse events and what is expected in a phase."""

from collections.abc import Sequence
from itertools import zip_longest
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Exposure
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import BLINATUMOMAB, Phase, Protocol

from .plan.paths import begun_of

OF_KIND = {"cell-therapy": "car_t", "transplant": "hsct"}
DRUG_AGENTS = {BLINATUMOMAB: "blinatumomab", "VENETOCLAX": "venetoclax"}
PREMEDICATION = {"DEXAMETHASONE"}  # beside these; a phase of chemotherapy has other drugs as well


def exposures(subject_ids: Sequence[UUID]) -> dict[UUID, list[Exposure]]:
    """The phases that began of many subjects, in order; one whose end nobody recorded ends when the next begins.

    A transplantation or an infusion of cells counts from its own form where nobody entered the start of the phase."""
    subjects = list(Subject.objects.filter(pk__in=subject_ids).select_related("protocol_version"))
    phases, found = begun_of(subjects), {}
    for subject in subjects:
        begun = phases[subject.pk]
        found[subject.pk] = [
            Exposure(
                one.phase,
                one.on,
                one.ended_on or (upcoming.on if upcoming else None),
                agents_of(subject.protocol_version.protocol, one.phase),
            )
            for one, upcoming in zip_longest(begun, begun[1:])
        ]
    return found


def agents_of(protocol: Protocol, key: str) -> tuple[str, ...]:
    """The agents of a phase: by its kind, else by the drugs of its regimen (any other drug is chemotherapy)."""
    phase: Phase | None = named(protocol, "phases", key)
    if phase is None:
        return ()
    if phase.kind in OF_KIND:
        return (OF_KIND[phase.kind],)
    regimen = named(protocol, "regimens", phase.regimen) if phase.regimen else None
    drugs = {drug.key for drug in regimen.drugs} if regimen else set()
    agents = {DRUG_AGENTS[drug] for drug in drugs if drug in DRUG_AGENTS}
    if drugs - {*DRUG_AGENTS, *PREMEDICATION} or (drugs and not agents):
        agents.add("chemo")
    return tuple(sorted(agents))
