"""The dictionary of medicines: what a name stands for, and to which classes it belongs.

Pure: the dictionary is read elsewhere (`treatment.medicine_dictionary`). A name that is not known belongs to no class:
nothing is claimed of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from trialsite.clinical.text import Text

CYP3A_STRONG, CYP3A_MODERATE, PGP = "cyp3a_strong", "cyp3a_moderate", "pgp_inhibitor"
STRONG_INDUCER, AZOLE, VINCA = "cyp3a_inducer_strong", "azole", "vinca"
SLOWS_METHOTREXATE = frozenset({"nsaid", "ppi", "penicillin", "sulfonamide_tmp"})
CORTICOSTEROID, GCSF = "corticosteroid", "gcsf"
PREDNISONE_MG = Decimal(5)


@dataclass(frozen=True)
class MedicineClass:
    """A class with its name and where its members are from."""

    key: str
    name: Text
    source: str
    cite: str


@dataclass(frozen=True)
class Medicine:
    """One medicine. equals_prednisone_5_mg: of a corticosteroid the dose in mg that equals 5 mg of prednisone."""

    key: str
    name: Text
    trade: tuple[str, ...] = ()
    classes: frozenset[str] = frozenset()
    equals_prednisone_5_mg: Decimal | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name.en, self.name.zh, *self.trade)

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        return tuple(map(spelling, self.names))

    def prednisone_mg(self, mg: Decimal) -> Decimal | None:
        """Milligrams of prednisone that equal so many of this one; None of what is no corticosteroid."""
        if self.equals_prednisone_5_mg is None:
            return None
        return mg * PREDNISONE_MG / self.equals_prednisone_5_mg


@dataclass(frozen=True)
class Dictionary:
    """All medicines that are known, with their classes."""

    version: str
    classes: tuple[MedicineClass, ...]
    medicines: tuple[Medicine, ...]
    by_key: dict[str, Medicine] = field(default_factory=dict, hash=False)

    def recognise(self, text: str) -> Medicine | None:
        """The medicine that a text names: the longest name in it, in Latin letters only as a whole word; else None.

        "Voriconazole 200 mg" is voriconazole, 注射用甲泼尼龙琥珀酸钠 methylprednisolone and not prednisolone."""
        spelled = spelling(text)
        found = [
            (len(name), medicine)
            for medicine in self.medicines
            for name in medicine.spellings
            if is_named(name, spelled)
        ]
        return max(found, key=lambda one: one[0])[1] if found else None

    def class_of(self, key: str) -> MedicineClass:
        return next(one for one in self.classes if one.key == key)


def spelling(text: str) -> str:
    """A name without the differences of width, case and blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_named(name: str, text: str) -> bool:
    """Whether a name stands in a text; one of Latin letters only where a word begins and ends."""
    if not name or name not in text:
        return False
    if not name.isascii():
        return True
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None


def unknown_classes(medicines: Iterable[Medicine], classes: Sequence[MedicineClass]) -> set[str]:
    """Classes that a medicine names and nobody declared."""
    return {key for one in medicines for key in one.classes} - {one.key for one in classes}
