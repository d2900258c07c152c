"""From the study's figures to the house's charts: curves with linked steps, enrolment against plan."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from trialsite.casebook import charts
from trialsite.clinical.dates import add_months

from .domain.curve import CensorMark, Step
from .figures import Figure, Group
from .study_reading import AccrualRow

WIDE_TICKS, NARROW_TICKS = 9, 5


def curve_drawing(
    shown: Figure, names: Mapping[str, str], own_days: Mapping[int, int], step_url: str
) -> dict[str, Any]:
    """A curve on the screen's and on the telephone's axis; a step opens the subjects at the reader's own sites."""

    def draw(*, width: int) -> dict[str, Any]:
        ticks = shown.ticks(NARROW_TICKS if width < 500 else WIDE_TICKS)
        return km_drawing(shown, curves_of(shown, names, ticks, own_days, step_url), ticks, width)

    return charts.both(draw)


def curve_for_paper(shown: Figure, names: Mapping[str, str]) -> dict[str, Any]:
    """The same on paper: without dots that open anything."""
    ticks = shown.ticks(WIDE_TICKS)
    curves = [
        replace(curve, steps=[replace(step, links=()) for step in curve.steps])
        for curve in curves_of(shown, names, ticks, {}, "")
    ]
    return km_drawing(shown, curves, ticks, charts.WIDE)


def curves_of(
    shown: Figure,
    names: Mapping[str, str],
    ticks: Sequence[float],
    own_days: Mapping[int, int],
    step_url: str,
) -> list[charts.Curve]:
    """The curves of a figure; one incidence stands with what competes."""
    curves = [
        house_curve(shown, group, names[group.arm], ticks, own_days, step_url) for group in shown.groups
    ]
    if shown.rising and len(curves) == 1 and shown.n_competing:
        name = shown.plan.name.in_language(get_language() or "en")
        curves = [replace(curves[0], label=name), competing(shown, ticks)]
    return curves


def km_drawing(
    shown: Figure, curves: Sequence[charts.Curve], ticks: Sequence[float], width: int
) -> dict[str, Any]:
    return charts.km_chart(
        curves,
        ticks,
        x_label=_("Months"),
        y_label=_("Cumulative incidence") if shown.rising else _("Free of event"),
        rising=shown.rising,
        width=width,
    )


def house_curve(
    shown: Figure,
    group: Group,
    name: str,
    ticks: Sequence[float],
    own_days: Mapping[int, int],
    step_url: str,
) -> charts.Curve:
    """One curve with its censor marks, numbers at risk and landmark."""
    curve = shown.curve(group, ticks)
    return charts.Curve(
        label=name,
        steps=[house_step(step, own_days, step_url) for step in curve.steps],
        end=curve.end_month,
        marks=[] if shown.rising else [censor_mark(mark) for mark in curve.censored],
        at_risk=[tick.at.n_risk for tick in curve.ticks],
        landmark=landmark(shown, group),
    )


def competing(shown: Figure, ticks: Sequence[float]) -> charts.Curve:
    """The incidence of what competes, without a table of its own."""
    curve = shown.competing_curve(shown.pooled, ticks)
    steps = [charts.Step(step.month, step.value) for step in curve.steps]
    return charts.Curve(label=_("Competing events"), steps=steps, end=curve.end_month)


def house_step(step: Step, own_days: Mapping[int, int], step_url: str) -> charts.Step:
    """A step with one dot an event: those of the reader's own sites open their subjects."""
    day = int(step.day)
    here = min(own_days.get(day, 0), step.n_event)
    words = _("Day %(day)s") % {"day": day}
    elsewhere = _("Day %(day)s: at another site") % {"day": day}
    links = [(f"{step_url}?day={day}#subjects", words)] * here + [("", elsewhere)] * (step.n_event - here)
    return charts.Step(step.month, step.value, step.lower, step.upper, tuple(links))


def censor_mark(mark: CensorMark) -> charts.Mark:
    words = ngettext("%(n)s censored on day %(day)s", "%(n)s censored on day %(day)s", mark.n)
    return charts.Mark(mark.month, mark.value, words % {"n": mark.n, "day": int(mark.day)})


def landmark(shown: Figure, group: Group) -> charts.Landmark | None:
    """The protocol's landmark with the estimate and its limits; none while it cannot be estimated."""
    estimate = shown.landmark(group)
    if estimate is None or estimate.value is None or shown.landmark_month is None:
        return None
    label = f"{shown.landmark_words}: {100 * estimate.value:.1f} %"
    if estimate.lower is not None and estimate.upper is not None:
        label += f" ({100 * estimate.lower:.1f}–{100 * estimate.upper:.1f})"
    return charts.Landmark(shown.landmark_month, estimate.value, label)


def accrual_drawing(
    rows: Sequence[AccrualRow],
    site_keys: Sequence[str],
    begun: date | None,
    planned: int | None,
    length_months: int | None,
    today: date,
    reached_on: date | None = None,
) -> dict[str, Any]:
    """Enrolment of the study and of each site by month, against an even pace; without a planned number no plan.

    `reached_on`: when the planned number is expected to be reached."""
    series = [charts.Series(_("all sites"), counts(rows, today))]
    if len(site_keys) > 1:
        series += [
            charts.Series(key, counts([row for row in rows if row.site_key == key], today))
            for key in site_keys
        ]
    plan: tuple[charts.Count, ...] = ()
    if planned and length_months and begun:
        plan = (charts.Count(begun, 0), charts.Count(add_months(begun, length_months), planned))
    forecast: tuple[charts.Count, ...] = ()
    if planned and reached_on:
        forecast = (charts.Count(today, sum(row.enrolled for row in rows)), charts.Count(reached_on, planned))
    return charts.both(
        charts.accrual_chart,
        [line for line in series if line.counts],
        plan=plan,
        plan_label=_("planned"),
        forecast=forecast,
        forecast_label=_("expected"),
        today=today,
    )


def counts(rows: Sequence[AccrualRow], today: date) -> list[charts.Count]:
    """Enrolled so far at the end of each month in which somebody was enrolled."""
    found, total = [], 0
    for month in sorted({row.month for row in rows if row.enrolled}):
        total += sum(row.enrolled for row in rows if row.month == month)
        last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
        found.append(charts.Count(min(last, today), total))
    return found
