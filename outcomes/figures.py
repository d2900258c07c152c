"""The study's figures from counted times: estimates, tables beside the curves, proportions. Nothing is read here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.domain.curve import Curve, axis_ticks, days, incidence_curve, months, survival_curve
from outcomes.domain.incidence import CompetingRisks, cumulative_incidence
from outcomes.domain.intervals import Estimate
from outcomes.domain.proportions import Proportion, clopper_pearson
from outcomes.domain.survival import KaplanMeier, kaplan_meier
from trialsite.studies.domain.protocol import EndpointPlan

TIME_TO_EVENT, INCIDENCE = "time-to-event", "cumulative-incidence"
EVENT, COMPETING = 1, 2
POOLED = ""


@dataclass(frozen=True)
class Counted:
    """`n` subjects of the analysis set of an endpoint that share arm, day, status and cause."""

    endpoint: str
    arm: str
    days: int | None
    status: str
    cause: int | None
    event_type: str
    n: int


@dataclass(frozen=True)
class TableRow:
    """One line of the table beside a curve: at a month, the numbers and the estimate with its limits."""

    month: float
    n_risk: int
    n_event: int
    n_censor: int
    estimate: Estimate


@dataclass(frozen=True)
class StepRow:
    """One step of a curve: its day, events of that day, the estimate with its limits."""

    day: int
    month: float
    n_event: int
    estimate: Estimate


@dataclass(frozen=True)
class Group:
    """The times of one arm (or of all together)."""

    arm: str
    times: tuple[int, ...]
    causes: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        return sum(self.counts)

    def count(self, cause: int) -> int:
        """Subjects with this cause."""
        return sum(n for one, n in zip(self.causes, self.counts, strict=True) if one == cause)

    @property
    def expanded(self) -> tuple[np.ndarray, np.ndarray]:
        """One entry a subject: days and causes."""
        counts = np.asarray(self.counts, dtype=np.int64)
        return (
            np.repeat(np.asarray(self.times, dtype=np.int64), counts),
            np.repeat(np.asarray(self.causes, dtype=np.int64), counts),
        )

    @cached_property
    def survival(self) -> KaplanMeier:
        """The Kaplan–Meier curve; only the event (cause 1) counts."""
        time, cause = self.expanded
        return kaplan_meier(time, (cause == EVENT).astype(np.int64))

    @cached_property
    def risks(self) -> CompetingRisks:
        """The cumulative incidences of the event (cause 1) and of what competes (cause 2)."""
        time, cause = self.expanded
        return cumulative_incidence(time, np.minimum(cause, COMPETING), causes=2)

    def counted(self, rising: bool) -> KaplanMeier:
        """The curve whose risk sets stand under the axis: free of any event where events compete."""
        return self.risks.event_free if rising else self.survival


@dataclass(frozen=True)
class Figure:
    """One endpoint of a study with everything its page shows. `uncounted`: in the set, nothing to count yet."""

    plan: EndpointPlan
    groups: tuple[Group, ...]
    pooled: Group
    uncounted: int
    by_type: dict[str, int]

    @property
    def n(self) -> int:
        return self.pooled.n

    @property
    def n_events(self) -> int:
        return self.pooled.count(EVENT)

    @property
    def n_competing(self) -> int:
        return self.n - self.pooled.count(0) - self.pooled.count(EVENT)

    @property
    def timed(self) -> bool:
        """Whether it has a curve."""
        return self.plan.kind in (TIME_TO_EVENT, INCIDENCE)

    @property
    def rising(self) -> bool:
        """Whether its curve is a cumulative incidence."""
        return self.plan.kind == INCIDENCE

    @property
    def landmark_days(self) -> float | None:
        """Where the protocol reads the curve, in days."""
        if self.plan.landmark_days is not None:
            return float(self.plan.landmark_days)
        return None if self.plan.landmark_months is None else days(float(self.plan.landmark_months))

    @property
    def landmark_month(self) -> float | None:
        return None if self.landmark_days is None else months(self.landmark_days)

    @property
    def landmark_words(self) -> str:
        """Where the curve is read: "24 months", "day 100"; empty where the protocol names no landmark."""
        if self.plan.landmark_days is not None:
            return _("day %(day)s") % {"day": self.plan.landmark_days}
        if self.plan.landmark_months is None:
            return ""
        count = int(self.plan.landmark_months)
        return ngettext("%(n)s month", "%(n)s months", count) % {"n": count}

    def landmark(self, group: Group | None = None) -> Estimate | None:
        """The estimate at the landmark; None where the protocol names none."""
        if self.landmark_days is None or not self.timed:
            return None
        return self.at(group or self.pooled, [self.landmark_days])[0]

    def landmark_at_risk(self, group: Group | None = None) -> int:
        """Subjects at risk at the landmark."""
        if self.landmark_days is None:
            return 0
        return int((group or self.pooled).counted(self.rising).risk_sets.n_risk_at([self.landmark_days])[0])

    def at(self, group: Group, at_days: Sequence[float]) -> list[Estimate]:
        """The curve's estimates on these days."""
        return group.risks.cause(EVENT).at_each(at_days) if self.rising else group.survival.at_each(at_days)

    def median(self, group: Group | None = None) -> Estimate | None:
        """The median time of a survival curve, in days; None for an incidence."""
        return None if self.rising or not self.timed else (group or self.pooled).survival.median()

    def curve(self, group: Group, ticks: Sequence[float]) -> Curve:
        """The curve as it is drawn."""
        if self.rising:
            return incidence_curve(group.risks.cause(EVENT), group.risks.event_free, ticks)
        return survival_curve(group.survival, ticks)

    def competing_curve(self, group: Group, ticks: Sequence[float]) -> Curve:
        """The incidence of what competes."""
        return incidence_curve(group.risks.cause(COMPETING), group.risks.event_free, ticks)

    def ticks(self, wanted: int) -> tuple[float, ...]:
        """Ticks of the time axis in months, reaching past the last time and the landmark."""
        last = max([months(float(t)) for t in self.pooled.times], default=0.0)
        return axis_ticks(max(last, self.landmark_month or 0.0, 1.0), wanted)

    def table(self, group: Group, ticks: Sequence[float]) -> list[TableRow]:
        """Numbers at risk, events and censorings so far, and the estimate, at each tick."""
        at_days = [days(month) for month in ticks]
        rows = group.counted(self.rising).risk_table(at_days)
        return [
            TableRow(month, row.n_risk, row.n_event, row.n_censor, estimate)
            for month, row, estimate in zip(ticks, rows, self.at(group, at_days), strict=True)
        ]

    def steps(self, group: Group) -> list[StepRow]:
        """Every step of the curve."""
        curve = self.curve(group, (0.0,))
        return [
            StepRow(
                int(step.day), step.month, step.n_event, Estimate(step.value, None, step.lower, step.upper)
            )
            for step in curve.steps
            if step.n_event
        ]

    def proportion(self, group: Group | None = None) -> Proportion:
        """Responders of those who count, with the Clopper–Pearson interval."""
        group = group or self.pooled
        return clopper_pearson(group.count(EVENT), group.n)


def figure(plan: EndpointPlan, rows: Iterable[Counted], by_arm: bool) -> Figure:
    """The figure of one endpoint from its counted rows."""
    own = [row for row in rows if row.endpoint == plan.key]
    timed = plan.kind in (TIME_TO_EVENT, INCIDENCE)
    counted = [row for row in own if row.cause is not None and (row.days is not None or not timed)]
    arms = sorted({row.arm for row in counted}) if by_arm else []
    types: dict[str, int] = {}
    for row in counted:
        if row.cause:
            types[row.event_type] = types.get(row.event_type, 0) + row.n
    return Figure(
        plan=plan,
        groups=tuple(group(arm, [row for row in counted if row.arm == arm]) for arm in arms)
        if len(arms) > 1
        else (group(POOLED, counted),),
        pooled=group(POOLED, counted),
        uncounted=sum(row.n for row in own) - sum(row.n for row in counted),
        by_type=types,
    )


def group(arm: str, rows: Sequence[Counted]) -> Group:
    return Group(
        arm,
        tuple(row.days or 0 for row in rows),
        tuple(row.cause or 0 for row in rows),
        tuple(row.n for row in rows),
    )


def expected_by(on: date, begun: date | None, planned: int | None, length_months: int | None) -> float | None:
    """How many subjects an even pace would have enrolled by a day; None where the protocol plans no number."""
    if not planned or not length_months or begun is None:
        return None
    return planned * min(max(months((on - begun).days) / length_months, 0.0), 1.0)
