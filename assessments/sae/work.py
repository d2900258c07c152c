"""The inbox lines of serious events: each running clock, for who can stop it, counting down."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.audit.moment import now
from trialsite.casebook.models import LOG
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.selectors import pressing
from trialsite.casebook.slots import Slot

from ..domain.sae import ClockKind, State, state_of
from ..models import SaeClock
from .words import TONES, time_words

SITE = (ClockKind.FORM, ClockKind.ADMISSION, ClockKind.INTEREST, ClockKind.SPONSOR, ClockKind.ETHICS)
SPONSOR = (ClockKind.REGULATOR, ClockKind.FOLLOW_UP)
KINDS = {
    "sae-form": _("Report a serious adverse event"),
    "sae-admission": _("Decide whether an admission is an SAE"),
    "sae-interest": _("Send an event of special interest to the sponsor"),
    "sae-sponsor": _("Send an SAE to the sponsor"),
    "sae-ethics": _("Send an SAE to the ethics committee"),
    "sae-assess": _("Assess an SAE for the sponsor"),
    "sae-regulator": _("Send a SUSAR to the authority"),
    "sae-follow-up": _("Send the follow-up of a SUSAR"),
}
PRESSING = timedelta(hours=24)  # so little time is left that it has the colour of what is due


def kind_of(clock: SaeClock) -> str:
    """The kind of work: while nobody has decided whether it is a SUSAR, that is to be decided."""
    if clock.kind == ClockKind.REGULATOR and clock.provisional:
        return "sae-assess"
    return f"sae-{clock.kind.replace('_', '-')}"


def open_clocks(user: User, at: datetime) -> QuerySet[SaeClock]:
    """The running clocks that this user can stop: of the site, of the sponsor's side; not those of the past from paper.

    One that waits for its start is shown only where a decision is wanted: whether it is a SUSAR."""
    site = reach_of(user, "form.submit") & Q(kind__in=SITE, started_at__lte=at)
    started = Q(started_at__lte=at) | Q(started_at=None, provisional=True)
    sponsor = reach_of(user, "sae.assess") & Q(kind__in=SPONSOR) & started
    found = SaeClock.objects.filter(site | sponsor, done_at=None)
    return found.exclude(of_the_past("started_at__date"))


def sae_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """The lines of the inbox, the most pressing first."""
    if wanted.kind and wanted.kind not in KINDS:
        return
    at = now()
    found = wanted.of(open_clocks(user, at))
    if wanted.kind:
        found = found.filter(of_kind(wanted.kind))
    rows = found.select_related("study", "site", "subject").order_by(F("due_at").asc(nulls_last=True), "pk")
    yield from sorted((line_of(row, at) for row in rows[: wanted.limit]), key=pressing)


def of_kind(kind: str) -> Q:
    """The clocks of one kind of work."""
    if kind == "sae-assess":
        return Q(kind=ClockKind.REGULATOR, provisional=True)
    clocks = Q(kind=kind.removeprefix("sae-").replace("-", "_"))
    return clocks & Q(provisional=False) if kind == "sae-regulator" else clocks


def line_of(clock: SaeClock, at: datetime) -> WorkLine:
    state = state_of(clock.due_at, None, at)
    due = clock.due_at.astimezone(ZoneInfo(clock.site.timezone)).date() if clock.due_at else None
    hurry = clock.due_at is not None and clock.due_at - at <= PRESSING
    tone = "upcoming" if state is State.RUNNING and not hurry else TONES[state]
    kind = kind_of(clock)
    return WorkLine(
        kind=kind,
        verb=KINDS[kind],
        subject_id=clock.subject_id,
        subject_number=clock.subject.number,
        study_key=clock.study.key,
        site_key=clock.site.key,
        due=due,
        latest=due,
        url=Slot(clock.subject_id, LOG, clock.form_key, 1, clock.form_repeat).url(),
        detail=clock.get_criterion_display(),
        clock_ends=clock.due_at,
        standing="" if clock.due_at is None else tone,
        standing_words=time_words(state, clock.due_at, at),
    )


SAE_WORK = WorkSource(KINDS, sae_work)
