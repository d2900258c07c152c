"""Refusals of the casebook, each a sentence that names the rule, some with the items it concerns."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


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
