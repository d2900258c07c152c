"""Reading the log of samples: of one subject with what is planned, of the studies of a user, of one shipment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import may, reach_of
from trialsite.casebook.due import due_in_words
from trialsite.casebook.models import Subject
from trialsite.casebook.names import visit_name
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import current_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.studies.selectors import studies_visible_to

from ..disease.awaited import chase_of
from ..disease.mrd_results import mrd_lines
from ..domain.sample_log import PlannedSample, VisitWithMrd, Wait, planned_samples
from ..models import LoggedSample, MrdDeclaration, MrdSample, PlannedVisit, Shipment
from ..models.disease import MrdMethod
from ..visits.standing import needless
from .states import SAMPLE_STEPS, SampleState, SampleStepRule

MRD_FORM = "MRD"
RESULT_WITHIN_DAYS = 3  # a result is offered for a tube drawn so many days around it (assumption)
WAIT_WORDS: Mapping[str, Any] = {
    Wait.SEND: pgettext_lazy("a sample waits for", "sending"),
    Wait.RECEIPT: pgettext_lazy("a sample waits for", "arrival"),
    Wait.REPORT: pgettext_lazy("a sample waits for", "report"),
    Wait.REDRAW: pgettext_lazy("a sample waits for", "another draw"),
}
TONES = {
    SampleState.DRAWN: "info",
    SampleState.SENT: "info",
    SampleState.RECEIVED: "info",
    SampleState.REJECTED: "bad",
    SampleState.REPORTED: "good",
    SampleState.VOIDED: "still",
}
FILTERS = ("study", "site", "state", "method")


@dataclass(frozen=True)
class SampleLine:
    """A logged sample in words: days on the clock of its site, what it waits for, the steps that are open."""

    sample: LoggedSample
    visit: str
    drawn: str
    sent: str
    received: str
    ended: str
    waits: str
    waits_state: str
    waits_words: str
    steps: Sequence[SampleStepRule] = ()
    results: Sequence[MrdSample] = ()
    result_url: str = ""

    @property
    def actions(self) -> list[str]:
        """What may be done with it: it decides what the form of a step asks."""
        return [step.action for step in self.steps]

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[SampleState(self.sample.state)]


@dataclass(frozen=True)
class PlannedLine:
    """A planned sample in words."""

    planned: PlannedSample
    visit: str
    method: str

    @property
    def code(self) -> str:
        """What the form of a draw is told of it."""
        return f"{self.planned.visit.key}.{self.planned.visit.repeat}"


def local_time(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def samples_of(subject: Subject) -> list[LoggedSample]:
    """The logged samples of one subject, the latest draw first, the voided ones too."""
    found = LoggedSample.objects.filter(subject=subject).select_related("shipment", "result__visit")
    return list(found.order_by("-drawn_at", "-pk"))


def sample_lines(subject: Subject, user: User) -> list[SampleLine]:
    """The samples of one subject with the steps that this user may take; a fixed number of queries."""
    samples, zone, today = samples_of(subject), ZoneInfo(subject.site.timezone), site_today(subject)
    results = list(
        current_records(MrdSample, [subject.pk]).exclude(performed_on=None).prefetch_related("lines")
    )
    lines = []
    for one in samples:
        one.subject = subject
        line = line_of(one, samples, zone, today, steps_for(one, user), near_results(one, results, zone))
        lines.append(line)
    return lines


def line_of(
    sample: LoggedSample,
    samples: Sequence[LoggedSample],
    zone: ZoneInfo,
    today: date,
    steps: Sequence[SampleStepRule] = (),
    results: Sequence[MrdSample] = (),
) -> SampleLine:
    protocol = sample.subject.protocol_version.protocol
    found = chase_of(sample, samples, zone, protocol.samples)
    state, words = due_in_words(found.by, today) if found else ("", "")
    return SampleLine(
        sample,
        visit_name(protocol, sample.visit_key, sample.visit_repeat) if sample.visit_key else "",
        local_time(sample.drawn_at, zone),
        local_time(sample.sent_at, zone),
        local_time(sample.received_at, zone),
        local_time(sample.rejected_at or sample.reported_at, zone),
        str(WAIT_WORDS[found.wait]) if found else "",
        state,
        words,
        steps,
        results,
        Slot.of_record(sample.result).url() if sample.result else "",
    )


def near_results(sample: LoggedSample, results: Sequence[MrdSample], zone: ZoneInfo) -> list[MrdSample]:
    """The MRD forms that may hold the report of a tube: with its method, of a day near the draw, the nearest first."""
    drawn = sample.drawn_at.astimezone(zone).date()
    found = []
    for one in results:
        assert one.performed_on is not None
        away = abs((one.performed_on - drawn).days)
        methods = {line.method for line in one.lines.all() if not line.voided}  # type: ignore[attr-defined]
        if away <= RESULT_WITHIN_DAYS and sample.method in methods:
            found.append((away, one))
    return [one for _away, one in sorted(found, key=lambda pair: (pair[0], str(pair[1].pk)))]


def steps_for(sample: LoggedSample, user: User) -> list[SampleStepRule]:
    """The steps that this user may take with a sample as it stands; sending is done with a list."""
    return [
        step
        for step in SAMPLE_STEPS
        if step.source == sample.state
        and step.needs != "shipment"
        and may(user, step.permission, study_id=sample.study_id, site_id=sample.site_id)
    ]


def planned_lines(subject: Subject, samples: Sequence[LoggedSample]) -> list[PlannedLine]:
    """The samples that the protocol asks for and that nobody logged or has a result of; undated ones at the end."""
    bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    protocol = subject.protocol_version.protocol
    visits = [
        VisitWithMrd(one.key, one.repeat, one.target, one.earliest, one.latest, expected_still(one))
        for one in PlannedVisit.objects.filter(subject=subject).order_by("target", "pk")
        if any(form["form"] == MRD_FORM and form["required"] for form in one.forms)
    ]
    logged = [
        (one.visit_key, one.visit_repeat, one.method)
        for one in samples
        if one.state not in (SampleState.VOIDED, SampleState.REJECTED)
    ]
    resulted = [
        (line.sample.visit.key, line.sample.visit.repeat, line.line.method)
        for line in mrd_lines([subject.pk]).get(subject.pk, [])
    ]
    methods = [one.method for one in protocol.mrd]
    names = dict(MrdMethod.choices)
    return [
        PlannedLine(
            one, visit_name(protocol, one.visit.key, one.visit.repeat), str(names.get(one.method, one.method))
        )
        for one in planned_samples(visits, methods, logged, resulted)
    ]


def expected_still(visit: PlannedVisit) -> bool:
    return not visit.missed and not needless(visit)


def visit_choices(subject: Subject) -> list[tuple[str, str]]:
    """The visits at which a sample may be logged: those of the plan with a date, and none."""
    protocol = subject.protocol_version.protocol
    rows = PlannedVisit.objects.filter(subject=subject, target__isnull=False).order_by("target", "pk")
    found = [(f"{one.key}.{one.repeat}", visit_name(protocol, one.key, one.repeat)) for one in rows]
    return [("", _("no planned visit")), *found]


# Of the studies of a user


def samples_visible_to(user: User, asked: Mapping[str, str]) -> QuerySet[LoggedSample]:
    """The samples at the sites of a user as filters narrow them, those drawn last first."""
    found = LoggedSample.objects.visible_to(user)
    if asked.get("study"):
        found = found.filter(study__key=asked["study"])
    if asked.get("site"):
        found = found.filter(site__key=asked["site"])
    if asked.get("state") in SampleState.values:
        found = found.filter(state=asked["state"])
    else:
        found = found.exclude(state=SampleState.VOIDED)
    if asked.get("method") in MrdMethod.values:
        found = found.filter(method=asked["method"])
    found = found.select_related(
        "study",
        "site",
        "shipment",
        "result__visit",
        "subject__protocol_version",
        "subject__site",
        "subject__study",
    )
    return found.order_by("-drawn_at", "-pk")


def lines_of_page(samples: Sequence[LoggedSample]) -> list[SampleLine]:
    """The lines of a page of samples; what was drawn again is read for all of them at once."""
    subjects = {one.subject_id for one in samples}
    others: dict[UUID, list[LoggedSample]] = {}
    for one in LoggedSample.objects.filter(subject__in=subjects):
        others.setdefault(one.subject_id, []).append(one)
    return [
        line_of(one, others[one.subject_id], ZoneInfo(one.site.timezone), site_today(one.subject))
        for one in samples
    ]


def ready_to_send(user: User, asked: Mapping[str, str]) -> list[LoggedSample]:
    """The drawn samples that this user may send, by site, the oldest first; at most a hundred."""
    found = samples_visible_to(user, {**asked, "state": SampleState.DRAWN})
    return list(
        found.filter(reach_of(user, "sample.log")).order_by("site__key", "study__key", "drawn_at", "pk")[:100]
    )


def shipments_visible_to(user: User, asked: Mapping[str, str]) -> QuerySet[Shipment]:
    """Shipments of the sites of a user, the latest first."""
    found = Shipment.objects.visible_to(user).select_related("study", "site", "sent_by")
    if asked.get("study"):
        found = found.filter(study__key=asked["study"])
    if asked.get("site"):
        found = found.filter(site__key=asked["site"])
    return found.order_by("-sent_at", "-pk")


def laboratories_named(user: User) -> list[str]:
    """How the laboratories of a user's studies are written so far: offered, so that one is written in one way."""
    declared = MrdDeclaration.objects.filter(study__in=studies_visible_to(user), withdrawn_at=None)
    sent_to = shipments_visible_to(user, {})
    names = {*declared.values_list("laboratory", flat=True), *sent_to.values_list("laboratory", flat=True)}
    return sorted(names)


def shipment_or_404(user: User, shipment_id: UUID) -> Shipment:
    """The shipment, or 404: a stranger does not learn that it exists."""
    found = shipments_visible_to(user, {}).filter(pk=shipment_id).first()
    if found is None:
        raise Http404
    return found


def sample_or_404(user: User, sample_id: UUID) -> LoggedSample:
    found = (
        LoggedSample.objects.visible_to(user)
        .select_related("subject__site", "site")
        .filter(pk=sample_id)
        .first()
    )
    if found is None:
        raise Http404
    return found
