"""The inbox line of the laboratory tray: one for each subject whose pasted rows wait."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.due import work_line
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource

from ..models import LabTrayRow
from ..models.tray import TrayState

KIND = "lab-tray"
KINDS = {KIND: gettext_lazy("Clear the laboratory tray")}
CLEARED_WITHIN = timedelta(days=7)  # assumption: nobody says until when


def tray_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Subjects with rows in the tray, those that wait longest first."""
    rows = LabTrayRow.objects.filter(reach_of(user, "form.submit"), state=TrayState.OPEN)
    if wanted.study:
        rows = rows.filter(study__key=wanted.study)
    found = list(
        rows.values("subject")
        .annotate(n=Count("pk"), since=Min("kept_at"))
        .order_by("since", "subject")[: wanted.limit]
    )
    subjects = Subject.objects.select_related("study", "site").in_bulk([one["subject"] for one in found])
    for one in found:
        due = (one["since"] + CLEARED_WITHIN).date()
        url = reverse("laboratory", args=[one["subject"]]) + "#tray"
        words = ngettext("%(n)d row", "%(n)d rows", one["n"]) % {"n": one["n"]}
        yield work_line(subjects[one["subject"]], KIND, KINDS[KIND], due, url, words)


TRAY_WORK = WorkSource(KINDS, tray_work)
