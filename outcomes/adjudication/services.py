"""Deciding on a case: as a reviewer, as the chair, and correcting what one decided while the case is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from outcomes.domain.adjudication import Stage
from trialsite.access.models import Role, User
from trialsite.access.permissions import require
from trialsite.audit import because
from trialsite.audit.moment import now
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.formfields import PartialDateFormField
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.models import Subject
from trialsite.clinical.partial_date import PartialDate
from trialsite.studies.domain.adjudication_plan import CAUSE, DATE

from ..models import AdjudicationDecision
from ..models.adjudication import Verdict
from ..models.events import DeathCause
from .cases import DECIDES, Case, behind_the_blind, case_or_404, sits_as

WORDS, REASON = 1000, 300  # characters


@dataclass(frozen=True)
class Finding:
    """What a member typed: the finding, date and cause where they are asked, the grounds, why it is corrected.

    `seen`: the version of the form that the package showed."""

    seen: str
    verdict: str
    event_date: str
    cause: str
    words: str
    reason: str


@transaction.atomic
def decide_case(*, event_id: UUID, finding: Finding, by: User) -> AdjudicationDecision:
    """Write down what a member finds; a second decision of the same reviewer corrects the first, with a reason.

    Raises Http404 to whom it is no case of theirs, CheckFailed at the fields, Refused where it is not this member's
    turn, the form was corrected meanwhile, or the casebook of the subject is locked.
    """
    case = case_or_404(by, event_id)
    with behind_the_blind():
        subject = Subject.objects.select_for_update(no_key=True).get(pk=case.record.subject_id)
        refuse_where_held(holds_on(subject), review=True)
    case = case_or_404(by, event_id)  # as it stands now that nobody else decides
    require(by, DECIDES, study_id=case.record.study_id)
    chair = case.standing.stage is Stage.CHAIR and sits_as(by, case.record.study_id, Role.CHAIR)
    refuse_out_of_turn(case, finding, chair, by)
    before = None if chair else case.review_of(by)
    on = refuse_incomplete(case, finding, corrects=before is not None)
    refuse_identifiers({"words": finding.words, "reason": finding.reason})
    reason = finding.reason.strip() if before else ""
    confirmed = finding.verdict == Verdict.CONFIRMED
    decision = AdjudicationDecision(
        study_id=case.record.study_id,
        site_id=subject.site_id,
        subject_id=subject.pk,
        form_key=case.record.form_key,
        event_id=case.id,
        seen=case.record.version,
        chair=chair,
        verdict=finding.verdict,
        cause=finding.cause if confirmed and CAUSE in case.asks else "",
        words=finding.words.strip(),
        reason=reason,
        decided_by=by,
    )
    decision.event_date = on
    with because(reason):
        decision.save(force_insert=True)
    return decision


def refuse_out_of_turn(case: Case, finding: Finding, chair: bool, by: User) -> None:
    if finding.seen != str(case.record.version):
        raise Refused(
            _("The form of this event was corrected meanwhile. Read the package again before you decide.")
        )
    if case.standing.stage is Stage.CLOSED:
        raise Refused(_("This case is closed: it opens again when the form of the event is corrected."))
    if chair:
        return
    if not sits_as(by, case.record.study_id, Role.ADJUDICATOR):
        raise Refused(_("The chair decides where the reviewers disagree; so far they do not."))
    if case.standing.stage is Stage.CHAIR and case.review_of(by) is None:
        raise Refused(_("The reviewers have decided: this case waits for the chair."))


def refuse_incomplete(case: Case, finding: Finding, *, corrects: bool) -> PartialDate | None:
    """What is missing or cannot be, at its field; otherwise the date, where it is asked."""
    wrong: dict[str, str] = {}
    confirmed = finding.verdict == Verdict.CONFIRMED
    on = None
    if finding.verdict not in Verdict.values:
        wrong["verdict"] = _("Say what you find.")
    if confirmed and DATE in case.asks:
        on, sentence = date_typed(finding.event_date)
        if sentence:
            wrong["event_date"] = sentence
    if confirmed and CAUSE in case.asks and finding.cause not in DeathCause.values:
        wrong["cause"] = _("Choose the cause of death.")
    wrong |= text_problems("words", finding.words, WORDS, _("Say on what you found it."))
    if corrects:
        wrong |= text_problems("reason", finding.reason, REASON, _("Say why you correct your decision."))
    if wrong:
        raise CheckFailed(wrong)
    return on


def date_typed(text: str) -> tuple[PartialDate | None, str]:
    """The date, or the sentence that says what is wrong with it."""
    try:
        on = PartialDateFormField(required=False).clean(text.strip())
    except ValidationError as error:
        return None, " ".join(error.messages)
    if on is None:
        return None, _("Enter the date of the event, as far as it is known.")
    if on.earliest > now().date():
        return None, _("This day has not come yet.")
    return on, ""


def text_problems(field: str, text: str, most: int, sentence: str) -> Mapping[str, Any]:
    if not text.strip():
        return {field: sentence}
    if len(text.strip()) > most:
        return {field: _("At most %(n)s characters.") % {"n": most}}
    return {}
