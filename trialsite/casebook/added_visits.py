"""Unscheduled visits: what somebody adds to a subject's plan, on a day, for a reason, with the forms to do there."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require

from .errors import CheckFailed
from .events import publish_change
from .form_types import form_type
from .free_text import refuse_identifiers
from .holds import holds_on, refuse_where_held
from .models import UNSCHEDULED, Subject, Visit
from .names import form_title
from .registries import Attempt, pass_gates
from .services import locked_subject
from .site_day import site_today
from .slots import Slot

FURTHEST_DAYS = 366  # a day later than a year from now is a typing error


@transaction.atomic
def add_visit(*, subject_id: UUID, on: date, forms: Sequence[str], by: User, reason: str) -> Visit:
    """Add an unscheduled visit on a day, with the keys of the forms to do there.

    Raises CheckFailed (per item: on, forms, reason), Refused (a rule, in a sentence).
    """
    subject = locked_subject(subject_id, by)
    require(by, "form.submit", study_id=subject.study_id, site_id=subject.site_id)
    refuse_unclear_visit(subject, on, forms, reason)
    refuse_identifiers({"reason": reason})
    repeat = 1 + max(
        Visit.objects.filter(subject=subject, key=UNSCHEDULED).values_list("repeat", flat=True), default=0
    )
    refuse_where_held(holds_on(subject), slot=Slot(subject.pk, UNSCHEDULED, "", repeat))
    pass_gates(Attempt(subject, UNSCHEDULED, on))
    visit = Visit.objects.create(
        subject=subject,
        study_id=subject.study_id,
        site_id=subject.site_id,
        key=UNSCHEDULED,
        repeat=repeat,
        added_for=on,
        added_why=reason.strip(),
        added_forms=" ".join(dict.fromkeys(forms)),
    )
    publish_change(subject.pk, by.pk)
    return visit


def refuse_unclear_visit(subject: Subject, on: date, forms: Sequence[str], reason: str) -> None:
    wrong = {}
    last = site_today(subject) + timedelta(days=FURTHEST_DAYS)
    if on < subject.screened_on or on > last:
        wrong["on"] = _("Give a day from %(first)s, when screening began, to %(last)s, a year from now.") % {
            "first": subject.screened_on.isoformat(),
            "last": last.isoformat(),
        }
    if not forms or set(forms) - set(dict(addable_forms(subject))):
        wrong["forms"] = _("Choose at least one form of this trial.")
    if not reason.strip():
        wrong["reason"] = _("Say in your words why this visit takes place.")
    if wrong:
        raise CheckFailed(wrong)


def addable_forms(subject: Subject) -> list[tuple[str, str]]:
    """Key and title of the forms that can be done at an unscheduled visit: those that some visit of the plan names."""
    protocol = subject.protocol_version.protocol
    keys = dict.fromkeys(one.form for plan in protocol.visits for one in plan.forms)
    kinds = {key: form_type(key, subject) for key in keys}
    return [(key, form_title(protocol, key)) for key, kind in kinds.items() if kind and kind.asked]
