"""Every decision of enrolment: confirm eligibility, enrol; and by name those of screening, places and randomisation."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit.events import record_event
from trialsite.casebook.errors import Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Attempt, pass_gates
from trialsite.casebook.services import locked_subject
from trialsite.casebook.states import SubjectState

from .allocation import randomise_in_emergency, randomise_subject, record_mis_randomisation
from .conditions import decision_day, refuse_unless_confirmed, refuse_unless_eligible, refuse_wrong_password
from .models import Confirmation
from .places import (
    give_back_place,
    give_number,
    hold_place,
    pause_by_rules,
    pause_recruitment,
    resume_recruitment,
)
from .screening import fail_screening, screen_subject
from .selectors import assess, day_to_confirm, facts_for_rules, inputs_of

__all__ = [
    "confirm_eligibility",
    "enrol_subject",
    "fail_screening",
    "give_back_place",
    "hold_place",
    "pause_by_rules",
    "pause_recruitment",
    "randomise_in_emergency",
    "randomise_subject",
    "record_mis_randomisation",
    "resume_recruitment",
    "screen_subject",
]


def confirm_eligibility(*, subject: Subject, password: str, on: date | None = None, by: User) -> Confirmation:
    """The investigator confirms with the password that the subject is eligible; the dossier is kept as it is.

    `on` is the day on which screening windows are judged (when left out: today at the site, or the day of an emergency
    allocation that is confirmed afterwards). CheckFailed at
    "password" when it is wrong; Refused while the verdict is not ELIGIBLE.
    """
    subject = locked_subject(subject.pk, by)
    require(by, "eligibility.sign", study_id=subject.study_id, site_id=subject.site_id)
    refuse_wrong_password(subject, password, by)
    if subject.state == SubjectState.SCREEN_FAILED or subject.state == SubjectState.OFF_STUDY:
        raise Refused(_("The screening of this subject has ended."))
    day = decision_day(subject, on or day_to_confirm(subject), "on")
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
    facts = facts_for_rules(subject)
    refuse_unless_confirmed(subject, facts, day)
    subject = give_number(subject, facts, day)
    publish_change(subject.pk, by.pk)
    return subject
