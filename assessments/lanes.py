"""The lanes of the timeline that this room fills: responses, MRD, adverse events of grade 3 and more."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.selectors import current_records

from .domain.response import Category
from .models import AdverseEvent
from .mrd_results import MrdLine, mrd_lines
from .overview import slot_url
from .responses import Judged, category_words, judged_responses

SEVERE = 3
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
    lanes = (
        (_("Response"), [response_item(each) for each in responses if each.counts]),
        (_("MRD"), [mrd_item(line) for line in mrd if line.verdict]),
        (_("Events of grade 3 and more"), list(event_items(subject))),
    )
    for label, items in lanes:
        if items:
            yield {"label": label, "items": items}


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
