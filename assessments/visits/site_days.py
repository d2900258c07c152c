"""A site's own closed days and workdays: said, and taken back where that was wrong."""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.studies.models import Site, Study

from ..models import SiteDay, SiteDayKind
from .working_days import days_between

LONGEST_DAYS = 31  # of what is said at once: a longer closure is said month by month
FURTHEST_DAYS = 1830


def site_days_of(user: User, study: Study) -> QuerySet[SiteDay]:
    """What the sites of a study that this user may see say of their days, the latest day first."""
    found = SiteDay.objects.visible_to(user).filter(study=study)
    return found.select_related("site", "recorded_by", "withdrawn_by").order_by(
        "-day", "site__key", "-recorded_at"
    )


@transaction.atomic
def record_site_days(
    *, study: Study, site: Site, first: date, last: date, kind: str, by: User, reason: str
) -> list[SiteDay]:
    """Say that a site is closed, or works, on the days from one to another, both included; `reason` says why.

    Days of which the site says something already are refused: that is withdrawn first.
    """
    require(by, "site.days", study_id=study.pk, site_id=site.pk)
    refuse_unclear_days(first, last, kind, reason)
    known = SiteDay.objects.filter(study=study, site=site, withdrawn_at=None, day__gte=first, day__lte=last)
    if taken := known.order_by("day").first():
        raise CheckFailed(
            {
                "first": _("Something is said of %(day)s already. Withdraw that first.")
                % {"day": taken.day.isoformat()}
            }
        )
    days = [
        SiteDay(study=study, site=site, day=day, kind=kind, words=reason.strip(), recorded_by=by)
        for day in days_between(first, last)
    ]
    return SiteDay.objects.bulk_create(days)


def refuse_unclear_days(first: date, last: date, kind: str, reason: str) -> None:
    wrong = {}
    if last < first:
        wrong["last"] = _("The last day lies before the first one.")
    elif (last - first).days >= LONGEST_DAYS:
        wrong["last"] = _("Say no more than %(days)d days at once.") % {"days": LONGEST_DAYS}
    if abs(first - timezone.now().date()) > timedelta(days=FURTHEST_DAYS):
        wrong["first"] = _("Give a day no more than five years from today.")
    if kind not in SiteDayKind.values:
        wrong["kind"] = _("Choose whether the site is closed or works.")
    if not reason.strip():
        wrong["reason"] = _("Say in your words why.")
    if wrong:
        raise CheckFailed(wrong)
    refuse_identifiers({"reason": reason})


@transaction.atomic
def withdraw_site_day(*, day_id: UUID, by: User, reason: str) -> SiteDay:
    """Take back what was said of a day: it is again what the public calendar says."""
    found = SiteDay.objects.select_for_update().get(pk=day_id)
    require(by, "site.days", study_id=found.study_id, site_id=found.site_id)
    if found.withdrawn_at:
        raise Refused(_("This is withdrawn already."))
    if not reason.strip():
        raise CheckFailed({"reason": _("Say in your words why.")})
    refuse_identifiers({"reason": reason})
    with because(reason):
        found.withdrawn_by, found.withdrawn_at = by, timezone.now()
        found.save(update_fields=["withdrawn_by", "withdrawn_at"])
    return found


def years_listed(today: date) -> range:
    """The years whose public days stand on the page: this one and the next."""
    return range(today.year, (today + timedelta(days=366)).year + 1)
