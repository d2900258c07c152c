"""Terms of the CTCAE: finding one by its name in either language, and what each grade of it means.

A record stores the English term, which is what the CTCAE and MedDRA call it; what the list does not have is the
body system's "Other, specify", with the event in the investigator's words beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trialsite.clinical.ctcae_terms import ROWS, SOURCE, SYSTEMS, VERSION, WORDINGS
from trialsite.clinical.text import Text

__all__ = [
    "SEARCH_WORDS",
    "SOURCE",
    "SYSTEMS",
    "TERMS",
    "VERSION",
    "CtcaeTerm",
    "SearchWord",
    "grade_wording",
    "is_other",
    "named",
    "search_words",
    "searched",
    "terms_like",
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

# Words that people search by and that are no term, with the terms that they may mean, nearest first, and the form that
# grades the whole of it ("" without one). General knowledge; ICANS by the consensus of the ASTCT (Lee 2019).
_NERVES = (
    "Encephalopathy",
    "Confusion",
    "Depressed level of consciousness",
    "Dysphasia",
    "Seizure",
    "Tremor",
    "Delirium",
    "Cognitive disturbance",
    "Ataxia",
    "Dysarthria",
    "Headache",
    "Leukoencephalopathy",
    "Peripheral sensory neuropathy",
    "Paresthesia",
)


@dataclass(frozen=True)
class SearchWord:
    """What people search by: in English and Chinese, and shorter."""

    words: tuple[str, ...]
    terms: tuple[str, ...]
    form: str = ""


SEARCH_WORDS = (
    SearchWord(("neurotoxicity", "神经毒性", "ICANS"), _NERVES, "ICE"),
    SearchWord(("veno-occlusive disease", "肝静脉闭塞病", "VOD"), ("Sinusoidal obstruction syndrome",)),
    SearchWord(("PRES",), ("Reversible posterior leukoencephalopathy syndrome",)),
)


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


def search_words(term: CtcaeTerm) -> tuple[str, ...]:
    """The words by which people search for a term beside its names."""
    return tuple(word for one in SEARCH_WORDS if term.name.en in one.terms for word in one.words)


def searched(text: str) -> SearchWord | None:
    """The search word that this text is or begins, from its third letter (second character of Chinese) on."""
    wanted = " ".join(text.split()).casefold()
    if len(wanted) < (2 if wanted[:1] > "\u2e80" else 3):
        return None
    return next(
        (one for one in SEARCH_WORDS if any(word.casefold().startswith(wanted) for word in one.words)), None
    )


def terms_like(text: str) -> list[CtcaeTerm]:
    """The terms whose name in either language holds this text, then those that a search word means by it."""
    wanted = text.casefold().strip()
    own = [
        term
        for term in TERMS.values()
        if wanted in term.name.en.casefold() or wanted in term.name.zh.casefold()
    ]
    found = searched(text)
    meant = [TERMS[name] for name in found.terms] if found else []
    return [*own, *(term for term in meant if term not in own)]


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
