"""Deadlines and verdicts in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trialsite.casebook.names import local
from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text
from trialsite.listing import listed_apart

from ..domain.sae import ClockKind, State, state_of
from ..models import SaeClock

SUSAR_WORDS = {
    Truth.TRUE.value: gettext_lazy("SUSAR"),
    Truth.FALSE.value: gettext_lazy("no SUSAR"),
    Truth.UNKNOWN.value: gettext_lazy("SUSAR not decided"),
}
SUSAR_TONES = {Truth.TRUE.value: "bad", Truth.FALSE.value: "good", Truth.UNKNOWN.value: "unknown"}
TONES = {
    State.WAITING: "waiting",
    State.RUNNING: "due",
    State.OVERDUE: "overdue",
    State.DONE: "done",
    State.DONE_LATE: "warn",
}
HOURS_SHOWN = 48  # below it hours are counted, above it days


def sentence(texts: tuple[Text, ...]) -> str:
    """Several reasons as one line."""
    return listed_apart(local(one) for one in texts)


def span_words(span: timedelta) -> str:
    """A length of time: minutes below one hour, hours below two days, else days."""
    minutes = max(int(abs(span).total_seconds() // 60), 1)
    if minutes < 60:
        return ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < HOURS_SHOWN:
        return ngettext("%(n)d h", "%(n)d h", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}


def time_words(state: State, due: datetime | None, now: datetime) -> str:
    """How a deadline stands: "3 h left", "overdue by 5 h", "in time"."""
    match state:
        case State.RUNNING if due is not None:
            return _("%(span)s left") % {"span": span_words(due - now)}
        case State.OVERDUE if due is not None:
            return _("overdue by %(span)s") % {"span": span_words(now - due)}
        case State.DONE:
            return _("in time")
        case State.DONE_LATE:
            return _("done late")
    return _("not started")


@dataclass(frozen=True)
class ClockLine:
    """One deadline as a page shows it; instants as texts at the clock of the site."""

    clock: SaeClock
    label: Any
    state: State
    tone: str
    words: str
    started: str
    due: str
    done: str

    @property
    def is_open(self) -> bool:
        return self.state in (State.RUNNING, State.OVERDUE)


def line_of(clock: SaeClock, now: datetime, zone: str) -> ClockLine:
    state = state_of(clock.due_at, clock.done_at, now)
    label = clock.get_kind_display()
    if clock.kind == ClockKind.REGULATOR and clock.provisional:
        label = _("SUSAR report to the authority, if it is one")
    moments = [local_words(one, zone) for one in (clock.started_at, clock.due_at, clock.done_at)]
    return ClockLine(clock, label, state, TONES[state], time_words(state, clock.due_at, now), *moments)


def local_words(moment: datetime | None, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if moment else ""
