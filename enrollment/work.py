"""The inbox lines of enrolment: what screening lacks, and who waits for signature, number or arm."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.casebook.casebook_page import site_today
from trialsite.casebook.due import due_in_words
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import WorkLine
from trialsite.casebook.selectors import subjects_visible_to
from trialsite.casebook.states import SubjectState
from trialsite.clinical.facts import Fact
from trialsite.clinical.verdicts import SubjectVerdict

from .domain.eligibility import Dossier
from .models import Confirmation
from .selectors import assess, facts_of_subjects, latest_confirmations, rule_facts, standing

SHOWN_CRITERIA = 4


def enrolment_work(user: User) -> Iterator[WorkLine]:
    """The lines of every subject in screening, and of every enrolled one that waits for its arm."""
    visible = subjects_visible_to(user)
    yield from screening_work(user, list(visible.filter(state=SubjectState.SCREENING)))
    for subject in visible.filter(state=SubjectState.ENROLLED, arm=""):
        if subject.protocol_version.protocol.randomisation and allowed(user, subject, "subject.randomise"):
            yield line(subject, "randomise", _("Randomise"), subject.enrolled_on)


def screening_work(user: User, subjects: Sequence[Subject]) -> Iterator[WorkLine]:
    """What each subject in screening waits for, as far as this user can do it."""
    confirmations = latest_confirmations([subject.pk for subject in subjects])
    facts = facts_together(subjects)
    for subject in subjects:
        dossier = assess(subject, facts[subject.pk], site_today(subject))
        found = next_step(user, subject, dossier, facts[subject.pk], confirmations.get(subject.pk))
        if found is not None:
            yield found


def facts_together(subjects: Sequence[Subject]) -> dict[UUID, dict[str, Fact]]:
    """The facts that rules ask for, read once for all subjects of a protocol version."""
    found: dict[UUID, dict[str, Fact]] = {}
    versions = {subject.protocol_version_id: subject.protocol_version for subject in subjects}
    for key, version in versions.items():
        ids = [subject.pk for subject in subjects if subject.protocol_version_id == key]
        found |= facts_of_subjects(ids, rule_facts(version))
    return found


def next_step(
    user: User, subject: Subject, dossier: Dossier, facts: dict[str, Fact], confirmation: Confirmation | None
) -> WorkLine | None:
    """The one thing that this subject waits for next."""
    latest = end_of_screening(subject)
    if dossier.verdict is SubjectVerdict.INELIGIBLE:
        if allowed(user, subject, "subject.screen"):
            return line(
                subject, "screen-failure", _("Close the screening"), latest, named(dossier.decision.because)
            )
        return None
    if dossier.verdict is SubjectVerdict.PENDING:
        if allowed(user, subject, "form.submit"):
            detail = ngettext(
                "%(n)d criterion unknown", "%(n)d criteria unknown", len(dossier.decision.because)
            ) % {"n": len(dossier.decision.because)}
            return line(
                subject,
                "screening",
                _("Complete the screening"),
                latest,
                f"{detail}: {named(dossier.decision.because)}",
            )
        return None
    if not standing(confirmation, subject, facts).holds:
        if allowed(user, subject, "eligibility.sign"):
            again = _("changed since it was confirmed") if confirmation else ""
            return line(subject, "confirm", _("Confirm eligibility"), latest, again)
        return None
    return line(subject, "enrol", _("Enrol"), latest) if allowed(user, subject, "subject.enrol") else None


def end_of_screening(subject: Subject) -> date | None:
    """The last day of the screening visit's window."""
    visits = [one for one in subject.protocol_version.protocol.visits if one.anchor == "screening"]
    return subject.screened_on + timedelta(days=max(one.after_days for one in visits)) if visits else None


def named(criteria: Sequence[str]) -> str:
    more = len(criteria) - SHOWN_CRITERIA
    return ", ".join(criteria[:SHOWN_CRITERIA]) + (f" +{more}" if more > 0 else "")


def allowed(user: User, subject: Subject, action: str) -> bool:
    return may(user, action, study_id=subject.study_id, site_id=subject.site_id)


def line(subject: Subject, kind: str, verb: Any, latest: date | None, detail: Any = "") -> WorkLine:
    standing_key, words = due_in_words(latest, site_today(subject))
    return WorkLine(
        kind=kind,
        verb=verb,
        subject_id=subject.pk,
        subject_number=subject.number,
        study_key=subject.study.key,
        site_key=subject.site.key,
        due=latest,
        latest=latest,
        url=reverse("eligibility", args=[subject.pk]),
        detail=detail,
        standing=standing_key,
        standing_words=words,
    )
