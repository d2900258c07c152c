"""What must hold before a decision of enrolment, each refusal a sentence."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.passwords import is_own_password
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.form_models import models_of_forms
from trialsite.casebook.models import CasebookRow, Subject
from trialsite.casebook.names import local
from trialsite.casebook.registries import forms
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.clinical.facts import Fact, ItemAddress
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import evaluate, facts_named, parse_rule
from trialsite.clinical.verdicts import SubjectVerdict
from trialsite.review.contents import texts_of
from trialsite.review.verification import verified_items
from trialsite.studies.domain.protocol import Gate

from .domain.eligibility import Dossier, within_windows
from .models import Confirmation
from .selectors import Facts, assess, list_is_made, standing_of, stratum_of_subject

STATE, CONFIRMATION, CRITERION, AGAINST = "state", "confirmation", "criterion", "against"
STRATUM, GATE, LIST, CONSENT = "stratum", "gate", "list", "consent"
BRIDGED = (CONFIRMATION, CRITERION, GATE)  # what an emergency allocation may leave to be filled in afterwards


@dataclass(frozen=True)
class Missing:
    """One condition that does not hold: its code, the id it concerns (criterion, gate), and the sentence."""

    code: str
    id: str
    sentence: str


class NotReady(Refused):
    """Randomisation is refused: every condition that is missing, not the first alone."""

    def __init__(self, missing: Iterable[Missing]) -> None:
        self.missing = tuple(missing)
        super().__init__(" ".join(one.sentence for one in self.missing))


def missing_before_randomisation(subject: Subject, facts: Facts, on: date) -> list[Missing]:
    """Everything that stands between a subject and its arm on a day; [] when it can be given."""
    return [
        *not_enrolled(subject),
        *not_confirmed(subject, facts),
        *not_eligible(subject, facts, on),
        *without_stratum(subject, facts, on),
        *gates_not_passed(subject, facts, on),
        *without_list(subject),
    ]


def not_enrolled(subject: Subject) -> Iterator[Missing]:
    if subject.state != SubjectState.ENROLLED or subject.enrolled_on is None:
        yield Missing(STATE, "", _("Only an enrolled subject is randomised."))


def not_confirmed(subject: Subject, facts: Facts) -> Iterator[Missing]:
    found = standing_of(subject, facts)
    if found.confirmation is None:
        yield Missing(CONFIRMATION, "", _("An investigator has not confirmed eligibility yet."))
    elif not found.holds:
        sentence = _("The record or the rules changed after eligibility was confirmed: confirm it again.")
        yield Missing(CONFIRMATION, "", sentence)


def not_eligible(subject: Subject, facts: Facts, on: date) -> Iterator[Missing]:
    dossier = assess(subject, facts, on)
    if dossier.verdict is SubjectVerdict.INELIGIBLE:
        yield Missing(AGAINST, ", ".join(dossier.decision.because), eligibility_sentence(dossier))
    elif dossier.verdict is SubjectVerdict.PENDING:
        yield Missing(CRITERION, ", ".join(dossier.decision.because), eligibility_sentence(dossier))


def without_stratum(subject: Subject, facts: Facts, on: date) -> Iterator[Missing]:
    if stratum_of_subject(subject, facts, on) is None:
        sentence = _("The stratum cannot be told yet: a stratification factor is unknown.")
        yield Missing(STRATUM, "", sentence)


def without_list(subject: Subject) -> Iterator[Missing]:
    if not list_is_made(subject.study_id):
        yield Missing(
            LIST, "", _("The randomisation list is not sealed yet, so no digest of it is published.")
        )


def gates_not_passed(subject: Subject, facts: Facts, on: date) -> Iterator[Missing]:
    """What the protocol asks for besides eligibility: its rule met, and verified where the protocol says so."""
    protocol = subject.protocol_version.protocol
    usable = within_windows(facts, protocol.screening.fact_groups, protocol.screening.windows, on)
    for gate in protocol.randomisation.gates if protocol.randomisation else ():
        truth = evaluate(parse_rule(gate.rule), usable).truth
        if truth is Truth.FALSE:
            yield Missing(AGAINST, gate.key, _("Not met: %(gate)s.") % {"gate": local(gate.text)})
        elif truth is Truth.UNKNOWN:
            yield Missing(GATE, gate.key, _("Not known yet: %(gate)s.") % {"gate": local(gate.text)})
        elif gate.verified and not is_verified(gate, usable):
            sentence = _("Not compared with the source yet: %(gate)s.") % {"gate": local(gate.text)}
            yield Missing(GATE, gate.key, sentence)


def is_verified(gate: Gate, facts: Facts) -> bool:
    """Whether every fact of a gate rests on an item, or on a line of a form, that was compared with its source."""
    names = facts_named(parse_rule(gate.rule))
    sources = [facts.get(name, Fact.missing()).source for name in names]
    return all(source is not None and source_is_verified(source) for source in sources)


def source_is_verified(source: ItemAddress) -> bool:
    record_id, items = items_behind(source)
    return bool(items) and items <= set(verified_items(record_id))


def items_behind(source: ItemAddress) -> tuple[Any, set[str]]:
    """The form on which a fact rests, and the items of it that carry the fact: all of a line, or the one item."""
    for kind in forms.values():
        for row_type in kind.rows:
            if row_type.model._meta.db_table == source.table:
                row: CasebookRow = row_type.model.objects.get(pk=source.row_id)
                return row.record_id, {f"{row_type.name}.{row.line}.{item}" for item in texts_of(row)}  # type: ignore[attr-defined]
    known = source.table in {model._meta.db_table for model in models_of_forms()}  # type: ignore[attr-defined]
    return source.row_id, {source.item} if known else set()


# Single refusals


def refuse_wrong_password(subject: Subject, password: str, by: User) -> None:
    """A signature needs the signer's own password; a wrong one is an event of the audit."""
    if not is_own_password(by, password):
        record_event(kind="eligibility.password_wrong", user_id=by.pk, subject=str(subject.pk))
        raise CheckFailed({"password": _("This is not your password. Nothing was confirmed.")})


def decision_day(subject: Subject, day: date | None, item: str) -> date:
    """The day of a decision: not before screening, not in the future."""
    today = site_today(subject)
    day = day or today
    if day > today:
        raise CheckFailed({item: _("This day has not come yet at the site.")})
    if day < subject.screened_on:
        raise CheckFailed({item: _("This day lies before the screening of the subject.")})
    return day


def eligibility_sentence(dossier: Dossier) -> str:
    """Why a dossier is not eligible: what is against, or what is unknown."""
    because = ", ".join(dossier.decision.because)
    if dossier.verdict is SubjectVerdict.INELIGIBLE:
        return _("The subject is not eligible: %(criteria)s.") % {"criteria": because}
    return _("These criteria are still unknown: %(criteria)s.") % {"criteria": because}


def refuse_unless_eligible(dossier: Dossier) -> None:
    """Nobody is confirmed, enrolled or randomised unless every criterion is decided in favour."""
    if dossier.verdict is not SubjectVerdict.ELIGIBLE:
        raise Refused(eligibility_sentence(dossier))


def refuse_unless_confirmed(subject: Subject, facts: Facts, on: date) -> Confirmation:
    """The confirmation that stands, with the verdict still ELIGIBLE on that day."""
    for one in not_confirmed(subject, facts):
        raise Refused(one.sentence)
    refuse_unless_eligible(assess(subject, facts, on))
    confirmation = standing_of(subject, facts).confirmation
    assert confirmation is not None
    return confirmation
