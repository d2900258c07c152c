"""What the inbox says to members of a committee: the cases that wait for them, without anything of the subject."""

from collections.abc import Iterator
from itertools import islice

from django.urls import reverse
from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource

from .cases import cases_for

KIND = "adjudication"
KINDS = {KIND: gettext_lazy("Judge an event")}


def adjudication_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """The cases that wait for this member, the oldest first; a case has no site for its members."""
    if wanted.site:
        return
    waiting = (one for one in cases_for(user, wanted.study) if one.waits_for(user))
    for one in islice(waiting, wanted.limit):
        yield WorkLine(
            kind=KIND,
            verb=KINDS[KIND],
            subject_id=None,
            subject_number=one.number,
            study_key=one.record.study.key,
            site_key="",
            due=None,
            latest=None,
            url=reverse("adjudication", args=[one.id]),
            detail=one.title,
        )


ADJUDICATION_WORK = WorkSource(KINDS, adjudication_work)
