"""Results that are computed from what was measured, of many subjects: corrected calcium, neutrophils, QTcF, LVEF."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from trialsite.casebook.reading import not_later, read_once
from trialsite.casebook.selectors import current_records
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.text import Text

from ..domain.computed import Computed, calcium_for_albumin, computed, mean_qtcf, neutrophils_of
from ..models import Echocardiogram, Electrocardiogram
from .results import LabValue

Values = dict[UUID, list[LabValue]]


def with_computed(
    subject_ids: Sequence[UUID], measured: Mapping[UUID, Sequence[LabValue]], *, everything: bool = True
) -> Values:
    """What was measured with what is computed from it, oldest first; `everything`: with QTcF and LVEF."""
    extra: list[Mapping[UUID, Sequence[LabValue]]] = (
        [electrocardiograms(subject_ids), echocardiograms(subject_ids)] if everything else []
    )
    found: Values = {}
    for subject_id in {*measured, *(one for more in extra for one in more)}:
        own = measured.get(subject_id, ())
        values = [*own, *of_reports(own), *(value for more in extra for value in more.get(subject_id, ()))]
        found[subject_id] = sorted(values, key=lambda value: value.on)
    return found


def of_reports(values: Iterable[LabValue]) -> list[LabValue]:
    """What one report gives beyond its lines: calcium corrected for its albumin, neutrophils where it has none."""
    reports: dict[UUID, dict[str, LabValue]] = defaultdict(dict)
    for value in values:
        reports[value.record_id][value.analyte] = value
    found = []
    for lines in reports.values():
        calcium, albumin = lines.get("calcium"), lines.get("albumin")
        if calcium is not None:
            figure = calcium_for_albumin(calcium.quantity, albumin.quantity if albumin else None)
            found += [of_line(calcium, "calcium_corrected", figure)] if figure else []
        white, share, bands = (lines.get(name) for name in ("wbc", "neutrophils_pct", "bands_pct"))
        if white is not None and share is not None and "anc" not in lines:
            figure = neutrophils_of(white.quantity, share.quantity, bands.quantity if bands else None)
            # The range of the white cells is not that of the neutrophils.
            found += [replace(of_line(share, "anc", figure), lln=None, uln=None)] if figure else []
    return found


def of_line(line: LabValue, analyte: str, figure: Computed) -> LabValue:
    return replace(line, analyte=analyte, quantity=figure.quantity, working=figure.working)


def electrocardiograms(subject_ids: Sequence[UUID]) -> Values:
    """QTcF of each day with an ECG, the mean where there were several."""
    days: dict[tuple[UUID, Any], list[Any]] = defaultdict(list)
    for record in recorded(Electrocardiogram, subject_ids):
        if record.qt_ms and record.heart_rate:
            days[record.subject_id, record.performed_on].append(record)
    found: Values = defaultdict(list)
    for (subject_id, _day), records in days.items():
        figure = mean_qtcf([(Decimal(one.qt_ms), Decimal(one.heart_rate)) for one in records])
        found[subject_id].append(of_record(records[-1], "qt_ms", "qtcf", figure))
    return found


def echocardiograms(subject_ids: Sequence[UUID]) -> Values:
    """Ejection fraction of each echocardiography."""
    found: Values = defaultdict(list)
    for record in recorded(Echocardiogram, subject_ids):
        if record.lvef is not None:
            figure = Computed(computed("lvef", record.lvef), Text("", ""))
            found[record.subject_id].append(of_record(record, "lvef", "lvef", figure))
    return found


def recorded(model: Any, subject_ids: Sequence[UUID]) -> list[Any]:
    """The standing forms of a kind that have a day, oldest first; one query."""

    def read() -> list[Any]:
        records = not_later(current_records(model, subject_ids).exclude(performed_on=None))
        return list(records.order_by("performed_on", "pk"))

    return read_once(("recorded", model, frozenset(subject_ids)), read)


def of_record(record: Any, item: str, analyte: str, figure: Computed) -> LabValue:
    address = ItemAddress(record._meta.db_table, str(record.pk), item)
    return LabValue(
        analyte, record.performed_on, figure.quantity, None, None, address, record.pk, working=figure.working
    )
