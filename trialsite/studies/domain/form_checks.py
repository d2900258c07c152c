"""Whether the visits of a protocol have the forms from which its rules are answered."""

from __future__ import annotations

from collections.abc import Iterator

from trialsite.clinical.rules import RuleError, comparisons, parse_rule
from trialsite.studies.domain.fact_names import FACTS
from trialsite.studies.domain.problems import Path, dotted
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.rule_checks import rules_of
from trialsite.studies.domain.values import Rule
from trialsite.studies.domain.vocabulary import FORMS, LOG_FORMS

Found = Iterator[tuple[Path, str]]

SCREENING = "screening"  # the anchor of the visit at which a subject is screened
CONSENT_FACTS = ("consent_complete", "age_years")  # of every trial: who must sign depends on the age


def form_problems(protocol: Protocol) -> Found:
    """Facts that no visit's form supplies, a missing screening visit, forms of its own that no visit names."""
    asked = {form.form for visit in protocol.visits for form in visit.forms}
    if not any(visit.anchor == SCREENING for visit in protocol.visits):
        yield (
            ("visits",),
            "No visit is anchored to screening; one must be, with the forms that screening needs.",
        )
    for path, what, names in _needed(protocol):
        for name in dict.fromkeys(names):
            if form := _lacking(name, asked):
                yield (
                    path,
                    f"{what} needs {name}, which form {form} supplies; no visit of this file has {form}.",
                )
    for number, own in enumerate(protocol.forms):
        if own.key not in asked and own.key not in LOG_FORMS:
            sentence = f"No visit has the form {own.key}; name it at a visit or leave it out."
            yield ("forms", number, "key"), sentence


def _lacking(fact: str, asked: set[str]) -> str:
    """The form that supplies a fact, where no visit has it and it cannot be entered in the log; else ""."""
    form = FACTS[fact].form if fact in FACTS else ""
    return form if form in FORMS and form not in LOG_FORMS and form not in asked else ""


def _needed(protocol: Protocol) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    """What asks for facts: its path, its name, the facts."""
    yield ("consent",), "consent", CONSENT_FACTS
    for path, rule in rules_of(protocol):
        yield path, _name_of(protocol, path), _facts_in(rule)
    for number, stratum in enumerate(protocol.randomisation.strata if protocol.randomisation else ()):
        yield ("randomisation", "strata", number, "fact"), f"stratum {stratum.key}", (stratum.fact,)


def _facts_in(rule: Rule) -> tuple[str, ...]:
    try:
        return tuple(name for one in comparisons(parse_rule(rule)) for name in one.names)
    except RuleError:  # told as a problem of the rule
        return ()


def _name_of(protocol: Protocol, path: Path) -> str:
    """What a rule belongs to: `criterion 900-I1`, `gate MRD`, `visit FU`, or its place in the file."""
    match path:
        case ("criteria", int(number), *_):
            return f"criterion {protocol.criteria[number].id}"
        case ("randomisation", "gates", int(number), *_) if protocol.randomisation:
            return f"gate {protocol.randomisation.gates[number].key}"
        case ("randomisation", "strata", int(number), *_) if protocol.randomisation:
            return f"stratum {protocol.randomisation.strata[number].key}"
        case ("phases", int(number), *_):
            return f"a branch of phase {protocol.phases[number].key}"
        case ("visits", int(number), *_):
            return f"visit {protocol.visits[number].key}"
    return f"the rule {dotted(path)}"
