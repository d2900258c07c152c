"""Checking a protocol file against everything that the rooms have registered."""

from pathlib import Path
from typing import Any

from django.db import models

from trialsite.clinical.rules import FactKind
from trialsite.studies.domain.check import check_reading
from trialsite.studies.domain.problems import ProtocolProblem
from trialsite.studies.domain.read import Reading, read_file, read_text
from trialsite.studies.domain.vocabulary import PHASE_ANCHORS

from .items import items_of
from .registries import FormType, anchors, facts, forms
from .values import QuantityItem


def checked_file(path: Path) -> tuple[Reading, tuple[ProtocolProblem, ...]]:
    """A protocol file as read, and every problem of it; a name that nobody registered is one."""
    return checked(read_file(path))


def checked_text(text: str, name: str) -> tuple[Reading, tuple[ProtocolProblem, ...]]:
    """The same for the text of a file; `name` stands for it in problems."""
    return checked(read_text(text, name))


def checked(reading: Reading) -> tuple[Reading, tuple[ProtocolProblem, ...]]:
    known = {name for name in anchors if f"{name}:" not in PHASE_ANCHORS}
    return reading, check_reading(reading, set(facts), known, set(forms), form_items())


def form_items() -> dict[str, dict[str, FactKind | None]]:
    """The items and lines of each form of every trial, with the kind of those that a rule of a form may name."""
    return {key: kinds_of(kind) for key, kind in forms.items()}


def kinds_of(kind: FormType) -> dict[str, FactKind | None]:
    lines: dict[str, FactKind | None] = dict.fromkeys((row.name for row in kind.rows), None)
    every = {field.name: None for field in kind.model._meta.concrete_fields}
    return {**every, **lines, **{item: kind_of(kind.model, item) for item in items_of(kind.model)}}


def kind_of(model: Any, item: str) -> FactKind | None:
    """What a rule may ask of an item: a number, a day, a code, yes or no; None of a free text, a time, an instant."""
    composite = model.composites.get(item)
    if composite is not None:
        return FactKind.NUMBER if isinstance(composite, QuantityItem) else FactKind.DATE
    match model._meta.get_field(item):
        case models.BooleanField():
            return FactKind.YES_NO
        case models.DateTimeField() | models.TimeField():
            return None
        case models.DateField():
            return FactKind.DATE
        case models.IntegerField() | models.DecimalField():
            return FactKind.NUMBER
        case column if column.choices:
            return FactKind.CODE
    return None
