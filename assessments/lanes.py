"""The lanes of the timeline that this room fills: visits, responses, MRD, adverse events of grade 3 and more."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today

from .disease.mrd_results import MrdLine, mrd_lines
from .disease.responses import Judged, category_words, judged_responses
from .domain.response import Category
from .models import AdverseEvent, PlannedVisit
from .overview import slot_url
from .visits.selectors import visit_words
from .visits.standing import SCREENING, standing

SEVERE = 3
AHEAD = timedelta(days=42)  # later visits would press what has happened together
RESPONSE_KINDS: dict[str, str] = {
    **dict.fromkeys((Category.CR, Category.CRH, Category.CRI, Category.MLFS), "response"),
    **dict.fromkeys((Category.NR, Category.PD, Category.RELAPSE), "no-response"),
}
VERDICT_SIGNS = {"NEGATIVE": "−", "POSITIVE": "+", "INDETERMINATE": "?"}


def assessment_lanes(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """Responses, MRD and severe events as {label, items}; a lane without items is left out."""
    with one_reading():
        responses = judged_responses([subject.pk]).get(subject.pk, [])
        mrd = mrd_lines([subject.pk]).get(subject.pk, [])
    yield from visit_lane(subject)
    lanes = (
        (_("Response"), [response_item(each) for each in responses if each.counts]),
        (_("MRD"), [mrd_item(line) for line in mrd if line.verdict]),
        (_("Events of grade 3 and more"), list(event_items(subject))),
    )
    for label, items in lanes:
        if items:
            yield {"label": label, "items": items}


def visit_lane(subject: Subject) -> Iterator[Mapping[str, Any]]:
    """Planned visits until a few weeks from now: each with its window, and a mark where it was done or is aimed at."""
    today = site_today(subject)
    visits = PlannedVisit.objects.filter(subject=subject, target__lte=today + AHEAD).order_by("target", "pk")
    items = [item for visit in visits if (item := visit_item(visit, today))]
    if items:
        yield {"label": _("Visits"), "items": items, "windows": True}


def visit_item(visit: PlannedVisit, today: date) -> dict[str, Any] | None:
    """One visit; None when it is not expected any more."""
    found, at = standing(visit, today), visit.done_on or visit.target
    if found.state == "off" or visit.target is None or visit.earliest is None or visit.latest is None:
        return None
    outside = (
        visit.anchor != SCREENING
        and visit.done_on is not None
        and not visit.earliest <= visit.done_on <= visit.latest
    )
    state = "done" if found.state == "running" else found.state  # a begun visit took place
    return {
        "label": f"{visit_words(visit)} · {found.words}",
        "start": visit.earliest,
        "end": visit.latest,
        "at": at,
        "kind": "visit-outside" if outside else f"visit-{state}",
        "url": f"#visit-{visit.key}.{visit.repeat}",
    }


def response_item(judged: Judged) -> dict[str, Any]:
    return {
        "label": category_words(judged.category),
        "start": judged.known_from,
        "end": None,
        "kind": RESPONSE_KINDS.get(judged.category, "response-open"),
        "url": slot_url(judged.record),
    }


def mrd_item(line: MrdLine) -> dict[str, Any]:
    assert line.verdict is not None
    return {
        "label": f"{line.line.get_method_display()} {VERDICT_SIGNS[line.verdict.verdict.value]}",
        "start": line.result.sampled_on,
        "end": None,
        "kind": f"mrd-{line.verdict.verdict.value.lower()}",
        "url": slot_url(line.sample),
    }


def event_items(subject: Subject) -> Iterator[dict[str, Any]]:
    records = current_records(AdverseEvent, [subject.pk]).filter(grade__gte=SEVERE).select_related("visit")
    for record in records.order_by("onset_earliest"):
        yield {
            "label": f"{record.words} {record.grade}",
            "start": record.onset_earliest,
            "end": record.stop_latest,
            "kind": "event",
            "url": slot_url(record),
        }
