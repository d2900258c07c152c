"""What the record says of blinatumomab, toxicity and MRD before a graft, as the rules take it."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from assessments.domain.grade_track import grade_on
from assessments.events.tracks import steps_of
from assessments.models import AdverseEvent
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records
from trialsite.clinical import ctcae
from trialsite.clinical.text import Text
from trialsite.studies.domain.transplant_plan import Washout

from ..domain.graft import HAEMATOLOGICAL, Toxicity, WashoutAnswer, washout
from ..selectors import segments_of


@dataclass(frozen=True)
class BlinatumomabEnd:
    """The last day of infusion before a day; `running`: a stretch has no end."""

    on: date | None
    running: bool


def blinatumomab_before(subject: Subject, day: date) -> BlinatumomabEnd:
    """When blinatumomab ended that began before a day; one query."""
    zone = ZoneInfo(subject.site.timezone)
    before = [one for one in segments_of(subject) if one.start.astimezone(zone).date() < day]
    if not before:
        return BlinatumomabEnd(None, running=False)
    if before[-1].stop is None:
        return BlinatumomabEnd(None, running=True)
    stops = [one.stop.astimezone(zone).date() for one in before if one.stop is not None]
    return BlinatumomabEnd(max(stops), running=False)


def open_toxicities(subject: Subject, day: date) -> list[Toxicity]:
    """The non-haematological adverse events that are not over on a day, with their grade then; two queries."""
    records = current_records(AdverseEvent, [subject.pk]).prefetch_related("track").order_by("performed_on")
    found = []
    for one in records:
        if one.term in HAEMATOLOGICAL or one.onset is None or one.onset.earliest > day:
            continue
        if one.stop is not None and one.stop.latest <= day:
            continue
        term = ctcae.named(one.term)
        name = term.name if term is not None and not term.other else Text(one.words, one.words)
        found.append(Toxicity(name, grade_on(steps_of(one), day)))
    return found


def washout_of(subject: Subject, conditioning_on: date | None, rule: Washout | None) -> WashoutAnswer | None:
    """Whether a day of conditioning keeps the wash-out of the subject's protocol; None where it asks for none."""
    if rule is None:
        return None
    if conditioning_on is None:
        return washout(rule.days, rule.max_grade, None, False, None, ())
    end = blinatumomab_before(subject, conditioning_on)
    if end.on is None and not end.running:
        return None  # no blinatumomab was given: there is nothing to wait for
    return washout(
        rule.days,
        rule.max_grade,
        end.on,
        end.running,
        conditioning_on,
        open_toxicities(subject, conditioning_on),
    )
