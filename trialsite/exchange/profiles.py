"""Export profiles: what of a row leaves, and with which dates. One rule for lists, single reads and export jobs.

`identified` is the record as it stands (names never are in it). `coded` leaves out identifying items and free text.
`date_shifted` is coded, with every date of a subject moved by the same secret number of days, and with other ids, since
an id tells when its row was made. Genetic items leave only where they are asked for.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import models
from rest_framework.serializers import ListSerializer, Serializer

from trialsite.access.encryption import derived_key
from trialsite.access.models import Profile
from trialsite.casebook.domain.nature import Nature
from trialsite.clinical.partial_date import PartialDate, Precision
from trialsite.studies.domain.protocol import ItemPlan

Natures = Mapping[
    str, Nature
]  # item, or item of a line ("results.comment") → nature; what is not named is plain

Record = TypeVar("Record", bound=models.Model)

FARTHEST = 182  # days; a shift is never 0
SHORTEST_TEXT = 60  # a text column this long holds words, a shorter one a code
DATE = re.compile(r"(?<![\d-])((?:19|20|21)\d\d)-(\d\d)-(\d\d)(?!\d)")
MONTH = re.compile(r"(?<![\d-])(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])(?![\d-])")
ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Release:
    """Under which profile data leave, and whether genetic items leave with them."""

    profile: Profile = Profile.IDENTIFIED
    genetic: bool = True

    @property
    def shifts(self) -> bool:
        return self.profile == Profile.DATE_SHIFTED

    def holds_back(self, nature: Nature) -> bool:
        """Whether items of this nature stay behind."""
        if nature is Nature.GENETIC:
            return not self.genetic
        return nature is not Nature.PLAIN and self.profile != Profile.IDENTIFIED

    def left_out(self, natures: Natures) -> tuple[str, ...]:
        """The items that stay behind, for the manifest."""
        return tuple(name for name, nature in natures.items() if self.holds_back(nature))


WHOLE = Release()


def apply(
    row: Mapping[str, Any], subject_id: UUID | str | None, natures: Natures, release: Release
) -> dict[str, Any]:
    """A row as it may leave: without the items that stay behind, its dates shifted as those of its subject.

    `row`: column → value, also nested (lines, composite items), with dates as dates or as ISO texts. A row
    of no subject keeps its dates."""
    kept = without(row, frozenset(release.left_out(natures)))
    return shifted(kept, offset_days(subject_id)) if release.shifts and subject_id else kept


def without(row: Mapping[str, Any], names: frozenset[str], at: str = "") -> dict[str, Any]:
    """A row without the named items, lines ("results.comment") and reasons for empty items included."""
    kept = {name: value for name, value in row.items() if at + name not in names}
    for name, value in kept.items():
        if isinstance(value, Mapping):
            kept[name] = without(value, names, at if name == "missing" else f"{at}{name}.")
        elif isinstance(value, list):
            kept[name] = [
                without(one, names, f"{at}{name}.") if isinstance(one, Mapping) else one for one in value
            ]
    return kept


# Dates


def offset_days(subject_id: UUID | str) -> int:
    """By how many days every date of a subject is moved: -182 to -1 or 1 to 182, the same for good under one key."""
    key = derived_key(settings.EXPORT_KEY, "dates of a subject")
    number = int.from_bytes(hmac.digest(key, str(subject_id).encode(), "sha256")) % (2 * FARTHEST)
    return number - FARTHEST if number < FARTHEST else number - FARTHEST + 1


def shifted(value: Any, days: int) -> Any:
    """A value with every date in it moved: a date, an instant (by whole days), a partial date (as precise as it was), a
    text that holds ISO dates, and whatever holds those. Ids become others."""
    match value:
        case PartialDate():
            return shifted_partial(value, days)
        case date():  # an instant too
            return value + timedelta(days=days)
        case UUID():
            return other_id(value)
        case str():
            return shifted_text(value, days)
        case Mapping() if value.keys() == {"text", "earliest", "latest"} and value["text"]:
            return partial_parts(shifted_partial(PartialDate.parse(value["text"]), days), value)
        case Mapping():
            return {name: shifted(one, days) for name, one in value.items()}
        case list() | tuple():
            return [shifted(one, days) for one in value]
    return value


def shifted_partial(on: PartialDate, days: int) -> PartialDate:
    """A partial date moved: of a month or year its middle is, so that it stays a month or year."""
    by = timedelta(days=days)
    if on.precision in (Precision.DAY, Precision.RANGE):
        return PartialDate.between(on.earliest + by, on.latest + by)
    middle = on.earliest + (on.latest - on.earliest) // 2 + by
    return PartialDate.parse(f"{middle:%Y-%m}" if on.precision is Precision.MONTH else f"{middle:%Y}")


def partial_parts(on: PartialDate, like: Mapping[str, Any]) -> dict[str, Any]:
    """A partial date in its parts, as dates or as texts, whichever they were."""
    as_dates = isinstance(like["earliest"], date)
    parts = {"earliest": on.earliest, "latest": on.latest}
    return {"text": on.text} | {name: day if as_dates else day.isoformat() for name, day in parts.items()}


def shifted_text(text: str, days: int) -> str:
    moved = DATE.sub(lambda found: shifted_day(found[0], days), text)
    moved = MONTH.sub(lambda found: shifted_partial(PartialDate.parse(found[0]), days).text, moved)
    return ID.sub(lambda found: str(other_id(UUID(found[0]))), moved)


def shifted_day(text: str, days: int) -> str:
    try:
        return (date.fromisoformat(text) + timedelta(days=days)).isoformat()
    except ValueError:  # a number that only looks like a day
        return text


def other_id(own: UUID) -> UUID:
    """The id under which a row is known where its own would tell when it was made; the same each time."""
    key = derived_key(settings.EXPORT_KEY, "ids")
    return UUID(bytes=hmac.digest(key, own.bytes, hashlib.sha256)[:16], version=5)


# What an item is


def nature_of(model: type[Any], item: str) -> Nature:
    """The nature of an item of a model: as the model says, else by its column."""
    said = getattr(model, "natures", {}).get(item)
    if said is not None:
        return said  # type: ignore[no-any-return]
    column = {one.name: one for one in model._meta.concrete_fields}.get(item)
    return Nature.FREE_TEXT if column is not None and holds_words(column) else Nature.PLAIN


def holds_words(column: models.Field) -> bool:
    """Whether people write into a column in their own words."""
    if isinstance(column, models.TextField):
        return True
    long = isinstance(column, models.CharField) and (column.max_length or 0) >= SHORTEST_TEXT
    return long and not column.choices


@cache
def staying(model: type[models.Model], release: Release) -> Mapping[str, Any]:
    """Each column of a model that stays behind, with what stands in it where nothing does."""
    composites: Mapping[str, Any] = getattr(model, "composites", {})
    items = {column: name for name, item in composites.items() for column in item.columns()}
    return {
        one.attname: None if one.null else one.get_default()
        for one in model._meta.concrete_fields
        if release.holds_back(nature_of(model, items.get(one.name, one.name)))
    }


def emptied(record: Record, release: Release) -> Record:
    """A record, read for this alone, without what stays behind."""
    for column, nothing in staying(type(record), release).items():
        setattr(record, column, nothing)
    return record


def nature_of_own(item: ItemPlan) -> Nature:
    """The nature of an item that only a protocol asks for."""
    return Nature.FREE_TEXT if item.type == "text" else Nature.PLAIN


@cache
def natures_of(kind: Any) -> dict[str, Nature]:
    """The natures of the fields of a serializer, lines as "results.comment"; plain ones are not named."""
    model = getattr(getattr(kind, "Meta", None), "model", None)
    said: Mapping[str, Nature] = getattr(kind, "natures", {})
    found: dict[str, Nature] = {}
    for name, field in kind().fields.items():
        nature = said.get(name) or (nature_of(model, name) if model else Nature.PLAIN)
        child = field.child if isinstance(field, ListSerializer) else field
        if nature is not Nature.PLAIN:
            found[name] = nature
        elif isinstance(child, Serializer):
            found |= {f"{name}.{part}": one for part, one in natures_of(type(child)).items()}
    return found
