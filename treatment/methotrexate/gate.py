"""What must hold before a drug of a phase is started, read from the record as it was on that day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook import registries
from trialsite.casebook.fact_words import fact_label, fact_words
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import record_until
from trialsite.casebook.selectors import current_records
from trialsite.casebook.versions import named
from trialsite.clinical.facts import Fact, Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import Evidence
from trialsite.listing import bracketed, told
from trialsite.studies.domain.protocol import Drug, Protocol

from ..domain.start_conditions import (
    ConditionAnswer,
    answer_conditions,
    facts_of_conditions,
    fresh,
    may_start,
)
from ..models import ConcomitantMedication
from .facts import interaction_on

METHOTREXATE = "METHOTREXATE"
INTERACTION = "methotrexate_interaction"
STANDING = {Truth.TRUE: "done", Truth.FALSE: "bad", Truth.UNKNOWN: "unknown"}


@dataclass(frozen=True)
class GateLine:
    """One condition in words: how it came out, what it rests on, where it comes from."""

    text: str
    state: str
    label: str
    evidence: str
    source: str
    cite: str


@dataclass(frozen=True)
class Gate:
    """Every condition of a drug on a day, and whether all hold."""

    drug: str
    on: date
    truth: Truth
    lines: tuple[GateLine, ...]
    answers: tuple[ConditionAnswer, ...]


def gated_drug(protocol: Protocol, phase: str, key: str = METHOTREXATE) -> Drug | None:
    """The drug of a phase that has conditions; None where it has none."""
    found = named(protocol, "phases", phase)
    regimen = named(protocol, "regimens", found.regimen) if found is not None and found.regimen else None
    return next((one for one in regimen.drugs if one.key == key and one.gates), None) if regimen else None


def gate_of(subject: Subject, drug: Drug, on: date, typed: Mapping[str, Fact] | None = None) -> Gate:
    """The conditions of a drug on a day; `typed` are facts of a form that is being entered."""
    with record_until(on):
        facts = registries.facts_of(subject.pk, facts_of_conditions([drug]))
        taken = current_records(ConcomitantMedication, [subject.pk]).order_by("performed_on")
        medicine = ""
        if INTERACTION in facts:
            facts[INTERACTION], medicine = interaction_on(taken, on)
    answers = answer_conditions(drug, facts | dict(typed or {}), on)
    lines = tuple(line_of(one, facts | dict(typed or {}), medicine, on) for one in answers)
    return Gate(drug.name.in_language(get_language() or "en"), on, may_start(answers), lines, answers)


def line_of(one: ConditionAnswer, facts: Mapping[str, Fact], medicine: str, on: date) -> GateLine:
    labels = {
        Truth.TRUE: _("met"),
        Truth.FALSE: _("not met"),
        Truth.UNKNOWN: _("unknown"),
    }
    days = one.condition.max_age_days
    stale = {name for name, fact in fresh(facts, days, on).items() if fact.why is Why.STALE}
    shown = [
        _("%(value)s: older than %(days)s days") % {"value": words, "days": days}
        if each.fact in stale
        else words
        for each in one.answer.evidence
        if (words := evidence_words(each, facts, medicine))
    ]
    return GateLine(
        one.condition.text.in_language(get_language() or "en"),
        STANDING[one.answer.truth],
        labels[one.answer.truth],
        "; ".join(dict.fromkeys(shown)),
        one.condition.source,
        one.condition.cite,
    )


def evidence_words(each: Evidence, facts: Mapping[str, Fact], medicine: str) -> str:
    """What a comparison rests on: value and day, a medicine by its name, or why it is unknown."""
    fact = facts.get(each.fact, Fact.missing())
    if each.fact == INTERACTION and medicine:
        return medicine
    day = f" ({fact.on.isoformat()})" if fact.on else ""
    if fact.known:
        return f"{fact_label(each.fact)} {fact_words(each.fact, fact)}{day}"
    if fact.value is not None:  # too old
        return _("%(fact)s: too old%(day)s") % {"fact": fact_label(each.fact), "day": day}
    return _("%(fact)s: not known") % {"fact": fact_label(each.fact)}


def asked(gate: Gate) -> Iterator[tuple[tuple[str, ...], str]]:
    """The conditions that do not hold or are not known: the facts each rests on, and a sentence."""
    for line, one in zip(gate.lines, gate.answers, strict=True):
        if one.answer.truth is not Truth.TRUE:
            names = tuple(each.fact for each in one.answer.evidence)
            yield names, told(line.text, bracketed(line.label, line.evidence))
