"""Subgroups of the endpoints that are times: the effect of the arm, or the share free of an event, in each group."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.db import connection
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.charts import both
from trialsite.studies.domain.protocol import EndpointPlan, Protocol

from ..domain.cox import cox
from ..domain.survival import kaplan_meier
from ..figures import EVENT, TIME_TO_EVENT, Figure, figure
from ..study_reading import counting, sees_arms
from .cells import TABLES
from .drawing import Interval, forest_chart
from .parts import Asked, Cell, Choice, Line, Part, Table
from .topics import factors_of, group_words, levels_of

A_YEAR = 365.25  # where an endpoint without a landmark is read (assumption)


@dataclass(frozen=True)
class Times:
    """`n` subjects of a group that share arm, day and cause; `factor` "" is everybody."""

    factor: str
    level: str
    arm: str
    days: int
    cause: int
    n: int


@dataclass(frozen=True)
class Group:
    """One group with its estimate; None where it is not estimable."""

    factor: str
    level: str
    n: int
    events: int
    value: float | None
    lower: float | None
    upper: float | None


def forest(asked: Asked) -> list[Part]:
    """The part of the page; `endpoint` chooses which."""
    plans = [plan for plan in asked.protocol.endpoints if plan.kind == TIME_TO_EVENT]
    if not plans:
        return []
    plan = next((one for one in plans if one.key == asked.params.get("endpoint")), plans[0])
    arms = [arm.key for arm in asked.protocol.arms]
    compared = len(arms) == 2 and sees_arms(asked.user, asked.study)
    shown = figure(plan, [], by_arm=False)
    groups = [
        ratio(*key, some, arms) if compared else share(*key, some, shown.landmark_days or A_YEAR)
        for key, some in in_groups(asked.protocol, times_of(asked, plan))
    ]
    named = [(one.key, one.name.in_language(language())) for one in plans]
    return [part(asked, shown, groups, compared, asked.choices("endpoint", named, plan.key))]


def language() -> str:
    return get_language() or "en"


def times_of(asked: Asked, plan: EndpointPlan) -> list[Times]:
    """The times of an endpoint by group, over all sites, without identifiers."""
    times = counting("study_group_times", "outcomes_endpointresult", *TABLES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT factor, level, arm, days, cause, n FROM {times}(%s, %s)", [asked.study.pk, plan.key]
        )
        return [Times(*row) for row in cursor.fetchall()]


def in_groups(protocol: Protocol, rows: Sequence[Times]) -> Iterator[tuple[tuple[str, str], list[Times]]]:
    """The rows of each group: everybody, then the factors in their order, strata and sites last."""
    found: dict[tuple[str, str], list[Times]] = defaultdict(list)
    for row in rows:
        found[row.factor, row.level].append(row)
    factors = ["", *factors_of(protocol), "site"]

    def order(key: tuple[str, str]) -> tuple[int, int, str]:
        factor, level = key
        levels = list(levels_of(protocol, factor))
        return factors.index(factor), levels.index(level) if level in levels else len(levels), level

    for key in sorted((key for key in found if key[0] in factors), key=order):
        yield key, found[key]


def expanded(rows: Sequence[Times]) -> tuple[Any, Any]:
    """One entry a subject: days, and whether the event came."""
    counts = [row.n for row in rows]
    days, events = [row.days for row in rows], [int(row.cause == EVENT) for row in rows]
    return np.repeat(days, counts), np.repeat(events, counts)


def share(factor: str, level: str, rows: Sequence[Times], at: float) -> Group:
    """The share free of an event at a landmark (Kaplan–Meier, log-log limits)."""
    time, status = expanded(rows)
    found = kaplan_meier(time, status).at(at)
    return Group(factor, level, len(time), int(status.sum()), found.value, found.lower, found.upper)


def ratio(factor: str, level: str, rows: Sequence[Times], arms: Sequence[str]) -> Group:
    """The hazard ratio of the second arm against the first (Cox, Efron's ties, Wald limits)."""
    time, status = expanded(rows)
    second = np.repeat([float(row.arm == arms[1]) for row in rows], [row.n for row in rows])
    (found,) = cox(time, status, {"arm": second})
    both_arms = 0 < second.sum() < len(second) and status[second == 0].sum() > 0
    known = (found.ratio, found.lower, found.upper) if both_arms else (None, None, None)
    return Group(factor, level, len(time), int(status.sum()), *known)


def part(
    asked: Asked, shown: Figure, groups: Sequence[Group], compared: bool, choices: Sequence[Choice]
) -> Part:
    protocol, lines, intervals, before = asked.protocol, [], [], ""
    for group in groups:
        over = group_words(protocol, group.factor) if group.factor not in ("", before) else ""
        before = group.factor
        name = str(levels_of(protocol, group.factor).get(group.level, group.level)) or _("All subjects")
        words = estimate_words(group, compared)
        href = counted_link(asked, shown.plan, group)
        events = counted_link(asked, shown.plan, group, events="1")
        cells = (Cell(str(group.n), href), Cell(str(group.events), events), Cell(words))
        lines.append(Line(name, cells, over))
        intervals.append(Interval(name, group.value, group.lower, group.upper, words, over, href))
    title = shown.plan.name.in_language(language())
    at = shown.landmark_words or _("12 months (assumption: the protocol names no landmark)")
    head = _("Hazard ratio (95 % CI)") if compared else _("Free of event (95 % CI)")
    return Part(
        "forest",
        title,
        Table(_("Group"), (_("Subjects"), _("Events"), head), lines),
        chart=both(forest_chart, intervals, label=title, ratio=compared, x_label=head) if lines else None,
        lead=against(protocol) if compared else _("Free of event at %(at)s.") % {"at": at},
        note=_(
            "Subgroups are described, not tested. The limit of 40 years is an assumption. “Not estimable”: too few"
            " events, or nobody left at risk."
        ),
        choices=choices,
    )


def counted_link(asked: Asked, plan: EndpointPlan, group: Group, **more: str) -> str:
    """Where the counted subjects of a group are listed."""
    address = reverse("dashboard-endpoint", args=[asked.study.key, plan.key])
    narrowed = (
        {"site": group.level} if group.factor == "site" else {"factor": group.factor, "level": group.level}
    )
    return f"{address}?{urlencode({'counted': '1'} | (narrowed if group.factor else {}) | more)}#subjects"


def against(protocol: Protocol) -> str:
    """Which arm against which."""
    first, second = (arm.name.in_language(language()) for arm in protocol.arms)
    return _("%(second)s against %(first)s: below 1 fewer events with the former.") % {
        "first": first,
        "second": second,
    }


def estimate_words(group: Group, compared: bool) -> str:
    if group.value is None:
        return _("not estimable")
    scale, places = (1, 2) if compared else (100, 1)
    numbers = [
        None if one is None else f"{one * scale:.{places}f}"
        for one in (group.value, group.lower, group.upper)
    ]
    return f"{numbers[0]} ({numbers[1] or '–'}–{numbers[2] or '–'})"
