"""Which agents each phase that began has given, for the causality of adverse events and what is expected in a phase."""

from collections.abc import Sequence
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Exposure
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import BLINATUMOMAB, Phase, Protocol

from .anchors import car_t_d0, hsct_d0
from .plan.paths import cycles_of

OF_KIND = {"cell-therapy": "car_t", "transplant": "hsct"}
DRUG_AGENTS = {BLINATUMOMAB: "blinatumomab", "VENETOCLAX": "venetoclax"}
PREMEDICATION = {"DEXAMETHASONE"}  # beside these; a phase of chemotherapy has other drugs as well


def exposures(subject_ids: Sequence[UUID]) -> dict[UUID, list[Exposure]]:
    """The phases that began of many subjects, in order; one whose end nobody recorded ends when the next begins.

    A transplantation or an infusion of cells counts from its own form where nobody entered the start of the phase."""
    found: dict[UUID, list[Exposure]] = {}
    cycles = cycles_of(subject_ids)
    by_form = {"transplant": hsct_d0(subject_ids, ""), "cell-therapy": car_t_d0(subject_ids, "")}
    ids = {*cycles, *(one for days in by_form.values() for one in days)}
    for subject in Subject.objects.filter(pk__in=ids).select_related("protocol_version"):
        protocol = subject.protocol_version.protocol
        begun = [
            (one.phase, one.performed_on, one.ended_on)
            for one in cycles.get(subject.pk, [])
            if one.performed_on is not None
        ]
        for kind, days in by_form.items():
            keys = [phase.key for phase in protocol.phases if phase.kind == kind]
            if subject.pk in days and not {phase for phase, *_days in begun} & set(keys):
                begun.append((next(iter(keys), ""), days[subject.pk], None))
        begun.sort(key=lambda one: one[1])
        following = [*(start for _phase, start, _end in begun[1:]), None]
        found[subject.pk] = [
            Exposure(phase, start, end or upcoming, agents_of(protocol, phase))
            for (phase, start, end), upcoming in zip(begun, following, strict=True)
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
