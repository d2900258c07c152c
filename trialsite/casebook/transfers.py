"""A subject goes to another site with the whole casebook: the sending site asks, the receiving site accepts."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.access.models import Membership, Role, User
from trialsite.access.permissions import may, reach_of, require
from trialsite.audit import because
from trialsite.studies.models import Site, StudySite

from .errors import CheckFailed, Refused
from .events import publish_change
from .free_text import refuse_identifiers
from .holds import holds_on, in_force
from .models import Subject, Transfer
from .registries import TrailWords, Wanted, WorkLine, WorkSource
from .services import locked_row
from .site_day import site_today
from .states import SubjectState, TransferState, TransferStep, transfer_step


@transaction.atomic
def ask_transfer(*, subject: Subject, to: Site, transfers_on: date, by: User, reason: str) -> Transfer:
    """Ask another site of the study to take a subject over on a day. Nothing moves before that site accepts."""
    subject = locked_row(subject.pk, by)
    step = allowed(transfer_step(None, "ask"))
    require(by, step.permission, study_id=subject.study_id, site_id=subject.site_id)
    refuse_wrong_transfer(subject, to, transfers_on, reason)
    if Transfer.objects.filter(subject=subject, state=TransferState.ASKED).exists():
        raise Refused(_("A transfer of this subject is asked for already."))
    with because(reason.strip()):
        return Transfer.objects.create(
            subject=subject,
            study_id=subject.study_id,
            site_id=subject.site_id,
            number=subject.number,
            to_site=to,
            transfers_on=transfers_on,
            reason=reason.strip(),
            asked_by=by,
        )


def refuse_wrong_transfer(subject: Subject, to: Site, on: date, reason: str) -> None:
    """Refuse a site that is no other open one, a day that cannot be, no reason, and a place that is held whole."""
    wrong = {}
    place = StudySite.objects.filter(study=subject.study_id, site=to).exclude(site=subject.site_id).first()
    if place is None or place.activated_on > on:
        wrong["to"] = _("Choose another site that is open for the study on that day.")
    if on > site_today(subject):
        wrong["transfers_on"] = _("This day has not come yet at the site.")
    if on < subject.screened_on:
        wrong["transfers_on"] = _("This day lies before the screening of the subject.")
    if not reason.strip():
        wrong["reason"] = _("Say why the subject goes to another site.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"reason": reason})
    if subject.state == SubjectState.SCREEN_FAILED:
        raise Refused(_("A screen failure stays where it was screened."))
    if any(hold.subject_id is None for hold in holds_on(subject)):
        raise Refused(_("Site or study is frozen or locked: release that first."))


@transaction.atomic
def decide_transfer(
    *,
    transfer_id: UUID,
    action: str,
    responsible: User | None = None,
    by: User,
    reason: str = "",
) -> Transfer:
    """Accept or refuse at the receiving site, or withdraw at the sending one, as the table of steps allows.

    Accepting carries every row of the subject to the new site, and needs the investigator who is responsible there.
    """
    found = Transfer.objects.visible_to(by).select_related("site", "to_site").get(pk=transfer_id)
    step = allowed(transfer_step(found.state, action))
    place = found.site_id if step.sender else found.to_site_id
    require(by, step.permission, study_id=found.study_id, site_id=place)
    refuse_unclear_decision(found, step, responsible, by, reason)
    with because(reason.strip() or found.reason):
        if step.sender:
            withdraw(found, by, reason.strip())
        else:
            decide_in_database(found, step, responsible, reason.strip())
    found.refresh_from_db()
    publish_change(found.subject_id, by.pk)
    return found


def refuse_unclear_decision(
    found: Transfer, step: TransferStep, responsible: User | None, by: User, reason: str
) -> None:
    if step.needs_reason and not reason.strip():
        raise CheckFailed({"reason": _("Say why.")})
    refuse_identifiers({"reason": reason})
    if step.other_person and found.asked_by_id == by.pk:
        raise Refused(_("A second person decides: somebody else than who asked for it."))
    if step.target != TransferState.ACCEPTED:
        return
    if responsible is None or responsible not in investigators_at(found):
        raise CheckFailed({"responsible": _("Choose an investigator of this site.")})
    held = in_force().filter(study=found.study_id, subject=None)
    if held.filter(site=None).exists() or held.filter(site=found.to_site_id).exists():
        raise Refused(_("Site or study is frozen or locked: release that first."))


def withdraw(found: Transfer, by: User, why: str) -> None:
    found = Transfer.objects.select_for_update().get(pk=found.pk, state=TransferState.ASKED)
    found.state, found.decided_by, found.decided_at = TransferState.WITHDRAWN, by, timezone.now()
    found.decided_why = why
    found.save(update_fields=["state", "decided_by", "decided_at", "decided_why"])


def decide_in_database(found: Transfer, step: TransferStep, responsible: User | None, why: str) -> None:
    """The database moves the rows: the receiving site has no right on them before, the sending site none afterwards."""
    accept = step.target == TransferState.ACCEPTED
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT casebook_decide_transfer(%s, %s, %s, %s)",
            [found.pk, accept, responsible.pk if responsible else None, why],
        )


def allowed(step: TransferStep | None) -> TransferStep:
    if step is None:
        raise Refused(_("This step is not possible as the transfer stands now."))
    return step


# Reading


def investigators_at(transfer: Transfer) -> list[User]:
    """Who can be responsible for the subject at the receiving site."""
    rows = Membership.objects.filter(
        study=transfer.study_id, site=transfer.to_site_id, role=Role.INVESTIGATOR, ended_at=None
    )
    return list(
        {row.user_id: row.user for row in rows.select_related("user").order_by("user__full_name")}.values()
    )


def transfers_of(subject: Subject) -> QuerySet[Transfer]:
    """Every transfer that was asked for, the latest first."""
    related = ("site", "to_site", "asked_by", "decided_by", "responsible")
    return Transfer.objects.filter(subject=subject).select_related(*related).order_by("-asked_at")


def transfer_seen_by(user: User, transfer_id: UUID) -> Transfer | None:
    related = ("site", "to_site", "study", "asked_by", "decided_by", "responsible")
    return Transfer.objects.visible_to(user).select_related(*related).filter(pk=transfer_id).first()


def sites_to_transfer_to(subject: Subject) -> list[Site]:
    """The other sites of the study."""
    places = StudySite.objects.filter(study=subject.study_id).exclude(site=subject.site_id)
    return [place.site for place in places.select_related("site").order_by("site__key")]


def steps_open_to(user: User, transfer: Transfer) -> list[TransferStep]:
    """The steps that this user may take now."""
    steps = [transfer_step(transfer.state, action) for action in ("accept", "refuse", "withdraw")]
    return [
        step
        for step in steps
        if step is not None
        and may(
            user,
            step.permission,
            study_id=transfer.study_id,
            site_id=transfer.site_id if step.sender else transfer.to_site_id,
        )
        and not (step.other_person and transfer.asked_by_id == user.pk)
    ]


def transfer_alerts(subject: Subject) -> Iterator[Any]:
    """Beside the number on every page: where the subject came from, and a transfer that waits."""
    for one in transfers_of(subject):
        day = one.transfers_on.isoformat()
        if one.state == TransferState.ACCEPTED and one.to_site_id == subject.site_id:
            yield _("Transferred from %(site)s on %(day)s.") % {"site": one.site, "day": day}
        if one.state == TransferState.ASKED:
            yield _("Transfer to %(site)s is asked for.") % {"site": one.to_site}


KINDS = {"transfer": gettext_lazy("Decide on a transfer")}


def transfer_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Subjects that another site wants to hand over, the first asked for first."""
    if wanted.kind not in ("", "transfer"):
        return
    here = reach_of(user, "subject.transfer", site="to_site_id")
    waiting = Transfer.objects.filter(here, state=TransferState.ASKED).exclude(asked_by=user)
    rows = (
        wanted.of(waiting, site="to_site")
        .select_related("study", "site", "to_site")
        .order_by("asked_at")[: wanted.limit]
    )
    for one in rows:
        yield WorkLine(
            kind="transfer",
            verb=KINDS["transfer"],
            subject_id=one.subject_id,
            subject_number=one.number,
            study_key=one.study.key,
            site_key=one.to_site.key,
            due=one.transfers_on,
            latest=one.transfers_on,
            url=reverse("transfer", args=[one.pk]),
            detail=_("from %(site)s") % {"site": one.site},
        )


SHOWN = ("number", "transfers_on", "reason", "state", "decided_why")


def hidden(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - set(SHOWN)


TRANSFER_WORDS = TrailWords(hidden=hidden)
TRANSFER_WORK = WorkSource(KINDS, transfer_work)
