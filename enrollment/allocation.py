"""Giving a subject its arm, in the usual way and in an emergency, and recording what was wrong with it afterwards."""

from datetime import date

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Attempt, pass_gates
from trialsite.casebook.services import locked_subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState

from .conditions import (
    BRIDGED,
    CONSENT,
    CRITERION,
    GATE,
    STATE,
    Missing,
    NotReady,
    decision_day,
    missing_before_randomisation,
    refuse_wrong_password,
)
from .deviations import draft_emergency, draft_mis_randomisation
from .models import EmergencyAllocation, MisRandomisation, Randomisation
from .places import give_number
from .selectors import Facts, consent_is_complete, facts_for_rules, standing_of, stratum_of_subject


@transaction.atomic
def randomise_subject(*, subject: Subject, randomised_on: date, by: User) -> Randomisation:
    """Give an enrolled subject the next arm of its stratum; this happens once and cannot be undone.

    NotReady with every condition that is missing: eligibility confirmed and still valid, the protocol's gates (a
    verified MRD result, say), the stratum, a sealed list."""
    subject = locked_subject(subject.pk, by)
    require(by, "subject.randomise", study_id=subject.study_id, site_id=subject.site_id)
    day = day_of_randomisation(subject, randomised_on)
    facts = facts_for_rules(subject)
    if missing := missing_before_randomisation(subject, facts, day):
        raise NotReady(missing)
    record = allocate(subject, facts, day, by)
    publish_change(subject.pk, by.pk)
    return record


def randomise_in_emergency(
    *, subject: Subject, randomised_on: date, password: str, by: User, reason: str
) -> EmergencyAllocation:
    """Give the next arm in order although the system cannot confirm a condition yet, as a sealed envelope would.

    The investigator signs with the password and says why. What is unknown, unconfirmed or unverified may wait and is
    listed; what is against the subject, consent, caps, the stratum and the sealed list may not. A subject in screening
    is enrolled by the same step. A deviation is drafted, and what was missing stays in the inbox until it is filled in.
    """
    subject = locked_subject(subject.pk, by)
    require(by, "subject.randomise_emergency", study_id=subject.study_id, site_id=subject.site_id)
    day = day_of_randomisation(subject, randomised_on)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why the arm cannot wait, and how you know what is missing.")})
    refuse_identifiers({"reason": reason})
    refuse_wrong_password(subject, password, by)
    facts = facts_for_rules(subject)
    bridged = conditions_to_bridge(subject, facts, day)
    with transaction.atomic(), because(reason.strip()):
        if subject.state == SubjectState.SCREENING:
            subject = give_number(subject, facts, day)
        record = allocate(subject, facts, day, by, emergency=True)
        emergency = EmergencyAllocation.objects.create(
            **place_of(subject),
            randomisation=record,
            reason=reason.strip()[:500],
            bridged=[{"code": one.code, "id": one.id} for one in bridged],
            allocated_at=record.randomised_at,
            allocated_by=by,
        )
        draft_emergency(emergency, by)
    record_event(kind="randomisation.emergency", user_id=by.pk, subject=str(subject.pk))
    publish_change(subject.pk, by.pk)
    return emergency


def conditions_to_bridge(subject: Subject, facts: Facts, on: date) -> list[Missing]:
    """What an emergency leaves to be filled in; NotReady where something is missing that cannot wait."""
    entering = subject.state == SubjectState.SCREENING
    missing = [
        one
        for one in missing_before_randomisation(subject, facts, on)
        if not (entering and one.code == STATE)
    ]
    firm = [one for one in missing if one.code not in BRIDGED]
    if not consent_is_complete(subject):
        firm.append(Missing(CONSENT, "", _("Consent is not complete: nobody is randomised without it.")))
    if firm:
        raise NotReady(firm)
    if not any(one.code in (CRITERION, GATE) for one in missing):
        sentence = _(
            "Nothing is missing that cannot be confirmed now: confirm, enrol and randomise in the usual way."
        )
        raise Refused(sentence)
    return missing


@transaction.atomic
def record_mis_randomisation(
    *, subject: Subject, kind: str, found_on: date, by: User, reason: str
) -> MisRandomisation:
    """Record what was wrong with a randomisation, found later. The allocation stays, and a deviation is drafted."""
    subject = locked_subject(subject.pk, by)
    require(by, "randomisation.flag", study_id=subject.study_id, site_id=subject.site_id)
    record = Randomisation.objects.filter(subject=subject).first()
    if record is None:
        raise Refused(_("This subject is not randomised."))
    refuse_unclear_flag(subject, record, kind, found_on, reason)
    if MisRandomisation.objects.filter(randomisation=record, kind=kind).exists():
        raise Refused(_("This was recorded of this randomisation already."))
    with because(reason.strip()):
        found = MisRandomisation.objects.create(
            **place_of(subject),
            randomisation=record,
            kind=kind,
            words=reason.strip()[:500],
            found_on=found_on,
            recorded_at=timezone.now(),
            recorded_by=by,
        )
        draft_mis_randomisation(found, by)
    publish_change(subject.pk, by.pk)
    return found


def refuse_unclear_flag(
    subject: Subject, record: Randomisation, kind: str, found_on: date, reason: str
) -> None:
    wrong = {}
    if kind not in MisRandomisation.Kind.values:
        wrong["kind"] = _("Choose what was wrong.")
    if not reason.strip():
        wrong["reason"] = _("Say in your words what happened.")
    if found_on > site_today(subject):
        wrong["found_on"] = _("This day has not come yet at the site.")
    elif found_on < record.randomised_on:
        wrong["found_on"] = _("This day lies before randomisation.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"reason": reason})


def day_of_randomisation(subject: Subject, on: date) -> date:
    """The day, refused where the study randomises nobody, the subject has its arm, or the day cannot be."""
    if subject.protocol_version.protocol.randomisation is None:
        raise Refused(_("This study is not randomised."))
    if subject.arm:
        raise Refused(_("This subject is randomised already."))
    day = decision_day(subject, on, "randomised_on")
    if subject.enrolled_on is not None and day < subject.enrolled_on:
        raise CheckFailed({"randomised_on": _("This day lies before enrolment.")})
    pass_gates(Attempt(subject, "randomise", day))
    return day


def allocate(subject: Subject, facts: Facts, on: date, by: User, *, emergency: bool = False) -> Randomisation:
    """Take the next place of the subject's stratum and write what it gave."""
    stratum = stratum_of_subject(subject, facts, on)
    assert stratum is not None
    standing = standing_of(subject, facts)
    number, arm = take_slot(subject, stratum, emergency)
    record = Randomisation.objects.create(
        **place_of(subject),
        protocol_version=subject.protocol_version,
        confirmation=standing.confirmation if standing.holds else None,
        stratum=stratum,
        slot_number=number,
        arm=arm,
        randomised_on=on,
        randomised_at=timezone.now(),
        randomised_by=by,
    )
    subject.arm = arm
    subject.version += 1
    subject.save(update_fields=["arm", "version"])
    return record


def take_slot(subject: Subject, stratum: str, emergency: bool) -> tuple[int, str]:
    """Take the next place of the stratum's list; the list itself cannot be read from here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slot_number, slot_arm FROM randomisation_take_slot(%s, %s, %s)",
            [subject.pk, stratum, emergency],
        )
        number, arm = cursor.fetchone()
    if number is None:
        raise Refused(_("The list of this stratum is used up: ask the statistician to extend it."))
    return number, arm


def place_of(subject: Subject) -> dict[str, object]:
    return {"subject": subject, "study_id": subject.study_id, "site_id": subject.site_id}
