"""Every decision of enrolment: confirm eligibility, enrol, randomise."""

from datetime import date

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.passwords import is_own_password
from trialsite.access.permissions import require
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Attempt, pass_gates
from trialsite.casebook.services import locked_subject, move_subject, next_number
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.clinical.verdicts import SubjectVerdict

from .domain.eligibility import Dossier
from .models import Confirmation, Randomisation
from .screening import fail_screening, screen_subject
from .selectors import (
    Facts,
    assess,
    facts_for_rules,
    inputs_of,
    list_is_made,
    standing_of,
    stratum_of_subject,
)

__all__ = ["confirm_eligibility", "enrol_subject", "fail_screening", "randomise_subject", "screen_subject"]


def confirm_eligibility(*, subject: Subject, password: str, on: date | None = None, by: User) -> Confirmation:
    """The investigator confirms with the password that the subject is eligible; the dossier is kept as it is.

    `on` is the day on which screening windows are judged (today at the site when left out). CheckFailed at
    "password" when it is wrong; Refused while the verdict is not ELIGIBLE.
    """
    subject = locked_subject(subject.pk, by)
    require(by, "eligibility.sign", study_id=subject.study_id, site_id=subject.site_id)
    refuse_wrong_password(subject, password, by)
    if subject.state == SubjectState.SCREEN_FAILED or subject.state == SubjectState.OFF_STUDY:
        raise Refused(_("The screening of this subject has ended."))
    day = decision_day(subject, on, "on")
    facts = facts_for_rules(subject)
    dossier = assess(subject, facts, day)
    refuse_unless_eligible(dossier)
    confirmation = Confirmation.objects.create(
        subject=subject,
        study_id=subject.study_id,
        site_id=subject.site_id,
        protocol_version=subject.protocol_version,
        rule_digest=subject.protocol_version.digest,
        reference_day=day,
        inputs=inputs_of(facts),
        dossier=dossier.as_data(),
        confirmed_at=timezone.now(),
        confirmed_by=by,
    )
    record_event(kind="eligibility.confirmed", user_id=by.pk, subject=str(subject.pk))
    publish_change(subject.pk, by.pk)
    return confirmation


def enrol_subject(*, subject: Subject, enrolled_on: date, by: User) -> Subject:
    """Enrol a subject whose confirmed eligibility stands: a place under the cap, the subject number, the arm.

    With one arm the arm is set; with several it comes by randomisation. Refused, in a sentence, when
    eligibility is not confirmed, no longer stands on that day, or the study is full.
    """
    subject = locked_subject(subject.pk, by)
    require(by, "subject.enrol", study_id=subject.study_id, site_id=subject.site_id)
    if subject.state != SubjectState.SCREENING:
        raise Refused(_("Only a subject in screening is enrolled."))
    day = decision_day(subject, enrolled_on, "enrolled_on")
    pass_gates(Attempt(subject, "enrol", day))
    refuse_unless_confirmed(subject, facts_for_rules(subject), day)
    take_place(subject)
    protocol = subject.protocol_version.protocol
    prefix = protocol.screening.number_prefix
    number = f"{prefix}-{next_number(f'subject:{subject.study.key}'):04d}"
    arm = protocol.arms[0].key if len(protocol.arms) == 1 else ""
    subject = move_subject(subject, SubjectState.ENROLLED, enrolled_on=day, subject_number=number, arm=arm)
    publish_change(subject.pk, by.pk)
    return subject


def randomise_subject(*, subject: Subject, randomised_on: date, by: User) -> Randomisation:
    """Give an enrolled subject the next arm of its stratum; this happens once and cannot be undone."""
    subject = locked_subject(subject.pk, by)
    require(by, "subject.randomise", study_id=subject.study_id, site_id=subject.site_id)
    if subject.protocol_version.protocol.randomisation is None:
        raise Refused(_("This study is not randomised."))
    if subject.state != SubjectState.ENROLLED or subject.enrolled_on is None:
        raise Refused(_("Only an enrolled subject is randomised."))
    if subject.arm:
        raise Refused(_("This subject is randomised already."))
    day = decision_day(subject, randomised_on, "randomised_on")
    if day < subject.enrolled_on:
        raise CheckFailed({"randomised_on": _("This day lies before enrolment.")})
    pass_gates(Attempt(subject, "randomise", day))
    facts = facts_for_rules(subject)
    confirmation = refuse_unless_confirmed(subject, facts, day)
    stratum = stratum_of_subject(subject, facts, day)
    if stratum is None:
        raise Refused(_("The stratum cannot be told yet: a stratification factor is unknown."))
    number, arm = take_slot(subject, stratum)
    record = Randomisation.objects.create(
        subject=subject,
        study_id=subject.study_id,
        site_id=subject.site_id,
        protocol_version=subject.protocol_version,
        confirmation=confirmation,
        stratum=stratum,
        slot_number=number,
        arm=arm,
        randomised_on=day,
        randomised_at=timezone.now(),
        randomised_by=by,
    )
    subject.arm = arm
    subject.version += 1
    subject.save(update_fields=["arm", "version"])
    publish_change(subject.pk, by.pk)
    return record


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


def refuse_unless_eligible(dossier: Dossier) -> None:
    """Nobody is confirmed, enrolled or randomised unless every criterion is decided in favour."""
    if dossier.verdict is SubjectVerdict.ELIGIBLE:
        return
    because = ", ".join(dossier.decision.because)
    if dossier.verdict is SubjectVerdict.INELIGIBLE:
        raise Refused(_("The subject is not eligible: %(criteria)s.") % {"criteria": because})
    raise Refused(_("These criteria are still unknown: %(criteria)s.") % {"criteria": because})


def refuse_unless_confirmed(subject: Subject, facts: Facts, on: date) -> Confirmation:
    """The confirmation that stands, with the verdict still ELIGIBLE on that day."""
    found = standing_of(subject, facts)
    if found.confirmation is None:
        raise Refused(_("An investigator has not confirmed eligibility yet."))
    if not found.holds:
        raise Refused(_("The record or the rules changed after eligibility was confirmed: confirm it again."))
    refuse_unless_eligible(assess(subject, facts, on))
    return found.confirmation


def take_place(subject: Subject) -> None:
    """Take a place under the study's cap, which is counted over all sites under a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT enrolment_take_place(%s)", [subject.pk])
        taken = cursor.fetchone()[0]
    if taken is None:
        raise Refused(_("The study has enrolled the planned number of subjects: no place is left."))


def take_slot(subject: Subject, stratum: str) -> tuple[int, str]:
    """Take the next place of the stratum's list; the list itself cannot be read from here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slot_number, slot_arm FROM randomisation_take_slot(%s, %s)", [subject.pk, stratum]
        )
        number, arm = cursor.fetchone()
    if number is None:
        made = list_is_made(subject.study_id)
        raise Refused(
            _("The list of this stratum is used up: ask the statistician to extend it.")
            if made
            else _("The statistician has not made the randomisation list yet.")
        )
    return number, arm
