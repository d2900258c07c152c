"""The grade track of an adverse event: its lines as rules read them, and the worst grade that is kept with them."""

from trialsite.access.models import User
from trialsite.casebook.selectors import standing_lines

from ..domain.grade_track import Step, in_order, worst
from ..models import AdverseEvent, GradeChange


def track_of(record: AdverseEvent) -> list[GradeChange]:
    """The lines that stand."""
    return standing_lines(record.track)  # type: ignore[attr-defined]


def steps_of(record: AdverseEvent) -> list[Step]:
    """The grades over the days, in order; of an event that has one grade and no lines, that grade from its onset."""
    steps = in_order(Step(line.since, line.grade) for line in track_of(record))
    if not steps and record.grade and record.onset is not None:
        return [Step(record.onset, record.grade)]
    return steps


def keep_worst_grade(record: AdverseEvent, by: User) -> None:
    """`grade` is the worst of the lines; an event that never had any keeps the grade that it was entered with."""
    lines = list(GradeChange.objects.filter(record=record))
    found = worst(Step(line.since, line.grade) for line in lines if not line.voided)
    if lines and found != record.grade:
        record.grade = found
        record.save(update_fields=["grade"])
