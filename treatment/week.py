"""What the week sheet says of treatment: the doses planned for each day of the phase that goes on."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import get_language

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.registries import Week, WeekLine
from trialsite.casebook.states import RecordState, SubjectState

from .models import DosePlan, PlannedDose

LONGEST_PHASE = timedelta(days=120)  # no phase of the protocols plans doses for longer


def doses_of_week(user: User, week: Week) -> Iterator[WeekLine]:
    """The doses of the plans in force, of phases that have not ended before the day; one query."""
    latest = DosePlan.objects.filter(cycle=OuterRef("plan__cycle")).order_by("-number")
    goes_on = Q(plan__cycle__ended_on=None) | Q(plan__cycle__ended_on__gte=week.monday)
    found = (
        PlannedDose.objects.filter(reach_of(user, "record.view"), goes_on, site_id=week.site_id)
        .filter(plan=Subquery(latest.values("pk")[:1]), subject__state=SubjectState.ENROLLED)
        .filter(plan__cycle__performed_on__range=(week.monday - LONGEST_PHASE, week.sunday))
        .exclude(plan__cycle__state=RecordState.VOIDED)
        .select_related("plan__cycle", "subject__study")
        .defer("plan__inputs")
    )
    if week.study:
        found = found.filter(study__key=week.study)
    for dose in found.exclude(amount=0).order_by("line"):
        yield from lines_of(dose, week)


def lines_of(dose: PlannedDose, week: Week) -> Iterator[WeekLine]:
    """One line for each day of the week on which a dose is planned."""
    first, last = dose.plan.cycle.performed_on, dose.plan.cycle.ended_on
    assert first is not None  # the query asks for it
    for number in dose.days:
        day = first + timedelta(days=number - 1)
        if week.monday <= day <= week.sunday and (last is None or day <= last):
            yield WeekLine(
                day=day,
                subject_number=dose.subject.number,
                study_key=dose.subject.study.key,
                what=dose.name_zh if (get_language() or "").startswith("zh") else dose.name_en,
                detail=amount_words(dose),
                order=1,
            )


def amount_words(dose: PlannedDose) -> str:
    """The single dose with its unit and route; the route alone while the dose is not known."""
    if dose.amount is None:
        return dose.get_route_display()
    times = f" × {dose.per_day}" if dose.per_day > 1 else ""
    amount = f"{dose.amount.normalize():f} {dose.get_unit_display()}{times}"
    return f"{amount} · {dose.get_route_display()}"
