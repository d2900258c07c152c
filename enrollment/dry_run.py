"""Which verdicts on criteria a protocol version would change, and which confirmations would have to be given again."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.amended import ChangeKind, SubjectChange
from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.studies.models import ProtocolVersion

from .domain.eligibility import CriterionLine, Dossier
from .dossier_context import CRITERION_WORDS
from .models import Confirmation
from .selectors import Facts, assess, facts_of_subjects, latest_confirmations, rule_facts, standing
from .snapshots import is_decided


def dry_run_eligibility(
    subjects: Sequence[Subject], version: ProtocolVersion
) -> dict[UUID, list[SubjectChange]]:
    """Subject → criteria whose verdict changes while in screening, and whether its confirmation falls."""
    waiting = [one for one in subjects if not is_decided(one)]
    names = {name for one in waiting[:1] for name in rule_facts(one.protocol_version)} | set(
        rule_facts(version)
    )
    facts = facts_of_subjects([one.pk for one in waiting], sorted(names)) if waiting else {}
    confirmations = latest_confirmations([one.pk for one in waiting])
    return {
        one.pk: [
            *verdicts(one, version, facts[one.pk]),
            *confirmation_falls(one, version, facts[one.pk], confirmations.get(one.pk)),
        ]
        for one in waiting
    }


def under(subject: Subject, version: ProtocolVersion) -> Subject:
    """The subject as it would be under another version; never saved."""
    found = copy(subject)
    found.protocol_version = version
    return found


def verdicts(subject: Subject, version: ProtocolVersion, facts: Mapping) -> Iterator[SubjectChange]:
    """The criteria that come out otherwise, that come or that go, for somebody in screening."""
    if subject.state != SubjectState.SCREENING:
        return
    today = site_today(subject)
    old = by_id(assess(subject, facts, today))
    new = by_id(assess(under(subject, version), facts, today))
    for key in dict.fromkeys([*new, *old]):
        was, now = old.get(key), new.get(key)
        before, after = verdict_words(was), verdict_words(now)
        if before != after:
            text = (now or was).text.in_language(get_language() or "en")  # type: ignore[union-attr]
            yield SubjectChange(ChangeKind.CRITERION, key, f"{key} {text}", before, after)


def by_id(dossier: Dossier) -> dict[str, CriterionLine]:
    return {line.id: line for line in dossier.lines}


def verdict_words(line: CriterionLine | None) -> str:
    return str(CRITERION_WORDS[line.verdict]) if line else ""


def confirmation_falls(
    subject: Subject, version: ProtocolVersion, facts: Facts, confirmation: Confirmation | None
) -> Iterator[SubjectChange]:
    """A confirmation that holds now and was given by other rules than the version's: it is signed again."""
    holds = standing(confirmation, subject, facts).holds
    if confirmation and holds and not standing(confirmation, under(subject, version), facts).holds:
        signed = _("signed by %(who)s on %(day)s") % {
            "who": confirmation.confirmed_by,
            "day": confirmation.confirmed_at.date().isoformat(),
        }
        yield SubjectChange(
            ChangeKind.CONFIRMATION,
            "eligibility",
            _("Confirmed eligibility"),
            signed,
            _("to be signed again"),
        )
