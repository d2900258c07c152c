"""What the inbox says of forms in draft: one's own, the oldest first, with their age."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trialsite.access.models import User

from .models import Draft
from .names import form_title, visit_name
from .registries import Wanted, WorkLine, WorkSource
from .selectors import drafts_of
from .site_day import site_today

KIND = "draft"
FINISH = gettext_lazy("Finish a draft")


def draft_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """The user's own drafts; nobody else sees them."""
    drafts = wanted.of(drafts_of(user)).order_by("saved_at", "pk")
    return (line_of(draft) for draft in drafts[: wanted.limit])


def line_of(draft: Draft) -> WorkLine:
    subject = draft.subject
    protocol = subject.protocol_version.protocol
    saved_on = draft.saved_at.astimezone(ZoneInfo(subject.site.timezone)).date()
    days = (site_today(subject) - saved_on).days
    age = ngettext("%(n)d day old", "%(n)d days old", days) % {"n": days} if days > 0 else _("of today")
    where = (visit_name(protocol, draft.visit_key, draft.visit_repeat), form_title(protocol, draft.form_key))
    return WorkLine(
        kind=KIND,
        verb=FINISH,
        subject_id=subject.pk,
        subject_number=subject.number,
        study_key=subject.study.key,
        site_key=subject.site.key,
        due=None,
        latest=None,
        url=draft.url,
        detail=" · ".join(filter(None, where)),
        standing="upcoming",
        standing_words=age,
    )


DRAFT_WORK = WorkSource({KIND: FINISH}, draft_work)
