"""The limits of normal of results: of the site's range in force, as printed, or none because none was printed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Max

from trialsite.casebook.models import Subject, Transfer
from trialsite.casebook.reading import one_reading, read_once
from trialsite.casebook.states import TransferState
from trialsite.clinical.facts import Fact

from ..domain.ranges import Limits, LimitsFrom, NormalRange, Person, limits_in_force
from ..models import LabResult, ReferenceRange
from ..subjects import known_facts

Place = tuple[UUID, UUID, str]  # study, site, analyte
Ranges = Mapping[Place, Sequence[NormalRange]]
_instead: ContextVar[Ranges | None] = ContextVar("ranges_instead", default=None)


@contextmanager
def ranges_instead(ranges: Ranges) -> Iterator[None]:
    """Read limits as they would be if these ranges stood at these places."""
    token = _instead.set(ranges)
    try:
        with one_reading(anew=True):
            yield
    finally:
        _instead.reset(token)


def standing_ranges(places: Iterable[tuple[UUID, UUID]]) -> Ranges:
    """The ranges that stand at each place (study, site), by analyte; one query."""
    wanted = tuple(sorted(set(places)))

    def read() -> Ranges:
        found: dict[Place, list[NormalRange]] = defaultdict(list)
        studies, sites = {study for study, _site in wanted}, {site for _study, site in wanted}
        for row in ReferenceRange.objects.filter(study__in=studies, site__in=sites, withdrawn_at=None):
            found[row.study_id, row.site_id, row.analyte].append(normal_range(row))
        return {**found, **(_instead.get() or {})}

    return read_once(("ranges", wanted), read)


def normal_range(row: ReferenceRange) -> NormalRange:
    return NormalRange(
        str(row.pk),
        row.laboratory,
        row.analyte,
        row.sex,
        row.age_from,
        row.age_below,
        row.lln_canonical,
        row.uln_canonical,
        row.effective_from,
    )


def people(subject_ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Sex and birth date of subjects, as far as they are recorded."""
    sexes, births = (known_facts(subject_ids, name) for name in ("sex", "birth_date"))
    return {
        subject_id: Person(known(sexes.get(subject_id)), known(births.get(subject_id)))
        for subject_id in subject_ids
    }


def known(fact: Fact | None) -> Any:
    return fact.value if fact is not None and fact.known else None


def limits_for(subject: Subject, analyte: str, day: date, laboratory: str = "") -> Limits:
    """The range of the subject's site for one analyte on a day; `laboratory` "" is the site's own.

    A laboratory for which the site has no range gives none: the limits of another are never used."""
    return limits_of_analytes(subject, [analyte], day, laboratory)[analyte]


def limits_of_analytes(
    subject: Subject, analytes: Iterable[str], day: date, laboratory: str = ""
) -> dict[str, Limits]:
    """The same for several analytes; a fixed number of queries."""
    ranges = standing_ranges([(subject.study_id, subject.site_id)])
    person = people([subject.pk])[subject.pk]
    return {
        analyte: limits_in_force(
            ranges.get((subject.study_id, subject.site_id, analyte), ()), person, day, laboratory
        )
        for analyte in analytes
    }


def limits_of_rows(rows: Sequence[LabResult]) -> dict[UUID, Limits]:
    """Line → its limits, of lines with their `record`; those of a site range by the range as it stands.

    A line that was entered before the subject came from another site keeps the limits that were saved with it: the
    ranges of the former site are not this site's. A fixed number of queries, none where no line asks for a range.
    """
    asking = [row for row in rows if row.limits_from == LimitsFrom.SITE_RANGE]
    found = {row.pk: as_saved(row) for row in rows}
    if not asking:
        return found
    ids = sorted({row.subject_id for row in asking})
    came, persons = arrivals(ids), people(ids)
    ranges = standing_ranges({(row.study_id, row.site_id) for row in asking})
    for row in asking:
        arrived = came.get(row.subject_id)
        day, entered = row.record.performed_on, row.record.entered_at
        if day is None or (arrived is not None and entered is not None and entered < arrived):
            continue
        place = (row.study_id, row.site_id, row.analyte)
        found[row.pk] = limits_in_force(
            ranges.get(place, ()), persons[row.subject_id], day, row.record.laboratory
        )
    return found


def as_saved(row: LabResult) -> Limits:
    if row.limits_from == LimitsFrom.NOT_PRINTED:
        return Limits()
    return Limits(row.lln, row.uln)


def arrivals(subject_ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """When subjects came from another site: the last time."""

    def read() -> dict[UUID, datetime]:
        came = Transfer.objects.filter(subject__in=subject_ids, state=TransferState.ACCEPTED)
        return dict(came.values_list("subject").annotate(at=Max("decided_at")))

    return read_once(("arrivals", frozenset(subject_ids)), read)


def save_limits(record: Any, _by: Any = None) -> None:
    """Keep with each line of a report that follows the site's range the limits in force now, beside its result."""
    lines = list(LabResult.objects.filter(record=record, voided=False, limits_from=LimitsFrom.SITE_RANGE))
    if not lines:
        return
    for line in lines:
        line.record = record
    limits = limits_of_rows(lines)
    stale = []
    for line in lines:
        now = [stored(limit) for limit in (limits[line.pk].lln, limits[line.pk].uln)]
        if [line.lln, line.uln] != now:
            line.lln, line.uln = now
            stale.append(line)
    LabResult.objects.bulk_update(stale, ["lln", "uln"])


def stored(limit: Decimal | None) -> Decimal | None:
    """A limit as the column of a line keeps it."""
    return None if limit is None else limit.quantize(Decimal("0.0001"))
