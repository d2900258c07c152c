"""The inbox line of an infusion of methotrexate whose next level is due."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.audit.moment import now
from trialsite.casebook.due import hour_line
from trialsite.casebook.models import Subject
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.states import RecordState, SubjectState

from ..models import MethotrexateInfusion
from .selectors import Judged, creatinines_of, infusions_of, judged

KIND = "methotrexate-level"
KINDS = {KIND: gettext_lazy("Enter the methotrexate level")}
ASKED_FOR = timedelta(days=30)  # assumption: nobody draws a level a month after the infusion


def level_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Infusions of the last month whose last level is not low enough, by when the next level is due."""
    rows = wanted.of(MethotrexateInfusion.objects.filter(reach_of(user, "form.submit")))
    since = (now() - ASKED_FOR).date()
    open_ones = (
        rows.filter(subject__state=SubjectState.ENROLLED, performed_on__gte=since)
        .exclude(state=RecordState.VOIDED)
        .exclude(of_the_past("performed_on"))
    )
    found = sorted(
        (
            one
            for one in judged_since(list(open_ones.values_list("pk", "subject_id")), since)
            if one[0].next_at
        ),
        key=lambda each: (each[0].next_at, each[0].record.pk),
    )
    for one, subject in found[: wanted.limit]:
        assert one.next_at is not None
        yield hour_line(subject, KIND, KINDS[KIND], one.next_at, one.url + "?edit=1")


def judged_since(rows: list[tuple[UUID, UUID]], since: date) -> Iterator[tuple[Judged, Subject]]:
    """These infusions with what the table says; as many queries for many as for one."""
    if not rows:
        return
    ids = list(dict.fromkeys(subject_id for _pk, subject_id in rows))
    wanted = {pk for pk, _subject in rows}
    subjects = Subject.objects.select_related("study", "site").in_bulk(ids)
    creatinines = creatinines_of(ids)
    for record in infusions_of(ids, since=since):
        if record.pk in wanted:
            subject = subjects[record.subject_id]
            yield judged(record, subject, creatinines[record.subject_id]), subject


METHOTREXATE_WORK = WorkSource(KINDS, level_work)
