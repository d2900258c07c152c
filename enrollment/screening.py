"""Screening a person, and ending it without enrolment."""

from datetime import date

from django.utils.translation import gettext as _

from trialsite.access.identity import Identity, persons_with_hospital_number, register_person
from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.models import Subject
from trialsite.casebook.services import locked_subject, move_subject, next_number
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import ProtocolVersion, Site, Study, StudySite
from trialsite.studies.selectors import version_in_force


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
    by: User,
) -> Subject:
    """Begin the screening of a person: identity apart, a subject with a screening number that never changes.

    `previous` is the earlier participation of the same person in the study: person and USUBJID stay theirs.
    Refused when study or site is held, the site is not open on that day, the day has not come, or the person was
    screened before.
    """
    require(by, "subject.screen", study_id=study.pk, site_id=site.pk)
    refuse_where_held(holds_on(Subject(study=study, site=site)))
    version = version_for_screening(study, site, screened_on)
    if previous is None:
        refuse_second_screening(study, site, hospital_number)
    elif previous.state != SubjectState.SCREEN_FAILED or previous.study_id != study.pk:
        raise CheckFailed({"previous": _("Only a screen failure of this study is screened again.")})
    identity = Identity(full_name, hospital_number, national_id, phone)
    person = (
        previous.person
        if previous
        else register_person(study_id=study.pk, site_id=site.pk, identity=identity, by=by)
    )
    prefix = version.protocol.screening.number_prefix
    number = f"S-{prefix}-{next_number(f'screening:{study.key}'):04d}"
    subject = Subject(
        study=study,
        site=site,
        person=person,
        previous=previous,
        usubjid=previous.usubjid if previous else f"{study.key}-{number}",
        screening_number=number,
        screened_on=screened_on,
        protocol_version=version,
    )
    if screened_on > site_today(subject):
        raise CheckFailed({"screened_on": _("This day has not come yet at the site.")})
    subject.save()
    publish_change(subject.pk, by.pk)
    return subject


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


def refuse_second_screening(study: Study, site: Site, hospital_number: str) -> None:
    """One person, one USUBJID: who was screened before is screened again from the earlier subject."""
    known = persons_with_hospital_number(hospital_number)
    subject = (
        Subject.objects.filter(study=study, site=site, person__in=known).order_by("-screened_on").first()
    )
    if subject is not None:
        raise CheckFailed(
            {
                "hospital_number": _(
                    "This person was screened before: name %(number)s as the earlier screening."
                )
                % {"number": subject.screening_number}
            }
        )


def fail_screening(*, subject: Subject, reason: str, by: User) -> Subject:
    """End the screening of a subject without enrolment; the reason is kept."""
    subject = locked_subject(subject.pk, by)
    require(by, "subject.screen", study_id=subject.study_id, site_id=subject.site_id)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why the subject is not enrolled.")})
    refuse_identifiers({"reason": reason})
    if subject.state != SubjectState.SCREENING:
        raise Refused(_("This subject is not in screening."))
    with because(reason.strip()):
        subject = move_subject(subject, SubjectState.SCREEN_FAILED, failure_reason=reason.strip()[:500])
    publish_change(subject.pk, by.pk)
    return subject
