"""Which visits of a subject an entry or a correction moves, while it is being written."""

from collections.abc import Callable, Sequence

from trialsite.casebook.amended import ChangeKind
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Shift, anchors

from ..domain.moved import moved
from ..domain.schedule import END_OF_TREATMENT
from .dry_run import changes_of, series_of, title_of
from .plans import known_of, schedule_of, schedule_under


def watch_visits(subject: Subject, form_key: str) -> Callable[[], Sequence[Shift]] | None:
    """The schedule before a write, if a form of this key can move it; what is given compares it with that after."""
    if form_key not in moving_forms(subject):
        return None
    before = schedule_of(subject)

    def found() -> list[Shift]:
        known = known_of([subject])
        after = schedule_under(subject, subject.protocol_version, known)
        begun = {(line.visit_key, line.visit_repeat) for line in known.lines[subject.pk]}
        kept = begun | set(known.missed[subject.pk])
        series, protocol = series_of(before, after), subject.protocol_version.protocol
        return [
            Shift(change.what, change.before, change.after)
            for one in moved(before, after, kept)
            for change in changes_of(one, title_of(one, series), protocol)
            if change.kind != ChangeKind.FORMS
        ]

    return found


def moving_forms(subject: Subject) -> set[str]:
    """The forms in which the anchors stand from which the visits of this subject's version are planned."""
    plans = subject.protocol_version.protocol.visits
    names = (
        {plan.anchor for plan in plans} | {plan.until for plan in plans if plan.until} | {END_OF_TREATMENT}
    )
    kinds = {name.partition(":")[0] for name in names}
    return {form for kind in kinds if kind in anchors for form in anchors[kind].forms}
