"""The limit of anthracyclines: a phase beyond it begins only once the principal investigator has signed for it."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.models import Membership, User
from trialsite.access.passwords import is_own_password
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import Subject
from trialsite.casebook.names import phase_name
from trialsite.casebook.registries import Attempt
from trialsite.casebook.services import locked_subject
from trialsite.clinical.body import round_half_up

from ..domain.anthracyclines import STOP
from ..models import AnthracyclineDecision
from .selectors import course_of, phases_with_anthracycline, projected, ratio_set_of


@transaction.atomic
def decide_beyond_limit(
    *, subject_id: object, phase: str, password: str, reason: str, by: User
) -> AnthracyclineDecision:
    """The principal investigator decides, with reason and password, that a phase may go beyond the limit."""
    subject = locked_subject(subject_id, by)  # type: ignore[arg-type]
    require(by, "treatment.decide", study_id=subject.study_id, site_id=subject.site_id)
    if not is_principal(by, subject):
        raise Refused(_("Only the principal investigator of the site decides beyond this limit."))
    course = course_of(subject)
    total = projected(subject, phase, course)
    if total is None or total < STOP:
        raise Refused(
            _("This phase stays below %(limit)s mg/m²: there is nothing to decide.") % {"limit": STOP}
        )
    if not reason.strip():
        raise CheckFailed({"reason": _("Say why the limit is exceeded.")})
    refuse_identifiers({"reason": reason})
    if not is_own_password(by, password):
        raise CheckFailed({"password": _("This is not your password.")})
    with because(reason):
        found = AnthracyclineDecision.objects.create(
            subject=subject,
            study_id=subject.study_id,
            site_id=subject.site_id,
            phase=phase,
            ratio_set=ratio_set_of(subject),
            given=round_half_up(course.total, 4),
            projected=round_half_up(total, 4),
            reason=reason.strip(),
            decided_at=timezone.now(),
            decided_by=by,
        )
    publish_change(subject.pk, by.pk)
    return found


def is_principal(by: User, subject: Subject) -> bool:
    """Whether somebody is principal investigator of the subject's site today."""
    today = timezone.now().date()
    found = Membership.objects.filter(
        user=by, study_id=subject.study_id, site_id=subject.site_id, principal=True, ended_at=None
    )
    return found.filter(starts_on__lte=today).exclude(ends_on__lt=today).exists()


def refuse_beyond_limit(attempt: Attempt) -> None:
    """Refuse the start of a phase that would reach the limit, until it was decided for that total."""
    phase = attempt.values.get("phase")
    if attempt.what != "CYC" or attempt.correction or not phase:
        return
    subject = attempt.subject
    total = beyond_limit(subject, phase)
    if total is None:
        return
    raise Refused(
        _(
            "With %(phase)s the cumulative anthracycline would reach %(total)s mg/m² of doxorubicin equivalents"
            " (limit %(limit)s): the principal investigator first decides it on the treatment page."
        )
        % {
            "phase": phase_name(subject.protocol_version.protocol, phase),
            "total": f"{round_half_up(total, 1).normalize():f}",
            "limit": STOP,
        }
    )


def beyond_limit(subject: Subject, phase: str) -> Decimal | None:
    """The total that a phase would reach, where it lies beyond the limit and nobody decided for as much."""
    if not phases_with_anthracycline(subject, [phase]):
        return None
    total = projected(subject, phase, course_of(subject))
    if total is None or total < STOP:
        return None
    decided = AnthracyclineDecision.objects.filter(
        subject=subject, phase=phase, projected__gte=round_half_up(total, 4)
    )
    return None if decided.exists() else total
