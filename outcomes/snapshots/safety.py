"""What a data cut keeps of safety and conduct: adverse events, deviations, who the subjects are; in a few queries."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from assessments.models import AdverseEvent
from assessments.subjects import several_facts
from trialsite.casebook.models import LOG
from trialsite.casebook.states import RecordState
from trialsite.clinical.facts import Fact
from trialsite.clinical.interval import Interval
from trialsite.deviations.models import Deviation
from trialsite.deviations.states import DeviationState
from trialsite.exchange.renderers import cell
from trialsite.review.models import Query
from trialsite.review.states import STANDING

from ..domain.cut_rows import Who, text, yes_no
from ..models import DataCut

Rows = Iterator[dict[str, str]]


def event_rows(cut: DataCut, named: Mapping[UUID, Who]) -> Rows:
    """The adverse events of some subjects that began by the cut-off, subject by subject."""
    found = AdverseEvent.objects.filter(subject_id__in=list(named), visit__key=LOG)
    found = found.exclude(state=RecordState.VOIDED).filter(onset_earliest__lte=cut.cut_off)
    by_subject: dict[UUID, list[AdverseEvent]] = {one: [] for one in named}
    for event in found.order_by("onset_earliest", "pk"):
        by_subject[event.subject_id].append(event)
    for one, events in by_subject.items():
        for event in events:
            yield {
                **named[one].columns,
                "event": str(event.pk),
                "term": cell(event.term),  # a spreadsheet runs nothing of what was typed
                "grade": text(event.grade),
                "serious": yes_no(event.serious),
                "onset": event.onset.text if event.onset else "",
            }


def deviation_rows(cut: DataCut, subjects: set[UUID]) -> Rows:
    """The deviations of the study that happened by the cut-off, those of a site or of the study included."""
    found = Deviation.objects.filter(study=cut.study_id, occurred_on__lte=cut.cut_off)
    found = found.exclude(state=DeviationState.REJECTED).select_related("site").order_by("occurred_on", "pk")
    for one in found:
        if one.subject_id is None or one.subject_id in subjects:
            yield {
                "deviation": str(one.pk),
                "subject": text(one.subject_id),
                "site": one.site.key if one.site else "",
                "kind": one.kind,
                "weight": one.weight,
                "state": one.state,
                "occurred_on": one.occurred_on.isoformat(),
            }


def persons_of(ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """Sex, age in whole years at consent and standing queries of each subject."""
    known = several_facts(ids, ("sex", "age_years"))
    standing = Query.objects.filter(subject_id__in=ids, state__in=STANDING).values_list(
        "subject_id", flat=True
    )
    queries = Counter(standing)
    return {
        one: {
            "sex": value_of(known["sex"].get(one)),
            "age_years": value_of(known["age_years"].get(one)),
            "standing_queries": str(queries[one]),
        }
        for one in ids
    }


def value_of(fact: Fact | None) -> str:
    """What a fact says; bounds as "64/65", empty where it says nothing."""
    value: Any = fact.value if fact is not None else None
    return f"{value.low}/{value.high}" if isinstance(value, Interval) else text(value)
