"""Mail about serious events: at once, at half of the time, when time is up; each point once for each person.

The row that says so is made first. The mail leaves inside the same transaction: a mail server that is down takes the
row back, and the next run tries again; a mail that goes out twice is better than one that never does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import send_mail
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.access.models import Role, User
from trialsite.access.permissions import grants_of, reach_of
from trialsite.audit.moment import now
from trialsite.casebook.models import Subject
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.projections import bring_up_to_date

from ..domain.sae import ClockKind, Point, points_reached
from ..models import SaeClock, SaeNotice
from .words import ClockLine, line_of
from .work import SITE, SPONSOR

NEWS = timedelta(days=7)  # an event that became known longer ago is no news (assumption)
TOLD_AT_ONCE = (ClockKind.FORM, ClockKind.INTEREST, ClockKind.SPONSOR)  # an event, and its report


@dataclass(frozen=True)
class Notice:
    """One point of one clock that a person is to be told of."""

    clock: SaeClock
    point: Point


def investigating(user: User) -> Q:
    """The places where the user is investigator."""
    places = Q(pk__in=[])
    for study, site, role in grants_of(user).rows:
        if study and role == Role.INVESTIGATOR:
            places |= Q(study_id=study, **({"site_id": site} if site else {}))
    return places


def clocks_for(user: User, at: datetime) -> QuerySet[SaeClock]:
    """The clocks that concern a user: an investigator those of the site, the sponsor's side its own, both the news."""
    sponsor, investigator = reach_of(user, "sae.assess"), investigating(user)
    running = Q(done_at=None, due_at__isnull=False, started_at__lte=at)
    news = Q(kind__in=TOLD_AT_ONCE, started_at__lte=at, started_at__gte=at - NEWS)
    mine = (investigator & Q(kind__in=SITE)) | (sponsor & Q(kind__in=SPONSOR))
    found = SaeClock.objects.filter((mine & running) | ((investigator | sponsor) & news))
    found = found.exclude(of_the_past("started_at__date"))
    return found.select_related("study", "site", "subject").order_by(F("due_at").asc(nulls_last=True), "pk")


def notices_due(user: User, at: datetime) -> list[Notice]:
    """Every point that has come, whether the user was told or not."""
    own = SITE if grants_of(user).somewhere("record.sign") else SPONSOR
    found = []
    for clock in clocks_for(user, at):
        if clock.started_at is None or clock.due_at is None:
            continue
        follows = clock.done_at is None and clock.kind in own
        points = points_reached(clock.started_at, clock.due_at, at) if follows else [Point.NEW]
        found += [Notice(clock, point) for point in points]
    return found


@transaction.atomic
def send_notices(*, by: User, now_at: datetime | None = None) -> int:
    """Mail to one person, with that person's rights, every point not told before, as one mail; how many clocks.

    Raises what the mail server raises: then nothing is noted as sent."""
    at = now_at or now()
    if not by.email:
        return 0
    bring_up_to_date(Subject.objects.visible_to(by))
    new = note(by, notices_due(by, at))
    clocks = {notice.clock.pk: notice.clock for notice in new}
    if not clocks:
        return 0
    with translation.override(by.language):
        lines = [line_of(clock, at, clock.site.timezone) for clock in clocks.values()]
        subject, body = compose(lines)
    send_mail(subject, body, None, [by.email])
    return len(clocks)


def note(user: User, notices: list[Notice]) -> list[Notice]:
    """Note what the user is told now; gives those that were not noted before, by this run or another one."""
    if not notices:
        return []
    table = SaeNotice._meta.db_table
    told = [(one.clock.record_id, one.clock.kind, one.point.value) for one in notices]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (user_id, record_id, kind, point, sent_at)"
            " SELECT %s, unnest(%s::uuid[]), unnest(%s::text[]), unnest(%s::text[]), %s"
            " ON CONFLICT (user_id, record_id, kind, point) DO NOTHING RETURNING record_id, kind, point",
            [user.pk, *(list(column) for column in zip(*told, strict=True)), timezone.now()],
        )
        new = set(cursor.fetchall())
    return [one for one, row in zip(notices, told, strict=True) if row in new]


def compose(lines: list[ClockLine]) -> tuple[str, str]:
    """Subject and body in the language that is active: numbers, what is due, how long; nobody's identity."""
    open_ = sum(line.is_open for line in lines)
    subject = ngettext(
        "Serious adverse events: %(n)d notice", "Serious adverse events: %(n)d notices", len(lines)
    )
    late = sum(line.state == "overdue" for line in lines)
    words = subject % {"n": len(lines)}
    if late:
        words = _("%(notices)s, %(n)d overdue") % {"notices": words, "n": late}
    return words, render_to_string("assessments/sae/notice.txt", {"lines": lines, "open": open_})
