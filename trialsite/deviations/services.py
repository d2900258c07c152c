"""Drafting deviations, by rules and by people, and deciding on them."""

from collections.abc import Callable, Iterable
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit.moment import now
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.models import Subject
from trialsite.casebook.services import locked_subject
from trialsite.casebook.site_day import site_today
from trialsite.clinical.facts import ItemAddress
from trialsite.studies.models import Site, Study

from .models import Deviation, DeviationDecision
from .states import DeviationKind, DeviationStep, Weight, deviation_step

Words = str | Callable[[], str]  # a callable gives the sentence in the language that is active


@transaction.atomic
def draft_deviation(
    *,
    subject: Subject,
    kind: str,
    rule: str,
    evidence: Words,
    occurred_on: date,
    by: User,
    weight: str = Weight.MINOR,
    sources: Iterable[ItemAddress] = (),
) -> Deviation:
    """What a rule noticed, as a draft that a person decides on; once for a subject, kind, rule and source.

    A rule that finds the same again gets the deviation of before, as it was decided. No permission is asked: it goes
    with whatever `by` did. Held where the casebook of the subject is locked.
    """
    subject = locked_subject(subject.pk, by, review=True)
    found = list(sources)
    key = "" if not found else f"{found[0].table}/{found[0].row_id}"
    known = Deviation.objects.filter(subject=subject, kind=kind, rule=rule, source_key=key).first()
    if known is not None:
        return known
    english, chinese = in_both_languages(evidence)
    return drafted(
        Deviation(
            study_id=subject.study_id,
            site_id=subject.site_id,
            subject=subject,
            kind=DeviationKind(kind),
            rule=rule,
            source_key=key,
            weight=Weight(weight),
            evidence_en=english[:1000],
            evidence_zh=chinese[:1000],
            sources=[[one.table, one.row_id, one.item] for one in found],
            occurred_on=occurred_on,
        ),
        by,
    )


def in_both_languages(words: Words) -> tuple[str, str]:
    """A sentence in English and in Chinese; a person's own words stay as they are."""
    if isinstance(words, str):
        return words, words
    found = []
    for language in ("en", "zh-hans"):
        with translation.override(language):
            found.append(words())
    return found[0], found[1]


@transaction.atomic
def report_deviation(
    *,
    subject: Subject | None = None,
    study: Study | None = None,
    site: Site | None = None,
    kind: str,
    weight: str,
    evidence: str,
    occurred_on: date | None,
    by: User,
) -> Deviation:
    """What a person noticed about a subject, a site or a study; a draft like that of a rule."""
    if subject is not None:
        subject = locked_subject(subject.pk, by, review=True)
    study_id = subject.study_id if subject else study.pk  # type: ignore[union-attr]
    site_id = subject.site_id if subject else site.pk if site else None
    require(by, "deviation.report", study_id=study_id, site_id=site_id)
    if subject is None:
        refuse_held_place(study_id, site_id)
    refuse_incomplete(kind, weight, evidence, occurred_on, subject)
    assert occurred_on is not None
    refuse_identifiers({"evidence": evidence})
    words = evidence.strip()
    return drafted(
        Deviation(
            study_id=study_id,
            site_id=site_id,
            subject=subject,
            kind=kind,
            weight=weight,
            evidence_en=words,
            evidence_zh=words,
            occurred_on=occurred_on,
        ),
        by,
    )


def refuse_incomplete(
    kind: str, weight: str, evidence: str, occurred_on: date | None, subject: Subject | None
) -> None:
    wrong = {}
    if kind not in DeviationKind.values:
        wrong["kind"] = _("Say what it departs from.")
    if weight not in Weight.values:
        wrong["weight"] = _("Say its class.")
    if not evidence.strip():
        wrong["evidence"] = _("Say in a sentence what happened.")
    if occurred_on is None:
        wrong["occurred_on"] = _("Enter the day on which it happened.")
    elif occurred_on > (site_today(subject) if subject else now().date()):
        wrong["occurred_on"] = _("This day has not come yet at the site.")
    if wrong:
        raise CheckFailed(wrong)


def drafted(deviation: Deviation, by: User | None) -> Deviation:
    deviation.drafted_weight, deviation.drafted_by = deviation.weight, by
    deviation.save(force_insert=True)
    note(deviation, "draft", "", by)
    return deviation


@transaction.atomic
def decide_deviation(
    *, deviation_id: UUID, action: str, weight: str = "", reason: str = "", by: User
) -> Deviation:
    """Accept, reject, re-class or open again, as the table of steps allows; what was decided before is kept."""
    place = Deviation.objects.visible_to(by).get(pk=deviation_id)
    if place.subject_id is not None:
        locked_subject(place.subject_id, by, review=True)
    deviation = Deviation.objects.select_for_update().get(pk=deviation_id)
    if deviation.subject is None:
        refuse_held_place(deviation.study_id, deviation.site_id)
    step = allowed(deviation, action)
    require(by, step.permission, study_id=deviation.study_id, site_id=deviation.site_id)
    refuse_undecided(deviation, step, weight, reason)
    refuse_identifiers({"reason": reason})
    if step.needs_weight:
        deviation.weight = Weight(weight)
    deviation.state, deviation.moved_at = step.target, timezone.now()
    deviation.save(update_fields=["state", "weight", "moved_at"])
    note(deviation, action, reason.strip(), by)
    return deviation


def refuse_held_place(study_id: UUID, site_id: UUID | None) -> None:
    """A locked site or study keeps its register as it is."""
    place = Subject(study_id=study_id)
    place.site_id = site_id  # type: ignore[assignment]
    refuse_where_held(holds_on(place), review=True)


def allowed(deviation: Deviation, action: str) -> DeviationStep:
    step = deviation_step(deviation.state, action)
    if step is None:
        raise Refused(_("This step is not possible as the deviation stands now."))
    return step


def refuse_undecided(deviation: Deviation, step: DeviationStep, weight: str, reason: str) -> None:
    """A step that changes what was said says why; another class is another one."""
    wrong = {}
    if step.needs_reason and not reason.strip():
        wrong["reason"] = _("Say why: the next reader sees only this.")
    if step.needs_weight and (weight not in Weight.values or weight == deviation.weight):
        wrong["weight"] = _("Choose a class other than the one it has.")
    if wrong:
        raise CheckFailed(wrong)


def note(deviation: Deviation, action: str, reason: str, by: User | None) -> DeviationDecision:
    return DeviationDecision.objects.create(
        deviation=deviation,
        study_id=deviation.study_id,
        site_id=deviation.site_id,
        subject_id=deviation.subject_id,
        action=action,
        weight=deviation.weight,
        reason=reason,
        decided_by=by,
    )
