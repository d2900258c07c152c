"""Recovery after a graft as the counts and transfusions of a subject show it."""

from datetime import date
from uuid import UUID

from trialsite.casebook.registries import anchor_dates, anchors
from trialsite.clinical.kleene import Truth

from ..domain.engraftment import Count, Recovery, neutrophil_recovery, platelet_recovery, primary_failure
from ..laboratory.results import lab_values
from ..subjects import known_facts
from ..support import NO_SUPPORT, supports

CORD_BLOOD = "CB"


def recoveries(subject_id: UUID) -> dict[str, Recovery | None]:
    """The items of the engraftment form → the day that the counts give; empty before a transplantation."""
    day0 = day_of_graft(subject_id)
    if day0 is None:
        return {}
    series = series_of(subject_id)
    transfused = [first for first, _last in supports([subject_id]).get(subject_id, NO_SUPPORT).platelets]
    return {
        "neutrophils_on": neutrophil_recovery(series["anc"], day0),
        "platelets_on": platelet_recovery(series["platelets"], transfused, day0),
    }


def day_of_graft(subject_id: UUID) -> date | None:
    return anchor_dates([subject_id], "hsct_d0").get(subject_id) if "hsct_d0" in anchors else None


def series_of(subject_id: UUID) -> dict[str, list[Count]]:
    """The neutrophils and platelets of a subject; one query."""
    labs = lab_values([subject_id], ("anc", "platelets")).get(subject_id, [])
    return {
        analyte: [Count(one.on, one.quantity) for one in labs if one.analyte == analyte]
        for analyte in ("anc", "platelets")
    }


def from_cord(subject_id: UUID) -> bool:
    """Whether the graft was cord blood, as the treatment room records it; without a record it was not."""
    source = known_facts([subject_id], "graft_source").get(subject_id)
    return source is not None and source.value == CORD_BLOOD


def not_engrafted(subject_id: UUID, today: date, cord: bool) -> Truth:
    """Whether no count reached the limit by the day on which that is primary graft failure."""
    day0 = day_of_graft(subject_id)
    return primary_failure(series_of(subject_id)["anc"], day0, today, cord) if day0 else Truth.UNKNOWN
