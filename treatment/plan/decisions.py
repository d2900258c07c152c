"""The decision on what follows a phase: an investigator takes it, beside what the protocol proposes."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.events import publish_change
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Attempt, pass_gates
from trialsite.casebook.services import locked_subject
from trialsite.casebook.site_day import site_today
from trialsite.studies.domain.protocol import Phase
from trialsite.studies.domain.transplant_plan import Indication

from ..domain.path import NextKind, NextStep
from ..models import PhaseDecision
from ..models.decisions import DecidedKind
from .evidence import as_data
from .paths import OVER, Standing, enrolled, phases_of, standing_of


@transaction.atomic
def decide_next_phase(
    *,
    subject_id: UUID,
    kind: str,
    chosen_phase: str = "",
    other_words: str = "",
    indication: str = "",
    decided_on: date | None,
    by: User,
    reason: str = "",
) -> PhaseDecision:
    """Record what is to follow the phase that a subject is in.

    kind: one of `DecidedKind`; a phase by its key, anything else in words. Another decision than the one proposed says
    why. What was proposed is kept with its evidence as it was. Raises CheckFailed (per item), Refused (a rule).
    """
    subject = locked_subject(subject_id, by)
    require(by, "treatment.decide", study_id=subject.study_id, site_id=subject.site_id)
    pass_gates(Attempt(subject, "CYC", decided_on))
    standing = standing_of(subject)
    refuse_undecidable(subject, standing)
    phase = phase_offered(subject, chosen_phase) if kind == DecidedKind.PHASE else None
    agrees = is_as_proposed(standing.following, kind, chosen_phase)
    indication = indication or usual_indication(indications_of(subject, phase))
    refuse_incomplete(
        subject,
        standing,
        kind,
        phase,
        other_words,
        indication,
        decided_on,
        "" if agrees else "reason",
        reason,
    )
    assert decided_on is not None
    refuse_identifiers({"reason": reason, "other_words": other_words})
    run, following = standing.last, standing.following
    last = PhaseDecision.objects.filter(subject=subject).order_by("-number").first()
    decision = PhaseDecision.objects.create(
        subject=subject,
        study_id=subject.study_id,
        site_id=subject.site_id,
        number=last.number + 1 if last else 1,
        protocol_version=subject.protocol_version,
        phase=run.phase if run else "",
        cycle_id=UUID(run.cycle) if run and run.cycle else None,
        proposed_kind=following.kind,
        proposed_phase=following.phase,
        proposal_en=following.text.en[:500],
        proposal_zh=following.text.zh[:500],
        missing_facts=list(following.missing),
        evidence=as_data(following.read),
        kind=kind,
        chosen_phase=phase.key if phase else "",
        other_words=other_words.strip() if kind == DecidedKind.OTHER else "",
        indication=indication if indications_of(subject, phase) else "",
        agrees=agrees,
        reason=reason.strip(),
        decided_on=decided_on,
        decided_at=timezone.now(),
        decided_by=by,
    )
    publish_change(subject.pk, by.pk)
    return decision


def phases_offered(subject: Subject) -> Sequence[Phase]:
    """The phases that can be decided for or started: those of the arm, then those that the protocol forbids."""
    path = phases_of(subject)
    known = {phase.key for phase in path}
    forbidden = [one for one in subject.protocol_version.protocol.phases if one.forbidden]
    return (*path, *(one for one in forbidden if one.key not in known)) if path else ()


def indications_of(subject: Subject, phase: Phase | None) -> Sequence[Indication]:
    """The reasons of the protocol to transplant, where it leaves a choice between several; none for other phases."""
    found = subject.protocol_version.protocol.transplant.indications
    return found if phase is not None and phase.kind == "transplant" and len(found) > 1 else ()


def usual_indication(offered: Sequence[Indication]) -> str:
    """The one indication that needs no words of the investigator, where there is just one; "" otherwise."""
    plain = [one.key for one in offered if not one.needs_reason]
    return plain[0] if len(plain) == 1 else ""


def phase_offered(subject: Subject, key: str) -> Phase | None:
    return next((one for one in phases_offered(subject) if one.key == key), None)


def is_as_proposed(following: NextStep, kind: str, chosen_phase: str) -> bool:
    """Whether a decision is what the protocol proposes; an open proposal agrees with nothing."""
    if following.kind is NextKind.OFF_TREATMENT:
        return kind == DecidedKind.OFF_TREATMENT
    clear = following.kind in (NextKind.CLEAR, NextKind.COMPLETE)
    return clear and kind == DecidedKind.PHASE and chosen_phase == following.phase


def refuse_undecidable(subject: Subject, standing: Standing) -> None:
    """Refuse where nothing is to be decided: not enrolled, no arm, over."""
    if not enrolled(subject):
        raise Refused(_("The subject is not enrolled: no treatment is decided."))
    if not standing.phases:
        raise Refused(_("The subject's arm is not known yet."))
    if standing.ended is not None or standing.following.text in OVER:
        raise Refused(standing.following.text.in_language(get_language() or "en"))


def refuse_incomplete(
    subject: Subject,
    standing: Standing,
    kind: str,
    phase: Phase | None,
    other_words: str,
    indication: str,
    decided_on: date | None,
    needs: str,
    reason: str,
) -> None:
    """Say at each field what is missing."""
    wrong = {}
    if kind not in DecidedKind.values or (kind == DecidedKind.PHASE and phase is None):
        wrong["choice"] = _("Choose what follows.")
    if kind == DecidedKind.OTHER and not other_words.strip():
        wrong["other_words"] = _("Say which treatment it is.")
    offered = indications_of(subject, phase)
    chosen = {one.key: one for one in offered}.get(indication)
    if offered and chosen is None:
        wrong["indication"] = _("Choose the indication.")
    if not reason.strip():
        if chosen is not None and chosen.needs_reason:
            wrong["reason"] = _("Say which indication it is.")
        elif needs:
            wrong["reason"] = _("This is not what the protocol proposes: say why.")
    run = standing.current
    if decided_on is None:
        wrong["decided_on"] = _("Enter the day of the decision as YYYY-MM-DD.")
    elif decided_on > site_today(subject):
        wrong["decided_on"] = _("This day has not come yet at the site.")
    elif run is not None and decided_on < run.start:
        wrong["decided_on"] = _("This phase began on %(day)s only.") % {"day": run.start.isoformat()}
    if wrong:
        raise CheckFailed(wrong)


def decisions_of(subject: Subject) -> list[PhaseDecision]:
    """Every decision of a subject, the latest first."""
    taken = PhaseDecision.objects.filter(subject=subject).select_related("decided_by", "protocol_version")
    return list(taken.order_by("-number"))
