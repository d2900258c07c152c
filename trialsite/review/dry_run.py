"""Which items of forms a protocol version would have verified that were not to be, and the other way round.

What was entered does not change with the version: signatures on it stay as they are, and so does what is verified."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from uuid import UUID

from trialsite.casebook.amended import ChangeKind, SubjectChange
from trialsite.casebook.form_types import form_type
from trialsite.casebook.items import item_in_words
from trialsite.casebook.models import Subject
from trialsite.casebook.names import form_title, visit_name
from trialsite.casebook.selectors import RecordLine, records_of_subjects
from trialsite.listing import listed
from trialsite.studies.models import ProtocolVersion

from .models import Verification
from .verification import critical_of, is_sampled, plan_of, without_line

Items = frozenset[tuple[str, str]]


def dry_run_verification(
    subjects: Sequence[Subject], version: ProtocolVersion
) -> dict[UUID, list[SubjectChange]]:
    """Subject → its forms of which other items are critical; of subjects verified in full nothing changes."""
    before, after = critical_of(subjects[0]), critical_of(under(subjects[0], version))
    if before == after:
        return {}
    plan = plan_of(subjects[0].study)
    concerned = [one for one in subjects if not is_sampled(plan, one.usubjid)]
    forms = {form for form, _item in before ^ after}
    lines = records_of_subjects([one.pk for one in concerned])
    done = verified_in([one.pk for one in concerned])
    return {
        one.pk: [
            change
            for line in lines[one.pk]
            if line.form_key in forms
            for change in changes(one, line, after - before, before - after, done[line.id])
        ]
        for one in concerned
    }


def under(subject: Subject, version: ProtocolVersion) -> Subject:
    """The subject as it would be under another version; never saved."""
    found = copy(subject)
    found.protocol_version = version
    return found


def verified_in(subject_ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Form → its items that are verified, those of lines without their number."""
    found: dict[UUID, set[str]] = defaultdict(set)
    rows = Verification.objects.filter(subject_id__in=subject_ids, reopened_at=None)
    for record_id, item in rows.values_list("record_id", "item"):
        found[record_id].add(without_line(item))
    return found


def changes(
    subject: Subject, line: RecordLine, more: Items, less: Items, done: set[str]
) -> Iterator[SubjectChange]:
    """The items of a form that come to the plan and are not verified yet, and those that leave it."""
    come = [item for form, item in sorted(more) if form == line.form_key and item not in done]
    go = [item for form, item in sorted(less) if form == line.form_key and item not in done]
    if come or go:
        protocol = subject.protocol_version.protocol
        title = f"{form_title(protocol, line.form_key)} · {visit_name(protocol, line.visit_key, line.visit_repeat)}"
        yield SubjectChange(
            ChangeKind.VERIFICATION,
            f"{line.visit_key}.{line.visit_repeat}/{line.form_key}.{line.form_repeat}",
            title,
            in_words(go, line, subject),
            in_words(come, line, subject),
        )


def in_words(items: Iterable[str], line: RecordLine, subject: Subject) -> str:
    kind = form_type(line.form_key, subject)
    return listed(item_in_words(item, kind) for item in items)
