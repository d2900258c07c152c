"""Checks of an infusion record and of an adverse event under it: premedication, rate, and the action as advised."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models.safety import AgentAction
from trialsite.casebook.edit_checks import edit_check, first_day
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding

from ..domain.bags import as_planned, infusion_day, planned_rate
from ..domain.infusion_events import Episode, under_infusion
from .advice import Advised, advised_on
from .courses import courses_of
from .episodes import episodes_of, kind_here
from .words import ACTIONS, HOLDS

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


@edit_check(gettext_lazy("Action with blinatumomab as advised"), hard=False)
def action_as_advised(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An adverse event under the infusion left blinatumomab as it was although the label advises to hold or to stop."""
    if values.get("action_blinatumomab") != AgentAction.NONE:
        return
    one = advice_for(values, rows, subject)
    if one is not None and one.advice.action in HOLDS:
        yield Finding(
            "action_blinatumomab",
            _("Advised for this event: %(advice)s (%(row)s). Is “None” right?")
            % {"advice": ACTIONS[one.advice.action][1], "row": one.advice.row},
        )


def advice_for(values: Values, rows: Rows, subject: Subject) -> Advised | None:
    """The advice on an adverse event as it is typed; None outside the infusions or where no row speaks of it."""
    onset = first_day(values.get("onset"))
    courses = [one for one in courses_of(subject) if one.rows] if onset else []
    for course in courses:
        table = course.protocol_plan.dose_modification
        cause = values.get("cause_blinatumomab") or ""
        kind = kind_here(table, values.get("term") or "", cause) if table else None
        if table is None or kind is None or onset is None:
            continue
        grades = [line["grade"] for line in rows.get("track", ()) if line.get("grade") is not None]
        episode = Episode(kind, max(grades, default=None), onset, None, None, judged=True)
        if under_infusion(episode, course.segments, course.zone):
            others = episodes_of(subject, table)
            return advised_on(course, episode, others, timezone.now(), last=course is courses[-1])
    return None
