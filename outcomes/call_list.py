"""Who is to be called: planned survival contacts, agreed calls, attempts so far, and who may be lost."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assessments.models import PlannedVisit
from assessments.visits.selectors import (
    BY_TELEPHONE,
    VisitLine,
    lines_of,
    planned,
    pressing,
)
from assessments.visits.standing import SOON_DAYS
from assessments.visits.working_days import Calendars
from enrollment.models import EndReason
from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.due import due_in_words, work_line
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource, follow_up_ends
from trialsite.casebook.selectors import current_records, most_pressing
from trialsite.casebook.site_day import on_each_day, site_days
from trialsite.casebook.states import FOLLOWED, RecordState, SubjectState

from .domain.attempts import PROPOSES_LOST, Attempt, Result, Standing, due_on, standing_of
from .histories import signs_of_life
from .models import ContactAttempt, SurvivalContact
from .models.attempts import CallResult

MOST = 500  # contacts looked at for one list; filters by study and site show the others
KINDS = {
    "survival": gettext_lazy("Make the survival contact"),
    "lost": gettext_lazy("Decide whether lost to follow-up"),
}


@dataclass(frozen=True)
class CallLine:
    """One subject to be called: from when, until when, what was tried, when last known alive."""

    subject: Subject
    today: date
    visit: VisitLine | None
    standing: Standing
    last_contact: date | None
    last_alive: date | None = None  # told by `with_last_alive`: it asks every form of the subject

    @property
    def due(self) -> date | None:
        return due_on(self.standing.next_call_on, self.visit.visit.earliest if self.visit else None)

    @property
    def latest(self) -> date | None:
        """The last day for the call: the one agreed on, or the end of the window."""
        return self.standing.next_call_on or (self.visit.visit.latest if self.visit else None)

    @property
    def what(self) -> str:
        """Why the subject is called now."""
        if self.standing.next_call_on:
            return _("call agreed for %(day)s") % {"day": self.standing.next_call_on.isoformat()}
        return self.visit.name if self.visit else ""

    @property
    def tried(self) -> str:
        """The attempts that failed since the subject was last reached, in words; "" when there are none."""
        n = self.standing.failed
        return ngettext("%(n)d failed attempt", "%(n)d failed attempts", n) % {"n": n} if n else ""

    @property
    def due_state(self) -> tuple[str, str]:
        """Standing and words of the window or the agreed call."""
        if self.visit is not None and not self.standing.next_call_on:
            return self.visit.standing.state, self.visit.standing.words
        return due_in_words(self.latest, self.today)

    @property
    def url(self) -> str:
        return reverse("subject-calls", args=[self.subject.pk])


def calls_due(user: User, wanted: Wanted) -> list[CallLine]:
    """The subjects whose contact is due at the places where this user enters forms, the most pressing first.

    A planned contact is answered by any contact in or after its window; an agreed call comes before the plan. A fixed
    number of queries.
    """
    days = site_days()
    reach = reach_of(user, "form.submit")
    windows = pressing(wanted.of(planned(user).filter(reach)).filter(BY_TELEPHONE), days, SOON_DAYS)
    soon = on_each_day(days, lambda day: Q(next_call_on__lte=day + timedelta(days=SOON_DAYS)))
    agreed = wanted.of(ContactAttempt.objects.filter(reach, soon, subject__state__in=FOLLOWED))
    agreed = agreed.exclude(state=RecordState.VOIDED).order_by("next_call_on", "pk")
    visits: dict[UUID, list[PlannedVisit]] = defaultdict(list)
    for visit in windows[:MOST]:
        visits[visit.subject_id].append(visit)
    ids = dict.fromkeys([*visits, *agreed.values_list("subject_id", flat=True)[:MOST]])
    lines = [one for one in call_lines(list(ids), days, visits) if shown(one)]
    return sorted(lines, key=lambda one: (one.latest or date.max, one.due or date.max, one.subject.number))[
        : wanted.limit
    ]


def shown(line: CallLine) -> bool:
    """Whether a call is due within days: an agreed one for later puts the planned one off."""
    return line.due is not None and line.due <= line.today + timedelta(days=SOON_DAYS)


def call_lines(
    subject_ids: Sequence[UUID], days: Mapping[Any, date], visits: Mapping[UUID, Sequence[PlannedVisit]]
) -> Iterator[CallLine]:
    """The lines of subjects who are still followed."""
    ended, calendars = follow_up_ends(subject_ids), Calendars()
    attempts, contacts = attempts_told(subject_ids), last_contacts(subject_ids)
    subjects = Subject.objects.filter(pk__in=subject_ids).select_related("study", "site")
    for subject in subjects.defer("protocol_version"):
        if subject.pk in ended:
            continue
        contact = contacts.get(subject.pk)
        still = [
            each
            for each in visits.get(subject.pk, ())
            if contact is None or (each.earliest and each.earliest > contact)
        ]
        yield CallLine(
            subject=subject,
            today=days[subject.site_id],
            visit=next(iter(lines_of(still[:1], dict(days), calendars)), None),
            standing=standing_of(attempts[subject.pk], contact),
            last_contact=contact,
        )


def with_last_alive(lines: Sequence[CallLine]) -> list[CallLine]:
    """The same lines, each with the last day on which the subject is known to have lived."""
    signs = signs_of_life([one.subject.pk for one in lines])
    last = {subject: found[-1].latest for subject, found in signs.items() if found}
    known = [[day for day in (one.last_contact, last.get(one.subject.pk)) if day] for one in lines]
    return [replace(one, last_alive=max(days, default=None)) for one, days in zip(lines, known, strict=True)]


def call_line_of(subject: Subject) -> CallLine | None:
    """The line of one subject, whose visibility the caller has checked; None once follow-up has ended."""
    days = site_days()
    mine = PlannedVisit.objects.filter(BY_TELEPHONE, subject=subject).select_related(
        "subject__study", "subject__site"
    )
    visits = {subject.pk: list(pressing(mine, days, SOON_DAYS))}
    return next(iter(with_last_alive(list(call_lines([subject.pk], days, visits)))), None)


def attempts_of(subject_ids: Iterable[UUID]) -> QuerySet[ContactAttempt]:
    """The attempts that stand, in the order in which they were made."""
    found = current_records(ContactAttempt, subject_ids).exclude(Q(performed_on=None) | Q(call_result=""))
    return found.order_by("performed_on", F("called_at").asc(nulls_first=True), "pk")


def attempts_told(subject_ids: Iterable[UUID]) -> Mapping[UUID, list[Attempt]]:
    """What those attempts tell, by subject."""
    found: dict[UUID, list[Attempt]] = defaultdict(list)
    columns = ("subject_id", "performed_on", "call_result", "next_call_on")
    for subject, on, result, next_on in attempts_of(subject_ids).values_list(*columns):
        found[subject].append(Attempt(on, Result(result), next_on))
    return found


def last_contacts(subject_ids: Iterable[UUID]) -> dict[UUID, date]:
    """The last day on which a survival contact found each subject alive."""
    found = current_records(SurvivalContact, subject_ids).filter(alive=True, performed_on__isnull=False)
    return dict(found.order_by().values_list("subject_id").annotate(Max("performed_on")))


# The inbox


def call_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Contacts that are due, and subjects of whom to decide whether they are lost."""
    found = {"survival": survival_lines, "lost": lost_lines}
    lines = [source(user, wanted) for kind, source in found.items() if wanted.kind in ("", kind)]
    return islice(most_pressing(lines), wanted.limit)


def survival_lines(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    for line in calls_due(user, wanted):
        state, words = line.due_state
        yield WorkLine(
            kind="survival",
            verb=KINDS["survival"],
            subject_id=line.subject.pk,
            subject_number=line.subject.number,
            study_key=line.subject.study.key,
            site_key=line.subject.site.key,
            due=line.due,
            latest=line.latest,
            url=line.url,
            detail=" · ".join(filter(None, (line.what, line.tried))),
            standing=state,
            standing_words=words,
        )


def lost_lines(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Enrolled subjects whose last three attempts failed, the longest ago first; due since the last attempt."""
    reach = reach_of(user, "subject.leave")
    failed = wanted.of(ContactAttempt.objects.filter(reach, subject__state=SubjectState.ENROLLED))
    failed = failed.filter(call_result=CallResult.NOT_REACHED).exclude(state=RecordState.VOIDED)
    often = failed.order_by().values("subject").annotate(n=Count("pk")).filter(n__gte=PROPOSES_LOST)
    ids = list(often.values_list("subject", flat=True))
    attempts, contacts, ended = attempts_told(ids), last_contacts(ids), follow_up_ends(ids)
    subjects = Subject.objects.filter(pk__in=ids).exclude(pk__in=ended).select_related("study", "site")
    lines = []
    for subject in subjects:
        tried = attempts[subject.pk]
        standing = standing_of(tried, contacts.get(subject.pk))
        if standing.proposes_lost:
            lines.append(lost_line(subject, standing, tried[-1].on))
    return iter(sorted(lines, key=lambda one: (one.latest or date.max, one.subject_number)))


def lost_line(subject: Subject, standing: Standing, last: date | None) -> WorkLine:
    detail = _("%(n)d failed attempts since %(day)s") % {
        "n": standing.failed,
        "day": standing.first_failed_on.isoformat() if standing.first_failed_on else "",
    }
    url = f"{reverse('participation', args=[subject.pk])}?reason={EndReason.LOST.value.replace(' ', '+')}"
    return work_line(subject, "lost", KINDS["lost"], last, url, detail)


CALL_WORK = WorkSource(KINDS, call_work)
