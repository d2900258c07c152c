"""Keeping the drafts of rules in step with the record: new ones, ones whose evidence changed, ones that lapsed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from trialsite.access.models import User
from trialsite.casebook.errors import Refused
from trialsite.casebook.holds import holds_on, refuse_where_held
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.services import locked_subject

from .found import Found
from .models import Deviation
from .services import drafted
from .states import DeviationKind, DeviationState, Weight

Findings = Mapping[str, Sequence[Found]]  # rule → what it finds now


@dataclass(frozen=True)
class Changes:
    """What differs between the register and the record of a subject."""

    new: tuple[tuple[str, Found], ...]
    told: tuple[tuple[Deviation, Found | None], ...]  # None: the rule does not find it any more

    def __bool__(self) -> bool:
        return bool(self.new or self.told)


def keep_drafts(*, findings: Mapping[UUID, Findings], by: User | None) -> int:
    """Draft what rules find in several subjects; how many deviations were drafted or marked.

    Each is drafted once for a subject, rule and key. A draft whose evidence says something else now is told anew; one
    that was decided on stays as it was decided and says that its evidence has changed, as does a draft that the rule
    does not find any more: nothing is removed. Runs as `by`, or as the system (None). Where the casebook is locked
    nothing is written. No permission is asked: drafts go with whatever changed the record.
    """
    known = known_drafts(findings)
    count = 0
    for subject_id, found in findings.items():
        if changes_of(known.get(subject_id, []), found):
            count += keep_drafts_of(subject_id, found, by)
    return count


@transaction.atomic
def keep_drafts_of(subject_id: UUID, found: Findings, by: User | None) -> int:
    """The same for one subject, locked meanwhile."""
    subject = subject_to_draft(subject_id, by)
    if subject is None:
        return 0
    changes = changes_of(known_drafts({subject_id: found}).get(subject_id, []), found)
    for rule, one in changes.new:
        drafted(deviation_of(subject, rule, one), by)
    for deviation, now in changes.told:
        tell_anew(deviation, now)
    return len(changes.new) + len(changes.told)


def subject_to_draft(subject_id: UUID, by: User | None) -> Subject | None:
    """The subject, locked until commit; None where it is held or cannot be seen any more."""
    try:
        if by is not None:
            return locked_subject(subject_id, by, review=True)
        found = Subject.objects.select_for_update(no_key=True).filter(pk=subject_id).first()
        if found is not None:
            with one_reading(anew=True):
                refuse_where_held(holds_on(found), review=True)
    except (Refused, Subject.DoesNotExist):
        return None
    return found


def known_drafts(findings: Mapping[UUID, Findings]) -> dict[UUID, list[Deviation]]:
    """The deviations that these rules have drafted, by subject."""
    rules = {rule for found in findings.values() for rule in found}
    known: dict[UUID, list[Deviation]] = {}
    for one in Deviation.objects.filter(subject_id__in=list(findings), rule__in=rules):
        assert one.subject_id is not None
        known.setdefault(one.subject_id, []).append(one)
    return known


def changes_of(known: Sequence[Deviation], found: Findings) -> Changes:
    """New findings, and deviations whose evidence is not what it was."""
    places = {(one.rule, one.source_key): one for one in known}
    new, told = [], []
    for rule, ones in found.items():
        now = {one.key: one for one in ones}
        new += [(rule, one) for key, one in now.items() if (rule, key) not in places]
        for (of_rule, key), deviation in places.items():
            if of_rule == rule and differs(deviation, now.get(key)):
                told.append((deviation, now.get(key)))
    return Changes(tuple(new), tuple(told))


def differs(deviation: Deviation, found: Found | None) -> bool:
    """Whether the register says something else than the record now."""
    same = found is not None and deviation.evidence_en == found.evidence.en[:1000]
    return same == (deviation.evidence_changed_at is not None)


def tell_anew(deviation: Deviation, found: Found | None) -> None:
    """A draft follows its evidence; what was decided, or is not found any more, says that the evidence has changed."""
    if found is not None and deviation.state == DeviationState.DRAFT:
        deviation.evidence_en, deviation.evidence_zh = found.evidence.en[:1000], found.evidence.zh[:1000]
        deviation.occurred_on = found.occurred_on
        deviation.sources = addresses_of(found)
        deviation.evidence_changed_at = None
    else:
        same = found is not None and deviation.evidence_en == found.evidence.en[:1000]
        deviation.evidence_changed_at = None if same else timezone.now()
    deviation.save(
        update_fields=["evidence_en", "evidence_zh", "occurred_on", "sources", "evidence_changed_at"]
    )


def deviation_of(subject: Subject, rule: str, found: Found) -> Deviation:
    return Deviation(
        study_id=subject.study_id,
        site_id=subject.site_id,
        subject=subject,
        kind=DeviationKind(found.kind),
        rule=rule,
        source_key=found.key,
        weight=Weight(found.weight),
        evidence_en=found.evidence.en[:1000],
        evidence_zh=found.evidence.zh[:1000],
        sources=addresses_of(found),
        occurred_on=found.occurred_on,
    )


def addresses_of(found: Found) -> list[list[str]]:
    return [[one.table, one.row_id, one.item] for one in found.sources]
