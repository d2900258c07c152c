"""A study's endpoint beside a historical control: differences of definition, curves, tests, weighted comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from enrollment.selectors import facts_of_subjects
from outcomes.domain.control_file import SUBJECTS, columns_of
from outcomes.domain.curve import axis_ticks, months, survival_curve
from outcomes.domain.historical import Comparison, Method, compare_with_history
from outcomes.domain.one_sample import (
    LandmarkTest,
    OneSample,
    PublishedCurve,
    landmark_test,
    one_sample_log_rank,
)
from outcomes.domain.survival import KaplanMeier, kaplan_meier
from trialsite.access.models import User
from trialsite.casebook import charts
from trialsite.casebook.sign_off import plain
from trialsite.clinical.facts import Fact
from trialsite.studies.domain.protocol import EndpointPlan, Protocol
from trialsite.studies.models import Study

from ..charting import NARROW_TICKS, WIDE_TICKS, house_curve
from ..figures import EVENT, Figure
from ..models import HistoricalControl
from ..selectors import results_of_study

MOST_COLUMNS = 60
DRAWN = 200  # places at which the curve between points is drawn
ONE_SIDED = 0.975  # level of the lower limit at the landmark: the lower end of the 95 % interval


@dataclass(frozen=True)
class Difference:
    """A part of the definition that study and control do not share, in words."""

    what: str
    study: str
    control: str


@dataclass(frozen=True)
class Weighted:
    """The comparison with covariates: of how many of the study, how many were left out for an unknown covariate."""

    found: Comparison | None
    method: Method
    left_out: int


@dataclass(frozen=True)
class Compared:
    """One control beside the endpoint. `test`, `landmark`, `weighted` are None where they cannot be asked."""

    control: HistoricalControl
    differences: list[Difference]
    chart: dict[str, Any]
    test: OneSample | None
    horizon_months: float | None
    landmark: LandmarkTest | None
    weighted: Weighted | None


def compared(
    user: User, study: Study, shown: Figure, control: HistoricalControl, method: Method | None
) -> Compared:
    """A control beside the pooled figure; with `method` the subjects too, whom the user must see one and all."""
    reference = reference_of(control)
    time, cause = shown.pooled.expanded
    status = (cause == EVENT).astype(np.int64)
    return Compared(
        control,
        differences(study.protocol, shown.plan, control),
        charts.both(overlay, shown, control),
        one_sample_log_rank(time, status, reference) if reference and shown.n else None,
        months(reference.horizon) if reference else None,
        at_landmark(shown, reference),
        weighted(user, study, shown.plan, control, method) if method and control.covariates else None,
    )


def differences(protocol: Protocol, plan: EndpointPlan, control: HistoricalControl) -> list[Difference]:
    """Origin, events and censoring as far as they differ."""
    of_study = {
        "origin": plan.origin or "",
        "events": tuple(sorted(plan.events)),
        "censor": plan.censor or "",
    }
    of_control = {
        "origin": control.origin,
        "events": tuple(sorted(control.events)),
        "censor": control.censor,
    }
    names = {"origin": _("counted from"), "events": _("events"), "censor": _("censored at")}
    return [
        Difference(names[key], words(protocol, key, of_study[key]), words(protocol, key, of_control[key]))
        for key in names
        if of_study[key] != of_control[key]
    ]


def words(protocol: Protocol, key: str, value: Any) -> str:
    """A code, or several, in words; what the protocol files have no code for is "otherwise"."""
    if isinstance(value, tuple):
        return ", ".join(words(protocol, "event", one) for one in value)
    return _("otherwise, see the definition") if value == "other" else plain(protocol, key, value)


def curve_of(control: HistoricalControl) -> KaplanMeier:
    """The curve of a control that is known subject by subject."""
    return kaplan_meier([row[0] for row in control.rows], [int(row[1]) for row in control.rows])


def reference_of(control: HistoricalControl) -> PublishedCurve | None:
    """The control's curve for the one-sample test, known to its last day above 0; None without such a day.

    Between two steps of a Kaplan–Meier curve the hazard is taken as constant, as between the points of a published one.
    """
    if control.kind == SUBJECTS:
        curve = curve_of(control)
        last = float(curve.time[-1])
        points = [
            (float(day), float(survival))
            for day, survival, events in zip(curve.time, curve.survival, curve.n_event, strict=True)
            if events or float(day) == last
        ]
    else:
        points = [(row[0], row[1]) for row in control.rows]
    known = [(day, survival) for day, survival in points if day > 0 and survival > 0]
    if not known:
        return None
    days, survival = zip(*known, strict=True)
    return PublishedCurve(days, survival)


def at_landmark(shown: Figure, reference: PublishedCurve | None) -> LandmarkTest | None:
    """The lower limit of the study at the protocol's landmark against the survival of the control there."""
    day = shown.landmark_days
    if day is None or reference is None or day > reference.horizon or not shown.n:
        return None
    p0 = float(np.exp(-reference.cumulative_hazard(np.array([day]))[0]))
    return landmark_test(shown.pooled.survival, day, p0, ONE_SIDED)


def overlay(shown: Figure, control: HistoricalControl, *, width: int = charts.WIDE) -> dict[str, Any]:
    """The pooled curve of the study and that of the control on one axis."""
    wanted = NARROW_TICKS if width < 500 else WIDE_TICKS
    last = max(float(row[0]) for row in control.rows)
    ticks = axis_ticks(max(months(last), shown.ticks(wanted)[-1]), wanted)
    study = house_curve(shown, shown.pooled, _("Study"), ticks, {}, "")
    return charts.km_chart(
        [study, control_curve(control, ticks)],
        ticks,
        x_label=_("Months"),
        y_label=_("Free of event"),
        width=width,
    )


def control_curve(control: HistoricalControl, ticks: Sequence[float]) -> charts.Curve:
    """The control's curve as it is drawn; points have no numbers at risk and no limits.

    Between two points it falls as the one-sample test takes it to fall, in small steps.
    """
    if control.kind == SUBJECTS:
        curve = survival_curve(curve_of(control), ticks)
        steps = [charts.Step(one.month, one.value, one.lower, one.upper) for one in curve.steps]
        at_risk = [tick.at.n_risk for tick in curve.ticks]
        return charts.Curve(control.name, steps, curve.end_month, at_risk=at_risk)
    reference = reference_of(control)
    if reference is None:
        return charts.Curve(control.name, [charts.Step(0, 1)], 0)
    at = np.union1d(np.linspace(0, reference.horizon, DRAWN), reference.days)
    survival = np.exp(-reference.cumulative_hazard(at))
    steps = [charts.Step(months(day), value) for day, value in zip(at, survival, strict=True)]
    return charts.Curve(control.name, steps, months(reference.horizon))


def weighted(
    user: User, study: Study, plan: EndpointPlan, control: HistoricalControl, method: Method
) -> Weighted:
    """The study's subjects and the control's, made alike in the control's covariates."""
    rows = results_of_study(user, study, plan.key).exclude(cause=None).exclude(days=None)
    times = rows.values_list("subject_id", "days", "cause")
    known = {one: (days, int(cause == EVENT)) for one, days, cause in times}
    facts = facts_of_subjects(list(known), control.covariates)
    cells = {one: [cell_of(facts[one][name]) for name in control.covariates] for one in known}
    trial = [(*known[one], *values) for one, values in cells.items() if "" not in values]
    every = [*trial, *(tuple(row) for row in control.rows)]
    design: dict[str, list[float]] = {}
    for place, name in enumerate(control.covariates, start=2):
        design |= dict(columns_of(name, [str(row[place]) for row in every]))
    found = None
    if len(trial) > 1 and 0 < len(design) <= MOST_COLUMNS:
        treated = [True] * len(trial) + [False] * len(control.rows)
        time, status = [row[0] for row in every], [int(row[1]) for row in every]
        found = compare_with_history(time, status, treated, design, method)
    return Weighted(found, method, len(known) - len(trial))


def cell_of(fact: Fact) -> str:
    """A fact as a file of a control writes it: a number, a code, 1 or 0; "" for one that is not known."""
    value = fact.value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal | int) and not fact.comparator:
        return str(value)
    return value if isinstance(value, str) else ""
