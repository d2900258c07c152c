"""Advice, premedication and bags in words."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from trialsite.clinical.text import Text
from trialsite.listing import listed_apart
from trialsite.studies.domain.blinatumomab_plan import PremedicationDose
from trialsite.studies.words import BLINATUMOMAB_EVENTS

from ..domain.infusion import CycleRule
from ..domain.infusion_events import Episode
from ..domain.modification import Action, EventKind, Followed, Missing
from ..domain.premedication import Answer, MomentKind, Standing
from ..models.infusions import PremedicationDrug
from .advice import Advised

ACTIONS = {
    Action.WATCH: ("info", gettext_lazy("go on, treat the symptoms")),
    Action.INTERRUPT: ("warn", pgettext_lazy("infusion", "hold")),
    Action.STOP: ("bad", gettext_lazy("stop for good")),
    Action.DECIDE: ("warn", gettext_lazy("the investigator decides")),
    Action.QUERY: ("query", gettext_lazy("hold and query")),
}
HOLDS = (Action.INTERRUPT, Action.STOP)
MISSING = {
    Missing.GRADE: gettext_lazy("the CTCAE grade"),
    Missing.STOP: gettext_lazy("the stop of the infusion for this event"),
    Missing.RESOLVED: gettext_lazy("the day on which it was grade 1 or less"),
    Missing.DOSE: gettext_lazy("the rate at which it began"),
    Missing.WEIGHT: gettext_lazy("weight and body surface at the start of the cycle"),
}
CYCLES = {
    CycleRule.SAME_CYCLE: gettext_lazy("same cycle"),
    CycleRule.NEW_CYCLE: gettext_lazy("a new cycle"),
    CycleRule.INVESTIGATOR_DECIDES: gettext_lazy("the investigator decides on the remaining days"),
}
FOLLOWED = {
    Followed.YES: ("done", gettext_lazy("followed")),
    Followed.NO: ("deviation", gettext_lazy("not followed")),
    Followed.OPEN: ("upcoming", pgettext_lazy("infusion", "open")),
}
MOMENTS = {
    MomentKind.FIRST: gettext_lazy("First dose"),
    MomentKind.STEP: pgettext_lazy("infusion", "Step"),
    MomentKind.RESTART: gettext_lazy("Restart after 4 hours or more"),
}
STANDINGS = {
    Standing.GIVEN: ("done", gettext_lazy("given")),
    Standing.LESS: ("deviation", gettext_lazy("too little")),
    Standing.MISSING: ("deviation", gettext_lazy("missing")),
    Standing.UNKNOWN: ("query", pgettext_lazy("infusion", "not known")),
}


def local(text: Text) -> str:
    return text.in_language(get_language() or "en")


def event_name(episode: Episode) -> str:
    """The event by its name: the term of an event of no special kind, the value of a liver event."""
    kind = str(BLINATUMOMAB_EVENTS[episode.kind])
    return (
        episode.name
        if episode.name and episode.kind is EventKind.OTHER
        else (f"{kind} ({episode.name})" if episode.name else kind)
    )


def graded_name(episode: Episode) -> str:
    """With its CTCAE grade; of seizures and liver values the table asks for none."""
    if episode.grade is not None:
        return _("%(event)s, CTCAE grade %(grade)s") % {"event": event_name(episode), "grade": episode.grade}
    if episode.kind in (EventKind.SEIZURE, EventKind.LIVER):
        return event_name(episode)
    return _("%(event)s, CTCAE grade not entered") % {"event": event_name(episode)}


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def rate_words(rate: Decimal | None) -> str:
    if rate is None:
        return _("a rate that is not known yet")
    return _("%(rate)s µg/day") % {"rate": f"{round(rate, 2).normalize():f}"}


def restart_words(one: Advised) -> str:
    """When and at which rate it may go on: "earliest restart … at 9 µg/day; earliest escalation … to 28 µg/day"."""
    advice, zone = one.advice, one.course.zone
    if advice.earliest_restart is None or advice.earliest_escalation is None:
        if advice.action is not Action.INTERRUPT:
            return ""
        return _("restart at %(rate)s, when is not known yet") % {"rate": rate_words(advice.restart)}
    found = [
        _("earliest restart %(when)s at %(rate)s")
        % {"when": moment_words(advice.earliest_restart, zone), "rate": rate_words(advice.restart)},
        _("earliest escalation %(when)s to %(rate)s if it does not come again")
        % {"when": moment_words(advice.earliest_escalation, zone), "rate": rate_words(advice.full)},
    ]
    if one.short:
        found.append(_("escalation not reached before the planned end"))
    if advice.cycle is not None:
        found.append(str(CYCLES[advice.cycle]))
    return _("; ").join(found)


def missing_words(one: Advised) -> str:
    """What the advice lacks, in one line; "" where nothing."""
    names = _(", ").join(str(MISSING[each]) for each in one.advice.missing)
    return _("Missing: %(what)s.") % {"what": names} if names else ""


def alert_words(one: Advised) -> str:
    """A standing advice in one sentence, with its row."""
    parts = [local(one.advice.text)]
    if one.advice.why is not None:
        parts = [str(ACTIONS[Action.STOP][1]), local(one.advice.why)]
    parts += [each for each in (restart_words(one),) if each]
    return _("Blinatumomab: %(event)s: %(advice)s (%(row)s).") % {
        "event": graded_name(one.episode),
        "advice": _("; ").join(parts),
        "row": one.advice.row,
    }


def advice_line(one: Advised) -> dict[str, Any]:
    """A line of the panel of advice."""
    tone, word = ACTIONS[one.advice.action]
    done_tone, done = FOLLOWED[one.outcome.followed]
    return {
        "event": graded_name(one.episode),
        "onset": one.episode.onset,
        "tone": tone,
        "word": word,
        "text": local(one.advice.text),
        "why": local(one.advice.why) if one.advice.why else "",
        "restart": restart_words(one),
        "missing": missing_words(one),
        "row": one.advice.row,
        "cite": one.advice.cite,
        "stands": one.stands,
        "done_tone": done_tone,
        "done": done if one.outcome.followed is not Followed.OPEN or one.stands else "",
        "otherwise": listed_apart(done_otherwise(one)),
        "sources": one.episode.sources,
    }


def done_otherwise(one: Advised) -> list[str]:
    """What differs from an advice: by the infusion, and by the action that the adverse event records."""
    found = [local(one.outcome.sentence)] if one.outcome.sentence else []
    if one.episode.unchanged and one.advice.action in HOLDS:
        found.append(_("recorded action with blinatumomab: none"))
    return found


def premedication_line(one: Answer) -> dict[str, Any]:
    """A line of the table of premedication."""
    tone, word = STANDINGS[one.standing]
    given = one.given
    return {
        "moment": MOMENTS[one.moment.kind],
        "at": one.moment.at,
        "due": _(" or ").join(due_words(dose, one.due_mg) for dose in one.rule.doses),
        "tone": tone,
        "word": word,
        "sentence": local(one.sentence),
        "given": given,
        "given_name": PremedicationDrug(given.drug).label if given else "",
        "cite": one.rule.cite,
    }


def due_words(dose: PremedicationDose, by_surface: Decimal | None) -> str:
    """A premedication as it is due: its name and mg; by body surface as it comes out for this subject."""
    mg = dose.amount if dose.basis == "FLAT" else by_surface
    name = str(PremedicationDrug(dose.drug).label)
    return name if mg is None else f"{name} {round(mg, 2).normalize():f} mg"
