"""Growth factor and transfusions before a day, as a later room records them: what stands behind a blood count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import support_days
from trialsite.clinical.kleene import Truth

SUPPORT_WINDOW_DAYS = 7  # ELN: counts without growth factor or platelet transfusion in the 7 days before
Spans = Sequence[tuple[date, date]]


@dataclass(frozen=True)
class Support:
    """The days of one subject with G-CSF and with platelet transfusions."""

    gcsf: Spans = field(default=())
    platelets: Spans = field(default=())

    def within(self, kind: str, day: date, days: int = SUPPORT_WINDOW_DAYS) -> Truth:
        """Whether support was given on a day or in the days before: TRUE where it is recorded, else UNKNOWN."""
        since = day - timedelta(days=days)
        spans: Spans = getattr(self, kind)
        return Truth.TRUE if any(first <= day and last >= since for first, last in spans) else Truth.UNKNOWN


NO_SUPPORT = Support()


def supports(subject_ids: Sequence[UUID]) -> Mapping[UUID, Support]:
    """The support of many subjects; a fixed number of queries, none while no room registers it."""
    ids = tuple(subject_ids)

    def read() -> dict[UUID, Support]:
        found: dict[str, dict[UUID, list[tuple[date, date]]]] = {"gcsf": {}, "platelets": {}}
        for source in support_days.values():
            for kind, by_subject in found.items():
                for subject_id, spans in source(ids, kind).items():
                    by_subject.setdefault(subject_id, []).extend(spans)
        gcsf, platelets = found["gcsf"], found["platelets"]
        return {
            one: Support(tuple(gcsf.get(one, ())), tuple(platelets.get(one, ())))
            for one in {*gcsf, *platelets}
        }

    return read_once(("support", ids), read)
