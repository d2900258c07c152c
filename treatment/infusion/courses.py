"""The courses of blinatumomab of one subject: plan, stretches and premedication of each phase that gives it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from trialsite.casebook.models import Subject
from trialsite.casebook.registries import facts_of
from trialsite.casebook.states import RecordState
from trialsite.studies.domain.blinatumomab_plan import BlinatumomabPlan, CourseRules
from trialsite.studies.domain.protocol import BLINATUMOMAB

from ..domain.infusion import Infusion, Segment, infusion_course
from ..domain.ledger import PlannedLine
from ..domain.modification import Body
from ..domain.premedication import Answer, Given, answers
from ..models import CycleStart, DosePlan, InfusionSegment, Premedication
from ..plan.paths import cycles_of
from ..selectors import as_segment, planned_lines, plans_in_force, segments_by_subject, windows_of


@dataclass(frozen=True)
class CourseOfPhase:
    """The blinatumomab of one phase: `number` counts the subject's courses, `last` is the day before the next phase.

    rates: day of the cycle → planned µg/day, of the plan in force. rules: those of its regimen, None without any."""

    cycle: CycleStart
    first: date
    last: date
    number: int
    plan: DosePlan | None
    planned: Sequence[PlannedLine]
    rows: Sequence[InfusionSegment]
    zone: ZoneInfo
    rules: CourseRules | None
    protocol_plan: BlinatumomabPlan

    @property
    def segments(self) -> list[Segment]:
        return [as_segment(row) for row in self.rows]

    @property
    def rates(self) -> Mapping[int, Decimal]:
        return {day: line.amount for line in self.planned if line.amount is not None for day in line.days}

    @property
    def planned_days(self) -> int:
        return sum(len(line.days) for line in self.planned)

    @property
    def planned_micrograms(self) -> Decimal | None:
        """What the plan adds up to; None while a dose of it is not known."""
        if any(line.amount is None for line in self.planned):
            return None
        return sum(self.rates.values(), Decimal(0))

    @property
    def body(self) -> Body:
        """The size that fixes the weight class of the whole cycle."""
        return Body(self.plan.weight_kg, self.plan.bsa_m2) if self.plan else Body(None, None)

    def course(self, now: datetime | None = None) -> Infusion:
        """What ran of it up to now."""
        return infusion_course(self.segments, now or timezone.now(), self.planned_days)

    def holds(self, moment: datetime) -> bool:
        return self.first <= moment.astimezone(self.zone).date() <= self.last

    def day_of(self, moment: datetime) -> int:
        """The day of the cycle of a moment; 1 is the first."""
        return (moment.astimezone(self.zone).date() - self.first).days + 1


def courses_of(subject: Subject) -> list[CourseOfPhase]:
    """Every phase of a subject that plans or ran blinatumomab, in order."""
    return courses_of_many([subject.pk]).get(subject.pk, [])


def courses_of_many(subject_ids: Sequence[UUID]) -> dict[UUID, list[CourseOfPhase]]:
    """The same of many subjects; the number of queries is fixed, a subject without any is left out."""
    cycles = cycles_of(subject_ids)
    begun = [one for one, rows in cycles.items() if rows]
    if not begun:
        return {}
    plans, segments = plans_in_force(begun), segments_by_subject(begun)
    subjects = Subject.objects.filter(pk__in=begun).select_related("protocol_version", "site")
    found = {
        one.pk: list(of_subject(one, cycles[one.pk], plans, segments.get(one.pk, []))) for one in subjects
    }
    return {one: courses for one, courses in found.items() if courses}


def of_subject(
    subject: Subject,
    cycles: list[CycleStart],
    plans: Mapping[UUID, DosePlan],
    segments: Sequence[InfusionSegment],
) -> Iterator[CourseOfPhase]:
    """The courses of one subject from what was read."""
    zone, number = ZoneInfo(subject.site.timezone), 0
    for cycle, first, last in windows_of(cycles):
        plan = plans.get(cycle.pk)
        lines = [line for line in planned_lines(plan) if line.drug == BLINATUMOMAB] if plan else []
        rows = [one for one in segments if first <= one.start.astimezone(zone).date() <= last]
        if not lines and not rows:
            continue
        number += 1
        protocol = (plan.protocol_version if plan else subject.protocol_version).protocol
        rules = protocol.blinatumomab.rules_for(plan.regimen) if plan else None
        yield CourseOfPhase(cycle, first, last, number, plan, lines, rows, zone, rules, protocol.blinatumomab)


def premedication_of(subject: Subject) -> list[Premedication]:
    """Every line of premedication that stands, by its time."""
    return list(
        Premedication.objects.filter(subject=subject, voided=False)
        .exclude(record__state=RecordState.VOIDED)
        .order_by("given_at", "pk")
    )


def age_of(subject: Subject) -> int | None:
    """Completed years at consent; None while it is not known."""
    fact = facts_of(subject.pk, ["age_years"])["age_years"]
    return int(str(fact.value)) if fact.known else None


def premedication_answers(
    course: CourseOfPhase, lines: Sequence[Premedication], age: int | None
) -> list[Answer]:
    """Whether premedication was given before each start of a course at which the protocol asks for it."""
    if course.rules is None:
        return []
    return answers(
        course.segments,
        course.rules.premedication,
        [Given(one.drug, one.dose, one.given_at) for one in lines],
        age=age,
        course=course.number,
        bsa_m2=course.plan.bsa_m2 if course.plan else None,
        complete=[row.start for row in course.rows if row.record.premedication_listed],
    )
