"""The CYP3A inhibitor that acts on each day of a cycle, from the medicines of a subject."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from uuid import UUID

from trialsite.clinical.facts import Fact

from ..medication.checks import inhibitor_of
from ..medication.taken import FOREVER, Entry, entries_of, span
from ..models.medication import STRENGTH, Inhibitor

ACTS_ON_DAYS = (
    2  # after its last day; the earlier dose comes back on the third ("2 to 3 days after", venetoclax label)
)
FACT = "cyp3a_inhibitor"


def inhibitors_by_day(subject_id: UUID, start: date, days: Iterable[int]) -> Mapping[int, Mapping[str, Fact]]:
    """Day of the cycle → the strongest inhibitor that may act on it; partial dates count on every possible day."""
    taken = [(strength_of(one), *acting(one), one) for one in entries_of(subject_id)]
    taken = [one for one in taken if one[0] and one[0] != Inhibitor.NONE]
    return {day: {FACT: strongest(taken, start + timedelta(days=day - 1))} for day in days}


def strength_of(entry: Entry) -> str:
    """How strong a medicine is: as the form says, else as the dictionary has it; "" where neither knows."""
    return entry.record.inhibitor or inhibitor_of(entry.medicine)


def acting(entry: Entry) -> tuple[date, date]:
    """The first and last day on which a medicine may act."""
    (first, last), _sure = span(entry.record.started, entry.record.stopped)
    return first, last if last == FOREVER else last + timedelta(days=ACTS_ON_DAYS)


def strongest(taken: Iterable[tuple[str, date, date, Entry]], on: date) -> Fact:
    here = [one for one in taken if one[1] <= on <= one[2]]
    if not here:
        return Fact(str(Inhibitor.NONE))
    strength, _first, _last, entry = max(here, key=lambda one: STRENGTH.index(Inhibitor(one[0])))
    item = "inhibitor" if entry.record.inhibitor else "medicine"
    return Fact(str(strength), on=entry.record.performed_on, source=entry.record.address(item))
