"""Refusals of the casebook, each a sentence that names the rule, some with the items it concerns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .edit_checks import Fired
    from .models import Draft


class Refused(Exception):
    """A service did not do what was asked; the message is for the person who asked."""

    @property
    def sentence(self) -> str:
        return str(self.args[0])


class Held(Refused):
    """The place is frozen or locked."""


class UnknownForm(Refused):
    """The subject's protocol has no such form."""


class UnknownVisit(Refused):
    """The subject's protocol plans no such visit, and nothing is recorded of one."""


class CheckFailed(Refused):
    """Hard edit checks refuse the submission; `messages` maps item to sentence."""

    def __init__(self, messages: dict[str, str]) -> None:
        super().__init__(_("Some items cannot be right as they stand."))
        self.messages = messages


class Asked(Refused):
    """Soft edit checks found something that the author has not been shown: nothing was saved yet."""

    def __init__(self, fired: "Sequence[Fired]") -> None:
        super().__init__(
            _("Some values are unusual. Say why below, or submit again: a query is opened then.")
        )
        self.fired = fired


class NewerDraft(Refused):
    """Another window saved a newer draft of the form, or the draft is gone (`draft` None): nothing was overwritten."""

    def __init__(self, draft: "Draft | None") -> None:
        super().__init__(
            _("Another window saved a newer draft of this form.")
            if draft
            else _("This form was submitted, or its draft discarded, in another window.")
        )
        self.draft = draft


@dataclass(frozen=True)
class Conflict:
    """One place at which the saved form and a later submission differ.

    `item` is the address of the place: an item, an item of a line ("results.2.value"), a whole line ("results.2").
    `base` is what the second started from, `saved` what the first left (`by`, `who`, `at`), `typed` what the second
    submits: an Answer of an item, a value of a line's item, or a whole line (None: no such line). `chosen` is whose
    answer stands: "theirs", "mine", or "" where both changed it.
    """

    item: str
    label: str
    kind: str
    line: int
    base: Any
    saved: Any
    typed: Any
    by: UUID | None
    at: datetime | None
    chosen: str
    who: str = ""

    @property
    def key(self) -> str:
        """The item within its line or form."""
        return self.item.removeprefix(f"{self.kind}.{self.line}").lstrip(".") if self.kind else self.item


class LostUpdate(Refused):
    """Somebody saved this form since it was opened: both versions are shown, nothing was saved.

    `undecided` are the places at which the second has looked and not chosen.
    """

    def __init__(self, conflicts: Iterable[Conflict], version: int, undecided: Iterable[str] = ()) -> None:
        super().__init__(
            _("Somebody else saved this form after you opened it. Nothing of yours was saved yet.")
        )
        self.conflicts = tuple(conflicts)
        self.version = version
        self.undecided = frozenset(undecided)
