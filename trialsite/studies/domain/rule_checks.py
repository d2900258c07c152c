"""Checks the rules of a protocol: readable, naming known facts, comparing each fact with what it can be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from trialsite.clinical.rules import (
    Comparison,
    FactKind,
    Literal,
    RuleError,
    check_kinds,
    comparisons,
    parse_rule,
)
from trialsite.studies.domain.fact_names import FACTS
from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.transplant_plan import transplant_rules
from trialsite.studies.domain.values import Rule

KINDS = {
    "boolean": FactKind.YES_NO,
    "integer": FactKind.NUMBER,
    "decimal": FactKind.NUMBER,
    "date": FactKind.DATE,
    "choice": FactKind.CODE,
    "text": FactKind.CODE,
}
FACT_KINDS = {fact.name: KINDS[fact.kind] for fact in FACTS.values()}
LIST_OF_FACTS = "/protocols/vocabulary/ or docs/protocol-vocabulary.md"
SHORTEST, MOST_HINTS = 3, 6  # letters of a name that is looked for inside others; names that are suggested
STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def rules_of(protocol: Protocol) -> Iterator[tuple[Path, Rule]]:
    """Every rule of the protocol with its path: criteria, branches, visits, doses, indications, strata."""
    for number, criterion in enumerate(protocol.criteria):
        yield ("criteria", number, "rule"), criterion.rule
        if criterion.bites is not None:
            yield ("criteria", number, "bites"), criterion.bites
    for number, phase in enumerate(protocol.phases):
        for place, branch in enumerate(phase.branches):
            yield ("phases", number, "branches", place, "when"), branch.when
    for number, visit in enumerate(protocol.visits):
        if visit.when is not None:
            yield ("visits", number, "when"), visit.when
    yield from _dose_rules(protocol)
    yield from transplant_rules(protocol)
    for number, stratum in enumerate(protocol.randomisation.strata if protocol.randomisation else ()):
        for place, level in enumerate(() if stratum.by_site else stratum.levels):
            yield ("randomisation", "strata", number, "levels", place, "rule"), level.rule
    for number, gate in enumerate(protocol.randomisation.gates if protocol.randomisation else ()):
        yield ("randomisation", "gates", number, "rule"), gate.rule


def _dose_rules(protocol: Protocol) -> Iterator[tuple[Path, Rule]]:
    for number, regimen in enumerate(protocol.regimens):
        for place, drug in enumerate(regimen.drugs):
            here: Path = ("regimens", number, "drugs", place)
            for index, dose in enumerate(drug.doses):
                if dose.when is not None:
                    yield (*here, "doses", index, "when"), dose.when
            for index, other in enumerate(drug.modifiers):
                yield (*here, "modifiers", index, "when"), other.when
            if drug.tumour_lysis is not None:
                yield (*here, "tumour_lysis", "start"), drug.tumour_lysis.start
            for index, condition in enumerate(drug.gates):
                yield (*here, "gates", index, "rule"), condition.rule


def rule_problems(protocol: Protocol, known_facts: Collection[str]) -> Iterator[tuple[Path, str]]:
    """Every problem of every rule as (path, sentence).

    known_facts: the names that rooms have registered; kinds and codes are those of `fact_names.FACTS`.
    """
    for path, data in rules_of(protocol):
        try:
            rule = parse_rule(data)
        except RuleError as error:
            yield (*path, *steps_of(error.path)), error.sentence
            continue
        for comparison in comparisons(rule):
            here = (*path, *steps_of(comparison.path))
            unknown = [name for name in comparison.names if name not in known_facts]
            yield from ((here, unknown_fact(name, known_facts)) for name in unknown)
            if not unknown and all(name in FACT_KINDS for name in comparison.names):
                yield from ((here, error.sentence) for error in check_kinds(comparison, FACT_KINDS))
                yield from ((here, sentence) for sentence in _code_problems(comparison))


def unknown_fact(name: str, known_facts: Collection[str]) -> str:
    """That nobody registers a fact, and which name may have been meant."""
    near = near_names(name, known_facts)
    hint = f"close to it are {', '.join(near)}" if near else f"see the list of facts ({LIST_OF_FACTS})"
    return f"No form supplies a fact called {name}; {hint}."


def near_names(name: str, known: Collection[str]) -> list[str]:
    """Names that may have been meant: first those that hold what was written, then those spelled alike."""
    holding = sorted(one for one in known if name.lower() in one) if len(name) >= SHORTEST else []
    alike = get_close_matches(name, sorted(known), n=3)
    return list(dict.fromkeys([*holding, *alike]))[:MOST_HINTS]


def _code_problems(comparison: Comparison) -> Iterator[str]:
    choices = FACTS[comparison.fact].choices
    if choices and isinstance(comparison.limit, Literal):
        for value in comparison.limit.values:
            if isinstance(value, str) and value not in choices:
                yield f"{comparison.fact} is never {value}; accepted are {', '.join(choices)}."


def steps_of(path: str) -> Path:
    """The path inside a rule, `all[0].fact`, as steps."""
    return tuple(int(index) if index else word for index, word in STEP.findall(path))
