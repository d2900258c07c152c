"""The inbox lines of referrals: what the sending site still has to learn of a treatment elsewhere."""

from collections.abc import Iterator
from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.due import work_line
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.states import SubjectState

from ..models import OpenReferral
from .words import WANTED

KINDS = {"referral": gettext_lazy("Ask the other hospital")}
ALL_OPEN = gettext_lazy("all open referrals")


def referral_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """The next thing of each open referral, for those who enter forms at the sending site; one query."""
    rows = (
        wanted.of(OpenReferral.objects.filter(reach_of(user, "form.submit")))
        .filter(subject__state=SubjectState.ENROLLED)
        .exclude(of_the_past("due"))
        .select_related("subject__study", "subject__site")
        .order_by("due", "subject__subject_number")
    )
    for row in rows[: wanted.limit]:
        detail = _("%(what)s (%(n)s still open)") % {
            "what": WANTED[row.kind][row.wanted],
            "n": row.still,
        }
        url = reverse("treatment", args=[row.subject_id]) + "#referrals"
        line = work_line(row.subject, "referral", KINDS["referral"], row.due, url, detail, said=row.hospital)
        every = reverse("referrals", args=[row.subject.study.key])
        yield replace(line, other_verb=ALL_OPEN, other_url=every)


REFERRAL_WORK = WorkSource(KINDS, referral_work)
