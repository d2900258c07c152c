"""Withdrawals that stand, what they refuse, and whose data leave exports."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from enrollment.models import Signature
from enrollment.models.consent import Signer
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.registries import Attempt
from trialsite.casebook.selectors import current_records
from trialsite.casebook.states import RecordState

from .domain.withdrawal import ORDER, Degree, Doing, doing_of, forbids, narrows
from .models import Withdrawal

WHO_CONSENTS = (Signer.PATIENT, Signer.GUARDIAN)


def standing_withdrawals(found: QuerySet[Withdrawal]) -> QuerySet[Withdrawal]:
    """Those that no later consent of patient or guardian has ended."""
    later = Signature.objects.filter(
        subject=OuterRef("subject"),
        record__performed_on__gt=OuterRef("performed_on"),
        signed=True,
        voided=False,
        signer__in=WHO_CONSENTS,
    ).exclude(record__state=RecordState.VOIDED)
    return found.exclude(state=RecordState.VOIDED).exclude(performed_on=None).exclude(Exists(later))


def withdrawals_of(subject_ids: Iterable[UUID]) -> QuerySet[Withdrawal]:
    """The standing withdrawals of subjects, the earliest first."""
    return standing_withdrawals(current_records(Withdrawal, subject_ids)).order_by("performed_on", "pk")


def somehow_withdrawn() -> Exists:
    """Whether a withdrawal is recorded of a subject (the row asked about), ended or not."""
    found = Withdrawal.objects.filter(subject=OuterRef("pk")).exclude(state=RecordState.VOIDED)
    return Exists(found)


def widest(found: Sequence[Withdrawal]) -> Withdrawal | None:
    """The withdrawal that goes furthest; of two of one degree the earlier."""
    return max(found, key=lambda one: ORDER.index(Degree(one.degree)), default=None)


# What is refused


def refuse_withdrawn(attempt: Attempt) -> None:
    """Refuse what a standing withdrawal forbids, and a withdrawal that would narrow the one that stands."""
    subject = attempt.subject
    if not getattr(subject, "withdrawn", True):
        return
    found = list(withdrawals_of([subject.pk]))
    if attempt.what == "WD":
        refuse_narrower(attempt, found)
        return
    public = subject.protocol_version.protocol.consent.public_sources
    doing = doing_of(attempt.what, attempt.values.get("certainty") or "", public_sources=public)
    for one in found:
        degree = Degree(one.degree)
        if attempt.correction and degree is not Degree.DATA_USE:
            continue  # what stands may be put right
        assert one.performed_on is not None
        if forbids(degree, one.performed_on, doing, attempt.on):
            raise Refused(sentence(degree, one.performed_on, doing))


def sentence(degree: Degree, on: date, doing: Doing) -> str:
    """What is forbidden and since when, and what would allow it."""
    day = {"day": on.isoformat()}
    if degree is Degree.DATA_USE:
        return (
            _("Consent to any further use of data was withdrawn on %(day)s: nothing is entered any more.")
            % day
        )
    if doing is Doing.TREATMENT:
        return (
            _("Consent to treatment was withdrawn on %(day)s: no treatment of a later day is entered.") % day
        )
    return (
        _(
            "Consent to follow-up was withdrawn on %(day)s: nothing of a later day is entered, but a death known "
            "from a public register where the protocol allows it."
        )
        % day
    )


def refuse_narrower(attempt: Attempt, found: Sequence[Withdrawal]) -> None:
    standing = widest(found)
    degree = attempt.values.get("degree")
    if standing is None or not degree:
        return
    if narrows(Degree(degree), Degree(standing.degree)):
        raise CheckFailed(
            {
                "degree": _(
                    "On %(day)s the subject withdrew further than this. A withdrawal is widened here; only a new "
                    "consent, entered on its own form, narrows it."
                )
                % {"day": standing.performed_on}
            }
        )


# What others read by name


def end_of_follow_up(subject_ids: Sequence[UUID]) -> Mapping[UUID, date]:
    """The day on which consent to follow-up was withdrawn."""
    found: dict[UUID, date] = {}
    for one in withdrawals_of(subject_ids):
        if one.degree != Degree.TREATMENT and one.performed_on:
            found.setdefault(one.subject_id, one.performed_on)
    return found


def end_of_treatment(subject_ids: Sequence[UUID]) -> Mapping[UUID, date]:
    """The day on which consent to treatment was withdrawn, in whatever degree."""
    found: dict[UUID, date] = {}
    for one in withdrawals_of(subject_ids):
        if one.performed_on:
            found.setdefault(one.subject_id, one.performed_on)
    return found


def without_use_of_data() -> QuerySet[Any]:
    """The ids of subjects whose data leave exports: consent to any further use was withdrawn."""
    found = standing_withdrawals(Withdrawal.objects.filter(degree=Degree.DATA_USE))
    return found.order_by().values("subject_id")
