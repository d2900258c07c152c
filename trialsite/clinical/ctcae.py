"""Terms of the CTCAE: finding one by its name in either language, and what each grade of it means.

A record stores the English term, which is what the CTCAE and MedDRA call it; what the list does not have is the
body system's "Other, specify", with the event in the investigator's words beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trialsite.clinical.ctcae_terms import ROWS, SOURCE, SYSTEMS, VERSION, WORDINGS
from trialsite.clinical.text import Text

__all__ = [
    "SOURCE",
    "SYSTEMS",
    "TERMS",
    "VERSION",
    "CtcaeTerm",
    "grade_wording",
    "is_other",
    "named",
    "words_of",
]

OTHER = Text("Other, specify", "其他，请说明")
GENERAL: dict[int, Text] = {
    1: Text("mild; no intervention", "轻度；无需干预"),
    2: Text("moderate; minimal or local intervention", "中度；需最低限度或局部干预"),
    3: Text("severe, not immediately life-threatening; hospital care", "重度，不立即危及生命；需住院"),
    4: Text("life-threatening; urgent intervention", "危及生命；需紧急干预"),
    5: Text("death", "死亡"),
}
# What people write for it: British spelling, common names. English only; compared without case.
ALIASES: dict[str, str] = {
    "anaemia": "Anemia",
    "haemolysis": "Hemolysis",
    "diarrhoea": "Diarrhea",
    "pyrexia": "Fever",
    "hypokalaemia": "Hypokalemia",
    "hyperkalaemia": "Hyperkalemia",
    "hypocalcaemia": "Hypocalcemia",
    "hyponatraemia": "Hyponatremia",
    "hypomagnesaemia": "Hypomagnesemia",
    "hypoalbuminaemia": "Hypoalbuminemia",
    "hyperglycaemia": "Hyperglycemia",
    "tumour lysis syndrome": "Tumor lysis syndrome",
    "crs": "Cytokine release syndrome",
    "gamma-glutamyltransferase increased": "GGT increased",
    "neutropenia": "Neutrophil count decreased",
    "thrombocytopenia": "Platelet count decreased",
    "dyspnoea": "Dyspnea",
    # Two laboratory tests of one term.
    "hypocalcemia (corrected)": "Hypocalcemia",
    "hypocalcemia (ionised)": "Hypocalcemia",
    "hypercalcemia (corrected)": "Hypercalcemia",
    "hypercalcemia (ionised)": "Hypercalcemia",
}


@dataclass(frozen=True)
class CtcaeTerm:
    """One term: its names, its body system and the grades that the CTCAE has for it."""

    name: Text
    system: str
    grades: tuple[int, ...]
    other: bool = False


def _terms() -> Iterable[CtcaeTerm]:
    for system, rows in ROWS.items():
        for en, zh, grades in rows:
            yield CtcaeTerm(Text(en, zh), system, tuple(int(one) for one in grades))
    for system, name in SYSTEMS.items():
        other = Text(f"{name.en} - {OTHER.en}", f"{name.zh}－{OTHER.zh}")
        yield CtcaeTerm(other, system, (1, 2, 3, 4, 5), other=True)


TERMS: Mapping[str, CtcaeTerm] = {term.name.en: term for term in _terms()}
_BY_NAME = {
    **{alias: TERMS[name] for alias, name in ALIASES.items()},
    **{term.name.zh.casefold(): term for term in TERMS.values()},
    **{term.name.en.casefold(): term for term in TERMS.values()},
}


def named(text: str) -> CtcaeTerm | None:
    """The term of this name, English or Chinese, whatever the case and spaces; None where the list has none."""
    return _BY_NAME.get(" ".join(text.split()).casefold())


def is_other(text: str) -> bool:
    """Whether a term is one of the "Other, specify"."""
    term = named(text)
    return term is not None and term.other


def words_of(text: str, language: str) -> str:
    """A stored term in a language; one that the list does not have (entered before it) as it was written."""
    term = named(text)
    return term.name.in_language(language) if term else text


def grade_wording(text: str, grade: int) -> Text:
    """What a grade of a term means, in short words; the general wording where the term has no own."""
    term = named(text)
    own = WORDINGS.get(term.name.en, {}) if term else {}
    return own.get(grade, GENERAL[grade])
