"""The serious events of a study as lines: each report with its versions, its verdict and its clocks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from trialsite.access.models import User
from trialsite.audit.moment import now
from trialsite.casebook.models import Subject
from trialsite.casebook.names import local
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState
from trialsite.clinical.text import Text
from trialsite.listing import listed
from trialsite.studies.domain.reporting_clocks import ReportingClock
from trialsite.studies.models import Study
from trialsite.studies.words import SOURCES, SPECIAL_INTEREST

from ..domain.sae import CLOCK_WORDS
from ..models import AdverseEvent, SaeClock, SeriousEvent
from .events import events_of, named
from .shown import criteria_words, version_words
from .words import SUSAR_TONES, SUSAR_WORDS, ClockLine, line_of

SHOWN = 50
STATES = {
    "overdue": _("Overdue"),
    "running": _("Clock running"),
    "susar": _("SUSAR"),
    "undecided": _("SUSAR not decided"),
}


def reports_of(user: User, study: Study, state: str) -> QuerySet[SeriousEvent]:
    """The reports at the sites of this user as a filter narrows them, the latest first."""
    bring_up_to_date(Subject.objects.visible_to(user).filter(study=study))
    found = SeriousEvent.objects.visible_to(user).filter(study=study).exclude(state=RecordState.VOIDED)
    if state in STATES:
        wanted = {
            "overdue": Q(done_at=None, due_at__lt=now()),
            "running": Q(done_at=None, due_at__gte=now()),
            "susar": Q(susar="TRUE"),
            "undecided": Q(susar="UNKNOWN"),
        }[state]
        found = found.filter(Exists(SaeClock.objects.filter(wanted, record_id=OuterRef("pk"))))
    related = found.select_related("subject__site", "site", "visit")
    return related.annotate(kept=Count("versions")).order_by("-performed_on", "-pk")


@dataclass(frozen=True)
class ReportLine:
    """One report in the list."""

    report: SeriousEvent
    url: str
    event: str
    record: AdverseEvent | None
    criteria: str
    version: str
    susar: str
    tone: str
    clocks: list[ClockLine]


def lines_of(reports: Sequence[SeriousEvent]) -> list[ReportLine]:
    """The reports of one page with what belongs to them; two queries however many there are."""
    reports = list(reports)
    clocks: dict[UUID, list[SaeClock]] = defaultdict(list)
    for clock in SaeClock.objects.filter(record_id__in=[one.pk for one in reports]).order_by("pk"):
        clocks[clock.record_id].append(clock)
    events = events_of({one.subject_id for one in reports}) if reports else {}
    return [line_for(one, clocks[one.pk], events.get(one.subject_id, {})) for one in reports]


def line_for(report: SeriousEvent, clocks: list[SaeClock], events: Mapping[int, AdverseEvent]) -> ReportLine:
    key = clocks[0].susar if clocks else ""
    return ReportLine(
        report=report,
        url=Slot.of_record(report).url(),
        event=named(report.event, events.get(report.event)) if report.event else "",
        record=events.get(report.event or 0),
        criteria=criteria_words(report),
        version=version_words(report.report_kind, report.follow_up_number),
        susar=str(SUSAR_WORDS.get(key, "")),
        tone=SUSAR_TONES.get(key, "unknown"),
        clocks=[line_of(one, now(), report.site.timezone) for one in clocks],
    )


@dataclass(frozen=True)
class RuleLine:
    """A deadline of the rules in words, with its source."""

    what: str
    time: str
    source: str
    cite: str


def rules_shown(study: Study) -> list[RuleLine]:
    """The clocks of the study's version in force."""
    version = study.current_version
    if version is None:
        return []
    clocks = version.protocol.adverse_events.clocks
    found = ((what, getattr(clocks, name)) for name, what in CLOCK_WORDS.items())
    return [
        RuleLine(clock_words(what, one), allowed_time(one), str(SOURCES[one.source]), one.cite)
        for what, one in found
    ]


def clock_words(what: Text, clock: ReportingClock) -> str:
    """From what to what it runs; of special interest with the kinds that it is for."""
    kinds = listed(str(SPECIAL_INTEREST[kind]) for kind in clock.kinds)
    return f"{local(what)} ({kinds})" if kinds else local(what)


def allowed_time(clock: ReportingClock) -> str:
    if clock.hours:
        return ngettext("%(n)d h", "%(n)d h", clock.hours) % {"n": clock.hours}
    return ngettext("%(n)d day", "%(n)d days", clock.days) % {"n": clock.days}
