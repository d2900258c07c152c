"""Every read of the treatment room for one subject (whose visibility the caller has checked), or for lists."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.casebook.states import RecordState
from trialsite.casebook.versions import named
from trialsite.clinical.text import Text

from .domain.infusion import Segment, StopReason
from .domain.ledger import GivenLine, PlannedLine
from .models import CycleStart, DoseGiven, DosePlan, InfusionSegment, PlannedDose
from .plan.paths import cycles_of


def plans_of(subject: Subject) -> Mapping[UUID, list[DosePlan]]:
    """The plans of each cycle of a subject, the last one being in force, with their doses."""
    return plans_by_cycle([subject.pk])


def plans_in_force(subject_ids: Sequence[UUID]) -> dict[UUID, DosePlan]:
    """The last plan of each cycle of many subjects, with its doses."""
    return {cycle: made[-1] for cycle, made in plans_by_cycle(subject_ids).items()}


def plans_by_cycle(subject_ids: Sequence[UUID]) -> Mapping[UUID, list[DosePlan]]:
    """Every plan of many subjects by cycle, in their order; read once in a reading."""

    def read() -> Mapping[UUID, list[DosePlan]]:
        plans = (
            DosePlan.objects.filter(subject_id__in=subject_ids)
            .select_related("made_by", "protocol_version")
            .prefetch_related(Prefetch("doses", PlannedDose.objects.order_by("line")))
            .order_by("number")
        )
        found: dict[UUID, list[DosePlan]] = defaultdict(list)
        for plan in plans:
            found[plan.cycle_id].append(plan)
        return found

    return read_once(("plans", frozenset(subject_ids)), read)


def planned_lines(plan: DosePlan) -> list[PlannedLine]:
    """The lines of a plan as the ledger takes them, with what the plan's protocol accepts and tolerates."""
    protocol = plan.protocol_version.protocol
    regimen = named(protocol, "regimens", plan.regimen)
    instead = {drug.key: drug.equivalents for drug in regimen.drugs} if regimen else {}
    return [
        PlannedLine(
            drug=dose.drug,
            name=Text(dose.name_en, dose.name_zh),
            route=dose.route,
            unit=dose.unit,
            days=tuple(dose.days),
            per_day=dose.per_day,
            amount=dose.amount,
            working=Text(dose.working_en, dose.working_zh),
            missing=tuple(dose.missing_facts),
            equivalents=instead.get(dose.drug, ()),
            tolerance=protocol.dose_tolerance,
        )
        for dose in plan.doses.all()
    ]


def doses_given(subject: Subject) -> list[GivenLine]:
    """Every dose that was reported and stands, with the address of its form; read once in a reading."""
    from trialsite.casebook.slots import Slot

    def read() -> list[GivenLine]:
        rows = (
            DoseGiven.objects.filter(subject=subject, voided=False)
            .exclude(record__state=RecordState.VOIDED)
            .select_related("record__visit")
            .order_by("given_on", "line")
        )
        found = []
        for row in rows:
            url = Slot.of_record(row.record).url()
            found.append(
                GivenLine(
                    row.drug, row.given_on, row.prescribed, row.given, row.unit, row.reason, row.note, url
                )
            )
        return found

    return read_once(("doses given", subject.pk), read)


def segments_of(subject: Subject) -> list[InfusionSegment]:
    """Every stretch of infusion that stands, by its start."""
    return segments_by_subject([subject.pk]).get(subject.pk, [])


def segments_by_subject(subject_ids: Sequence[UUID]) -> Mapping[UUID, list[InfusionSegment]]:
    """The same of many subjects; read once in a reading."""

    def read() -> Mapping[UUID, list[InfusionSegment]]:
        rows = (
            InfusionSegment.objects.filter(subject_id__in=subject_ids, voided=False)
            .exclude(record__state=RecordState.VOIDED)
            .select_related("record__visit")
            .order_by("start", "pk")
        )
        found: dict[UUID, list[InfusionSegment]] = defaultdict(list)
        for row in rows:
            found[row.subject_id].append(row)
        return found

    return read_once(("stretches", frozenset(subject_ids)), read)


def as_segment(row: InfusionSegment) -> Segment:
    """A stored stretch as the rules take it."""
    return Segment(row.start, row.stop, row.rate, StopReason(row.stop_reason) if row.stop_reason else None)


def windows_of(cycles: list[CycleStart]) -> list[tuple[CycleStart, date, date]]:
    """Each cycle with its first day and the day before the next one begins."""
    found = []
    for place, cycle in enumerate(cycles):
        assert cycle.performed_on is not None
        after = cycles[place + 1].performed_on if place + 1 < len(cycles) else None
        last = after - timedelta(days=1) if after else date.max
        found.append((cycle, cycle.performed_on, max(last, cycle.performed_on)))
    return found


def cycles_of_subject(subject: Subject) -> list[CycleStart]:
    """The phases of one subject that began, by their first day, with the subject at hand."""
    cycles = cycles_of([subject.pk])[subject.pk]
    for cycle in cycles:
        cycle.subject = subject
    return cycles


def surface_by_day(subject: Subject) -> Callable[[date], Decimal | None]:
    """Day → the body surface (m²) of the cycle in which it lies, by the plan in force; None without one."""
    plans, windows = plans_of(subject), windows_of(cycles_of_subject(subject))

    def surface(on: date) -> Decimal | None:
        cycle = next((cycle for cycle, first, last in windows if first <= on <= last), None)
        made = plans.get(cycle.pk) if cycle else None
        return made[-1].bsa_m2 if made else None

    return surface
