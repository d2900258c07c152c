"""The topics of the dashboards' cells in words, and where the records behind a cell stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from assessments.disease.mrd_results import VERDICT_WORDS
from assessments.disease.responses import category_words
from enrollment.models.background import Sex
from treatment.doses.drugs import drug_name
from treatment.models.cycles import DelayReason, EndReason
from treatment.models.doses import Reason
from treatment.models.infusions import StopReason
from trialsite.casebook.names import phase_name, visit_name
from trialsite.clinical import ctcae
from trialsite.deviations.states import Weight
from trialsite.review.query_totals import AGES
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.sites_and_strata import Stratum

from ..domain.mrd_reduction import Height

NOT_KNOWN = "?"
MISSING = "MISSING"
Words = Callable[[Protocol, str], str]

HEIGHTS: Mapping[str, Any] = {
    "RISE": gettext_lazy("rose"),
    "LOG0": gettext_lazy("fell by less than 1 log10"),
    "LOG1": gettext_lazy("fell by 1 to 2 log10"),
    "LOG2": gettext_lazy("fell by 2 to 3 log10"),
    "LOG3": gettext_lazy("fell by 3 log10 or more"),
    Height.BELOW_LOQ: gettext_lazy("below the limit of quantification"),
    Height.NOT_DETECTED: gettext_lazy("not detected"),
    Height.UNKNOWN: gettext_lazy("cannot be compared"),
}
DROPS: Mapping[str, Any] = {
    "best": gettext_lazy("at best"),
    "induction": gettext_lazy("at the end of induction"),
}
VERDICTS: Mapping[str, Any] = {**VERDICT_WORDS, MISSING: gettext_lazy("missing")}
OVERDUE: Mapping[str, Any] = {
    "visits": gettext_lazy("Visits overdue"),
    "forms": gettext_lazy("Forms overdue"),
}
CHANGES: Mapping[str, Any] = {
    "dose": gettext_lazy("dose"),
    "infusion": gettext_lazy("infusion stopped"),
    "phase": gettext_lazy("dose level of the phase"),
}
RAN: Mapping[str, Any] = {"hours": gettext_lazy("hours"), "micrograms": "µg"}
QUERY_AGES: Mapping[str, Any] = {str(days or "more"): words for days, words in AGES}


def no_words(protocol: Protocol, code: str) -> str:
    return ""


def term_words(protocol: Protocol, term: str) -> str:
    return ctcae.words_of(term, get_language() or "en") if term else _("Any event")


def grade_words(protocol: Protocol, grade: str) -> str:
    """A grade; "?" where it is not known or not certain."""
    return _("grade not known") if grade == NOT_KNOWN else _("grade %(n)s") % {"n": grade}


def place_words(protocol: Protocol, place: str) -> str:
    """A visit with its number, or the best of all."""
    key, _dot, repeat = place.rpartition(".")
    return visit_name(protocol, key, int(repeat)) if repeat.isdigit() else _("Best response")


def days_words(protocol: Protocol, days: str) -> str:
    return ngettext("%(n)s day", "%(n)s days", int(days)) % {"n": days}


def phase_words(protocol: Protocol, phase: str) -> str:
    return phase_name(protocol, phase)


def of(words: Mapping[str, Any]) -> Words:
    """The words of a fixed list; what it does not have stands as it is."""
    return lambda protocol, code: str(words.get(code, code))


def response_words(protocol: Protocol, category: str) -> str:
    return category_words(category)


@dataclass(frozen=True)
class Topic:
    """One kind of cells: its title, its lines and levels in words, and the page of a subject that holds the records."""

    title: Any
    lines: Words
    levels: Words
    page: str = "subject"


def events(title: Any) -> Topic:
    return Topic(title, term_words, grade_words, "adverse-events")


ENDS: Mapping[str, Any] = {**dict(EndReason.choices), "-": gettext_lazy("not ended, or not stated")}
FACTORS: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
    "sex": (gettext_lazy("Sex"), dict(Sex.choices)),
    "age": (
        gettext_lazy("Age at consent"),
        {"BELOW_40": gettext_lazy("below 40 years"), "FROM_40": gettext_lazy("40 years or more")},
    ),
    "risk": (
        gettext_lazy("Genetic risk"),
        {"HIGH": gettext_lazy("high risk"), "STANDARD": gettext_lazy("not high risk")},
    ),
    "mrd": (gettext_lazy("MRD at screening"), VERDICT_WORDS),
}


def strata_of(protocol: Protocol) -> Mapping[str, Stratum]:
    """The strata of a randomised trial by the line of their cells; sites are no stratum here."""
    strata = protocol.randomisation.strata if protocol.randomisation else ()
    return {f"stratum:{one.key}": one for one in strata if not one.by_site}


def factors_of(protocol: Protocol) -> list[str]:
    """The lines of the topic of groups, in their order."""
    return [*FACTORS, *strata_of(protocol)]


def levels_of(protocol: Protocol, factor: str) -> Mapping[str, Any]:
    """The groups of a factor in words, in their order; "?" is not known."""
    if factor in FACTORS:
        return {**FACTORS[factor][1], NOT_KNOWN: gettext_lazy("not known")}
    stratum, language = strata_of(protocol).get(factor), get_language() or "en"
    return {one.key: one.name.in_language(language) for one in stratum.levels} if stratum else {}


def group_words(protocol: Protocol, factor: str) -> str:
    """The name of a factor."""
    if factor in FACTORS:
        return str(FACTORS[factor][0])
    stratum = strata_of(protocol).get(factor)
    return stratum.name.in_language(get_language() or "en") if stratum else _("Site")


def level_words(protocol: Protocol, level: str) -> str:
    """A group in words, whichever factor it is of."""
    found = (levels_of(protocol, factor).get(level) for factor in reversed(factors_of(protocol)))
    return str(next((one for one in found if one is not None), level))


REASONS: Mapping[str, Any] = {**dict(Reason.choices), **dict(StopReason.choices)}
TOPICS: Mapping[str, Topic] = {
    "treated": Topic(gettext_lazy("Treated"), no_words, no_words, "treatment"),
    "ae": events(gettext_lazy("Adverse events")),
    "ae_emergent": events(gettext_lazy("Treatment-emergent adverse events")),
    "ae_related": events(gettext_lazy("Related adverse events")),
    "ae_serious": events(gettext_lazy("Serious adverse events")),
    "ae_special": events(gettext_lazy("Events of special interest")),
    "astct": Topic(gettext_lazy("Worst ASTCT grade"), of({}), grade_words, "assessments"),
    "mrd": Topic(gettext_lazy("MRD by visit"), place_words, of(VERDICTS), "assessments"),
    "mrd_drop": Topic(gettext_lazy("Reduction of MRD"), of(DROPS), of(HEIGHTS), "assessments"),
    "response": Topic(gettext_lazy("Response"), place_words, response_words, "assessments"),
    "phase": Topic(gettext_lazy("Phases begun"), phase_words, of(ENDS), "treatment"),
    "delay": Topic(
        gettext_lazy("Phases that began late"), phase_words, of(dict(DelayReason.choices)), "treatment"
    ),
    "dose_change": Topic(gettext_lazy("Changes of doses"), of(CHANGES), of(REASONS), "treatment"),
    "blinatumomab": Topic(gettext_lazy("Blinatumomab"), phase_words, of(RAN), "treatment"),
    "intensity": Topic(
        gettext_lazy("Relative dose intensity"), lambda protocol, drug: drug_name(drug), no_words, "treatment"
    ),
    "group": Topic(gettext_lazy("Subgroup"), group_words, level_words),
    "queries": Topic(gettext_lazy("Open queries"), of(QUERY_AGES), no_words, "subject-queries"),
    "overdue": Topic(gettext_lazy("Overdue"), of(OVERDUE), no_words),
    "sdv": Topic(gettext_lazy("Source verification"), no_words, no_words),
    "entry": Topic(gettext_lazy("Days to entry"), days_words, no_words),
    "stale": Topic(gettext_lazy("Signatures to renew"), no_words, no_words, "subject-signatures"),
    "deviations": Topic(gettext_lazy("Deviations"), of(dict(Weight.choices)), no_words),
}
