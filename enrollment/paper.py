"""Entering a subject whose record begins on paper, and the signature under what would be refused today."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.identity import Identity, fill_identity, register_person
from trialsite.access.models import User
from trialsite.access.permissions import may, require
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.models import Subject
from trialsite.casebook.services import locked_subject, move_subject, number_passed
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.keys import new_id
from trialsite.review.contents import digest_of
from trialsite.review.signatures import refuse_other_person
from trialsite.studies.models import ProtocolVersion, Site, Study, StudySite
from trialsite.studies.selectors import version_in_force

from .domain.randomisation import all_strata
from .models import JudgedThen, PaperEntry, PaperSignature, PaperWhy, Randomisation
from .paper_facts import facts_to_sign
from .recognition import recognise

NOBODY = Identity("")


@dataclass(frozen=True)
class OnPaper:
    """What paper says of one subject: its original numbers, days and decisions, and until when it is the source.

    Without `enrolled_on` the screening failed and `failure_reason` says why. `version` is the protocol version in
    force at enrolment, `list_number` the place in the randomisation list that was used then, if it is known.
    """

    screening_number: str
    screened_on: date
    until: date
    why: str = PaperWhy.MID_TRIAL
    subject_number: str = ""
    consented_on: date | None = None
    enrolled_on: date | None = None
    failure_reason: str = ""
    judged_by: str = ""
    judged_on: date | None = None
    verdict: str = JudgedThen.NOT_DOCUMENTED
    arm: str = ""
    randomised_on: date | None = None
    stratum: str = ""
    list_number: int | None = None
    version: ProtocolVersion | None = None
    identity: Identity = field(default=NOBODY)


@transaction.atomic
def enter_from_paper(
    *, study: Study, site: Site, told: OnPaper, batch: UUID | None = None, by: User
) -> Subject:
    """Enter a subject with the numbers, days and decisions that stand on paper; nothing of them is decided anew.

    Its place counts even where the study is full, nothing is drawn from the randomisation list, and counters move
    past its numbers. Raises CheckFailed (per item) at what cannot be: days out of order, a number that is taken.
    """
    require(by, "subject.enter_from_paper", study_id=study.pk, site_id=site.pk)
    refuse_where_held(holds_on(Subject(study=study, site=site)))
    place = StudySite.objects.select_related("protocol_version").filter(study=study, site=site).first()
    if place is None:
        raise Refused(_("%(site)s takes no part in %(study)s.") % {"site": site, "study": study})
    subject = Subject(
        study=study,
        site=site,
        usubjid=f"{study.key}-{told.screening_number.strip()}",
        screening_number=told.screening_number.strip(),
        screened_on=told.screened_on,
        protocol_version=told.version or version_then(study, site, told) or place.protocol_version,
        from_paper_until=told.until,
    )
    refuse_impossible(subject, told)
    refuse_known(study, site, told.identity, by)
    subject.person_id = person_of(subject, told.identity, by)
    save_numbered(subject)
    taken, planned = enrol_as_then(subject, told, by) if told.enrolled_on else fail_as_then(subject, told)
    late = place.activated_on if place.activated_on > told.screened_on else None
    keep_entry(subject, told, (taken, planned), late, batch, by)
    publish_change(subject.pk, by.pk)
    return subject


def version_then(study: Study, site: Site, told: OnPaper) -> ProtocolVersion | None:
    """The version in force at the site on the day of enrolment, else of screening; None where none was yet."""
    return version_in_force(study=study, site=site, on=told.enrolled_on or told.screened_on)


def refuse_known(study: Study, site: Site, identity: Identity, by: User) -> None:
    """One person, one part in a study: who has one already is not entered a second time."""
    for match in recognise(study, site, identity, by):
        if match.known.same_study:
            raise CheckFailed({"hospital_number": match.words})


def refuse_impossible(subject: Subject, told: OnPaper) -> None:
    """Refuse what cannot be, at each item; what today's rules forbid is no reason."""
    wrong = wrong_days(told, site_today(subject)) | wrong_words(told) | wrong_arm(subject, told)
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"judged_by": told.judged_by, "failure_reason": told.failure_reason})


def wrong_days(told: OnPaper, today: date) -> dict[str, str]:
    """Days in the future or out of order."""
    names = ("screened_on", "consented_on", "judged_on", "enrolled_on", "randomised_on", "until")
    days: dict[str, date | None] = {name: getattr(told, name) for name in names}
    wrong = {
        name: _("This day has not come yet at the site.") for name, day in days.items() if day and day > today
    }
    enrolled, randomised = told.enrolled_on, told.randomised_on
    if enrolled and enrolled < told.screened_on:
        wrong.setdefault("enrolled_on", _("This day lies before the screening of the subject."))
    if randomised and (enrolled is None or randomised < enrolled):
        wrong.setdefault("randomised_on", _("This day lies before enrolment."))
    if told.until < (enrolled or told.screened_on):
        wrong.setdefault(
            "until", _("The record comes from paper at least until the subject was screened and enrolled.")
        )
    return wrong


def wrong_words(told: OnPaper) -> dict[str, str]:
    """Numbers and decisions that lack a part."""
    wrong = {}
    if not told.screening_number.strip():
        wrong["screening_number"] = _("Enter the original number.")
    if told.enrolled_on and not told.subject_number.strip():
        wrong["subject_number"] = _("Enter the original number.")
    if not told.enrolled_on and told.subject_number.strip():
        wrong["enrolled_on"] = _("A subject with a subject number has a day of enrolment.")
    if not told.enrolled_on and not told.failure_reason.strip():
        wrong["failure_reason"] = _("Say why the subject is not enrolled.")
    if told.why not in PaperWhy.values:
        wrong["why"] = _("Choose why the record begins on paper.")
    if told.verdict not in JudgedThen.values:
        wrong["verdict"] = _("Choose the verdict that stands on paper.")
    elif told.verdict != JudgedThen.NOT_DOCUMENTED:
        if not told.judged_by.strip():
            wrong["judged_by"] = _("Say who judged eligibility then.")
        if told.judged_on is None:
            wrong["judged_on"] = _("Enter the day on which eligibility was judged.")
    return wrong


def wrong_arm(subject: Subject, told: OnPaper) -> dict[str, str]:
    """An arm or stratum that the protocol does not know, or an allocation that lacks a part."""
    protocol = subject.protocol_version.protocol
    arms = [arm.key for arm in protocol.arms]
    wrong = {}
    if told.arm and (told.arm not in arms or not told.enrolled_on):
        wrong["arm"] = _("This protocol has the arms %(arms)s.") % {"arms": ", ".join(arms)}
    if protocol.randomisation is None:
        if told.randomised_on or told.stratum or told.list_number:
            wrong["randomised_on"] = _("This study is not randomised.")
        return wrong
    if bool(told.arm) != bool(told.randomised_on):
        wrong.setdefault("arm" if told.randomised_on else "randomised_on", _("Arm and day belong together."))
    strata = all_strata({one.key: [x.key for x in one.levels] for one in protocol.randomisation.strata})
    if told.stratum and told.stratum not in strata:
        wrong["stratum"] = _("Accepted: %(accepted)s.") % {"accepted": ", ".join(strata)}
    return wrong


def person_of(subject: Subject, identity: Identity, by: User) -> UUID:
    """The person, with the identity as far as it is known; who may not see identities leaves it for later."""
    place = {"study_id": subject.study_id, "site_id": subject.site_id}
    if may(by, "subject.screen", **place):
        return register_person(**place, identity=identity, by=by).pk
    if identity != NOBODY:
        raise CheckFailed({"full_name": _("Who a subject is, the site's own staff enters.")})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT enrolment_unnamed_person(%s, %s, %s)", [new_id(), subject.study_id, subject.site_id]
        )
        return cursor.fetchone()[0]


def save_numbered(subject: Subject) -> None:
    """Save under the original screening number, and let the counter move past it."""
    number = subject.screening_number
    refusing_taken(subject.save, "screening_number", number)
    pass_number("screening", subject, number)


def refusing_taken(save: Callable[[], Any], item: str, number: str) -> None:
    """Save a subject; a number that another one of the study has, here or elsewhere, is refused at its item."""
    try:
        with transaction.atomic():
            save()
    except IntegrityError as error:
        raise CheckFailed(
            {item: _("Another subject of this study has the number %(number)s.") % {"number": number}}
        ) from error


def pass_number(kind: str, subject: Subject, number: str) -> None:
    """Where a "screening" or "subject" number is of the study's own pattern, the next one given is a later one."""
    protocol, site = subject.protocol_version.protocol, subject.site.key
    rule = getattr(protocol.numbering, kind)
    running = rule.running_in(number, prefix=protocol.screening.number_prefix, site=site)
    if running is not None:
        number_passed(rule.series(kind, subject.study.key, site), running)


def enrol_as_then(subject: Subject, told: OnPaper, by: User) -> tuple[int | None, int | None]:
    """Number, arm and place as they were given on paper: how many places are taken now, and how many are planned."""
    assert told.enrolled_on is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT taken_now, planned FROM enrolment_record_place(%s)", [subject.pk])
        taken, planned = cursor.fetchone()
    protocol = subject.protocol_version.protocol
    arm = told.arm or (protocol.arms[0].key if len(protocol.arms) == 1 else "")
    number = told.subject_number.strip()
    step = {"enrolled_on": told.enrolled_on, "subject_number": number, "arm": arm}
    enrol = partial(move_subject, subject, SubjectState.ENROLLED, **step)
    refusing_taken(enrol, "subject_number", number)
    pass_number("subject", subject, number)
    if told.randomised_on:
        keep_allocation(subject, told, told.randomised_on, by)
    return taken, planned


def fail_as_then(subject: Subject, told: OnPaper) -> tuple[None, None]:
    move_subject(subject, SubjectState.SCREEN_FAILED, failure_reason=told.failure_reason.strip()[:500])
    return None, None


def keep_allocation(subject: Subject, told: OnPaper, on: date, by: User) -> Randomisation:
    """The arm as it was allocated on paper; nothing is drawn from the list."""
    return Randomisation.objects.create(
        subject=subject,
        study_id=subject.study_id,
        site_id=subject.site_id,
        protocol_version=subject.protocol_version,
        from_paper=True,
        stratum=told.stratum,
        slot_number=told.list_number,
        arm=told.arm,
        randomised_on=on,
        randomised_at=timezone.now(),
        randomised_by=by,
    )


def keep_entry(
    subject: Subject,
    told: OnPaper,
    places: tuple[int | None, int | None],
    site_open_on: date | None,
    batch: UUID | None,
    by: User,
) -> PaperEntry:
    documented = told.verdict != JudgedThen.NOT_DOCUMENTED
    return PaperEntry.objects.create(
        subject=subject,
        study_id=subject.study_id,
        site_id=subject.site_id,
        why=told.why,
        consented_on=told.consented_on,
        judged_by=told.judged_by.strip() if documented else "",
        judged_on=told.judged_on if documented else None,
        verdict=told.verdict,
        places_taken=places[0],
        places_planned=places[1],
        site_open_on=site_open_on,
        batch=batch,
        entered_by=by,
    )


@transaction.atomic
def sign_paper_facts(
    *, subject: Subject, username: str, password: str, content_hash: str, by: User
) -> PaperSignature:
    """The investigator signs what would be refused today, as it was shown, with name and password typed again.

    CheckFailed at "username" or "password"; Refused where nothing is to be signed, or it changed since it was shown.
    """
    subject = locked_subject(subject.pk, by, review=True)
    require(by, "eligibility.sign", study_id=subject.study_id, site_id=subject.site_id)
    refuse_other_person(username, password, by)
    content = facts_to_sign(subject)
    if not content:
        raise Refused(_("Nothing of this subject waits for your signature."))
    if digest_of(content) != content_hash:
        raise Refused(_("Something has changed since it was shown to you. Read it again, then sign."))
    if PaperSignature.objects.filter(subject=subject, content_hash=content_hash, signed_by=by).exists():
        raise Refused(_("You have signed this already, and it has not changed since."))
    signature = PaperSignature.objects.create(
        subject=subject,
        study_id=subject.study_id,
        site_id=subject.site_id,
        content=content,
        content_hash=content_hash,
        signer_name=by.full_name,
        signed_by=by,
    )
    publish_change(subject.pk, by.pk)
    return signature


@transaction.atomic
def name_later(*, subject: Subject, identity: Identity, by: User) -> None:
    """Fill in who a subject from paper is, where that was left for later."""
    subject = locked_subject(subject.pk, by)
    if not identity.full_name.strip():
        raise CheckFailed({"full_name": _("Enter the name.")})
    refuse_known(subject.study, subject.site, identity, by)
    if not fill_identity(person_id=subject.person_id, identity=identity, by=by):
        raise Refused(_("The identity of this subject is known already."))
