"""What the inbox says of deviations: drafts that wait for a decision."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.audit.moment import now
from trialsite.casebook.due import due_in_words, work_line
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource

from .models import Deviation
from .states import DeviationState

KIND = "deviation"
KINDS = {KIND: gettext_lazy("Decide on a deviation")}
DECIDED_WITHIN = timedelta(days=14)  # assumption: no registration says until when


def deviation_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Drafts on which this user decides, those drafted longest ago first."""
    reach = reach_of(user, "deviation.decide")
    found = wanted.of(Deviation.objects.filter(reach, state=DeviationState.DRAFT))
    found = found.select_related("study", "site", "subject__study", "subject__site")
    for deviation in found.order_by("moved_at", "pk")[: wanted.limit]:
        yield line_of(deviation)


def line_of(deviation: Deviation) -> WorkLine:
    due = (deviation.moved_at + DECIDED_WITHIN).date()
    url = reverse("deviation", args=[deviation.pk])
    detail, said = str(deviation.get_kind_display()), deviation.evidence
    if deviation.subject is not None:
        return work_line(deviation.subject, KIND, KINDS[KIND], due, url, detail, said)
    standing, words = due_in_words(due, now().date())
    return WorkLine(
        kind=KIND,
        verb=KINDS[KIND],
        subject_id=None,
        subject_number="",
        study_key=deviation.study.key,
        site_key=deviation.site.key if deviation.site else "",
        due=due,
        latest=due,
        url=url,
        detail=detail,
        said=said,
        standing=standing,
        standing_words=words,
    )


DEVIATION_WORK = WorkSource(KINDS, deviation_work)
