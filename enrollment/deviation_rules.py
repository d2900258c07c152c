"""Rules of enrolment that draft deviations: what was done before consent, and who was found ineligible afterwards."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.casebook.models import CasebookRecord, Subject
from trialsite.casebook.names import form_title
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Submitted, facts, forms
from trialsite.casebook.selectors import current_records
from trialsite.casebook.states import SubjectState
from trialsite.clinical.verdicts import CriterionVerdict
from trialsite.deviations.services import draft_deviation
from trialsite.deviations.states import DeviationKind, Weight

from .domain.eligibility import CriterionLine
from .facts import consent_dates
from .models import Confirmation
from .selectors import assess, facts_for_rules, latest_confirmations, rule_facts

BEFORE_CONSENT, INELIGIBLE = "before-consent", "ineligible-after-enrolment"
START_OF_PHASE, CONSENT = "CYC", "ICF"
NOT_STUDY_TREATMENT = ("pre-phase", "observation")  # a steroid pre-phase is routine care
AGAINST = (CriterionVerdict.NOT_MET, CriterionVerdict.PRESENT)


def follow_submission(told: Submitted) -> None:
    """Draft what a form that was just entered or corrected brings to light."""
    subject, key = told.opened.subject, told.opened.kind.key
    if key in {CONSENT, START_OF_PHASE, *trial_only(subject)}:
        with one_reading(anew=True):
            draft_before_consent(subject, told.by)
    if subject.state == SubjectState.ENROLLED and may_change_eligibility(told):
        with one_reading(anew=True):
            draft_ineligible(subject, told.by)


# Before consent


def trial_only(subject: Subject) -> tuple[str, ...]:
    return subject.protocol_version.protocol.consent.trial_only


def draft_before_consent(subject: Subject, by: User) -> None:
    """A procedure that only the trial asks for, or study treatment, on a day before consent. Routine care is none."""
    fact = consent_dates([subject.pk]).get(subject.pk)
    if fact is None:
        return
    assert isinstance(fact.value, date)
    for record in needing_consent(subject, fact.value):
        draft_deviation(
            subject=subject,
            kind=DeviationKind.CONSENT,
            rule=BEFORE_CONSENT,
            evidence=lambda record=record, on=fact.value: (
                _(  # type: ignore[misc]
                    "%(form)s of %(day)s lies before consent (%(consent)s)."
                )
                % {
                    "form": form_title(subject.protocol_version.protocol, record.form_key),
                    "day": record.performed_on,
                    "consent": on,
                }
            ),
            occurred_on=record.performed_on,
            weight=Weight.MAJOR,
            sources=[record.address("performed_on")],
            by=by,
        )


def needing_consent(subject: Subject, consent: date) -> Iterator[Any]:
    """The forms of study treatment and of procedures that are only the trial's, dated before consent."""
    for key in (START_OF_PHASE, *trial_only(subject)):
        kind = forms.get(key)
        if kind is None:
            continue
        found = current_records(kind.model, [subject.pk]).filter(form_key=key, performed_on__lt=consent)
        yield from (one for one in found.order_by("performed_on", "pk") if is_of_the_study(subject, one))


def is_of_the_study(subject: Subject, record: CasebookRecord) -> bool:
    """Whether a form is about something that the trial brought: a phase that only prepares or observes is not."""
    if record.form_key != START_OF_PHASE:
        return True
    phases = {one.key: one for one in subject.protocol_version.protocol.phases}
    phase = phases.get(record.phase)  # type: ignore[attr-defined]
    return phase is None or phase.kind not in NOT_STUDY_TREATMENT


# Ineligible, found after enrolment


def may_change_eligibility(told: Submitted) -> bool:
    """Whether a form can change what was confirmed: the rules ask for its facts, and its day is not after enrolment."""
    subject, day = told.opened.subject, told.record.performed_on
    sources = (facts.get(name) for name in rule_facts(subject.protocol_version))
    asked = {source.form for source in sources if source is not None}
    return told.opened.kind.key in asked and (day is None or day <= subject.enrolled_on)


def draft_ineligible(subject: Subject, by: User) -> None:
    """One draft for each criterion that speaks against the subject now; the subject stays enrolled. No waivers."""
    confirmation = latest_confirmations([subject.pk]).get(subject.pk)
    if confirmation is None or subject.enrolled_on is None:
        return
    dossier = assess(subject, facts_for_rules(subject), confirmation.reference_day)
    for line in dossier.lines:
        if line.verdict in AGAINST and not was_against(confirmation, line):
            draft_criterion(subject, line, by)


def was_against(confirmation: Confirmation, line: CriterionLine) -> bool:
    verdicts = {one["id"]: one["verdict"] for one in confirmation.dossier["lines"]}
    return verdicts.get(line.id) in AGAINST


def draft_criterion(subject: Subject, line: CriterionLine, by: User) -> None:
    assert subject.enrolled_on is not None
    sources = [one.source for one in line.decisive if one.source is not None]
    texts = {"en": line.text.in_language("en"), "zh": line.text.in_language("zh")}
    draft_deviation(
        subject=subject,
        kind=DeviationKind.ELIGIBILITY,
        rule=f"{INELIGIBLE}:{line.id}",
        evidence=lambda: (
            _("Enrolled on %(day)s and found ineligible afterwards: %(criterion)s")
            % {"day": subject.enrolled_on, "criterion": f"{line.id} {texts[language()]}"}
        ),
        occurred_on=subject.enrolled_on,
        weight=Weight.MAJOR,
        sources=sources[:1],
        by=by,
    )


def language() -> str:
    return "zh" if (get_language() or "").startswith("zh") else "en"
