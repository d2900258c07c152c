"""Soft checks of medication and doses: what meets what, in both directions, and what disagrees with the dictionary."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding

from ..domain.interactions import WATCHED, Exposure, interactions
from ..domain.medicines import CYP3A_MODERATE, CYP3A_STRONG, PGP, Medicine
from ..models import ConcomitantMedication
from ..models.medication import Inhibitor
from .dictionary import dictionary
from .interaction_words import interaction_words
from .taken import Entry, all_taken, exposures_of, taken

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]


def inhibitor_of(medicine: Medicine | None) -> str:
    """What the dictionary says of a medicine as the form asks it; "" where it does not know the medicine."""
    if medicine is None:
        return ""
    if medicine.key == Inhibitor.POSACONAZOLE:
        return Inhibitor.POSACONAZOLE
    if CYP3A_STRONG in medicine.classes:
        return Inhibitor.STRONG
    return Inhibitor.MODERATE if medicine.classes & {CYP3A_MODERATE, PGP} else Inhibitor.NONE


@edit_check(gettext_lazy("Medication beside venetoclax or a vinca alkaloid"), hard=False)
def medicine_meets_treatment(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A medicine that is entered while its treatment was given or is planned: what follows for the dose."""
    medicine = dictionary().recognise(values.get("medicine") or "")
    if medicine is None or values.get("started") is None:
        return
    record = ConcomitantMedication(subject=subject, medicine=values["medicine"])
    record.started, record.stopped = values["started"], values.get("stopped")
    one = taken(Entry(record, medicine, url=""))
    for found in interactions([one] if one else [], exposures_of(subject)):
        yield Finding("medicine", interaction_words(found))


@edit_check(gettext_lazy("Venetoclax or a vinca alkaloid beside medication"), hard=False)
def treatment_meets_medicine(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A dose that is entered while a medicine that changes it is taken."""
    known = None
    for place, line in enumerate(rows.get("doses", ())):
        if line.get("drug") not in WATCHED or not line.get("given") or not line.get("given_on"):
            continue
        known = all_taken(subject.pk) if known is None else known
        for found in interactions(known, [Exposure(line["drug"], line["given_on"])]):
            yield Finding(f"doses.{place}.drug", interaction_words(found))


@edit_check(gettext_lazy("CYP3A inhibitor as the dictionary has it"), hard=False)
def inhibitor_as_known(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An answer other than that of the dictionary of medicines; of an unknown medicine nothing is claimed."""
    said, known = values.get("inhibitor"), inhibitor_of(dictionary().recognise(values.get("medicine") or ""))
    if said and known and said != known:
        words = dict(Inhibitor.choices)[known]
        yield Finding(
            "inhibitor", _("The dictionary of medicines has: %(words)s. Is it right?") % {"words": words}
        )


@edit_check(gettext_lazy("A dose has its unit"))
def dose_has_unit(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An amount without a unit says nothing, nor does a unit without an amount."""
    amount, unit = values.get("amount"), values.get("unit")
    if amount is not None and not unit:
        yield Finding("unit", _("Choose the unit of the dose."))
    if unit and amount is None:
        yield Finding("amount", _("Enter the dose, or leave the unit empty."))
