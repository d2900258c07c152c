"""Which visits an entry or a correction moves: found out inside its transaction, shown before it is kept."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .errors import Refused
from .models import Subject
from .registries import Shift, shifts
from .slots import Slot

SHOWN = 100  # lines; a subject has about so many visits
KEPT_AS = "shifts"  # in the session, until the page is shown once


class Moves(Refused):
    """Visits that have not begun would move, and nobody has been shown that: nothing was saved."""

    def __init__(self, found: Sequence[Shift]) -> None:
        super().__init__(shift_sentence(len(found)))
        self.shifts = found


@dataclass
class Watched:
    """What a write moved, once it is done."""

    shifts: Sequence[Shift] = field(default=())


@contextmanager
def watched(subject: Subject, form_key: str, *, ask: bool) -> Iterator[Watched]:
    """Run a write of a form; with `ask` it is taken back and Moves is raised where it moves visits."""
    sources: list[Callable[[], Sequence[Shift]]] = [
        source for watch in shifts.values() if (source := watch(subject, form_key)) is not None
    ]
    found = Watched()
    with transaction.atomic() if sources else nullcontext():
        yield found
        found.shifts = [shift for source in sources for shift in source()]
        if ask and found.shifts:
            raise Moves(found.shifts)


def shift_sentence(number: int) -> str:
    moving = ngettext(
        "%(n)d visit that has not begun moves.", "%(n)d visits that have not begun move.", number
    ) % {"n": number}
    kept = _("What was done keeps the day on which it was done.")  # not in an f-string: gettext reads none
    return f"{moving} {kept}"


def keep_for_page(request: HttpRequest, slot: Slot, found: Sequence[Shift]) -> None:
    """Remember what a submission moved until its page is shown."""
    if found:
        lines = [[one.what, one.before, one.after] for one in found[:SHOWN]]
        request.session[KEPT_AS] = {"slot": slot.url(), "lines": lines, "total": len(found)}


def kept_for_page(request: HttpRequest, slot: Slot) -> dict[str, Any]:
    """What the last submission of this slot moved, once, as the page shows it."""
    kept = request.session.get(KEPT_AS)
    if not kept or kept["slot"] != slot.url():
        return {}
    del request.session[KEPT_AS]
    return {
        "shifts": [Shift(*line) for line in kept["lines"]],
        "shift_sentence": shift_sentence(kept["total"]),
    }
