"""Going off study: the coded reason and the day, and coming back where that was a mistake."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import Subject
from trialsite.casebook.services import locked_subject, move_subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState

from .models import Disposition, EndReason


@transaction.atomic
def leave_study(*, subject: Subject, ended_on: date, words: str = "", by: User, reason: str) -> Disposition:
    """Take an enrolled subject off study on a day; visits planned after it are expected no more.

    `reason` is one of EndReason, `words` adds to it and is required for OTHER. Raises CheckFailed (per item), Refused.
    """
    subject = locked_subject(subject.pk, by)
    require(by, "subject.leave", study_id=subject.study_id, site_id=subject.site_id)
    refuse_unclear_end(subject, ended_on, reason, words)
    if subject.state != SubjectState.ENROLLED:
        raise Refused(_("Only an enrolled subject goes off study."))
    with because(f"{reason}: {words.strip()}" if words.strip() else reason):
        move_subject(subject, SubjectState.OFF_STUDY)
        end = Disposition.objects.create(
            subject=subject,
            study_id=subject.study_id,
            site_id=subject.site_id,
            ended_on=ended_on,
            reason=reason,
            words=words.strip(),
            recorded_at=timezone.now(),
            recorded_by=by,
        )
    publish_change(subject.pk, by.pk)
    return end


def refuse_unclear_end(subject: Subject, ended_on: date, reason: str, words: str) -> None:
    """Refuse a reason outside the list, other without words, and a day before enrolment or in the future."""
    wrong = {}
    if reason not in EndReason.values:
        wrong["reason"] = _("Choose why the subject goes off study.")
    if reason == EndReason.OTHER and not words.strip():
        wrong["words"] = _("Say in your words why.")
    if ended_on > site_today(subject):
        wrong["ended_on"] = _("This day has not come yet at the site.")
    if subject.enrolled_on and ended_on < subject.enrolled_on:
        wrong["ended_on"] = _("This day lies before enrolment.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"words": words})


@transaction.atomic
def return_to_study(*, subject: Subject, by: User, reason: str) -> Disposition:
    """Take back that a subject went off study: the end stays in the record as taken back, visits are expected again."""
    subject = locked_subject(subject.pk, by)
    require(by, "subject.leave", study_id=subject.study_id, site_id=subject.site_id)
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why: a change to the record needs a reason.")})
    refuse_identifiers({"reason": reason})
    if subject.state != SubjectState.OFF_STUDY:
        raise Refused(_("This subject is not off study."))
    end = Disposition.objects.select_for_update().get(subject=subject, undone_at=None)
    with because(reason.strip()):
        move_subject(subject, SubjectState.ENROLLED)
        end.undone_at, end.undone_by = timezone.now(), by
        end.save(update_fields=["undone_at", "undone_by"])
    publish_change(subject.pk, by.pk)
    return end


def end_of_study(subject_id: UUID) -> Disposition | None:
    """The end of the part in the study that is in force."""
    found = Disposition.objects.filter(subject_id=subject_id, undone_at=None)
    return found.select_related("recorded_by").first()


def off_study(subject_ids: Sequence[UUID], argument: str = "") -> dict[UUID, date]:
    """The day of going off study, of each subject that did."""
    rows = Disposition.objects.filter(subject_id__in=list(subject_ids), undone_at=None)
    return dict(rows.values_list("subject_id", "ended_on"))


def end_alerts(subject: Subject) -> Iterator[Any]:
    """Beside the number on every page: off study since when, and why."""
    if subject.state != SubjectState.OFF_STUDY:
        return
    end = end_of_study(subject.pk)
    if end is not None:
        yield _("Off study since %(day)s: %(reason)s.") % {
            "day": end.ended_on.isoformat(),
            "reason": end.reason_words,
        }
