"""Facts read from items of forms: one query a form for many subjects, the latest standing form of each.

Other rooms may build their facts with the same functions. Inside a reading the forms of one kind are read once,
however many facts come from them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import FactSource
from trialsite.casebook.selectors import current_records
from trialsite.clinical.facts import Fact
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity

Records = Mapping[UUID, Any]
FactOf = Callable[[Any], Fact]


def latest_records(
    model: type[CasebookRecord], form_key: str, subject_ids: Sequence[UUID], *, lines: str = ""
) -> Records:
    """The latest standing form (by its day, then by entry) of each subject that has one."""

    def read() -> Records:
        records = current_records(model, subject_ids).filter(form_key=form_key)
        if lines:
            records = records.prefetch_related(lines)
        ordered = sorted(records, key=lambda one: (one.performed_on or date.min, one.pk.int))
        return {record.subject_id: record for record in ordered}

    return read_once((model, form_key, lines, frozenset(subject_ids)), read)


def record_fact(
    model: type[CasebookRecord],
    form_key: str,
    fact_of: FactOf,
    label: Any,
    *,
    unit: str = "",
    lines: str = "",
    words: Mapping[str, Any] | None = None,
) -> FactSource:
    """A fact that `fact_of` reads from the latest form of a kind; `lines` names its repeating lines, `words` words
    its codes."""

    def select(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
        records = latest_records(model, form_key, subject_ids, lines=lines)
        return {subject_id: fact_of(record) for subject_id, record in records.items()}

    return FactSource(select, label, unit, form_key, words or {})


def item_fact(model: type[CasebookRecord], form_key: str, item: str, *, unit: str = "") -> FactSource:
    """The fact that stands in one item of a form, under the item's own label."""
    return record_fact(
        model, form_key, lambda record: fact_of_item(record, item, unit), label_of(model, item), unit=unit
    )


def label_of(model: type[Any], item: str) -> Any:
    composite = getattr(model, "composites", {}).get(item)
    return composite.label if composite else model._meta.get_field(item).verbose_name


def fact_of_item(record: Any, item: str, unit: str = "") -> Fact:
    """The value of an item as a fact, dated with its form; an empty item is missing for the form's reason."""
    value, source = record.item(item), record.address(item)
    if value is None or value == "":
        return Fact.missing(record.missing.get(item) or "NOT_RECORDED", source=source)
    if isinstance(value, Quantity):
        return Fact.of_quantity(value, unit, on=record.performed_on, source=source)
    assert isinstance(value, bool | int | str | Decimal | date | PartialDate)
    return Fact(value, unit, on=record.performed_on, source=source)
