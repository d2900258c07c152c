"""Writes around SAE reports: the kept version, the sponsor's assessment, the draft from a proposal, its refusal."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit.moment import now
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.models import LOG, CasebookRecord, Draft
from trialsite.casebook.names import local
from trialsite.casebook.services import DraftWindow, locked_subject, next_repeat, save_draft
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState

from ..domain.sae import Criterion, Said, report_problems
from ..models import Admission, AdmissionDecision, SaeAssessment, SaeVersion, SeriousEvent
from .derive import open_proposals, safety_of
from .events import CAUSE_ITEMS, events_of

FORM = "SAE"
ASSESSED = (
    "sponsor_aware_at",
    *CAUSE_ITEMS,
    "expectedness",
    "reference",
    "regulator_told_at",
    "follow_up_told_at",
    "comment",
)


# Versions


def keep_version(record: SeriousEvent, by: User) -> SaeVersion:
    """Keep a report as it was just saved; refused where its event does not exist, or kind, number or words are out of
    order."""
    before = [Said(one.kind, one.follow_up_number) for one in record.versions.all()]
    said = Said(record.report_kind, record.follow_up_number)
    wrong = {one.item: local(one.what) for one in report_problems(said, before, record.what_changed)}
    event = events_of([record.subject_id]).get(record.subject_id, {}).get(record.event or 0)
    if record.event is not None and event is None:
        wrong["event"] = _("This subject has no adverse event of that number.")
    if wrong:
        raise CheckFailed(wrong)
    return SaeVersion.objects.create(
        study_id=record.study_id,
        site_id=record.site_id,
        subject_id=record.subject_id,
        record=record,
        number=len(before) + 1,
        kind=said.kind,
        follow_up_number=said.number,
        content=content_of(record),
        event_content=content_of(event) if event else {},
        made_by=by,
    )


def kept_columns(model: type[models.Model]) -> Iterable[Any]:
    """The columns that hold what somebody entered."""
    return [
        column
        for column in model._meta.concrete_fields
        if column.editable and not column.is_relation and not column.primary_key
    ]


def content_of(record: CasebookRecord) -> dict[str, Any]:
    """The columns of a form as texts; what is empty is left out."""
    columns = kept_columns(type(record))
    found = {
        one.name: one.value_to_string(record) for one in columns if getattr(record, one.name) is not None
    }
    return found | {"missing": dict(record.missing)}


def restored(model: type[CasebookRecord], content: Mapping[str, Any]) -> Any:
    """A form as a version keeps it, not saved; columns that no longer exist are left out."""
    known = {one.name: one for one in kept_columns(model)}
    values = {name: known[name].to_python(text) for name, text in content.items() if name in known}
    return model(**values, missing=content.get("missing", {}))


# The sponsor's side


@transaction.atomic
def assess_sae(*, sae_id: UUID, values: Mapping[str, Any], by: User) -> SaeAssessment:
    """Record what the sponsor's side says of an SAE; what was said before is kept, the latest stands.

    `values` maps the items of ASSESSED to values. Raises CheckFailed (per item), Refused (a rule, in a sentence)."""
    report = SeriousEvent.objects.visible_to(by).get(pk=sae_id)
    subject = locked_subject(report.subject_id, by, review=True)
    require(by, "sae.assess", study_id=report.study_id, site_id=report.site_id)
    refuse_where_held(holds_on(subject), slot=Slot(subject.pk, LOG, FORM, 1, report.form_repeat), review=True)
    if report.state == RecordState.VOIDED:
        raise Refused(_("This report has been voided."))
    said = {item: values.get(item) for item in ASSESSED}
    refuse_disorder(report, said)
    refuse_identifiers({item: said[item] for item in ("reference", "comment")})
    texts = {item: said[item] or "" for item in ASSESSED if not item.endswith("_at")}
    saved = SaeAssessment.objects.create(
        study_id=report.study_id,
        site_id=report.site_id,
        subject=subject,
        record=report,
        assessed_by=by,
        **{item: said[item] for item in ASSESSED if item.endswith("_at")},
        **texts,
    )
    publish_change(subject.pk, by.pk)
    return saved


def refuse_disorder(report: SeriousEvent, said: Mapping[str, Any]) -> None:
    """Refuse instants out of order, and an expectedness that names nothing it was compared with."""
    wrong: dict[str, str] = {}
    earlier: datetime | None = report.site_aware_at
    for item in ("sponsor_aware_at", "regulator_told_at", "follow_up_told_at"):
        at = said[item]
        if at is None:
            continue
        if at > now():
            wrong[item] = _("This instant has not come yet.")
        elif earlier is not None and at < earlier:
            wrong[item] = _("This lies before what must have come first.")
        earlier = at
    if said["follow_up_told_at"] and not said["regulator_told_at"]:
        wrong["regulator_told_at"] = _("A follow-up comes after a first report: enter when that was sent.")
    if said["expectedness"] and not (said["reference"] or "").strip():
        wrong["reference"] = _("Name the document with its version, such as “Investigator's Brochure 12”.")
    if wrong:
        raise CheckFailed(wrong)


# Proposals


@transaction.atomic
def draft_report(
    *, subject_id: UUID, event: int | None, criterion: str = "", day: str = "", by: User
) -> Slot:
    """Begin an SAE report as a draft of `by`: the event, its criterion and the day are filled in, nothing is submitted.

    A draft of the same event that `by` has begun is opened again as it is."""
    subject = locked_subject(subject_id, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    drafts = Draft.objects.filter(author=by, subject_id=subject.pk, form_key=FORM)
    taken = 0
    for draft in drafts:
        if event is not None and draft.typed.get("event") == [str(event)]:
            return draft.slot
        taken = max(taken, draft.form_repeat)
    repeat = max(next_repeat(subject=subject, form_key=FORM), taken + 1)
    slot = Slot(subject.pk, LOG, FORM, 1, repeat)
    typed = {"event": str(event or ""), "report_kind": "INITIAL", "performed_on": day}
    if criterion:
        typed[Criterion(criterion).value] = "yes"
    filled = {item: [text] for item, text in typed.items() if text}
    save_draft(slot=slot, typed=filled, base_version=0, window=DraftWindow(0), by=by)
    return slot


def draft_from_stay(*, admission_id: UUID, criterion: str, event: int | None = None, by: User) -> Slot:
    """Accept what a stay proposes: an SAE report as a draft. Of several events that may be meant `event` is the one."""
    stay = Admission.objects.visible_to(by).get(pk=admission_id)
    found = next(
        (one for one in open_proposals(stay, safety_of(stay.subject_id)) if one.criterion == criterion), None
    )
    if found is None:
        raise Refused(_("Nothing is proposed any more: it was reported or declined."))
    if len(found.events) > 1 and event not in found.events:
        raise CheckFailed({"event": _("Choose which of these events is meant.")})
    meant = event if len(found.events) > 1 else next(iter(found.events), None)
    day = max(found.since, stay.performed_on) if stay.performed_on else found.since
    return draft_report(
        subject_id=stay.subject_id, event=meant, criterion=criterion, day=day.isoformat(), by=by
    )


@transaction.atomic
def decline_proposal(*, admission_id: UUID, criterion: str, by: User, reason: str) -> AdmissionDecision:
    """Say that a stay is no SAE although a rule proposed it; the reason is kept."""
    stay = Admission.objects.visible_to(by).select_related("visit").get(pk=admission_id)
    subject = locked_subject(stay.subject_id, by)
    require(by, "form.submit", study_id=stay.study_id, site_id=stay.site_id)
    refuse_where_held(holds_on(subject), slot=Slot.of_record(stay))
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why it is no SAE.")})
    refuse_identifiers({"reason": reason})
    if criterion not in {one.criterion.value for one in open_proposals(stay, safety_of(subject.pk))}:
        raise Refused(_("Nothing is proposed any more: it was reported or declined."))
    saved = AdmissionDecision.objects.create(
        study_id=stay.study_id,
        site_id=stay.site_id,
        subject=subject,
        record=stay,
        criterion=criterion,
        reason=reason.strip(),
        decided_by=by,
    )
    publish_change(subject.pk, by.pk)
    return saved
