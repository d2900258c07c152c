"""Hard checks: what cannot have happened."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.edit_checks import EditCheck, edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding
from trialsite.casebook.site_day import site_today

from .domain.body_limits import HEIGHT_CM, WEIGHT_KG, possible
from .doses.drugs import OTHER
from .plan.decisions import phases_offered

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]
Check = Callable[[Values, Rows, Subject], Iterator[Finding]]


def in_order(first: str, second: str, sentence: Any) -> EditCheck:
    """`second` is not before `first`."""

    @edit_check(gettext_lazy("Days in order"), key=f"{first}-before-{second}".replace("_", "-"))
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        one, other = values.get(first), values.get(second)
        if one is not None and other is not None and other < one:
            yield Finding(second, str(sentence))

    return check


@edit_check(gettext_lazy("A phase of the subject's arm"))
def phase_of_arm(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The phase is one of the subject's arm, or one that the protocol forbids: that it began can be recorded."""
    if values.get("phase") not in {phase.key for phase in phases_offered(subject)}:
        yield Finding("phase", _("The subject's arm has no such phase."))


@edit_check(gettext_lazy("Height and weight of a person"))
def possible_body(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Height and weight are those of a person."""
    for item, limits in (("height", HEIGHT_CM), ("weight", WEIGHT_KG)):
        size = values.get(item)
        if size is None:
            continue
        if size.comparator:
            yield Finding(item, _("Doses need an exact value."))
        elif not possible(size.canonical if size.canonical is not None else size.value, limits):
            yield Finding(item, _("Between %(low)s and %(high)s.") % {"low": limits[0], "high": limits[1]})


def not_negative(*items: str) -> EditCheck:
    """An amount is 0 or more."""

    @edit_check(gettext_lazy("Amounts of 0 or more"), key="not-negative")
    def check(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
        for item in items:
            if values.get(item) is not None and values[item] < 0:
                yield Finding(item, _("This cannot be less than 0."))

    return check


@edit_check(gettext_lazy("Doses that can be"))
def doses(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Each line says what, when and how much; nothing lies in the future or below 0."""
    today = site_today(subject)
    for place, line in enumerate(rows.get("doses", ())):
        at = f"doses.{place}."
        if line.get("given") is None:
            yield Finding(at + "given", _("Enter the dose given; 0 when it was not given."))
        for item in ("prescribed", "given"):
            if line.get(item) is not None and line[item] < 0:
                yield Finding(at + item, _("This cannot be less than 0."))
        if line.get("given_on") and line["given_on"] > today:
            yield Finding(
                at + "given_on", _("This day has not come yet at the site (%(today)s).") % {"today": today}
            )
        if OTHER in (line.get("drug"), line.get("reason")) and not line.get("note"):
            yield Finding(at + "note", _("Say in the note which one."))


@edit_check(gettext_lazy("Stretches of infusion in order"))
def segments(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An infusion stops after its start, not in the future, and does not run twice at once."""
    lines = rows.get("segments", ())
    soon = timezone.now() + timedelta(minutes=5)
    for place, line in enumerate(lines):
        at, start, stop = f"segments.{place}.", line.get("start"), line.get("stop")
        if line.get("rate") is not None and line["rate"] < 0:
            yield Finding(at + "rate", _("This cannot be less than 0."))
        for item, moment in (("start", start), ("stop", stop)):
            if moment is not None and moment > soon:
                yield Finding(at + item, _("This time has not come yet."))
        if start is not None and stop is not None and stop <= start:
            yield Finding(at + "stop", _("The infusion cannot stop before it starts."))
        if (stop is None) != (not line.get("stop_reason")):
            item = "stop" if stop is None else "stop_reason"
            yield Finding(at + item, _("A stop needs its time and its reason."))
    for (_one, first), (place, second) in combinations(enumerate(lines), 2):
        if overlap(first, second):
            yield Finding(f"segments.{place}.start", _("Two stretches of infusion run at the same time."))


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two stretches share time; one that runs on lasts."""
    if one.get("start") is None or other.get("start") is None:
        return False
    end = datetime.max.replace(tzinfo=one["start"].tzinfo)
    return one["start"] < (other.get("stop") or end) and other["start"] < (one.get("stop") or end)


@edit_check(gettext_lazy("Medication ends after its start"))
def medication_in_order(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A medicine cannot have been stopped before it was begun, however little is known of either day."""
    started, stopped = values.get("started"), values.get("stopped")
    if started is not None and stopped is not None and stopped.latest < started.earliest:
        yield Finding("stopped", _("The stop lies before the start."))
