"""Logging samples for MRD: drawn, sent with a list, received or rejected, reported."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import Subject
from trialsite.casebook.services import locked_subject
from trialsite.studies.models import Site, Study

from ..models import LoggedSample, MrdSample, SampleStep, Shipment
from ..models.disease import MrdMethod
from .states import RejectReason, SampleState, SampleStepRule, sample_step

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._-]{0,39}")


@transaction.atomic
def draw_sample(
    *,
    subject: Subject,
    method: str,
    specimen: str,
    drawn_at: datetime | None,
    label: str = "",
    visit: tuple[str, int] = ("", 1),
    purpose: str = LoggedSample.Purpose.MRD,
    by: User,
) -> LoggedSample:
    """Log a tube that was drawn for one method; without a code it gets the subject's number and the next number."""
    subject = locked_subject(subject.pk, by)
    require(by, "sample.log", study_id=subject.study_id, site_id=subject.site_id)
    label = label.strip() or next_label(subject)
    refuse_impossible(subject, method, specimen, drawn_at, label, purpose)
    refuse_identifiers({"label": label})
    assert drawn_at is not None
    sample = LoggedSample.objects.create(
        study_id=subject.study_id,
        site_id=subject.site_id,
        subject=subject,
        purpose=purpose,
        visit_key=visit[0],
        visit_repeat=visit[1],
        method=method,
        specimen=specimen,
        label=label,
        drawn_at=drawn_at,
    )
    note(sample, "draw", drawn_at, by)
    return sample


def next_label(subject: Subject) -> str:
    """The subject's number with the next free number of its tubes."""
    used = set(LoggedSample.objects.filter(subject=subject).values_list("label", flat=True))
    number = len(used) + 1
    while f"{subject.number}/{number:02d}" in used:
        number += 1
    return f"{subject.number}/{number:02d}"


def refuse_impossible(
    subject: Subject, method: str, specimen: str, drawn_at: datetime | None, label: str, purpose: str
) -> None:
    """CheckFailed names each item that is missing or cannot be."""
    wrong = {}
    if method not in MrdMethod.values:
        wrong["method"] = _("Choose the method.")
    if specimen not in MrdSample.Specimen.values:
        wrong["specimen"] = _("Choose the specimen.")
    if purpose not in LoggedSample.Purpose.values:
        wrong["purpose"] = _("Choose what the sample is for.")
    if drawn_at is None:
        wrong["drawn_at"] = _("Enter day and time of the draw.")
    elif drawn_at > timezone.now():
        wrong["drawn_at"] = _("This instant has not come yet.")
    if not LABEL.fullmatch(label):
        wrong["label"] = _("A code has letters, digits and - / . _ only, at most 40: never a name.")
    elif standing_with(subject.study_id, label):
        wrong["label"] = _("Another sample of the study has this code already.")
    if wrong:
        raise CheckFailed(wrong)


def standing_with(study_id: UUID, label: str) -> bool:
    known = LoggedSample.objects.filter(study=study_id, label=label).exclude(state=SampleState.VOIDED)
    return known.exists()


@transaction.atomic
def take_sample_step(
    *,
    sample_id: UUID,
    action: str,
    happened_at: datetime | None,
    reject_reason: str = "",
    result: MrdSample | None = None,
    by: User,
    reason: str = "",
) -> LoggedSample:
    """Record what happened to a sample, as the table of steps allows; sending goes through `ship_samples`."""
    sample, step = locked_sample(sample_id, action, by)
    if step.needs == "shipment":
        raise Refused(_("A sample is sent with a shipping list."))
    refuse_incomplete(sample, step, happened_at, reject_reason, reason)
    refuse_identifiers({"reason": reason})
    happened_at = timezone.now() if step.action == "void" else happened_at
    assert happened_at is not None
    if step.action == "receive":
        sample.received_at = happened_at
    elif step.action == "reject":
        sample.rejected_at, sample.reject_reason = happened_at, reject_reason
    elif step.action == "report":
        sample.reported_at = happened_at
        sample.result = result if result and result.subject_id == sample.subject_id else None
    sample.state = step.target
    with because(reason.strip()):
        sample.save()
        note(sample, action, happened_at, by, reason)
    return sample


def locked_sample(sample_id: UUID, action: str, by: User) -> tuple[LoggedSample, SampleStepRule]:
    """The sample with its subject locked until commit, and the step; refused where the table or a hold says so."""
    place = LoggedSample.objects.visible_to(by).get(pk=sample_id)
    locked_subject(place.subject_id, by)
    sample = LoggedSample.objects.select_for_update().get(pk=sample_id)
    step = sample_step(sample.state, action)
    if step is None:
        raise Refused(_("This step is not possible as the sample stands now."))
    require(by, step.permission, study_id=sample.study_id, site_id=sample.site_id)
    return sample, step


def refuse_incomplete(
    sample: LoggedSample,
    step: SampleStepRule,
    happened_at: datetime | None,
    reject_reason: str,
    reason: str,
) -> None:
    wrong = {}
    if step.action != "void":
        if happened_at is None:
            wrong["happened_at"] = _("Enter day and time.")
        elif happened_at > timezone.now():
            wrong["happened_at"] = _("This instant has not come yet.")
        elif happened_at < sample.last_at:
            wrong["happened_at"] = _("This lies before what is recorded of the sample already.")
    if step.needs == "code" and reject_reason not in RejectReason.values:
        wrong["reject_reason"] = _("Choose why the laboratory rejected it.")
    if step.needs == "reason" and not reason.strip():
        wrong["reason"] = _("Say why: a change to the record needs a reason.")
    if step.needs == "code" and reject_reason == RejectReason.OTHER and not reason.strip():
        wrong["reason"] = _("Say the reason in words.")
    if wrong:
        raise CheckFailed(wrong)


@transaction.atomic
def ship_samples(
    *,
    study: Study,
    site: Site,
    sample_ids: Collection[UUID],
    laboratory: str,
    courier: str = "",
    consignment: str = "",
    sent_at: datetime | None,
    by: User,
) -> Shipment:
    """Send samples of one site together to a laboratory; each is locked and moved, or none is."""
    require(by, "sample.log", study_id=study.pk, site_id=site.pk)
    wanted = LoggedSample.objects.visible_to(by).filter(pk__in=sample_ids, study=study, site=site)
    chosen = list(wanted.order_by("subject_id", "pk").values_list("pk", flat=True))
    wrong = {}
    if not chosen:
        wrong["samples"] = _("Choose at least one sample.")
    if not laboratory.strip():
        wrong["laboratory"] = _("Name the laboratory as the MRD forms name it.")
    if sent_at is None:
        wrong["sent_at"] = _("Enter day and time.")
    elif sent_at > timezone.now():
        wrong["sent_at"] = _("This instant has not come yet.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"laboratory": laboratory, "courier": courier, "consignment": consignment})
    assert sent_at is not None
    samples = [locked_sample(one, "send", by)[0] for one in chosen]
    refuse_sent_before_drawn(samples, sent_at, site)
    shipment = Shipment.objects.create(
        study=study,
        site=site,
        laboratory=laboratory.strip(),
        courier=courier.strip(),
        consignment=consignment.strip(),
        sent_at=sent_at,
        sent_by=by,
    )
    for sample in samples:
        sample.shipment, sample.sent_at, sample.state = shipment, sent_at, SampleState.SENT
        sample.save(update_fields=["shipment", "sent_at", "state"])
        note(sample, "send", sent_at, by)
    return shipment


def refuse_sent_before_drawn(samples: Sequence[LoggedSample], sent_at: datetime, site: Site) -> None:
    late = [one for one in samples if one.drawn_at > sent_at]
    if late:
        drawn = late[0].drawn_at.astimezone(ZoneInfo(site.timezone))
        raise CheckFailed(
            {
                "sent_at": _("%(label)s was drawn at %(day)s: it cannot have left before.")
                % {"label": late[0].label, "day": f"{drawn:%Y-%m-%d %H:%M}"}
            }
        )


def note(sample: LoggedSample, action: str, happened_at: datetime, by: User, reason: str = "") -> None:
    SampleStep.objects.create(
        sample=sample,
        study_id=sample.study_id,
        site_id=sample.site_id,
        subject_id=sample.subject_id,
        action=action,
        happened_at=happened_at,
        reason=reason.strip(),
        recorded_by=by,
    )
