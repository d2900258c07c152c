"""Places of a study: taking one with its number, holding one, giving it back, pausing recruitment and going on."""

from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook import registries
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import Subject
from trialsite.casebook.services import locked_subject, move_subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import Site, Study

from .conditions import refuse_unless_eligible
from .models import EnrolmentPlace, RecruitmentPause
from .numbers import new_number
from .recruitment_words import level_name, pauses_in_words
from .selectors import Facts, assess, facts_for_rules, stratum_of_subject
from .states import PauseState, pause_step


@transaction.atomic
def hold_place(*, subject: Subject, by: User) -> EnrolmentPlace:
    """Hold a place for a subject in screening who is eligible, until its screening window ends.

    Refused, in a sentence, when no place is left, recruitment is paused, or the window has ended."""
    subject = locked_subject(subject.pk, by)
    require(by, "place.hold", study_id=subject.study_id, site_id=subject.site_id)
    if subject.state != SubjectState.SCREENING:
        raise Refused(_("Only a subject in screening holds a place."))
    facts = facts_for_rules(subject)
    refuse_unless_eligible(assess(subject, facts, site_today(subject)))
    pause_by_rules(subject.study)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT refusal, until FROM enrolment_hold_place(%s, %s)",
            [subject.pk, limited_levels(subject, facts)],
        )
        refusal, until = cursor.fetchone()
    if refusal == "window":
        ended = until.isoformat() if until else "–"
        raise Refused(_("The screening window ended on %(day)s: no place is held.") % {"day": ended})
    refuse_full(subject, refusal)
    publish_change(subject.pk, by.pk)
    place = EnrolmentPlace.objects.get(subject=subject)
    place.subject = subject
    return place


@transaction.atomic
def give_back_place(*, subject: Subject, by: User) -> None:
    """Give a held place back before it lapses."""
    subject = locked_subject(subject.pk, by)
    require(by, "place.hold", study_id=subject.study_id, site_id=subject.site_id)
    if subject.state != SubjectState.SCREENING:
        raise Refused(_("Only a subject in screening holds a place."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT enrolment_give_back_place(%s)", [subject.pk])
        if not cursor.fetchone()[0]:
            raise Refused(_("No place is held for this subject."))
    publish_change(subject.pk, by.pk)


def give_number(subject: Subject, facts: Facts, on: date) -> Subject:
    """Enrol a subject (locked by the caller, its conditions asked there) on a day."""
    take_place(subject, facts)
    protocol = subject.protocol_version.protocol
    number = new_number("subject", subject.study, subject.site, protocol)
    arm = protocol.arms[0].key if len(protocol.arms) == 1 else ""
    return move_subject(subject, SubjectState.ENROLLED, enrolled_on=on, subject_number=number, arm=arm)


def take_place(subject: Subject, facts: Facts) -> None:
    """Take the place of a subject that is enrolled now; all caps are counted over all sites under one lock."""
    pause_by_rules(subject.study)
    with connection.cursor() as cursor:
        cursor.execute("SELECT enrolment_take_place(%s, %s)", [subject.pk, limited_levels(subject, facts)])
        refusal = cursor.fetchone()[0]
    refuse_full(subject, refusal)


def limited_levels(subject: Subject, facts: Facts) -> str:
    """The stratum for which the subject counts where levels are limited, "" elsewhere; refused while it is unknown."""
    protocol = subject.study.protocol
    if not protocol.recruitment.levels:
        return ""
    stratum = stratum_of_subject(subject, facts, site_today(subject))
    if stratum is None:
        raise Refused(_("The protocol limits a stratum, and that of this subject cannot be told yet."))
    return stratum


def refuse_full(subject: Subject, refusal: str | None) -> None:
    """The sentence of a cap that leaves no place, or of a pause."""
    if refusal is None:
        return
    if refusal == "paused":
        raise Refused(" ".join(pauses_in_words(subject.study, subject.site)))
    if refusal == "study":
        raise Refused(_("The study has enrolled the planned number of subjects: no place is left."))
    if refusal == "site":
        raise Refused(_("This site has enrolled its planned number of subjects: no place is left here."))
    level = level_name(subject.study.protocol, refusal.partition(" ")[2])
    raise Refused(_("No place is left for the stratum %(level)s.") % {"level": level})


@transaction.atomic
def pause_recruitment(*, study: Study, site: Site | None = None, by: User, reason: str) -> RecruitmentPause:
    """Let recruitment stand still, in the study or at a site: nobody is enrolled until a second person resumes."""
    require(by, "recruitment.pause", study_id=study.pk, site_id=site.pk if site else None)
    said = said_why(reason, _("Say why recruitment pauses."))
    standing = RecruitmentPause.objects.filter(study=study, site=site, stage="", state=PauseState.PAUSED)
    if standing.exists():
        raise Refused(_("Recruitment is paused there already."))
    with because(said):
        return RecruitmentPause.objects.create(study=study, site=site, reason=said, paused_by=by)


def pause_by_rules(study: Study) -> list[RecruitmentPause]:
    """Pause recruitment where a stopping rule of the protocol is met, once for the same evidence; the new pauses.

    Who acts is the system, or somebody who is about to enrol: nobody is named as the one who paused."""
    made = []
    for source in registries.stopping_rules.values():
        for rule, evidence in source(study):
            with because(f"stopping rule {rule}: {evidence}"):
                pause, new = RecruitmentPause.objects.get_or_create(study=study, rule=rule, evidence=evidence)
            if new:
                made.append(pause)
    return made


@transaction.atomic
def resume_recruitment(*, pause_id: UUID, by: User, reason: str) -> RecruitmentPause:
    """Go on with recruitment: decided by another person than who paused, or enrolled the last subject of a stage."""
    pause = RecruitmentPause.objects.select_for_update().get(pk=pause_id)
    require(by, "recruitment.pause", study_id=pause.study_id, site_id=pause.site_id)
    step = pause_step(pause.state, "resume")
    if step is None:
        raise Refused(_("Recruitment goes on there already."))
    if step.other_person and pause.paused_by_id == by.pk:
        raise Refused(
            _("Recruitment is resumed by another person than who paused it, or enrolled the last subject.")
        )
    said = said_why(reason, _("Say why recruitment goes on."))
    with because(said):
        pause.state, pause.decision = step.target, said
        pause.resumed_by, pause.resumed_at = by, timezone.now()
        pause.save()
    return pause


def said_why(reason: str, otherwise: str) -> str:
    """The reason without blanks around it; CheckFailed where it is missing or tells who a subject is."""
    if not reason.strip():
        raise CheckFailed({"reason": otherwise})
    refuse_identifiers({"reason": reason})
    return reason.strip()[:300]
