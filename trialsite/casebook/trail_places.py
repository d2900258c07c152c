"""Where an entry of the trail belongs in the casebook: its visit, its form, the line and the item it speaks of.

Read from the trail itself: the first entry of a row says on what it stands, for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from trialsite.audit.models import Trail

from .models import LOG, Subject, Visit
from .names import form_title, visit_name
from .slots import Slot

PARENTS = ("record_id", "query_id")  # how a row names the form or the query it stands on
Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """A row's first entry, and where it stands; what is empty does not narrow it."""

    first: Changes = field(default_factory=dict)
    visit_key: str = ""
    visit_repeat: int = 1
    form_key: str = ""
    form_repeat: int = 1
    line: int | None = None
    item: str = ""

    def form(self, subject: Subject | None) -> str:
        """The form by its name, one of several with its number; "" where the row stands on none."""
        if not self.form_key:
            return ""
        name = form_title(subject.protocol_version.protocol, self.form_key) if subject else self.form_key
        return f"{name} {self.form_repeat}" if self.form_repeat > 1 else name

    def visit(self, subject: Subject | None) -> str:
        """The visit by its name; "" for the log, which is none."""
        if not self.visit_key or self.visit_key == LOG or subject is None:
            return ""
        return visit_name(subject.protocol_version.protocol, self.visit_key, self.visit_repeat)

    def slot(self, subject_id: UUID) -> Slot:
        """Where the form of the row stands."""
        return Slot(subject_id, self.visit_key, self.form_key, self.visit_repeat, self.form_repeat)

    def which_line(self) -> str:
        return _("line %(number)s") % {"number": self.line} if self.line else ""


def places_of(entries: Iterable[Trail]) -> dict[str, Place]:
    """Row id → its place; in three queries however many entries there are."""
    first = first_entries(entry.row_id for entry in entries)
    parents = first_entries(parent_of(changes) for changes in first.values())
    chains = {row: [changes, parents.get(parent_of(changes), {})] for row, changes in first.items()}
    visits = visits_named({str(found) for chain in chains.values() if (found := said(chain, "visit_id"))})
    return {row: place_of(chain, visits) for row, chain in chains.items()}


def first_entries(row_ids: Iterable[str]) -> dict[str, Changes]:
    """Row id → what was entered at first."""
    wanted = {row for row in row_ids if row}
    found = (
        Trail.objects.filter(row_id__in=wanted, action=Trail.Action.INSERT)
        if wanted
        else Trail.objects.none()
    )
    return dict(found.values_list("row_id", "changes"))


def parent_of(changes: Changes) -> str:
    """The id of the form or query that a row stands on; "" for one that stands on none."""
    return next((str(changes[name]) for name in PARENTS if changes.get(name)), "")


def said(chain: Iterable[Changes], column: str) -> Any:
    """What the row, else what it stands on, says of a column."""
    return next((changes[column] for changes in chain if changes.get(column) not in (None, "")), None)


def visits_named(ids: set[str]) -> dict[str, tuple[str, int]]:
    """Visit id → key and repeat."""
    found = Visit.objects.filter(pk__in=ids).values_list("pk", "key", "repeat")
    return {str(pk): (key, repeat) for pk, key, repeat in found}


def place_of(chain: list[Changes], visits: Mapping[str, tuple[str, int]]) -> Place:
    own = (said(chain, "visit_key") or "", said(chain, "visit_repeat") or 1)
    visit_key, visit_repeat = visits.get(str(said(chain, "visit_id")), own)
    return Place(
        first=chain[0],
        visit_key=visit_key,
        visit_repeat=visit_repeat,
        form_key=said(chain, "form_key") or "",
        form_repeat=said(chain, "form_repeat") or 1,
        line=chain[0].get("line"),
        item=said(chain, "item") or "",
    )
