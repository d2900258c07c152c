"""Checks of an infusion record: premedication that can be, and a rate other than planned."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding

from ..domain.bags import as_planned, infusion_day, planned_rate
from .courses import courses_of

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]


@edit_check(gettext_lazy("Premedication that can be"))
def premedication(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A dose is more than 0 and was given in the past."""
    for place, line in enumerate(rows.get("premedication", ())):
        at = f"premedication.{place}."
        if line.get("dose") is not None and line["dose"] <= 0:
            yield Finding(at + "dose", _("A dose is more than 0; leave the line empty when none was given."))
        if line.get("given_at") is not None and line["given_at"] > timezone.now():
            yield Finding(at + "given_at", _("This time has not come yet."))


@edit_check(gettext_lazy("Rate of the infusion as planned"), hard=False)
def rate_as_planned(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A rate that is neither the one planned for the day of the cycle nor for the day of infusion."""
    lines = [line for line in rows.get("segments", ()) if line.get("start") and line.get("rate") is not None]
    if not lines:
        return
    courses = courses_of(subject)
    for place, line in enumerate(rows.get("segments", ())):
        if not line.get("start") or line.get("rate") is None:
            continue
        course = next((one for one in reversed(courses) if one.holds(line["start"])), None)
        if course is None or not course.rates:
            continue
        days = (course.day_of(line["start"]), infusion_day(course.segments, line["start"]))
        planned = planned_rate(course.rates, *days)
        if planned is not None and not as_planned(line["rate"], course.rates, *days):
            yield Finding(
                f"segments.{place}.rate",
                _("Planned on this day: %(rate)s µg/day. Is it right?")
                % {"rate": f"{planned.normalize():f}"},
            )
