"""What CDISC publishes: the variables of SDTMIG 3.4 and the terms of SDTM CT 2025-03-28."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ..domain.table import CodeList

REFERENCE = Path(__file__).with_name("reference")
IG_VERSION, MODEL_VERSION, TERMINOLOGY_VERSION = "3.4", "2.0", "2025-03-28"


@dataclass(frozen=True)
class IgVariable:
    """A variable of the implementation guide. `core`: Req, Exp or Perm; `lists`: C-codes of its code lists."""

    name: str
    label: str
    kind: str
    role: str
    core: str
    lists: tuple[str, ...]

    @property
    def is_number(self) -> bool:
        return self.kind == "Num"


@dataclass(frozen=True)
class IgDataset:
    """A dataset of the implementation guide with its variables in order."""

    name: str
    label: str
    kind: str
    structure: str
    variables: tuple[IgVariable, ...]

    def variable(self, name: str) -> IgVariable:
        return next(one for one in self.variables if one.name == name)


@dataclass(frozen=True)
class TermList:
    """A code list of the terminology: value → its C-code and its preferred term."""

    code: str
    name: str
    title: str
    extensible: bool
    terms: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


@cache
def datasets() -> Mapping[str, IgDataset]:
    """Every dataset that is written, by name."""
    read = json.loads((REFERENCE / "sdtmig-3-4.json").read_text(encoding="utf-8"))
    return {
        name: IgDataset(
            name,
            one["label"],
            one["class"],
            one["structure"],
            tuple(
                IgVariable(each[0], each[1], each[2], each[3], each[4], tuple(each[5]))
                for each in one["variables"]
            ),
        )
        for name, one in read.items()
    }


@cache
def term_lists() -> Mapping[str, TermList]:
    """Every code list by its C-code."""
    found: dict[str, TermList] = {}
    with (REFERENCE / "sdtmct-2025-03-28.tsv").open(encoding="utf-8") as lines:
        for line in lines:
            parts = line.rstrip("\n").split("\t")
            if parts[0] == "#":
                opened = TermList(parts[1], parts[2], parts[3], parts[4] == "true")
                found[opened.code] = opened
            else:
                opened.terms[parts[1]], opened.words[parts[1]] = parts[0], parts[2]
    return found


def dataset(name: str) -> IgDataset:
    """A dataset by name; those of supplemental qualifiers share one description."""
    if name.startswith("SUPP"):
        return datasets()["SUPPQUAL"]
    return datasets()[name]


@cache
def list_named(name: str) -> TermList:
    """A code list by its short name; KeyError for one that is not here."""
    try:
        return next(one for one in term_lists().values() if one.name == name)
    except StopIteration:
        raise KeyError(name) from None


@cache
def test_names(codes: str, names: str) -> Mapping[str, str]:
    """--TESTCD → --TEST of a pair of lists: the two values of one concept."""
    of = {concept: value for value, concept in list_named(names).terms.items()}
    return {value: of[concept] for value, concept in list_named(codes).terms.items() if concept in of}


@cache
def code_list(codes: tuple[str, ...]) -> CodeList | None:
    """The lists of a variable that are used here as one list of codes for the data; None where it has none."""
    lists = [term_lists()[one] for one in codes if one in term_lists()]
    if not lists:
        return None
    first = lists[0]
    return CodeList(
        first.name,
        {value: words for one in lists for value, words in one.words.items()},
        label=first.title,
        nci=first.code if len(lists) == 1 else "",
        nci_terms={value: code for one in lists for value, code in one.terms.items()},
        extensible=any(one.extensible for one in lists),
    )
