"""The dates of treatment from which visits are planned, each read for many subjects at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import Anchor
from trialsite.casebook.selectors import current_records, standing_records
from trialsite.casebook.states import RecordState
from trialsite.casebook.versions import named
from trialsite.studies.domain.protocol import BLINATUMOMAB, Phase

from .domain.infusion_days import infusion_day_begins
from .domain.path import PhaseRun, first_day_of_treatment
from .models import CellTherapy, CycleStart, Donor, EndOfTreatment, InfusionSegment, Transplant
from .models.cells import CellStep
from .models.infusions import StopReason
from .plan.paths import begun_of, cycles_of, phases_of
from .selectors import as_segment

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
    subjects = Subject.objects.filter(pk__in=subject_ids).select_related("protocol_version")
    found: Dates = {}
    for subject_id, begun in read_once(
        ("begun", frozenset(subject_ids)), lambda: begun_of(list(subjects))
    ).items():
        for one in begun:
            if one.phase == phase:
                found.setdefault(subject_id, one.on)
    return found


def phase_end(subject_ids: Sequence[UUID], phase: str) -> Dates:
    """The last day of treatment of a phase, once it is recorded."""
    found = {}
    for subject_id, cycles in cycles_of(subject_ids).items():
        ends = [one.ended_on for one in cycles if one.phase == phase and one.ended_on]
        if ends:
            found[subject_id] = max(ends)
    return found


@dataclass(frozen=True)
class Course:
    """The infusion of one phase: its stretches in time, the phase's start, and whether it is over."""

    cycle: CycleStart
    segments: Sequence[InfusionSegment]
    zone: ZoneInfo
    followed: bool  # another phase began since

    def day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def ended_on(self) -> date | None:
        """The day the infusion actually ended: the last stop once the course is over.

        It is over when a stretch stopped for the end of the course, the phase has its last day, or the next phase
        began. Without an infusion record it is the last day of the phase.
        """
        if not self.segments:
            return self.cycle.ended_on
        last = self.segments[-1]
        over = last.stop_reason == StopReason.END or self.cycle.ended_on or self.followed
        return self.day(last.stop) if over and last.stop is not None else None

    def day_begins(self, number: int) -> date | None:
        """The day on which this cumulative day of infusion begins, at the site's clock."""
        instant = infusion_day_begins([as_segment(one) for one in self.segments], number)
        return self.day(instant) if instant else None


def end_of_blinatumomab(subject_ids: Sequence[UUID], argument: str) -> Dates:
    """The day the first course of blinatumomab actually ended."""

    def first(subject: Subject) -> set[str]:
        return {phase.key for phase in phases_of(subject) if gives_blinatumomab(subject, phase)}

    return dated(courses_of(subject_ids, first), Course.ended_on)


def infusion_end(subject_ids: Sequence[UUID], phase: str) -> Dates:
    """The day the infusion of a phase actually ended."""
    return dated(courses_of(subject_ids, lambda subject: {phase}), Course.ended_on)


def infusion_day(subject_ids: Sequence[UUID], argument: str) -> Dates:
    """The day on which a cumulative day of the infusion of a phase begins ("IND_BLINA:8"), foreseen while it runs."""
    phase, _colon, number = argument.rpartition(":")
    return dated(
        courses_of(subject_ids, lambda subject: {phase}), lambda course: course.day_begins(int(number))
    )


def dated(courses: Mapping[UUID, Course], day: Callable[[Course], date | None]) -> Dates:
    found = {subject_id: day(course) for subject_id, course in courses.items()}
    return {subject_id: on for subject_id, on in found.items() if on is not None}


def courses_of(
    subject_ids: Sequence[UUID], wanted: Callable[[Subject], Collection[str]]
) -> dict[UUID, Course]:
    """The infusion of the first phase that is wanted of each subject, as far as that phase began."""
    cycles = cycles_of(subject_ids)
    segments: dict[UUID, list[InfusionSegment]] = {}
    for row in read_once(("segments", tuple(cycles)), lambda: standing_segments(list(cycles))):
        segments.setdefault(row.subject_id, []).append(row)
    subjects = Subject.objects.filter(pk__in=list(cycles)).select_related("protocol_version", "site")
    found = {}
    for subject in read_once(("treated", tuple(cycles)), lambda: list(subjects)):
        course = course_of(subject, wanted(subject), cycles[subject.pk], segments.get(subject.pk, []))
        if course is not None:
            found[subject.pk] = course
    return found


def course_of(
    subject: Subject, wanted: Collection[str], cycles: list[CycleStart], segments: list[InfusionSegment]
) -> Course | None:
    """The infusion of the first of these phases: the stretches from its day 1 to the day before the next phase."""
    place = next((i for i, one in enumerate(cycles) if one.phase in wanted), None)
    if place is None:
        return None
    began = cycles[place].performed_on
    assert began is not None  # cycles are in the order of their days
    until = cycles[place + 1].performed_on if place + 1 < len(cycles) else None
    zone = ZoneInfo(subject.site.timezone)
    days = [(one, one.start.astimezone(zone).date()) for one in segments]
    here = [one for one, day in days if day >= began and (until is None or day < until)]
    return Course(cycles[place], sorted(here, key=lambda one: one.start), zone, until is not None)


def gives_blinatumomab(subject: Subject, phase: Phase) -> bool:
    """Whether a phase of the path gives blinatumomab, by its kind or by a drug of its regimen."""
    if phase.kind == "blinatumomab" or not phase.regimen:
        return phase.kind == "blinatumomab"
    regimen = named(subject.protocol_version.protocol, "regimens", phase.regimen)
    return any(drug.key == BLINATUMOMAB for drug in regimen.drugs)


def gives_blinatumomab_at_all(subject: Subject) -> bool:
    """Whether any phase of the path does."""
    return any(gives_blinatumomab(subject, phase) for phase in phases_of(subject))


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


ANCHORS: dict[str, Anchor] = {
    "c1d1": Anchor(c1d1, _("day 1 of treatment"), ("CYC",)),
    "phase": Anchor(phase_start, _("day 1 of the phase"), ("CYC", "HSCT", "CAR")),
    "phase_end": Anchor(phase_end, _("last day of the phase"), ("CYC",)),
    "end_of_blinatumomab": Anchor(end_of_blinatumomab, _("end of blinatumomab"), ("CYC", "BLI")),
    "infusion_end": Anchor(infusion_end, _("actual end of the infusion"), ("CYC", "BLI")),
    "infusion_day": Anchor(infusion_day, _("day of infusion"), ("CYC", "BLI")),
    "last_dose": Anchor(last_dose, _("last dose of treatment"), ("EOT",)),
    "conditioning": Anchor(conditioning, _("first day of conditioning"), ("DON", "CYC", "HSCT")),
    "hsct_d0": Anchor(hsct_d0, _("transplantation (day 0)"), ("HSCT",)),
    "car_t_d0": Anchor(car_t_d0, _("CAR-T cell infusion (day 0)"), ("CAR",)),
}
