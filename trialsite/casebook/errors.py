"""Refusals of the casebook, each a sentence that names the rule, some with the items it concerns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from .edit_checks import Fired


class Refused(Exception):
    """A service did not do what was asked; the message is for the person who asked."""

    @property
    def sentence(self) -> str:
        return str(self.args[0])


class UnknownForm(Refused):
    """The subject's protocol has no such form."""


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


@dataclass(frozen=True)
class Conflict:
    """One item that somebody else changed since the form was opened."""

    item: str
    label: str
    saved: Any
    typed: Any


class LostUpdate(Refused):
    """Somebody submitted this form since it was opened; both values are shown, nothing was saved."""

    def __init__(self, conflicts: Iterable[Conflict], version: int) -> None:
        super().__init__(
            _("Somebody else saved this form after you opened it. Nothing of yours was saved yet.")
        )
        self.conflicts = tuple(conflicts)
        self.version = version
