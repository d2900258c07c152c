"""The events that protocols name, found in a subject's history: when each first happened after an origin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from outcomes.domain.history import AnyDate, Dated, History
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.imputation import Imputed, impute_death, impute_relapse
from trialsite.clinical.kleene import Truth

# Which of two events of the same day gives its name to a composite: the earlier in this list. Relapse comes before
# death, so that a death on the day of relapse is no death without relapse; acute before chronic GVHD before relapse
# before death. Assumption, shared by all trials.
SAME_DAY_ORDER = (
    "first_crc",
    "mrd_negative",
    "agvhd_3_4",
    "agvhd_2_4",
    "cgvhd_systemic",
    "cgvhd_moderate_severe",
    "cgvhd",
    "ae_grade_3",
    "treatment_failure",
    "relapse",
    "mrd_recurrence",
    "graft_failure",
    "death_without_relapse",
    "death",
)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event with its day. `day` None: it happened, but only month or year is known and may not be filled in.

    `earliest` is the first day it may have been. `recorded` is the partial date as entered, empty for exact
    dates.
    """

    event: str
    day: date | None
    earliest: date
    source: ItemAddress | None
    recorded: str = ""

    @property
    def imputed(self) -> bool:
        """Whether the day was filled in."""
        return bool(self.recorded) and self.day is not None

    @property
    def order(self) -> tuple[date, int]:
        """Earlier days first, then the same-day order."""
        return self.day or self.earliest, SAME_DAY_ORDER.index(self.event)


@dataclass(frozen=True, slots=True)
class View:
    """A history as one endpoint sees it: from its origin on, by its MRD method.

    relapse_on_last_day: the sensitivity analysis in which a partial relapse date is its last possible day.
    """

    history: History
    origin: date
    method: str | None = None
    relapse_on_last_day: bool = False


def occurrences(event: str, view: View) -> list[Occurrence]:
    """Every time this event is recorded on or after the origin. KeyError for a name that is no dated event."""
    return FINDERS[event](event, view)


def died(view: View) -> Occurrence | None:
    """Death, its partial date filled in as the first possible day after the last sign of life."""
    death = view.history.death
    if death is None:
        return None
    filled = impute_death(death.partial, last_sign_of_life(view.history, death.latest))
    return _filled("death", death, filled)


def relapsed(view: View) -> list[Occurrence]:
    """Relapses from the origin on; a partial date stays an event on a provisional day, not after death."""
    death = died(view)
    found = [_relapse(relapse, view, death) for relapse in view.history.relapses]
    return [relapse for relapse in found if relapse.day is not None and relapse.day >= view.origin]


def last_sign_of_life(history: History, until: date) -> date | None:
    """The last day up to `until` on which anything shows the subject alive."""
    return max((sign.earliest for sign in history.shows_alive() if sign.earliest <= until), default=None)


def _relapse(relapse: Dated, view: View, death: Occurrence | None) -> Occurrence:
    assessed = [seen.latest for seen in view.history.assessments if seen.latest <= relapse.latest]
    if relapse.partial.contains(view.origin):
        assessed.append(view.origin)
    filled = impute_relapse(relapse.partial, max(assessed, default=None))
    day = filled.sensitivity if view.relapse_on_last_day and filled.sensitivity else filled.on
    if day and not relapse.partial.exact and death and death.day and relapse.earliest <= death.day < day:
        day = death.day
    return _occurrence("relapse", relapse, day)


def _filled(event: str, dated: Dated, filled: Imputed) -> Occurrence:
    return _occurrence(event, dated, filled.on)


def _occurrence(event: str, dated: Dated, day: date | None) -> Occurrence:
    return Occurrence(event, day, dated.earliest, dated.source, recorded_as(dated.on))


def recorded_as(on: AnyDate) -> str:
    """A partial date as entered; empty for an exact one."""
    return "" if isinstance(on, date) or on.exact else on.text


def _deaths(event: str, view: View) -> list[Occurrence]:
    death = died(view)
    return [] if death is None else [death]


def _deaths_without_relapse(event: str, view: View) -> list[Occurrence]:
    death = died(view)
    if death is None or death.day is None:
        return []
    if any(relapse.day is not None and relapse.day <= death.day for relapse in relapsed(view)):
        return []
    return [Occurrence(event, death.day, death.earliest, death.source, death.recorded)]


def _relapses(event: str, view: View) -> list[Occurrence]:
    return relapsed(view)


def _never_imputed(pick: Callable[[View], Iterable[Dated | None]]) -> Callable[[str, View], list[Occurrence]]:
    def find(event: str, view: View) -> list[Occurrence]:
        found = [dated for dated in pick(view) if dated is not None and dated.latest >= view.origin]
        return [_occurrence(event, dated, dated.day) for dated in found]

    return find


def _acute_gvhd(grade: int) -> Callable[[View], Iterable[Dated]]:
    return lambda view: (onset for onset in view.history.agvhd if onset.grade >= grade)


def _negative_samples(view: View) -> Iterable[Dated]:
    return (
        sample
        for sample in view.history.mrd
        if sample.negative is Truth.TRUE and sample.counts and view.method in (None, sample.method)
    )


FINDERS: dict[str, Callable[[str, View], list[Occurrence]]] = {
    "relapse": _relapses,
    "death": _deaths,
    "death_without_relapse": _deaths_without_relapse,
    "treatment_failure": _never_imputed(lambda view: (view.history.treatment_failure,)),
    "first_crc": _never_imputed(lambda view: (view.history.first_crc,)),
    "mrd_negative": _never_imputed(_negative_samples),
    "mrd_recurrence": _never_imputed(lambda view: (view.history.mrd_recurrence,)),
    "agvhd_2_4": _never_imputed(_acute_gvhd(2)),
    "agvhd_3_4": _never_imputed(_acute_gvhd(3)),
    "cgvhd": _never_imputed(lambda view: (view.history.cgvhd,)),
    "cgvhd_moderate_severe": _never_imputed(lambda view: (view.history.cgvhd_moderate_severe,)),
    "cgvhd_systemic": _never_imputed(lambda view: (view.history.cgvhd_systemic,)),
    "graft_failure": _never_imputed(lambda view: (view.history.graft_failure,)),
    "ae_grade_3": _never_imputed(lambda view: view.history.severe_adverse_events),
}
