"""What stands on the forms: a report in one line, what is worked out from it, and the panels with clocks and steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.audit.moment import now
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import Subject
from trialsite.casebook.names import local
from trialsite.casebook.registries import Derived
from trialsite.casebook.selectors import current_records
from trialsite.casebook.slots import OpenSlot, Slot
from trialsite.clinical.kleene import Truth
from trialsite.listing import listed

from ..domain.admissions import Proposal, prolonged_by, serious_stay, stay_recorded
from ..domain.sae import Criterion
from ..models import (
    Admission,
    AdmissionDecision,
    SaeAssessment,
    SaeVersion,
    SeriousEvent,
)
from ..models.sae import CRITERION_LABELS
from .derive import (
    Safety,
    derive_clocks,
    latest_assessments,
    open_proposals,
    safety_of,
    stay_of,
    verdict_of,
)
from .events import events_of, named, onsets
from .forms import AssessmentForm, shown_assessment
from .words import SUSAR_TONES, SUSAR_WORDS, ClockLine, line_of, sentence


def criteria_words(report: SeriousEvent) -> str:
    """The criteria that are met."""
    return listed(str(CRITERION_LABELS[one]) for one in Criterion if getattr(report, one.value))


def version_words(kind: str, number: int | None) -> str:
    """ "Follow-up report 2"."""
    label = str(SaeVersion(kind=kind).get_kind_display())
    return f"{label} {number}" if number else label


def report_summary(report: SeriousEvent) -> str:
    parts = (version_words(report.report_kind, report.follow_up_number), criteria_words(report))
    return " · ".join(part for part in parts if part)


def stay_summary(stay: Admission) -> str:
    until = str(stay.left_on) if stay.left_on else _("still in hospital")
    plan = {True: _("planned"), False: _("not planned")}.get(stay.planned, "")  # type: ignore[arg-type]
    parts = (stay.get_reason_display(), plan, _("until %(day)s") % {"day": until} if stay.left_on else until)  # type: ignore[attr-defined]
    return " · ".join(str(part) for part in parts if part)


def derived_report(report: SeriousEvent) -> list[Derived]:
    """Whether the event that is reported is a SUSAR."""
    event = events_of([report.subject_id]).get(report.subject_id, {}).get(report.event or 0)
    verdict = verdict_of(report, event, latest_assessments([report.pk]).get(report.pk))
    key = verdict.truth.value
    return [Derived(_("SUSAR"), str(SUSAR_WORDS[key]), sentence(verdict.reasons), SUSAR_TONES[key])]


def derived_stay(record: Admission) -> list[Derived]:
    """Whether being admitted makes its event serious, and whether staying longer than planned may."""
    stay = stay_of(record)
    if stay is None:
        return []
    verdict = serious_stay(stay)
    value = {Truth.TRUE: _("SAE"), Truth.FALSE: _("no SAE"), Truth.UNKNOWN: _("not known yet")}[verdict.truth]
    admitted = Derived(
        _("Being admitted"), value, sentence(verdict.reasons), SUSAR_TONES[verdict.truth.value]
    )
    if not stay.planned or stay.planned_days is None:
        return [admitted]
    known = safety_of(record.subject_id)
    longer = prolonged_by(stay, onsets(known.events))
    return [admitted, *([staying_longer(record, longer, known)] if longer else [])]


def staying_longer(record: Admission, longer: Proposal, known: Safety) -> Derived:
    """A stay that became longer than planned: what was decided about it, or that it waits for the decision."""
    stay = stay_of(record)
    if (record.pk, longer.criterion.value) in known.declined:
        value, tone = _("no SAE, as decided"), "good"
    elif stay is not None and known.answered(stay, longer):
        value, tone = _("SAE, reported"), "bad"
    else:
        value, tone = _("may be an SAE: waits for your decision"), "unknown"
    return Derived(_("Staying longer than planned"), value, local(longer.why), tone)


def clocks_on(record_id: UUID, subject: Subject) -> list[ClockLine]:
    """The deadlines that stand on a form, as its record gives them now."""
    rows = (row for row in derive_clocks(subject) if row.record_id == record_id)
    return [line_of(row, now(), subject.site.timezone) for row in rows]


def sae_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On an SAE report: its clocks, its versions and the sponsor's assessment; on others what leads to one."""
    if opened.record is None:
        return None
    match opened.kind.key:
        case "SAE":
            return report_panel(request, opened)
        case "AE":
            return event_panel(request, opened)
        case "ADM":
            return stay_panel(request, opened)
    return None


def report_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any]:
    report, subject = opened.record, opened.subject
    return {
        "template": "assessments/sae/report_panel.html",
        "above": True,
        "clocks": clocks_on(report.pk, subject),
        "versions": report.versions.select_related("made_by"),
        "stay_url": new_stay_url(report) if may_write(request, subject) else "",
        "report": report,
    }


def sponsor_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On an SAE report what the sponsor's side says; above the items for who is to say it and has not."""
    report = opened.record
    if report is None or opened.kind.key != "SAE":
        return None
    address = reverse("sae-assess", args=[report.pk])
    said = list(report.assessments.select_related("assessed_by"))
    may_assess = may(user_of(request), "sae.assess", study_id=report.study_id, site_id=report.site_id)
    return {
        "template": "assessments/sae/sponsor_panel.html",
        "above": may_assess and not said,
        "assessments": [(one, shown_assessment(one)) for one in reversed(said)],
        "form": AssessmentForm.again(request, address, said[-1] if said else None) if may_assess else None,
        "assess_url": address,
    }


def new_stay_url(report: SeriousEvent) -> str:
    """The way to a new stay in hospital where the report speaks of an admission and none is recorded; else ""."""
    if not report.hospitalisation or form_type("ADM", report.subject) is None:
        return ""
    event = events_of([report.subject_id]).get(report.subject_id, {}).get(report.event or 0)
    onset = event.onset if event else None
    days = [day for day in (report.performed_on, onset and onset.earliest, onset and onset.latest) if day]
    records = current_records(Admission, [report.subject_id])
    stays = [stay for record in records if (stay := stay_of(record)) is not None]
    if not days or stay_recorded(stays, report.event, min(days), max(days)):
        return ""
    return reverse("new-log-form", args=[report.subject_id, "ADM"])


def event_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On an adverse event: its SAE reports; one that is serious without any has its clock and the way to report."""
    event, subject = opened.record, opened.subject
    reports = (
        current_records(SeriousEvent, [subject.pk]).filter(event=event.form_repeat).select_related("visit")
    )
    found = [(Slot.of_record(one).url(), report_summary(one)) for one in reports.order_by("form_repeat")]
    clocks = clocks_on(event.pk, subject)
    if not found and not event.serious and not clocks:
        return None
    return {
        "template": "assessments/sae/event_panel.html",
        "above": True,
        "reports": found,
        "serious": bool(found or event.serious),
        "clocks": clocks,
        "may_report": may_write(request, subject),
        "start_url": reverse("sae-start", args=[subject.pk]),
        "number": event.form_repeat,
    }


def stay_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On a stay: what it proposes, and what was declined."""
    stay, subject = opened.record, opened.subject
    known = safety_of(subject.pk)
    offered = [
        ProposalLine(
            one.criterion.value,
            CRITERION_LABELS[one.criterion],
            local(one.why),
            [(number, named(number, known.events.get(number))) for number in one.events],
        )
        for one in open_proposals(stay, known)
    ]
    declined = stay.decisions.select_related("decided_by")
    if not offered and not declined:
        return None
    return {
        "template": "assessments/sae/stay_panel.html",
        "above": bool(offered),
        "proposals": offered,
        "declined": declined,
        "clocks": clocks_on(stay.pk, subject),
        "may_decide": may_write(request, subject),
        "accept_url": reverse("admission-step", args=[stay.pk, "accept"]),
        "decline_url": reverse("admission-step", args=[stay.pk, "decline"]),
    }


@dataclass(frozen=True)
class ProposalLine:
    """What a stay proposes, in words."""

    criterion: str
    label: Any
    why: str
    events: list[tuple[int, str]]

    @property
    def longer(self) -> bool:
        """Whether staying is asked about, not being admitted."""
        return self.criterion == Criterion.PROLONGATION

    @property
    def several(self) -> bool:
        return len(self.events) > 1


def may_write(request: HttpRequest, subject: Subject) -> bool:
    return may(user_of(request), "form.submit", study_id=subject.study_id, site_id=subject.site_id)


def stands_on_report(slot: Slot, record_id: UUID | None) -> Iterator[QuerySet[Any]]:
    """The assessments and decisions belong to the history of their form."""
    if record_id is not None and slot.form_key == "SAE":
        yield SaeAssessment.objects.filter(record_id=record_id)
    if record_id is not None and slot.form_key == "ADM":
        yield AdmissionDecision.objects.filter(record_id=record_id)


def stands_on_kind(kind: Any) -> Iterator[QuerySet[Any]]:
    """The same of a whole kind of form."""
    if kind.model is SeriousEvent:
        yield SaeAssessment.objects.all()
    if kind.model is Admission:
        yield AdmissionDecision.objects.all()
