"""Outages of the system at a site, and what a form was entered from."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.studies.models import Site, Study

from .domain.paper import EnteredFrom, OutageDays, entered_from
from .errors import CheckFailed, Refused
from .free_text import refuse_identifiers
from .models import Outage, Subject
from .reading import read_once
from .slots import OpenSlot


def standing_outages() -> QuerySet[Outage]:
    return Outage.objects.filter(withdrawn_at=None)


def outages_visible_to(user: User, study: Study) -> QuerySet[Outage]:
    """Every outage at the sites of a study that this user may see, the latest first."""
    found = Outage.objects.visible_to(user).filter(study=study)
    return found.select_related("site", "recorded_by", "withdrawn_by").order_by("-began_at", "pk")


def somehow_out() -> Exists:
    """Whether an outage was recorded at the site of a subject (the row asked about)."""
    return Exists(standing_outages().filter(study=OuterRef("study"), site=OuterRef("site")))


def of_the_past(day: str) -> Q:
    """`domain.paper.from_paper` for a query: rows of a subject whose column `day` lies in its past from paper."""
    return Q(subject__from_paper_until__isnull=False, **{f"{day}__lte": F("subject__from_paper_until")})


def days_of(outage: Outage, zone: str) -> OutageDays:
    """The days of an outage at its site."""
    began, ended = (at.astimezone(ZoneInfo(zone)).date() for at in (outage.began_at, outage.ended_at))
    return OutageDays(began, ended, outage.ended_at)


def outages_by_place(user: User) -> dict[tuple[UUID, UUID], list[OutageDays]]:
    """(study, site) → its outages, of every place that this user may see; one query."""
    found: dict[tuple[UUID, UUID], list[OutageDays]] = {}
    rows = standing_outages().filter(pk__in=Outage.objects.visible_to(user).values("pk"))
    for one in rows.select_related("site"):
        found.setdefault((one.study_id, one.site_id), []).append(days_of(one, one.site.timezone))
    return found


def outages_at(subject: Subject) -> Iterable[OutageDays]:
    """The outages at the site of a subject; read once in a reading, and not at all where there is none."""
    if not getattr(subject, "out", True):  # a locked subject knows
        return ()

    def read() -> list[OutageDays]:
        rows = standing_outages().filter(study_id=subject.study_id, site_id=subject.site_id)
        return [days_of(one, subject.site.timezone) for one in rows]

    return read_once(("outages", subject.study_id, subject.site_id), read)


def source_of(record: Any, subject: Subject) -> EnteredFrom:
    """What a saved form was entered from."""
    return entered_from(
        record.performed_on,
        paper_until=subject.from_paper_until,
        outages=outages_at(subject),
        entered_at=record.entered_at,
    )


def source_of_entry(opened: OpenSlot, day: date | None) -> EnteredFrom:
    """The same of a form that is being submitted in a slot, about a day."""
    at = opened.record.entered_at if opened.record is not None else timezone.now()
    until = opened.subject.from_paper_until
    return entered_from(day, paper_until=until, outages=outages_at(opened.subject), entered_at=at)


@transaction.atomic
def record_outage(
    *, study: Study, site: Site, began_at: datetime, ended_at: datetime, by: User, reason: str
) -> Outage:
    """Record that the system could not be used at a site from one instant to another, once it is back."""
    require(by, "outage.record", study_id=study.pk, site_id=site.pk)
    if ended_at <= began_at:
        raise CheckFailed({"ended_at": _("An outage ends after it began.")})
    if ended_at > timezone.now():
        raise CheckFailed({"ended_at": _("Record an outage when it is over: this instant has not come yet.")})
    refuse_wordless(reason, "reason")
    return Outage.objects.create(
        study=study,
        site=site,
        began_at=began_at,
        ended_at=ended_at,
        reason=reason.strip(),
        recorded_by=by,
    )


@transaction.atomic
def withdraw_outage(*, outage: Outage, by: User, reason: str) -> Outage:
    """Take back an outage that was recorded wrongly: forms of its days count as entered as it happened."""
    outage = Outage.objects.select_for_update().get(pk=outage.pk)
    require(by, "outage.record", study_id=outage.study_id, site_id=outage.site_id)
    if outage.withdrawn_at:
        raise Refused(_("This outage is withdrawn already."))
    refuse_wordless(reason, "reason")
    with because(reason):
        outage.withdrawn_by, outage.withdrawn_at, outage.withdrawn_why = by, timezone.now(), reason.strip()
        outage.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_why"])
    return outage


def refuse_wordless(text: str, item: str) -> None:
    if not text.strip():
        raise CheckFailed({item: _("Say in your words why.")})
    refuse_identifiers({item: text})
