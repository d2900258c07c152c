"""Which visits of subjects a protocol version would add, move and drop; nothing is written."""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.amended import ChangeKind, SubjectChange
from trialsite.casebook.models import Subject
from trialsite.casebook.names import form_title, numbered
from trialsite.listing import listed
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import ProtocolVersion

from ..domain.moved import Moved, Visit, forms_of, moved
from ..domain.schedule import PlannedVisit, Schedule, WaitingVisit
from .plans import known_of, schedule_under, waiting_words


def dry_run_visits(subjects: Sequence[Subject], version: ProtocolVersion) -> dict[UUID, list[SubjectChange]]:
    """Subject → the visits that change, by the same rule that plans them once the version is in force."""
    known = known_of(subjects, version)
    protocol = version.protocol
    return {
        one.pk: list(
            changes(
                schedule_under(one, one.protocol_version, known),
                schedule_under(one, version, known),
                protocol,
            )
        )
        for one in subjects
    }


def changes(before: Schedule, after: Schedule, protocol: Protocol) -> Iterator[SubjectChange]:
    """What differs between two schedules, in the order of the later one."""
    found = moved(before, after)
    series = series_of(before, after)
    for one in found:
        yield from changes_of(one, title_of(one, series), protocol)


def series_of(*schedules: Schedule) -> set[str]:
    """The visits that come more than once."""
    return {visit.key for schedule in schedules for visit in schedule.planned if visit.repeat > 1}


def title_of(one: Moved, series: set[str]) -> str:
    visit = one.now or one.was
    assert visit is not None  # one of the two schedules has it
    name = visit.name.in_language(get_language() or "en")
    key, repeat = one.place
    return numbered(name, repeat) if key in series else name


def changes_of(one: Moved, title: str, protocol: Protocol) -> Iterator[SubjectChange]:
    """What changes of one visit: it comes, goes, has another window, or asks for other forms."""
    key, was, now = f"{one.place[0]}.{one.place[1]}", one.was, one.now
    before, after = when(was, protocol), when(now, protocol)
    if was is None:
        yield SubjectChange(ChangeKind.VISIT_ADDED, key, title, "", after)
    elif now is None:
        yield SubjectChange(ChangeKind.VISIT_DROPPED, key, title, before, "")
    elif before != after:
        yield SubjectChange(ChangeKind.VISIT_MOVED, key, title, before, after)
    both = isinstance(was, PlannedVisit) and isinstance(now, PlannedVisit)
    if both and forms_of(was) != forms_of(now):
        yield SubjectChange(
            ChangeKind.FORMS,
            key,
            title,
            titles(forms_of(was) - forms_of(now), protocol),
            titles(forms_of(now) - forms_of(was), protocol),
        )


def when(visit: Visit | None, protocol: Protocol) -> str:
    """Target and window of a visit; what it waits for where it has none."""
    if visit is None:
        return ""
    if isinstance(visit, WaitingVisit):
        return _("after %(what)s") % {"what": waiting_words(visit, protocol)}
    if visit.earliest == visit.latest:
        return visit.target.isoformat()
    return f"{visit.target.isoformat()} ({visit.earliest.isoformat()} – {visit.latest.isoformat()})"


def titles(forms: Collection[str], protocol: Protocol) -> str:
    return listed(form_title(protocol, key) for key in sorted(forms))
