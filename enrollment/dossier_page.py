"""The dossier as its page shows it: each criterion in words, and where its facts are entered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook import registries
from trialsite.casebook.form_types import models_of_forms
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.clinical.body import round_half_up
from trialsite.clinical.facts import ItemAddress, Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules.answer import Evidence
from trialsite.clinical.rules.describe import SYMBOLS
from trialsite.clinical.units import unit_label
from trialsite.clinical.verdicts import CriterionVerdict
from trialsite.studies.domain.protocol import Criterion

from .domain.eligibility import CriterionLine, Dossier

UPPER_LIMIT = "_uln"
TIME_UNITS = {"a": gettext_lazy("years"), "d": gettext_lazy("days")}
SHOWN_DECIMALS = 2
LONGEST_DECIMALS = 4


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

    @property
    def open(self) -> bool:
        return self.verdict == CriterionVerdict.UNKNOWN


def lines_of(subject: Subject, dossier: Dossier, language: str) -> list[DossierLine]:
    """The dossier in the order of the protocol."""
    criteria = {criterion.id: criterion for criterion in subject.protocol_version.protocol.criteria}
    return [_line(subject, dossier, line, criteria.get(line.id), language) for line in dossier.lines]


def _line(
    subject: Subject, dossier: Dossier, line: CriterionLine, criterion: Criterion | None, language: str
) -> DossierLine:
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
        evidence=tuple(_evidence(subject, dossier, name, found) for name, found in by_fact.items()),
    )


def worth_showing(evidence: Evidence, verdict: CriterionVerdict) -> bool:
    """Everything while the verdict is open; once decided, what decided it and what else is recorded."""
    return verdict is CriterionVerdict.UNKNOWN or evidence.decides or evidence.value is not None


def limits_missing(evidence: Iterable[Evidence]) -> list[str]:
    """Facts that only stand in a limit (the upper limit of normal) and are missing."""
    return [name for one in evidence for name in one.missing if name == one.of and name != one.fact]


def _evidence(subject: Subject, dossier: Dossier, name: str, found: list[Evidence]) -> EvidenceLine:
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
        limits="; ".join(limit_words(one) for one in found if shows_limit(one)),
        on=on,
        age_days=(dossier.reference_day - on).days if on else None,
        why=str(why),
        working=first.working if first else "",
        slot=slot_of_form(subject, form_key),
        form_title=kind.title if kind else form_key,
    )


def shows_limit(evidence: Evidence) -> bool:
    """A question answered yes or no needs no limit beside it."""
    return not isinstance(evidence.limit, bool)


def value_words(evidence: Evidence) -> str:
    """The value with comparator and unit, a code by its label, a question by yes or no."""
    if evidence.value is None:
        return ""
    text = plain_words(evidence.value, evidence.source or item_of_fact(evidence.fact))
    unit = str(TIME_UNITS.get(evidence.unit) or (unit_label(evidence.unit) if evidence.unit else ""))
    return f"{SYMBOLS.get(evidence.comparator, '')}{text} {unit}".strip()


def limit_words(evidence: Evidence) -> str:
    """The limit as a person compares with it: `≤ 63 (3 × upper limit of bilirubin)`."""
    symbol = SYMBOLS[evidence.operator]
    several = evidence.limit if isinstance(evidence.limit, tuple) else (evidence.limit,)
    computed = evidence.limit_text.replace(evidence.of, limit_label(evidence.of)) if evidence.of else ""
    if evidence.limit is None:
        return f"{symbol} {computed}"
    source = evidence.source or item_of_fact(evidence.fact)
    words = ", ".join(plain_words(one, source) for one in several)
    return f"{symbol} {words} ({computed})" if computed else f"{symbol} {words}"


def fact_label(name: str) -> str:
    """The name of a fact in the reader's language; an upper limit of normal is named after its result."""
    source = registries.facts.get(name)
    label = str(source.label) if source else name
    return _("%(result)s: upper limit of normal") % {"result": label} if name.endswith(UPPER_LIMIT) else label


def limit_label(name: str) -> str:
    """A fact inside a limit, short: "3 × ULN"."""
    return _("ULN") if name.endswith(UPPER_LIMIT) else fact_label(name)


def plain_words(value: Any, source: ItemAddress | None) -> str:
    """One value in the reader's words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return decimal_words(value)
    if isinstance(value, str):
        return code_label(value, source)
    return str(value)


def decimal_words(value: Decimal) -> str:
    """A number as entered; one that was computed to many places is shown with two."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent > LONGEST_DECIMALS and value != round_half_up(value, LONGEST_DECIMALS):
        value = round_half_up(value, SHOWN_DECIMALS)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def item_of_fact(name: str) -> ItemAddress | None:
    """Where a fact would stand if it were recorded: the item of the same name in its form."""
    source = registries.facts.get(name)
    kind = registries.forms.get(source.form) if source else None
    return ItemAddress(kind.model._meta.db_table, "", name) if kind else None


def code_label(code: str, source: ItemAddress | None) -> str:
    """The label of a code, from the choices of the item it stands in."""
    if source is None:
        return code
    for model in models_of_forms():
        if model._meta.db_table == source.table:  # type: ignore[attr-defined]
            column = next((one for one in model._meta.get_fields() if one.name == source.item), None)  # type: ignore[attr-defined]
            choices = dict(column.flatchoices) if isinstance(column, models.Field) else {}
            return str(choices.get(code, code))
    return code


def slot_of_form(subject: Subject, form_key: str) -> Slot | None:
    """Where a form stands in screening: at the first visit at screening or consent that asks for it."""
    visits = subject.protocol_version.protocol.visits
    for visit in sorted(visits, key=lambda one: one.anchor not in ("screening", "consent")):
        if any(form.form == form_key for form in visit.forms):
            return Slot(subject.pk, visit.key, form_key)
    return None
