"""Composite items: one item, several typed columns, one value object.

`weight = QuantityItem("weight")` gives the model the columns weight_text, weight_comparator, weight_value, weight_unit
and weight_canonical, and the attribute `weight`, a `Quantity` or None. `PartialDateItem` gives onset_text,
onset_earliest, onset_latest and `onset`, a `PartialDate` or None.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, overload

from django.db import models

from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity


class CompositeItem:
    """Adds the columns of one item to a model and a property that reads and writes them together."""

    parts: dict[str, Callable[[], models.Field]] = {}

    def __init__(self, label: Any = "", help_text: Any = "", required: bool = False) -> None:
        self.label = label
        self.help_text = help_text
        self.required = required
        self.name = ""

    def contribute_to_class(self, cls: type[models.Model], name: str) -> None:
        self.name = name
        for part, column in self.parts.items():
            column().contribute_to_class(cls, f"{name}_{part}")
        setattr(cls, name, property(self.read, self.write))
        composites = dict(getattr(cls, "composites", {}))
        composites[name] = self
        cls.composites = composites  # type: ignore[attr-defined]

    def columns(self) -> list[str]:
        return [f"{self.name}_{part}" for part in self.parts]

    def read(self, record: models.Model) -> Any:
        raise NotImplementedError

    def write(self, record: models.Model, value: Any) -> None:
        raise NotImplementedError


def trimmed(number: Decimal) -> Decimal:
    """A stored decimal without the zeros that its column adds: 80.0000000000 is 80."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short.as_tuple().exponent > 0 else short  # type: ignore[operator]


class QuantityItem(CompositeItem):
    """A measured value: text as entered, comparator, decimal, unit as entered, canonical decimal.

    `analyte` names the row of the unit table (units that may be entered, the canonical one).
    """

    parts = {
        "text": lambda: models.CharField(max_length=40, blank=True, default=""),
        "comparator": lambda: models.CharField(max_length=2, blank=True, default=""),
        "value": lambda: models.DecimalField(max_digits=24, decimal_places=10, null=True, blank=True),
        "unit": lambda: models.CharField(max_length=30, blank=True, default=""),
        "canonical": lambda: models.DecimalField(max_digits=24, decimal_places=10, null=True, blank=True),
    }

    if TYPE_CHECKING:  # the property that contribute_to_class puts in this place

        @overload
        def __get__(self, record: None, owner: Any) -> "QuantityItem": ...

        @overload
        def __get__(self, record: models.Model, owner: Any) -> Quantity | None: ...

        def __get__(self, record: Any, owner: Any) -> Any: ...

        def __set__(self, record: models.Model, quantity: Quantity | None) -> None: ...

    def __init__(self, analyte: str, label: Any = "", help_text: Any = "", required: bool = False) -> None:
        super().__init__(label, help_text, required)
        self.analyte = analyte

    def read(self, record: models.Model) -> Quantity | None:
        value = getattr(record, f"{self.name}_value")
        canonical = getattr(record, f"{self.name}_canonical")
        if value is None:
            return None
        return Quantity(
            text=getattr(record, f"{self.name}_text"),
            comparator=getattr(record, f"{self.name}_comparator"),
            value=trimmed(value),
            unit=getattr(record, f"{self.name}_unit"),
            canonical=None if canonical is None else trimmed(canonical),
        )

    def write(self, record: models.Model, quantity: Quantity | None) -> None:
        parts: dict[str, Any] = {"text": "", "comparator": "", "value": None, "unit": "", "canonical": None}
        if quantity is not None:
            parts = {part: getattr(quantity, part) for part in parts}
        for part, value in parts.items():
            setattr(record, f"{self.name}_{part}", value)


class PartialDateItem(CompositeItem):
    """A date of which the day or the month may be unknown: ISO text with its earliest and latest day."""

    parts = {
        "text": lambda: models.CharField(max_length=10, blank=True, default=""),
        "earliest": lambda: models.DateField(null=True, blank=True),
        "latest": lambda: models.DateField(null=True, blank=True),
    }

    if TYPE_CHECKING:

        @overload
        def __get__(self, record: None, owner: Any) -> "PartialDateItem": ...

        @overload
        def __get__(self, record: models.Model, owner: Any) -> PartialDate | None: ...

        def __get__(self, record: Any, owner: Any) -> Any: ...

        def __set__(self, record: models.Model, value: PartialDate | None) -> None: ...

    def read(self, record: models.Model) -> PartialDate | None:
        text = getattr(record, f"{self.name}_text")
        if not text:
            return None
        return PartialDate(
            text, getattr(record, f"{self.name}_earliest"), getattr(record, f"{self.name}_latest")
        )

    def write(self, record: models.Model, value: PartialDate | None) -> None:
        for part in self.parts:
            setattr(
                record,
                f"{self.name}_{part}",
                getattr(value, part) if value else ("" if part == "text" else None),
            )
