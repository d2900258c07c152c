"""An amendment in the demo: one trial has a second version, in force at one of its sites and not yet at the others."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from trialsite.access.models import Membership, TrainingKind, User
from trialsite.access.staffing import record_training
from trialsite.amendments.activation import Approval, activate_version, move_subjects
from trialsite.audit import acting
from trialsite.studies.models import ProtocolVersion, Study, StudySite
from trialsite.studies.services import load_protocol

AMENDED, VERSION, WIDENED, FORM = "BLINA-VEN", "1.1", "C1_D15", "TLS"
INVENTED = {"source": "assumption", "cite": "an invented amendment of the demo"}
ITEM: dict[str, Any] = {
    "key": "ldh_u_l",
    "label": {"en": "Lactate dehydrogenase", "zh": "乳酸脱氢酶"},
    "type": "decimal",
    "unit": "U/L",
    "required": False,
    **INVENTED,
}
APPROVED_DAYS_AGO, IN_FORCE_DAYS_AGO = 24, 10


def amend_study(study: Study, people: Mapping[str, User]) -> None:
    """Load the second version, train the staff of the site that comes first, and put it in force there."""
    if study.key != AMENDED or study.versions.filter(version=VERSION).exists():
        return
    with acting(role="system", reason="demo amendment"):
        place = StudySite.objects.filter(study=study).select_related("site").order_by("site__key").first()
        if place is None:
            return
        version, new = load_protocol(document=amended(study.current_version.document), by=None)
        if new:
            train_staff(place, version)
    if new:
        put_in_force(place, version, people["data.manager"])


def amended(document: dict[str, Any]) -> dict[str, Any]:
    """The protocol with one window a day wider and one more item."""
    found = deepcopy(document)
    found["version"] = VERSION
    visit = next(one for one in found["visits"] if one["key"] == WIDENED)
    visit.update(before_days=visit["before_days"] + 1, after_days=visit["after_days"] + 1, **INVENTED)
    next(one for one in found["forms"] if one["key"] == FORM)["items"].append(ITEM)
    return found


def train_staff(place: StudySite, version: ProtocolVersion) -> None:
    """Whoever works at the site is trained in the version before it is in force: otherwise their roles would wait."""
    today = timezone.now().date()
    for member in Membership.objects.filter(study=place.study_id, site=place.site_id).select_related("user"):
        record_training(
            user=member.user, kind=TrainingKind.PROTOCOL, version=version, completed_on=today, by=None
        )


def put_in_force(place: StudySite, version: ProtocolVersion, by: User) -> None:
    today = timezone.now().date()
    approved, start = (today - timedelta(days=days) for days in (APPROVED_DAYS_AGO, IN_FORCE_DAYS_AGO))
    approval = Approval(approved, f"{place.site.key}-EC-{approved:%Y}-031", start)
    with acting(user=by, reason="demo amendment"):
        activate_version(version=version, site=place.site, approval=approval, by=by)
        connection.run_on_commit.clear()  # done below: no worker has to
    move_subjects(version.study_id, place.site_id)
