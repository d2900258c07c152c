"""What the rules of this room need to know of many subjects at once: their protocol, and facts by name."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import facts
from trialsite.clinical.facts import Fact
from trialsite.studies.domain.protocol import Protocol


def protocols(subject_ids: Sequence[UUID]) -> dict[UUID, Protocol]:
    """The protocol under which each subject is treated; documents already read are not fetched again."""

    def read() -> dict[UUID, Protocol]:
        subjects = Subject.objects.filter(pk__in=subject_ids).select_related("protocol_version")
        return {subject.pk: subject.protocol_version.protocol for subject in subjects}

    return read_once(("protocols", frozenset(subject_ids)), read)


def known_facts(subject_ids: Sequence[UUID], name: str) -> dict[UUID, Fact]:
    """A fact by name from whichever room records it; nothing while no room does."""
    source = facts.get(name)
    if source is None:
        return {}
    return read_once(("fact", name, frozenset(subject_ids)), lambda: dict(source.select(subject_ids)))


def several_facts(subject_ids: Sequence[UUID], names: Iterable[str]) -> dict[str, dict[UUID, Fact]]:
    return {name: known_facts(subject_ids, name) for name in names}
