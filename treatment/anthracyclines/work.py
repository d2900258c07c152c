"""The inbox line of an echocardiography that the cumulative anthracycline asks for."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.due import work_line
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.states import SubjectState

from ..models import AnthracyclineTotal

KIND = "echo"
KINDS = {KIND: gettext_lazy("Echocardiography: a further 100 mg/m² of anthracycline")}
WITHIN = timedelta(days=28)  # assumption: nobody says until when


def echo_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Subjects on study whose anthracycline reached a further 100 mg/m² since the last echocardiography."""
    rows = wanted.of(AnthracyclineTotal.objects.filter(reach_of(user, "form.submit")))
    found = (
        rows.filter(echo_since__isnull=False, subject__state=SubjectState.ENROLLED)
        .exclude(of_the_past("echo_since"))
        .select_related("subject__study", "subject__site")
        .order_by("echo_since", "subject__subject_number")
    )
    for row in found[: wanted.limit]:
        assert row.echo_since is not None
        url = reverse("new-log-form", args=[row.subject_id, "ECHO"])
        words = _("%(total)s mg/m² since %(day)s") % {
            "total": f"{row.total.normalize():f}",
            "day": row.echo_since.isoformat(),
        }
        yield work_line(row.subject, KIND, KINDS[KIND], row.echo_since + WITHIN, url, words)


ECHO_WORK = WorkSource(KINDS, echo_work)
