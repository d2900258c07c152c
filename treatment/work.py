"""The inbox lines of treatment: the next phase to start, an infusion whose end is missing."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import grants_of, may
from trialsite.casebook.casebook_page import site_today
from trialsite.casebook.due import due_in_words
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import WorkLine
from trialsite.casebook.selectors import subjects_visible_to
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState, SubjectState

from .domain.path import NextKind
from .models import InfusionSegment, TreatmentStep

SOON_DAYS = 3  # a phase stands in the inbox from so many days before it is planned (assumption)
LONGEST_BAG = timedelta(days=7)  # the longest that one bag runs


def treatment_work(user: User) -> Iterator[WorkLine]:
    """What this user can do for the treatment of visible subjects."""
    if not grants_of(user).somewhere("form.submit"):
        return
    yield from phases_to_start(user)
    yield from infusions_without_end(user)


def phases_to_start(user: User) -> Iterator[WorkLine]:
    """Phases that follow clearly by the protocol and are due within days."""
    subjects = subjects_visible_to(user).filter(state=SubjectState.ENROLLED)
    bring_up_to_date(subjects)
    soon = timezone.now().date() + timedelta(days=SOON_DAYS + 1)
    steps = TreatmentStep.objects.filter(
        subject__in=subjects.values("pk"), next_kind=NextKind.CLEAR
    ).select_related("subject__study", "subject__site", "subject__protocol_version")
    for step in steps:
        subject = step.subject
        if not allowed(user, subject) or (step.due is not None and step.due > soon):
            continue
        phase = subject.protocol_version.protocol.phase_of(step.next_phase)
        yield line(
            subject,
            "phase",
            _("Start the next phase"),
            step.due,
            reverse("treatment", args=[subject.pk]),
            phase.name.in_language(get_language() or "en"),
        )


def infusions_without_end(user: User) -> Iterator[WorkLine]:
    """Stretches of infusion that have no stop although another one began, or no bag lasts that long."""
    standing = InfusionSegment.objects.filter(voided=False).exclude(record__state=RecordState.VOIDED)
    later = standing.filter(subject=OuterRef("subject"), start__gt=OuterRef("start")).order_by("start")
    longest = ExpressionWrapper(F("start") + LONGEST_BAG, output_field=DateTimeField())
    rows = (
        standing.visible_to(user)
        .filter(stop=None)
        .annotate(until=Coalesce(Subquery(later.values("start")[:1]), longest))
        .filter(until__lte=timezone.now())
        .select_related("record__visit", "subject__study", "subject__site")
        .order_by("start")
    )
    for row in rows:
        if not allowed(user, row.subject):
            continue
        visit, form = row.record.visit, row.record
        slot = Slot(row.subject_id, visit.key, form.form_key, visit.repeat, form.form_repeat)
        due = row.until.astimezone(ZoneInfo(row.subject.site.timezone)).date()
        yield line(
            row.subject, "infusion", _("Record the end of an infusion"), due, slot.url() + "?edit=1", ""
        )


def allowed(user: User, subject: Subject) -> bool:
    return may(user, "form.submit", study_id=subject.study_id, site_id=subject.site_id)


def line(subject: Subject, kind: str, verb: Any, due: date | None, url: str, detail: Any) -> WorkLine:
    standing, words = due_in_words(due, site_today(subject))
    return WorkLine(
        kind=kind,
        verb=verb,
        subject_id=subject.pk,
        subject_number=subject.number,
        study_key=subject.study.key,
        site_key=subject.site.key,
        due=due,
        latest=due,
        url=url,
        detail=detail,
        standing=standing,
        standing_words=words,
    )
