"""Reading laboratory results of many subjects at once: the latest of an analyte, those around a day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F

from trialsite.casebook.reading import not_later, read_once
from trialsite.casebook.states import RecordState
from trialsite.clinical.facts import Fact, ItemAddress
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.text import Text
from trialsite.clinical.units import canonical_unit

from ..domain.ranges import Limits, LimitsFrom, WhyNoLimits
from ..models import LabResult
from .limits import limits_of_rows


@dataclass(frozen=True)
class LabValue:
    """One result of one day with its limits, and where it stands. Limits are in the analyte's canonical unit.

    limits_from: "" or a code of `LimitsFrom`; why: what a range of the site lacks. working: how it was computed, of
    what is not measured itself. finding: what the clinician said goes with it, a code of `terms.Finding`, NO_FINDING
    or "" (not recorded).
    """

    analyte: str
    on: date
    quantity: Quantity
    lln: Decimal | None
    uln: Decimal | None
    source: ItemAddress
    record_id: UUID
    limits_from: str = ""
    why: WhyNoLimits | None = None
    working: Text | None = None
    finding: str = ""

    @property
    def not_printed(self) -> bool:
        """Whether an outside laboratory printed no range with it."""
        return self.limits_from == LimitsFrom.NOT_PRINTED

    def fact(self) -> Fact:
        return Fact.of_quantity(self.quantity, canonical_unit(self.analyte), on=self.on, source=self.source)

    def limit_fact(self) -> Fact:
        """The upper limit of normal that came with this result."""
        source = ItemAddress(self.source.table, self.source.row_id, "uln")
        if self.uln is None:
            return Fact.missing(source=source)
        return Fact(self.uln, canonical_unit(self.analyte), on=self.on, source=source)


def lab_values(subject_ids: Sequence[UUID], analytes: Iterable[str]) -> dict[UUID, list[LabValue]]:
    """Every standing result of these analytes by subject, oldest first; one query."""
    wanted = tuple(sorted(analytes))

    def read() -> dict[UUID, list[LabValue]]:
        rows = not_later(
            LabResult.objects.filter(
                subject_id__in=subject_ids, analyte__in=wanted, voided=False, result_value__isnull=False
            )
            .exclude(record__state=RecordState.VOIDED)
            .exclude(record__performed_on=None)
            .select_related("record")
            .order_by(
                "record__performed_on", F("record__sample_time").asc(nulls_first=True), "record_id", "line"
            ),
            "record__performed_on",
        )
        found: dict[UUID, list[LabValue]] = defaultdict(list)
        lines = list(rows)
        limits = limits_of_rows(lines)
        for row in lines:
            found[row.subject_id].append(lab_value(row, limits[row.pk]))
        return dict(found)

    return read_once(("lab", wanted, frozenset(subject_ids)), read)


def latest_values(subject_ids: Sequence[UUID], analyte: str) -> dict[UUID, LabValue]:
    """The latest standing result of an analyte of each subject that has one; one query."""

    def read() -> dict[UUID, LabValue]:
        rows = not_later(
            LabResult.objects.filter(
                subject_id__in=subject_ids, analyte=analyte, voided=False, result_value__isnull=False
            )
            .exclude(record__state=RecordState.VOIDED)
            .exclude(record__performed_on=None)
            .select_related("record")
            .order_by(
                "subject_id",
                "-record__performed_on",
                F("record__sample_time").desc(nulls_last=True),
                "-record_id",
                "-line",
            )
            .distinct("subject_id"),
            "record__performed_on",
        )
        lines = list(rows)
        limits = limits_of_rows(lines)
        return {row.subject_id: lab_value(row, limits[row.pk]) for row in lines}

    return read_once(("latest lab", analyte, frozenset(subject_ids)), read)


def nearest(values: Iterable[LabValue], analyte: str, day: date, within_days: int) -> LabValue | None:
    """The result of an analyte nearest to a day, at most so many days away; of two as near the earlier one."""
    near = [each for each in values if each.analyte == analyte and abs((each.on - day).days) <= within_days]
    return min(near, key=lambda each: (abs((each.on - day).days), each.on), default=None)


def lab_value(row: Any, limits: Limits) -> LabValue:
    """A saved line as rules and tables read it."""
    quantity = row.result
    assert quantity is not None
    assert row.record.performed_on is not None
    return LabValue(
        row.analyte,
        row.record.performed_on,
        quantity,
        limits.lln,
        limits.uln,
        ItemAddress(row._meta.db_table, str(row.pk), "result"),
        row.record_id,
        row.limits_from,
        limits.why,
        finding=row.finding,
    )
