"""Screening a person, and ending it without enrolment."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.identity import Identity, register_person
from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.models import Subject
from trialsite.casebook.services import locked_subject, move_subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import ProtocolVersion, Site, Study, StudySite
from trialsite.studies.selectors import version_in_force

from .models import FailureCode, PreScreening, ScreenFailure
from .numbers import new_number
from .prescreening import mark_screened
from .recognition import recognise, settle
from .selectors import assess, day_of_dossier, facts_for_rules


def screen_subject(
    *,
    study: Study,
    site: Site,
    full_name: str,
    hospital_number: str = "",
    national_id: str = "",
    phone: str = "",
    screened_on: date,
    previous: Subject | None = None,
    known_as: str = "",
    prescreened: PreScreening | None = None,
    by: User,
) -> Subject:
    """Begin the screening of a person: identity apart, a subject with a screening number that never changes.

    `previous` is the earlier participation of the same person in the study: person and USUBJID stay theirs.
    `known_as` (a Way) answers that the person is known; Recognised until it is given. `prescreened` is the promising
    line of the pre-screening log that led here. Refused when study or site is held, the site is not open on that day,
    the day has not come, or the protocol excludes somebody who took part elsewhere.
    """
    require(by, "subject.screen", study_id=study.pk, site_id=site.pk)
    refuse_where_held(holds_on(Subject(study=study, site=site)))
    version = version_for_screening(study, site, screened_on)
    protocol = version.protocol
    identity = Identity(full_name, hospital_number, national_id, phone)
    if previous is not None:
        refuse_wrong_previous(previous, study)
    previous, usubjid = settle(recognise(study, site, identity, by), protocol, known_as, previous)
    person = (
        previous.person
        if previous
        else register_person(study_id=study.pk, site_id=site.pk, identity=identity, by=by)
    )
    number = new_number("screening", study, site, protocol)
    subject = Subject(
        study=study,
        site=site,
        person=person,
        previous=previous,
        usubjid=usubjid or f"{study.key}-{number}",
        screening_number=number,
        screened_on=screened_on,
        protocol_version=version,
    )
    if screened_on > site_today(subject):
        raise CheckFailed({"screened_on": _("This day has not come yet at the site.")})
    subject.save()
    if prescreened is not None:
        mark_screened(prescreened, subject)
    publish_change(subject.pk, by.pk)
    return subject


def refuse_wrong_previous(previous: Subject, study: Study) -> None:
    if previous.state != SubjectState.SCREEN_FAILED or previous.study_id != study.pk:
        raise CheckFailed({"previous": _("Only a screen failure of this study is screened again.")})


def version_for_screening(study: Study, site: Site, on: date) -> ProtocolVersion:
    """The protocol version in force at the site on the day of screening, if the site was open then."""
    place = StudySite.objects.filter(study=study, site=site).first()
    if place is None or place.activated_on > on:
        raise CheckFailed(
            {
                "screened_on": _("%(site)s is not open for %(study)s on %(day)s.")
                % {"site": site, "study": study, "day": on.isoformat()}
            }
        )
    version = version_in_force(study=study, site=site, on=on)
    if version is None:
        raise CheckFailed(
            {
                "screened_on": _(
                    "No protocol version is in force at %(site)s on %(day)s: it is activated there once the "
                    "ethics committee has approved it."
                )
                % {"site": site, "day": on.isoformat()}
            }
        )
    return version


def fail_screening(*, subject: Subject, reason: str, code: str = "", by: User) -> Subject:
    """End the screening of a subject without enrolment: the reason is kept, and the criteria that stood against it.

    `code` is a FailureCode; without it the code with which the reason begins.
    """
    subject = locked_subject(subject.pk, by)
    require(by, "subject.screen", study_id=subject.study_id, site_id=subject.site_id)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why the subject is not enrolled.")})
    refuse_identifiers({"reason": reason})
    if subject.state != SubjectState.SCREENING:
        raise Refused(_("This subject is not in screening."))
    code = FailureCode(code) if code else FailureCode.of(reason)
    with because(reason.strip()):
        subject = move_subject(subject, SubjectState.SCREEN_FAILED, failure_reason=reason.strip()[:500])
        ScreenFailure.objects.create(
            subject=subject,
            study_id=subject.study_id,
            site_id=subject.site_id,
            code=code,
            criteria=criteria_against(subject) if code == FailureCode.NOT_ELIGIBLE else [],
            failed_on=site_today(subject),
            failed_at=timezone.now(),
            failed_by=by,
        )
    publish_change(subject.pk, by.pk)
    return subject


def criteria_against(subject: Subject) -> list[str]:
    """The criteria that speak against a screen failure, judged on the day of its last result."""
    facts = facts_for_rules(subject)
    return list(assess(subject, facts, day_of_dossier(subject, facts)).against)
