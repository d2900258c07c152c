"""The dossier as its page shows it: each criterion in words, and where its facts are entered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from trialsite.access.permissions import ACTIONS
from trialsite.casebook import registries
from trialsite.casebook.fact_words import (
    amount_words,
    fact_label,
    limit_label,
    plain_words,
    symbol_words,
)
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.clinical.facts import Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules.answer import Evidence
from trialsite.clinical.verdicts import CriterionVerdict
from trialsite.listing import listed, listed_apart
from trialsite.studies.domain.protocol import Criterion

from .domain.eligibility import CriterionLine, Dossier, valid_until


@dataclass(frozen=True)
class EvidenceLine:
    """One fact of a criterion: value against its limits, date and age, or why it cannot be used."""

    label: Any
    value: str
    limits: str
    on: date | None
    age_days: int | None
    why: str
    working: str
    slot: Slot | None
    form_title: Any
    supplied_by: str = ""  # the roles that can enter what is missing
    until: date | None = None  # the last day on which it still counts
    routine: bool = False  # from before consent: standard of care, not a procedure of the trial

    @property
    def missing(self) -> bool:
        return bool(self.why) and self.why != Why.NOT_APPLICABLE


@dataclass(frozen=True)
class DossierLine:
    """One criterion: its verdict and what it rests on."""

    id: str
    kind: str
    text: str
    verdict: str
    needs: str
    note: str
    source: str
    cite: str
    rule: str
    evidence: tuple[EvidenceLine, ...]
    bites: bool = False
    changed: bool = False

    @property
    def open(self) -> bool:
        return self.verdict == CriterionVerdict.UNKNOWN


@dataclass(frozen=True)
class Shown:
    """What a page shows: a subject's dossier, the day of consent, and which criteria changed since confirmation."""

    subject: Subject
    dossier: Dossier
    language: str
    consented_on: date | None = None
    changed: tuple[str, ...] = ()


def lines_of(shown: Shown) -> list[DossierLine]:
    """The dossier in the order of the protocol."""
    criteria = {criterion.id: criterion for criterion in shown.subject.protocol_version.protocol.criteria}
    return [_line(shown, line, criteria.get(line.id)) for line in shown.dossier.lines]


def _line(of: Shown, line: CriterionLine, criterion: Criterion | None) -> DossierLine:
    language = of.language
    shown = [one for one in line.answer.evidence if worth_showing(one, line.verdict)]
    by_fact: dict[str, list[Evidence]] = {}
    for one in shown:
        by_fact.setdefault(one.fact, []).append(one)
    for name in limits_missing(shown):
        by_fact.setdefault(name, [])
    return DossierLine(
        id=line.id,
        kind=line.kind.value,
        text=line.text.in_language(language),
        verdict=line.verdict.value,
        needs=line.needs.in_language(language),
        note=line.note.in_language(language) if line.note else "",
        source=criterion.source if criterion else "",
        cite=criterion.cite if criterion else "",
        rule=line.rule,
        evidence=tuple(_evidence(of, name, found) for name, found in by_fact.items()),
        bites=line.bites,
        changed=line.id in of.changed,
    )


def worth_showing(evidence: Evidence, verdict: CriterionVerdict) -> bool:
    """Everything while the verdict is open; once decided, what decided it and what else is recorded."""
    return verdict is CriterionVerdict.UNKNOWN or evidence.decides or evidence.value is not None


def limits_missing(evidence: Iterable[Evidence]) -> list[str]:
    """Facts that only stand in a limit (the upper limit of normal) and are missing."""
    return [name for one in evidence for name in one.missing if name == one.of and name != one.fact]


def _evidence(of: Shown, name: str, found: list[Evidence]) -> EvidenceLine:
    screening = of.subject.protocol_version.protocol.screening
    source = registries.facts.get(name)
    form_key = source.form if source else ""
    kind = registries.forms.get(form_key)
    first = found[0] if found else None
    open_ones = [one for one in found if one.truth is Truth.UNKNOWN]
    why = (open_ones[0].why if open_ones else first.why) if first else Why.NOT_RECORDED
    on = first.on if first else None
    return EvidenceLine(
        label=fact_label(name),
        value=value_words(first) if first else "",
        limits=listed_apart(limit_words(one) for one in found if shows_limit(one)),
        on=on,
        age_days=(of.dossier.reference_day - on).days if on else None,
        why=str(why),
        working=first.working if first else "",
        slot=slot_of_form(of.subject, form_key),
        form_title=kind.title if kind else form_key,
        supplied_by=roles_in_words(kind.permission) if kind and why else "",
        until=valid_until(name, on, screening.fact_groups, screening.windows),
        routine=bool(on and of.consented_on and on < of.consented_on and form_key not in ("DM", "ICF")),
    )


def roles_in_words(permission: str) -> str:
    """The roles that may enter a form."""
    return listed(sorted(str(role.label) for role in ACTIONS[permission].roles))


def shows_limit(evidence: Evidence) -> bool:
    """A question answered yes or no needs no limit beside it."""
    return not isinstance(evidence.limit, bool)


def value_words(evidence: Evidence) -> str:
    """The value with comparator and unit, a code by its label, a question by yes or no."""
    if evidence.value is None:
        return ""
    return amount_words(evidence.fact, evidence.value, evidence.unit, evidence.comparator, evidence.source)


def limit_words(evidence: Evidence) -> str:
    """The limit as a person compares with it: `≤ 63 (3 × upper limit of bilirubin)`."""
    symbol = symbol_words()[evidence.operator]
    several = evidence.limit if isinstance(evidence.limit, tuple) else (evidence.limit,)
    computed = evidence.limit_text.replace(evidence.of, limit_label(evidence.of)) if evidence.of else ""
    if evidence.limit is None:
        return f"{symbol} {computed}"
    words = " / ".join(plain_words(evidence.fact, one, evidence.source) for one in several)
    return f"{symbol} {words} ({computed})" if computed else f"{symbol} {words}"


def slot_of_form(subject: Subject, form_key: str) -> Slot | None:
    """Where a form stands in screening: at the first visit at screening or consent that asks for it."""
    visits = subject.protocol_version.protocol.visits
    for visit in sorted(visits, key=lambda one: one.anchor not in ("screening", "consent")):
        if any(form.form == form_key for form in visit.forms):
            return Slot(subject.pk, visit.key, form_key)
    return None
