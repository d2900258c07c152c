"""The facts behind each branch that was read: value, day and form, or where to enter what is not known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from enrollment.dossier_page import slot_of_form, value_words
from trialsite.casebook import registries
from trialsite.casebook.fact_words import fact_label, rule_words
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.rules.answer import Evidence
from trialsite.clinical.text import Text
from trialsite.deviations.selectors import records_in, source_form

from ..domain.path import BranchAnswer, PhaseRun

# Facts that are assessed anew after each phase: one from before day 1 says nothing of this phase.
ASSESSED = frozenset({"in_crc", "mrd_state", "mrd_verdict_latest", "response_latest", "response_latest_day"})


@dataclass(frozen=True)
class FactLine:
    """One fact of a branch. `before`: it was assessed before the phase began. `url`: the form that says it, or the one
    to enter it in."""

    label: str
    value: str
    why: str
    on: date | None
    url: str
    form: str
    before: bool = False


@dataclass(frozen=True)
class BranchLine:
    """A branch as read: its words, its rule, how it came out, and the facts."""

    text: Text
    rule: str
    truth: str
    facts: tuple[FactLine, ...]


def branch_lines(
    subject: Subject, read: Sequence[BranchAnswer], run: PhaseRun | None, *, link: bool = True
) -> list[BranchLine]:
    """The branches in the order in which they were read; a fact that several ask for stands at each."""
    forms = forms_of(one.source for branch in read for one in branch.answer.evidence) if link else {}
    return [
        BranchLine(
            text=one.branch.text,
            rule=rule_words(one.branch.when),
            truth=one.answer.truth.value,
            facts=tuple(fact_lines(subject, one.answer.evidence, run, forms)),
        )
        for one in read
    ]


def fact_lines(
    subject: Subject, evidence: Iterable[Evidence], run: PhaseRun | None, forms: dict[ItemAddress, Any]
) -> Iterable[FactLine]:
    """Each fact once, in the order of the rule."""
    for name, one in {one.fact: one for one in evidence}.items():
        found = forms.get(one.source) if one.source else None
        slot = None if found or not one.why else slot_to_enter(subject, name, run)
        source = registries.facts.get(name)
        kind = registries.forms.get(source.form) if source else None
        yield FactLine(
            label=fact_label(name),
            value=value_words(one),
            why=str(one.why),
            on=one.on,
            url=found.url if found else slot.url() if slot else "",
            form=found.title if found else str(kind.title) if kind else "",
            before=bool(name in ASSESSED and run and one.on and one.on < run.start),
        )


def forms_of(sources: Iterable[ItemAddress | None]) -> dict[ItemAddress, Any]:
    """The form behind each address; what is no form has none."""
    found = {}
    for source in {one for one in sources if one is not None}:
        for record in records_in(source.table, [source.row_id]):
            found[source] = source_form(record)
    return found


def slot_to_enter(subject: Subject, fact: str, run: PhaseRun | None) -> Slot | None:
    """Where a fact that is missing is entered: at a visit of the phase that asks for its form, else in screening."""
    source = registries.facts.get(fact)
    if source is None or not source.form:
        return None
    visits = subject.protocol_version.protocol.visits if run else ()
    for visit in visits:
        asks = any(form.form == source.form for form in visit.forms)
        if asks and run and run.phase in (visit.phase, visit.anchor.partition(":")[2]):
            return Slot(subject.pk, visit.key, source.form)
    return slot_of_form(subject, source.form)


def as_data(read: Sequence[BranchAnswer]) -> list[dict[str, Any]]:
    """The branches as they were read, for the decision that rests on them."""
    return [
        {
            "text_en": one.branch.text.en,
            "text_zh": one.branch.text.zh,
            "to": one.branch.to,
            "truth": one.answer.truth.value,
            "evidence": [each.as_data() for each in one.answer.evidence],
        }
        for one in read
    ]
