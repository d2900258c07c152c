"""Reading the dictionary of medicines that ships with the system."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import get_language

from trialsite.clinical.text import Text

from ..domain.medicines import Dictionary, Medicine, MedicineClass, unknown_classes

PATH = Path(__file__).parent / "dictionaries" / "medicines.yaml"


@cache
def dictionary() -> Dictionary:
    """The dictionary, read once; ValueError where it contradicts itself."""
    return parse(yaml.safe_load(PATH.read_text(encoding="utf-8")))


def parse(data: dict[str, Any]) -> Dictionary:
    """The file as the rules take it."""
    classes = tuple(
        MedicineClass(key, Text(**one["name"]), one["source"], one["cite"])
        for key, one in data["classes"].items()
    )
    medicines = tuple(medicine(one) for one in data["medicines"])
    if strange := unknown_classes(medicines, classes):
        raise ValueError(f"The dictionary of medicines has no class {sorted(strange)}.")
    by_key = {one.key: one for one in medicines}
    if len(by_key) != len(medicines):
        raise ValueError("The dictionary of medicines has a key twice.")
    return Dictionary(str(data["version"]), classes, medicines, by_key)


def offered_names(language: str) -> list[tuple[str, str]]:
    """The names to offer while somebody types: (name, its other names) in the reader's language first."""
    offered = []
    for one in dictionary().medicines:
        first = one.name.in_language(language)
        offered.append((first, " · ".join(name for name in one.names if name != first)))
    return sorted(offered)


def medicine_words(typed: str) -> str:
    """A medicine by its name in the reader's language where exactly that was typed in one of them; else as typed."""
    known = dictionary().recognise(typed)
    if known is None or typed.strip().casefold() not in {known.name.en.casefold(), known.name.zh.casefold()}:
        return typed
    return known.name.in_language(get_language() or "en")


def medicine(one: dict[str, Any]) -> Medicine:
    equal = one.get("equals_prednisone_5_mg")
    return Medicine(
        one["key"],
        Text(one["en"], one["zh"]),
        tuple(one.get("trade", ())),
        frozenset(one["classes"]),
        None if equal is None else Decimal(equal),
    )
