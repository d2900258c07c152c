"""The window of adverse events of subjects, from the anchors of the record."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import anchor_dates, anchors

from ..domain.ae_window import Milestones, Window, window

NAMES = ("c1d1", "randomisation", "consent", "last_dose", "car_t_d0", "hsct_d0")


def milestones(subject_ids: Sequence[UUID]) -> dict[UUID, Milestones]:
    """The days that a window is counted from, of many subjects; a fixed number of queries."""

    def read() -> dict[UUID, Milestones]:
        found = {name: dates(subject_ids, name) for name in NAMES}
        return {one: Milestones(*(found[name].get(one) for name in NAMES)) for one in subject_ids}

    return read_once(("milestones", frozenset(subject_ids)), read)


def dates(subject_ids: Sequence[UUID], name: str) -> dict[UUID, date]:
    return dict(anchor_dates(subject_ids, name)) if name in anchors else {}


def window_of(subject: Subject) -> Window:
    """The window of one subject by its version of the protocol."""
    plan = subject.protocol_version.protocol.adverse_events.window
    return window(plan, milestones([subject.pk])[subject.pk])
