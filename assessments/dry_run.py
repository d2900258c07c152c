"""Which visits of subjects a protocol version would add, move and drop; nothing is written."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.amended import ChangeKind, SubjectChange
from trialsite.casebook.models import Subject
from trialsite.casebook.names import form_title, numbered
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import ProtocolVersion

from .domain.schedule import PlannedVisit, Schedule, WaitingVisit
from .visit_plans import known_of, schedule_under, waiting_words

Visit = PlannedVisit | WaitingVisit
Visits = dict[tuple[str, int], Visit]


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
    old, new = by_place(before), by_place(after)
    series = {place[0] for place in [*old, *new] if place[1] > 1}
    for place in dict.fromkeys([*new, *old]):
        was, now = old.get(place), new.get(place)
        title = title_of(now or was, place, series)  # type: ignore[arg-type]
        yield from changes_of(f"{place[0]}.{place[1]}", title, was, now, protocol)


def by_place(schedule: Schedule) -> Visits:
    found: Visits = {(one.key, one.repeat): one for one in schedule.planned}
    return found | {(one.key, 1): one for one in schedule.waiting}


def title_of(visit: Visit, place: tuple[str, int], series: set[str]) -> str:
    name = visit.name.in_language(get_language() or "en")
    return numbered(name, place[1]) if place[0] in series else name


def changes_of(
    key: str, title: str, was: Visit | None, now: Visit | None, protocol: Protocol
) -> Iterator[SubjectChange]:
    """What changes of one visit: it comes, goes, has another window, or asks for other forms."""
    before, after = when(was, protocol), when(now, protocol)
    if was is None:
        yield SubjectChange(ChangeKind.VISIT_ADDED, key, title, "", after)
    elif now is None:
        yield SubjectChange(ChangeKind.VISIT_DROPPED, key, title, before, "")
    elif before != after:
        yield SubjectChange(ChangeKind.VISIT_MOVED, key, title, before, after)
    if isinstance(was, PlannedVisit) and isinstance(now, PlannedVisit) and asked(was) != asked(now):
        yield SubjectChange(
            ChangeKind.FORMS,
            key,
            title,
            titles(asked(was) - asked(now), protocol),
            titles(asked(now) - asked(was), protocol),
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


def asked(visit: PlannedVisit) -> set[str]:
    return {one.form for one in visit.forms}


def titles(forms: set[str], protocol: Protocol) -> str:
    return ", ".join(form_title(protocol, key) for key in sorted(forms))
