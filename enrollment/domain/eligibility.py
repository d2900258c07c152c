"""Eligibility: every criterion answered from the facts, with its evidence, and the verdict on the subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from trialsite.clinical.facts import Fact, Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import Answer, Evidence, describe, evaluate, parse_rule
from trialsite.clinical.text import Text
from trialsite.clinical.verdicts import (
    CriterionKind,
    CriterionVerdict,
    SubjectDecision,
    SubjectVerdict,
    criterion_verdict,
    subject_verdict,
)
from trialsite.studies.domain.protocol import Criterion


@dataclass(frozen=True)
class CriterionLine:
    """One line of the dossier: the criterion, its verdict, and what the verdict rests on.

    bites: whether what the note tells (another criterion that is stricter) concerns this subject.

    missing: the facts that could still change the verdict. decisive: the comparisons it rests on.
    """

    id: str
    kind: CriterionKind
    text: Text
    verdict: CriterionVerdict
    answer: Answer
    rule: str
    needs: Text
    note: Text | None
    bites: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        return self.answer.missing

    @property
    def decisive(self) -> tuple[Evidence, ...]:
        return tuple(one for one in self.answer.evidence if one.decides)

    def as_data(self) -> dict[str, object]:
        """The line in JSON types, for the snapshot that is stored when the investigator confirms."""
        return {
            "id": self.id,
            "kind": str(self.kind),
            "verdict": str(self.verdict),
            "rule": self.rule,
            "answer": self.answer.as_data(),
            "bites": self.bites,
        }


@dataclass(frozen=True)
class Dossier:
    """All criteria of a subject and the verdict of the whole."""

    lines: tuple[CriterionLine, ...]
    decision: SubjectDecision
    reference_day: date

    @property
    def verdict(self) -> SubjectVerdict:
        return self.decision.verdict

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that are still needed, each once, in the order of the criteria."""
        return tuple(dict.fromkeys(name for line in self.lines for name in line.missing))

    @property
    def against(self) -> tuple[str, ...]:
        """The ids of the criteria that speak against the subject: inclusions not met, exclusions present."""
        bad = (CriterionVerdict.NOT_MET, CriterionVerdict.PRESENT)
        return tuple(line.id for line in self.lines if line.verdict in bad)

    def line(self, criterion_id: str) -> CriterionLine:
        """The line of a criterion; KeyError when there is none."""
        for line in self.lines:
            if line.id == criterion_id:
                return line
        raise KeyError(criterion_id)

    def as_data(self) -> dict[str, object]:
        """The dossier in JSON types, for the snapshot."""
        return {
            "verdict": str(self.decision.verdict),
            "because": list(self.decision.because),
            "reference_day": self.reference_day.isoformat(),
            "lines": [line.as_data() for line in self.lines],
        }


def within_windows(
    facts: Mapping[str, Fact],
    fact_groups: Mapping[str, str],
    windows: Mapping[str, int],
    reference_day: date,
) -> dict[str, Fact]:
    """The facts with those outside their screening window marked STALE, which rules take as unknown.

    windows: group → days before the reference day (first day of treatment, or of randomisation; while that
    is not known, today), both ends included: with 7 days, a result of day 7 before counts, one of day 8
    does not. A result after the reference day is outside too. A fact without a group has no age limit; one
    without a date, in a group, cannot be shown to be fresh and is stale. A fact that is unknown or not
    applicable stays as it is."""
    return {
        name: _aged(fact, windows.get(fact_groups.get(name, "")), reference_day)
        for name, fact in facts.items()
    }


def assess_eligibility(
    criteria: Iterable[Criterion],
    facts: Mapping[str, Fact],
    reference_day: date,
    *,
    fact_groups: Mapping[str, str] | None = None,
    windows: Mapping[str, int] | None = None,
) -> Dossier:
    """The dossier of a subject on a day.

    An inclusion is met when its rule is true, an exclusion present when it is. One criterion not met or
    present makes the subject ineligible, whatever is unknown; eligible needs every criterion decided;
    otherwise pending."""
    usable = within_windows(facts, fact_groups or {}, windows or {}, reference_day)
    lines = tuple(_line(criterion, usable) for criterion in criteria)
    decision = subject_verdict({line.id: line.verdict for line in lines})
    return Dossier(lines, decision, reference_day)


def _aged(fact: Fact, window_days: int | None, reference_day: date) -> Fact:
    if window_days is None or not fact.known:
        return fact
    if fact.on is not None and 0 <= (reference_day - fact.on).days <= window_days:
        return fact
    return replace(fact, why=Why.STALE)


def _line(criterion: Criterion, facts: Mapping[str, Fact]) -> CriterionLine:
    rule = parse_rule(criterion.rule, criterion.id)
    answer = evaluate(rule, facts)
    kind = CriterionKind(criterion.kind.upper())
    return CriterionLine(
        id=criterion.id,
        kind=kind,
        text=criterion.text,
        verdict=criterion_verdict(kind, answer.truth),
        answer=answer,
        rule=describe(rule),
        needs=criterion.needs,
        note=criterion.note,
        bites=criterion.bites is not None
        and evaluate(parse_rule(criterion.bites, criterion.id), facts).truth is Truth.TRUE,
    )


def valid_until(
    fact: str, on: date | None, fact_groups: Mapping[str, str], windows: Mapping[str, int]
) -> date | None:
    """The last reference day for which a result of `on` still counts; None where it does not age or has no day."""
    days = windows.get(fact_groups.get(fact, ""))
    return on + timedelta(days=days) if on is not None and days is not None else None


def changed_criteria(before: Dossier, after: Dossier) -> tuple[str, ...]:
    """The criteria whose verdict, or a value it rests on, is another one than before; those new to the rules too."""
    known = {line.id: _rests_on(line) for line in before.lines}
    return tuple(line.id for line in after.lines if known.get(line.id) != _rests_on(line))


def _rests_on(line: CriterionLine) -> object:
    """The verdict with the values behind it, whatever record they stand in and however old they are."""
    values = sorted(
        (one.fact, _plain(one.value), one.unit, one.comparator, _plain(one.limit), one.truth)
        for one in line.answer.evidence
    )
    return line.verdict, values


def _plain(value: object) -> tuple[str, ...]:
    """A value or several as text, the same whether they come from the record or from a snapshot."""
    return tuple(str(one) for one in value) if isinstance(value, tuple | list) else (str(value),)


def stratum_of(levels: Mapping[str, Answer]) -> str | None:
    """The level of a stratification factor: the one whose rule is true, when every other is false; else
    None."""
    true = [key for key, answer in levels.items() if answer.truth is Truth.TRUE]
    known = all(answer.truth.known for answer in levels.values())
    return true[0] if known and len(true) == 1 else None
