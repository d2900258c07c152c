"""What the dictionary of medicines says of a form of concomitant medication, with what meets the treatment."""

from collections.abc import Iterator

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Derived
from trialsite.casebook.values import trimmed
from trialsite.listing import listed

from ..domain.interactions import interactions
from ..domain.medicines import CORTICOSTEROID
from ..models import ConcomitantMedication
from .dictionary import dictionary
from .interaction_words import interaction_words
from .taken import Entry, exposures_of, steroid_course, taken


@one_reading()
def medication(record: ConcomitantMedication) -> list[Derived]:
    """The classes of the medicine, a day of a corticosteroid in prednisone, and each interaction."""
    medicine = dictionary().recognise(record.medicine)
    label = _("Dictionary of medicines")
    if medicine is None:
        return [Derived(label, _("not known"), _("nothing is claimed of this medicine"), "unknown")]
    entry = Entry(record, medicine)
    return [
        Derived(label, medicine.name.in_language(get_language() or "en"), listed(class_names(entry))),
        *steroid_line(entry),
        *meetings(entry),
    ]


def class_names(entry: Entry) -> list[str]:
    """The names of a medicine's classes in the reader's language, in the order of the dictionary."""
    known, language = dictionary(), get_language() or "en"
    of = entry.medicine.classes if entry.medicine else frozenset()
    return [one.name.in_language(language) for one in known.classes if one.key in of]


def steroid_line(entry: Entry) -> Iterator[Derived]:
    """What a day of a systemic corticosteroid equals."""
    course = steroid_course(entry)
    if course is None or entry.medicine is None or CORTICOSTEROID not in entry.medicine.classes:
        return
    label = _("Prednisone equivalent a day")
    if course.prednisone_mg is None:
        yield Derived(
            label, _("not known yet"), _("dose in mg, doses a day and route are all needed"), "unknown"
        )
        return
    working = _("5 mg of prednisone = %(n)s mg of this one") % {"n": entry.medicine.equals_prednisone_5_mg}
    yield Derived(label, f"{trimmed(round(course.prednisone_mg, 2))} mg", working)


def meetings(entry: Entry) -> Iterator[Derived]:
    one = taken(entry)
    for found in interactions([one] if one else [], exposures_of(entry.record.subject)):
        yield Derived(_("To look at"), interaction_words(found), found.rule.cite, "warn")
