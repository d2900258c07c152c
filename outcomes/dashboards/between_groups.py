"""Arms or subgroups of one endpoint beside each other, on its page: estimates, tests, hazard ratios, follow-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _

from outcomes.domain.between_groups import Analysis, Compared, GroupFigures, compare
from outcomes.domain.cox import Coefficient
from outcomes.domain.curve import months
from outcomes.domain.groups import ChiSquare
from outcomes.domain.intervals import Estimate
from outcomes.domain.survival_report import Observations
from trialsite.casebook.charts import both
from trialsite.studies.domain.protocol import Protocol

from ..dashboard_page import arm_name, several_arms
from ..figures import COMPETING, Figure
from ..snapshots.figures import estimate_of, figure_of
from ..study_reading import sees_arms
from .drawing import Interval, forest_chart
from .forest import Times, times_of
from .parts import Asked, Cell, Line, Part, Table, limits
from .topics import NOT_KNOWN, factors_of, group_words, levels_of, strata_of

STRATA = "strata"  # the factor of all strata together, as study_group_times gives it


@dataclass(frozen=True)
class Groups:
    """The groups that are compared: the factor ("": arms, or everybody), their names in order, and how many subjects
    are left out because their group is not known."""

    factor: str
    names: dict[str, str]
    compared: Compared
    left_out: int


def groups_of(asked: Asked, shown: Figure) -> Groups:
    """The arms, where the reader may tell them apart, or the groups of the factor that `by` names, arms pooled."""
    protocol, by = asked.protocol, asked.params.get("by", "")
    factor = by if by in factors_of(protocol) else ""
    by_arm = not factor and several_arms(protocol) and sees_arms(asked.user, asked.study)
    rows = [one for one in times_of(asked, shown.plan) if one.factor == (STRATA if by_arm else factor)]
    if by_arm:
        names = {arm.key: arm_name(protocol, arm.key) for arm in protocol.arms}
    elif factor:
        names = {key: str(words) for key, words in levels_of(protocol, factor).items() if key != NOT_KNOWN}
    else:
        names = {"": arm_name(protocol, "")}
    group_of = [one.arm if by_arm else one.level for one in rows]
    data = observations(rows, group_of, stratified=by_arm)
    found = compare(data, list(names), shown.rising, shown.landmark_days)
    left_out = sum(row.n for row, group in zip(rows, group_of, strict=True) if group not in names)
    return Groups(factor, names, found, left_out)


def observations(rows: Sequence[Times], groups: Sequence[str], stratified: bool) -> Observations:
    """One entry a subject; causes beyond the event compete."""
    counts = [row.n for row in rows]
    return Observations(
        np.repeat(np.asarray([row.days for row in rows], dtype=np.float64), counts),
        np.repeat(np.asarray([min(row.cause, COMPETING) for row in rows], dtype=np.int64), counts),
        np.repeat(np.asarray(groups, dtype=str), counts),
        np.repeat(np.asarray([row.level for row in rows], dtype=str), counts) if stratified else None,
    )


def between_groups(asked: Asked, shown: Figure) -> list[Part]:
    """The parts of the endpoint's page; none where nobody is counted."""
    if not shown.n:
        return []
    found = groups_of(asked, shown)
    parts = [estimates(asked, shown, found)]
    return parts + [comparison(asked.protocol, shown, found)] if found.compared.analyses else parts


# Estimates of each group


def estimates(asked: Asked, shown: Figure, found: Groups) -> Part:
    told = found.compared
    columns = columns_of(shown, told)
    lines = [
        Line(
            found.names[one.group],
            [cell(asked, shown, found, one, words(one), behind) for _head, words, behind in columns],
        )
        for one in told.groups
    ]
    factors = [(one, factor_words(asked.protocol, one)) for one in factors_of(asked.protocol)]
    return Part(
        "groups",
        _("Groups and follow-up"),
        Table(_("Group"), [head for head, _words, _behind in columns], lines),
        lead=" ".join(one for one in (left_out(found.left_out), only_one(told)) if one),
        note=" ".join(estimates_note(told)),
        choices=asked.choices("by", [("", first_choice(asked)), *factors], found.factor),
    )


def cell(asked: Asked, shown: Figure, found: Groups, one: Any, words: str, behind: str) -> Cell:
    """A cell of a group; a count leads to the subjects `behind` it."""
    if not behind:
        return Cell(words)
    group = (
        {"factor": found.factor, "level": one.group}
        if found.factor
        else {"arm": one.group}
        if one.group
        else {}
    )
    address = reverse("dashboard-endpoint", args=[asked.study.key, shown.plan.key])
    return Cell(words, f"{address}?{urlencode({'counted': '1', behind: '1'} | group)}#subjects")


def first_choice(asked: Asked) -> str:
    by_arm = several_arms(asked.protocol) and sees_arms(asked.user, asked.study)
    return _("Arms") if by_arm else _("All subjects")


def factor_words(protocol: Protocol, factor: str) -> str:
    """A factor; a stratum may have the name of another one."""
    name = group_words(protocol, factor)
    return _("%(factor)s (stratum)") % {"factor": name} if factor in strata_of(protocol) else name


def columns_of(shown: Figure, told: Compared) -> list[tuple[str, Any, str]]:
    """The heading of each column, what it says of a group, and which of its subjects stand behind a count."""
    columns: list[tuple[str, Any, str]] = [
        (_("Subjects"), lambda one: str(one.n), "counted"),
        (_("Events"), lambda one: str(one.events), "events"),
    ]
    if told.rising:
        columns.append((_("Competing events"), lambda one: str(one.competing), "competing"))
    if told.landmark_days is not None:
        head = _("Incidence at %(at)s (95 %% CI)") if told.rising else _("Free of event at %(at)s (95 %% CI)")
        columns += [
            (head % {"at": shown.landmark_words}, lambda one: share_words(one.landmark), ""),
            (_("At risk then"), lambda one: str(one.at_risk), ""),
        ]
    if not told.rising:
        columns.append((_("Median, months (95 % CI)"), lambda one: months_words(one.median), ""))
    if told.tau is not None:
        head = _("Mean months free of event within %(n)s months (95 %% CI)")
        columns.append((head % {"n": f"{months(told.tau):.1f}"}, lambda one: months_words(one.mean), ""))
        if len(told.groups) > 1:
            columns.append(
                (_("Difference from the first, months"), lambda one: months_words(one.difference), "")
            )
    columns.append((_("Median follow-up, months (95 % CI)"), lambda one: months_words(one.follow_up), ""))
    return columns


def estimates_note(told: Compared) -> list[str]:
    """How the estimates are made, for who checks them."""
    curve = (
        _("Cumulative incidence: Aalen–Johansen, Aalen's variance, log-log limits.")
        if told.rising
        else _("Kaplan–Meier, Greenwood's error, log-log limits.")
    )
    notes = [curve]
    if told.tau is not None:
        until = (
            _("Restricted mean: area under the curve up to the landmark.")
            if told.tau == told.landmark_days
            else _(
                "Restricted mean: area under the curve up to day %(day)s, the earliest of the groups' last days."
            )
            % {"day": f"{told.tau:g}"}
        )
        notes += [until, _("A dash at a limit: it cannot be estimated.")]
    return [*notes, _("Follow-up: reverse Kaplan–Meier, any event ends it.")]


def left_out(n: int) -> str:
    return _("Left out, their group is not known: %(n)s.") % {"n": n} if n else ""


def only_one(told: Compared) -> str:
    return "" if told.analyses else _("One group only: nothing to compare. Choose another grouping.")


# The comparison


def comparison(protocol: Protocol, shown: Figure, found: Groups) -> Part:
    told = found.compared
    first = found.names[told.groups[0].group]
    lines = [line for one in told.analyses for line in lines_of(one, told, found.names, first)]
    intervals = [
        Interval(found.names[one.name], one.ratio, one.lower, one.upper, ratio_words(one))
        for one in told.analyses[0].ratios
        if one.ratio is not None
    ]
    title = _("Comparison of the groups")
    return Part(
        "comparison",
        title,
        Table(_("Comparison"), (_("Result"), _("95 % CI"), _("p, two-sided")), lines),
        chart=both(forest_chart, intervals, label=title, ratio=True, x_label=hazard_name(told))
        if intervals
        else None,
        lead=lead_of(told, first),
        note=" ".join(comparison_note(protocol, told)),
    )


def lead_of(told: Compared, first: str) -> str:
    if not any(one.events for one in told.groups):
        return _("No event yet: the groups cannot be compared.")
    if not told.groups[0].events:
        return _(
            "No event yet in “%(first)s”, against which the others are read: no ratio can be estimated."
        ) % {"first": first}
    return _("A ratio below 1: the event comes less often, at any time, than in “%(first)s”.") % {
        "first": first
    }


def lines_of(one: Analysis, told: Compared, names: dict[str, str], first: str) -> list[Line]:
    over = _("Stratified") if one.stratified else _("Without strata")
    test = (
        _("Difference of the incidences (Gray's test)")
        if told.rising
        else _("Difference of the curves (log-rank test)")
    )
    lines = [Line(test, (Cell(test_words(one.test)), Cell("–"), Cell(p_words(one.test.p))), over)]
    kinds = [(one.ratios, hazard_name(told))]
    if told.rising:
        kinds.append((one.competing, _("Ratio of the hazards of competing events")))
    for ratios, name in kinds:
        for ratio in ratios:
            said = {"name": name, "one": names[ratio.name], "first": first}
            value = _("not estimable") if ratio.ratio is None else f"{ratio.ratio:.2f}"
            between = f"{ratio.lower:.2f}–{ratio.upper:.2f}" if ratio.ratio is not None else "–"
            lines.append(
                Line(
                    _("%(name)s: %(one)s against %(first)s") % said,
                    (Cell(value), Cell(between), Cell(p_words(ratio.p))),
                )
            )
    return lines


def hazard_name(told: Compared) -> str:
    return _("Cause-specific hazard ratio") if told.rising else _("Hazard ratio")


def comparison_note(protocol: Protocol, told: Compared) -> list[str]:
    """Method, ties and strata, and what the figures are not."""
    notes = [_("Cox model, Efron's ties, Wald limits.")]
    if told.rising:
        notes.append(_("Gray's test with ρ = 0; in the model the other cause censors."))
    if told.analyses[0].stratified:
        strata = _("; ").join(group_words(protocol, one) for one in strata_of(protocol))
        notes.append(
            _("Strata of the randomisation: %(strata)s; sites are no stratum (assumption).")
            % {"strata": strata}
        )
    return [*notes, _("As the record stands; not adjusted for repeated looks or several comparisons.")]


# Words


def share_words(found: Estimate | None) -> str:
    if found is None or found.value is None:
        return _("not estimable")
    return f"{100 * found.value:.1f} % ({limits(found)})"


def months_words(found: Estimate | None) -> str:
    """A time or a difference of times in months with its limits; an open end is a dash."""
    if found is None:
        return "–"
    if found.value is None:
        return _("not estimable")
    lower, upper = ("–" if one is None else f"{months(one):.1f}" for one in (found.lower, found.upper))
    between = "–" if lower == upper == "–" else _("%(lower)s to %(upper)s") % {"lower": lower, "upper": upper}
    return f"{months(found.value):.1f} ({between})"


def ratio_words(found: Coefficient) -> str:
    return f"{found.ratio:.2f} ({found.lower:.2f}–{found.upper:.2f})"


def test_words(found: ChiSquare) -> str:
    """χ² with its degrees of freedom."""
    if found.statistic is None:
        return _("not estimable")
    return f"χ² = {found.statistic:.2f}, df = {found.df}"


def p_words(p: float | None) -> str:
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


# The same as JSON


def as_json(asked: Asked, shown: Figure) -> dict[str, Any]:
    """The figures of the page in full precision: times in days, shares as fractions, None for "not estimable"."""
    told: dict[str, Any] = {"study": asked.study.key, "endpoint": shown.plan.key, **figure_of(shown)}
    if not (shown.timed and shown.n):
        return told
    found = groups_of(asked, shown)
    return told | {
        "by": found.factor,
        "left_out": found.left_out,
        "restricted_to_days": found.compared.tau,
        "compared": [group_json(one, found.names) for one in found.compared.groups],
        "analyses": [analysis_json(one, found.compared, asked.protocol) for one in found.compared.analyses],
    }


def group_json(one: GroupFigures, names: dict[str, str]) -> dict[str, Any]:
    return {
        "group": one.group,
        "name": names[one.group],
        "n": one.n,
        "events": one.events,
        "competing": one.competing,
        "at_landmark": estimate_of(one.landmark),
        "at_risk": one.at_risk,
        "median_days": estimate_of(one.median),
        "restricted_mean_days": estimate_of(one.mean),
        "restricted_mean_difference_days": estimate_of(one.difference),
        "follow_up_median_days": estimate_of(one.follow_up),
    }


def analysis_json(one: Analysis, told: Compared, protocol: Protocol) -> dict[str, Any]:
    test = one.test
    return {
        "strata": list(strata_of(protocol)) if one.stratified else [],
        "test": "gray" if told.rising else "log-rank",
        "groups": list(test.groups),
        "observed": list(test.observed),
        "expected": list(test.expected),
        "chi2": test.statistic,
        "df": test.df,
        "p": test.p,
        "ties": "efron",
        "ratios": [ratio_json(each) for each in one.ratios],
        "competing_ratios": [ratio_json(each) for each in one.competing],
    }


def ratio_json(found: Coefficient) -> dict[str, Any]:
    return {
        "group": found.name,
        "coef": found.value,
        "coef_se": found.se,
        "hr": found.ratio,
        "ci_lower": found.lower,
        "ci_upper": found.upper,
        "p_wald": found.p,
    }
