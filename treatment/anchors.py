"""The dates of treatment from which visits are planned, each read for many subjects at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Anchor
from trialsite.casebook.selectors import current_records, standing_records
from trialsite.casebook.states import RecordState
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import BLINATUMOMAB, Phase

from .domain.path import PhaseRun, first_day_of_treatment
from .models import CellTherapy, Donor, EndOfTreatment, InfusionSegment, Transplant
from .models.infusions import StopReason
from .models.transplant import CellStep
from .paths import cycles_of, phases_of

Dates = dict[UUID, date]


def c1d1(subject_ids: Sequence[UUID], argument: str) -> Dates:
    """Day 1 of the first phase that treats: not the pre-phase, not observation, not transplantation."""
    cycles = cycles_of(subject_ids)
    found = {}
    for subject in Subject.objects.filter(pk__in=list(cycles)).select_related("protocol_version"):
        runs = [PhaseRun(one.phase, one.performed_on) for one in cycles[subject.pk] if one.performed_on]
        phases = phases_named(subject, [run.phase for run in runs])
        first = first_day_of_treatment(phases, runs)
        if first is not None:
            found[subject.pk] = first
    return found


def phase_start(subject_ids: Sequence[UUID], phase: str) -> Dates:
    """Day 1 of a phase that began."""
    found: Dates = {}
    for subject_id, cycles in cycles_of(subject_ids).items():
        for one in cycles:
            if one.phase == phase and one.performed_on:
                found.setdefault(subject_id, one.performed_on)
    return found


def phase_end(subject_ids: Sequence[UUID], phase: str) -> Dates:
    """The last day of treatment of a phase, once it is recorded."""
    found = {}
    for subject_id, cycles in cycles_of(subject_ids).items():
        ends = [one.ended_on for one in cycles if one.phase == phase and one.ended_on]
        if ends:
            found[subject_id] = max(ends)
    return found


def end_of_blinatumomab(subject_ids: Sequence[UUID], argument: str) -> Dates:
    """The day the first course of blinatumomab actually ended.

    It is the day of its last stop once the course is over: a stretch stopped for the end of the course, the phase
    has its last day, or the next phase began. Without an infusion record it is the last day of the phase.
    """
    cycles = cycles_of(subject_ids)
    segments: dict[UUID, list[InfusionSegment]] = {}
    for row in standing_segments(list(cycles)):
        segments.setdefault(row.subject_id, []).append(row)
    found = {}
    subjects = Subject.objects.filter(pk__in=list(cycles)).select_related("protocol_version", "site")
    for subject in subjects:
        day = end_of_first_course(subject, cycles[subject.pk], segments.get(subject.pk, []))
        if day is not None:
            found[subject.pk] = day
    return found


def end_of_first_course(subject: Subject, cycles: list, segments: list[InfusionSegment]) -> date | None:
    """The last day of the first blinatumomab of one subject; None while it runs or was never given."""
    planned = {phase.key for phase in phases_of(subject) if gives_blinatumomab(subject, phase)}
    place = next((i for i, one in enumerate(cycles) if one.phase in planned), None)
    if place is None:
        return None
    cycle = cycles[place]
    until = cycles[place + 1].performed_on if place + 1 < len(cycles) else None
    zone = ZoneInfo(subject.site.timezone)
    days = [(one, one.start.astimezone(zone).date()) for one in segments]
    course = [one for one, day in days if day >= cycle.performed_on and (until is None or day < until)]
    if not course:
        return cycle.ended_on
    last = max(course, key=lambda one: one.start)
    over = last.stop_reason == StopReason.END or cycle.ended_on or until
    return last.stop.astimezone(zone).date() if over and last.stop is not None else None


def gives_blinatumomab(subject: Subject, phase: Phase) -> bool:
    """Whether a phase of the path gives blinatumomab, by its kind or by a drug of its regimen."""
    if phase.kind == "blinatumomab" or not phase.regimen:
        return phase.kind == "blinatumomab"
    regimen = named(subject.protocol_version.protocol, "regimens", phase.regimen)
    return any(drug.key == BLINATUMOMAB for drug in regimen.drugs)


def phases_named(subject: Subject, keys: Sequence[str]) -> list[Phase]:
    """The phases of these keys, each as the subject's version has it or as the last one had it."""
    protocol = subject.protocol_version.protocol
    return [phase for key in dict.fromkeys(keys) if (phase := named(protocol, "phases", key))]


def standing_segments(subject_ids: Sequence[UUID]) -> Sequence[InfusionSegment]:
    return list(
        InfusionSegment.objects.filter(subject_id__in=subject_ids, voided=False).exclude(
            record__state=RecordState.VOIDED
        )
    )


def last_dose(subject_ids: Sequence[UUID], argument: str) -> Dates:
    """The last dose of protocol treatment, once treatment has ended."""
    ended = current_records(EndOfTreatment, subject_ids).exclude(last_dose_on=None)
    return {one.subject_id: one.last_dose_on for one in ended.order_by("performed_on")}


def conditioning(subject_ids: Sequence[UUID], argument: str) -> Dates:
    """The first day of conditioning: as recorded, else day 1 of the transplant phase, else as planned."""
    found: Dates = {}
    planned = current_records(Donor, subject_ids).exclude(conditioning_planned=None)
    for donor in planned.order_by("performed_on"):
        found[donor.subject_id] = donor.conditioning_planned
    cycles = cycles_of(subject_ids)
    for subject in Subject.objects.filter(pk__in=list(cycles)).select_related("protocol_version"):
        begun = phases_named(subject, [one.phase for one in cycles[subject.pk]])
        keys = {one.key for one in begun if one.kind == "transplant"}
        starts = [one.performed_on for one in cycles[subject.pk] if one.phase in keys and one.performed_on]
        if starts:
            found[subject.pk] = starts[0]
    return found | first_days(Transplant, subject_ids, "conditioning_on")


def hsct_d0(subject_ids: Sequence[UUID], argument: str) -> Dates:
    """The day the first graft was infused."""
    return first_days(Transplant, subject_ids, "performed_on")


def car_t_d0(subject_ids: Sequence[UUID], argument: str) -> Dates:
    """The day the CAR-T cells were first infused."""
    return first_days(CellTherapy, subject_ids, "performed_on", step=CellStep.INFUSION)


def first_days(model: type, subject_ids: Sequence[UUID], item: str, **only: object) -> Dates:
    """The earliest date of an item over the standing forms of a kind that have these values."""
    found: Dates = {}
    for subject_id, records in standing_records(model, subject_ids).items():
        days = [
            getattr(one, item)
            for one in records
            if getattr(one, item) is not None
            and all(getattr(one, name) == value for name, value in only.items())
        ]
        if days:
            found[subject_id] = min(days)
    return found


Select = Callable[[Sequence[UUID], str], Mapping[UUID, date]]
ANCHORS: dict[str, tuple[Select, object]] = {
    "c1d1": (c1d1, _("day 1 of treatment")),
    "phase": (phase_start, _("day 1 of the phase")),
    "phase_end": (phase_end, _("last day of the phase")),
    "end_of_blinatumomab": (end_of_blinatumomab, _("end of blinatumomab")),
    "last_dose": (last_dose, _("last dose of treatment")),
    "conditioning": (conditioning, _("first day of conditioning")),
    "hsct_d0": (hsct_d0, _("transplantation (day 0)")),
    "car_t_d0": (car_t_d0, _("CAR-T cell infusion (day 0)")),
}


def anchors() -> dict[str, Anchor]:
    """What the room registers."""
    return {name: Anchor(select, label) for name, (select, label) in ANCHORS.items()}
