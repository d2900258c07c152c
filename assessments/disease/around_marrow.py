"""What stands around a marrow, of many subjects at once: sites of disease, the puncture near it, MRD of that day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from trialsite.casebook.reading import not_later
from trialsite.casebook.states import RecordState
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain.protocol import ResponseRules

from ..models import ExtramedullarySite, MarrowAssessment, MrdResult
from .cns_results import cns_by_day


@dataclass(frozen=True)
class Around:
    """What stands around a marrow: findings at listed sites, CNS leukaemia of a puncture near it, MRD of the same day.

    mrd: the highest quantified fraction of that day's samples; None without any."""

    findings: tuple[str, ...] = ()
    cns: Truth = Truth.UNKNOWN
    mrd: Decimal | None = None


def around_marrows(
    marrows: Mapping[UUID, Sequence[MarrowAssessment]], rules: Mapping[UUID, ResponseRules]
) -> dict[UUID, Around]:
    """Marrow → what stands around it, of many subjects; a fixed number of queries."""
    ids = list(marrows)
    records = [record.pk for found in marrows.values() for record in found]
    findings: dict[UUID, list[str]] = defaultdict(list)
    lines = ExtramedullarySite.objects.filter(record__in=records, voided=False)
    for record_id, finding in lines.values_list("record_id", "finding"):
        findings[record_id].append(finding)
    punctures, shares = cns_by_day(ids), mrd_by_day(ids)
    return {
        record.pk: Around(
            tuple(findings[record.pk]),
            near_puncture(punctures.get(subject_id, ()), record.performed_on, rules[subject_id]),
            shares.get((subject_id, record.performed_on)),
        )
        for subject_id, found in marrows.items()
        for record in found
        if record.performed_on
    }


def near_puncture(punctures: Iterable[tuple[date, Truth]], day: date, rules: ResponseRules) -> Truth:
    """CNS leukaemia of the puncture nearest to a marrow, within the window of its counts; unknown without one."""
    near = [(abs((on - day).days), on, truth) for on, truth in punctures]
    within = [one for one in near if one[0] <= rules.counts_window_days]
    return min(within, key=lambda one: one[:2])[2] if within else Truth.UNKNOWN


def mrd_by_day(subject_ids: Sequence[UUID]) -> dict[tuple[UUID, date | None], Decimal]:
    """(subject, day) → the highest quantified MRD of its samples, as a fraction; one query."""
    rows = not_later(
        MrdResult.objects.filter(
            subject_id__in=subject_ids, voided=False, qualifier="QUANTIFIED", value_canonical__isnull=False
        )
        .exclude(record__state=RecordState.VOIDED)
        .exclude(record__performed_on=None),
        "record__performed_on",
    )
    found: dict[tuple[UUID, date | None], Decimal] = {}
    for subject_id, day, percent in rows.values_list("subject_id", "record__performed_on", "value_canonical"):
        if percent is not None:
            share = percent / 100
            found[subject_id, day] = max(share, found.get((subject_id, day), share))
    return found


def around_typed(subject_id: UUID, day: date, findings: Sequence[str], rules: ResponseRules) -> Around:
    """The same of a marrow that is being entered, with the sites as they are typed."""
    punctures = cns_by_day([subject_id]).get(subject_id, ())
    return Around(
        tuple(findings), near_puncture(punctures, day, rules), mrd_by_day([subject_id]).get((subject_id, day))
    )
