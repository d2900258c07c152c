"""Source data verification: which items are to be compared with the source, which were, and what ends it."""

import hashlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Submitted, critical_items
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import locked_subject
from trialsite.casebook.slots import OpenSlot
from trialsite.studies.models import Study

from .contents import content_of
from .models import Verification, VerificationPlan

DEFAULT_PERCENT = 10


@transaction.atomic
def verify_items(*, opened: OpenSlot, items: Iterable[str], by: User) -> list[Verification]:
    """Record that these items of a form were compared with the source and agree."""
    subject = locked_subject(opened.subject.pk, by, review=True)
    require(by, "source.verify", study_id=subject.study_id, site_id=subject.site_id)
    refuse_where_held(holds_on(subject), slot=opened.slot, review=True)
    now = open_slot(opened.slot, subject, opened.kind)
    if now.record is None:
        raise Refused(_("There is no form here."))
    known = set(content_of(now.kind, now.record))
    wanted = list(dict.fromkeys(items))
    if not wanted:
        raise CheckFailed({"items": _("Choose the items that you compared with the source.")})
    if unknown := [item for item in wanted if item not in known]:
        raise CheckFailed(
            {"items": _("This form has no such item: %(items)s.") % {"items": ", ".join(unknown)}}
        )
    done = set(verified_items(now.record.pk))
    return Verification.objects.bulk_create(
        Verification(
            subject=subject,
            study_id=subject.study_id,
            site_id=subject.site_id,
            record_id=now.record.pk,
            item=item,
            verified_by=by,
        )
        for item in wanted
        if item not in done
    )


def verified_items(record_id: UUID) -> dict[str, Verification]:
    """The items of a form whose verification stands."""
    found = Verification.objects.filter(record_id=record_id, reopened_at=None).select_related("verified_by")
    return {one.item: one for one in found}


def reopen_changed(told: Submitted) -> None:
    """A corrected item is to be verified again; the others stay verified."""
    if told.new or not told.changed:
        return
    hit = Q(item__in=told.changed | {f"{item}!" for item in told.changed})
    for item in told.changed:
        if item.count(".") == 1:  # a line that went
            hit |= Q(item__startswith=f"{item}.")
    Verification.objects.filter(hit, record_id=told.record.pk, reopened_at=None).update(
        reopened_by=told.by, reopened_at=timezone.now()
    )


# The plan


@transaction.atomic
def plan_verification(*, study: Study, sample_percent: int, seed: str, by: User) -> VerificationPlan:
    """Say how many subjects are verified in full, and from which seed they are drawn."""
    require(by, "source.plan", study_id=study.pk)
    wrong = {}
    if not 0 <= sample_percent <= 100:
        wrong["sample_percent"] = _("A share lies between 0 and 100.")
    if not seed.strip():
        wrong["seed"] = _("Enter a seed: whoever knows it can draw the same sample again.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"seed": seed})
    values = {"sample_percent": sample_percent, "seed": seed.strip()}
    plan, _created = VerificationPlan.objects.update_or_create(study=study, defaults=values)
    return plan


def plan_of(study: Study) -> VerificationPlan:
    """The plan of a study; until one is made, a tenth drawn from the study's key."""
    found = VerificationPlan.objects.filter(study=study).first()
    return found or VerificationPlan(study=study, sample_percent=DEFAULT_PERCENT, seed=study.key)


def is_sampled(plan: VerificationPlan, usubjid: str) -> bool:
    """Whether a subject is verified in full: the same for whoever knows the seed, whatever the order of enrolment."""
    drawn = int.from_bytes(hashlib.sha256(f"{plan.seed}:{usubjid}".encode()).digest()[:8])
    return drawn < plan.sample_percent * 2**64 // 100


def items_to_verify(opened: OpenSlot, content: Iterable[str]) -> list[str]:
    """The items of a form that the plan asks for: critical ones, or all of a subject in the sample."""
    subject = opened.subject
    if is_sampled(plan_of(subject.study), subject.usubjid):
        return list(content)
    critical = critical_of(subject)
    return [item for item in content if (opened.slot.form_key, without_line(item)) in critical]


def critical_of(subject: Subject) -> frozenset[tuple[str, str]]:
    return frozenset[Any]().union(*(source(subject) for source in critical_items.values()))


def without_line(item: str) -> str:
    """ "results.3.value" of any line is "results.value"."""
    name, _dot, rest = item.rstrip("!").partition(".")
    return f"{name}.{rest.partition('.')[2]}" if rest else name
