"""What the study's pages show: six figures, the flow, accrual against plan, curves with their tables."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.audit.moment import now
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.clinical.dates import add_months
from trialsite.studies.domain.protocol import EndpointPlan, Protocol
from trialsite.studies.models import Study, StudySite
from trialsite.studies.selectors import studies_visible_to

from .charting import accrual_drawing, curve_drawing
from .consort_page import own_sites, station_link
from .domain.forecast import forecast
from .domain.intervals import Estimate
from .figures import POOLED, Figure, Group, StepRow, TableRow, expected_by, figure
from .selectors import own_event_days
from .study_reading import (
    AccrualRow,
    Flow,
    accrual_of,
    counted_times,
    flows_of,
    sees_arms,
    sees_figures,
    subjects_behind,
)

TICKS = 9
MOST_STEPS = 200  # of a curve beside others: all of them stand on the endpoint's own page
RECENT_MONTHS = 6  # whose pace the forecast goes on with (assumption)


@dataclass(frozen=True)
class Figured:
    """One of the six figures."""

    label: str
    value: Any
    of: Any = None
    hint: str = ""
    href: str = ""


@dataclass(frozen=True)
class CurveTable:
    """The table of one curve, and its steps. `further`: how many steps stand on the endpoint's own page only."""

    name: str
    rows: Sequence[TableRow]
    steps: Sequence[StepRow]
    further: int = 0


@dataclass(frozen=True)
class AnalysisLine:
    """An endpoint or one of its sensitivity analyses, all arms together. `bar`: places of its limits and its
    estimate on an axis from 0 to 200, as strings for SVG; None where nothing can be estimated."""

    plan: EndpointPlan
    n: int
    n_events: int
    estimate: Estimate | None
    bar: tuple[str, str, str] | None


@dataclass(frozen=True)
class SiteAccrual:
    """One site in the accrual table."""

    key: str
    name: str
    activated_on: date
    planned: int | None
    screened: int
    failed: int
    enrolled: int
    latest: date | None
    own: bool


def refresh_own(user: User, study: Study) -> None:
    """Bring the user's own subjects of the study up to date before any figure is read."""
    bring_up_to_date(Subject.objects.visible_to(user).filter(study=study))


def dashboard_context(user: User, study: Study, endpoint_key: str) -> dict[str, Any]:
    """Everything on a study's first page."""
    refresh_own(user, study)
    protocol = study.protocol
    by_arm = several_arms(protocol) and sees_arms(user, study)
    rows = counted_times(study, [plan.key for plan in protocol.endpoints])
    figures = [figure(plan, rows, by_arm) for plan in protocol.endpoints]
    flows, accrual = flows_of(study), accrual_of(study)
    timed = [one for one in figures if one.timed]
    chosen = next((one for one in timed if one.plan.key == endpoint_key), None) or first_curve(timed)
    return {
        "study": study,
        "protocol": protocol,
        "behind": subjects_behind(study),
        "six": six_figures(study, protocol, figures, Flow.total(flows)),
        "figures": figures,
        "timed": timed,
        "proportions": [one for one in figures if not one.timed],
        "chosen": chosen,
        **(curve_context(user, study, protocol, chosen, most_steps=MOST_STEPS) if chosen else {}),
        **accrual_context(study, protocol, accrual, own_sites(user, study)),
        "flow": Flow.total(flows),
        "flow_arms": arm_flows(protocol, flows) if by_arm else [],
        "pooled": several_arms(protocol) and not by_arm,
        "several_arms": several_arms(protocol),
    }


def endpoint_context(user: User, study: Study, plan: EndpointPlan) -> dict[str, Any]:
    """One endpoint of a study with its curve or proportion."""
    protocol = study.protocol
    by_arm = several_arms(protocol) and sees_arms(user, study)
    primary, family = family_of(protocol, plan)
    rows = counted_times(study, [one.key for one in family])
    figures = [figure(one, rows, by_arm) for one in family]
    shown = next(one for one in figures if one.plan.key == plan.key)
    return {
        "study": study,
        "primary": primary,
        "analyses": [analysis_line(one) for one in figures] if len(figures) > 1 else [],
        "protocol": protocol,
        "plan": plan,
        "behind": subjects_behind(study),
        "chosen": shown,
        "pooled": several_arms(protocol) and not by_arm,
        **(curve_context(user, study, protocol, shown) if shown.timed else {}),
        "shares": [
            (arm_name(protocol, group.arm), group.arm, shown.proportion(group)) for group in shown.groups
        ],
    }


def family_of(protocol: Protocol, plan: EndpointPlan) -> tuple[EndpointPlan, list[EndpointPlan]]:
    """The endpoint of which this is an analysis (or itself), and it with all its sensitivity analyses."""
    for one in protocol.endpoints:
        family = [one, *one.analyses]
        if plan in family:
            return one, family
    raise KeyError(plan.key)


def analysis_line(shown: Figure) -> AnalysisLine:
    estimate = shown.landmark() if shown.timed else shown.proportion().estimate
    bar = None
    if estimate and estimate.value is not None:
        ends = (estimate.lower, estimate.value, estimate.upper)
        low, middle, high = (f"{200 * (estimate.value if end is None else end):.1f}" for end in ends)
        bar = (low, middle, high)
    return AnalysisLine(shown.plan, shown.n, shown.n_events, estimate, bar)


def several_arms(protocol: Protocol) -> bool:
    return len(protocol.arms) > 1


def first_curve(timed: Sequence[Figure]) -> Figure | None:
    """The curve shown first: the primary endpoint's, else overall survival, else any."""
    order = {"primary": 0, "secondary": 1}
    ranked = sorted(timed, key=lambda one: (order.get(one.plan.role, 2), one.rising, one.plan.key != "OS"))
    return ranked[0] if ranked else None


def arm_name(protocol: Protocol, key: str) -> str:
    """The arm in the reader's language; "All subjects" where arms are pooled."""
    names = {arm.key: arm.name.in_language(get_language() or "en") for arm in protocol.arms}
    return names.get(key, key) if key else _("All subjects")


def six_figures(study: Study, protocol: Protocol, figures: Sequence[Figure], flow: Flow) -> list[Figured]:
    """The six figures that matter."""
    planned = protocol.planned_enrolment
    six = [
        Figured(
            _("Screened"),
            flow.screened,
            href=station_link(study, "screened"),
            hint=_("%(n)s in screening") % {"n": flow.in_screening},
        ),
        Figured(
            _("Screen failures"),
            flow.failed,
            hint=share(flow.failed, flow.screened),
            href=station_link(study, "failed"),
        ),
        Figured(
            _("Enrolled"),
            flow.enrolled,
            of=planned,
            hint=share(flow.enrolled, planned) if planned else _("planned number: not stated"),
            href=station_link(study, "enrolled"),
        ),
        Figured(
            _("Treated"),
            flow.treated,
            hint=share(flow.treated, flow.enrolled),
            href=station_link(study, "received"),
        ),
        Figured(
            _("Transplanted"),
            flow.transplanted,
            hint=share(flow.transplanted, flow.enrolled),
            href=station_link(study, "transplanted"),
        ),
    ]
    primary = next((one for one in figures if one.plan.role == "primary"), None)
    if primary is not None:
        six.append(primary_figure(study, primary))
    return six


def primary_figure(study: Study, primary: Figure) -> Figured:
    """Events of the primary endpoint, or its responders."""
    name = primary.plan.name.in_language(get_language() or "en")
    href = reverse("dashboard-endpoint", args=[study.key, primary.plan.key]) + "?events=1#subjects"
    if primary.timed:
        return Figured(
            _("Events of the primary endpoint"), primary.n_events, of=primary.n, hint=name, href=href
        )
    return Figured(_("Primary endpoint reached"), primary.n_events, of=primary.n, hint=name, href=href)


def share(part: int, whole: int | None) -> str:
    """A part in percent of a whole; nothing of nothing is no share."""
    return f"{100 * part / whole:.0f} %" if whole else ""


# Curves


def curve_context(
    user: User, study: Study, protocol: Protocol, shown: Figure, *, most_steps: int | None = None
) -> dict[str, Any]:
    """A curve with its tables, its landmark and its median; each step in a table where there are no more than that."""
    ticks = shown.ticks(TICKS)
    step_url = reverse("dashboard-endpoint", args=[study.key, shown.plan.key])
    names = {group.arm: arm_name(protocol, group.arm) for group in shown.groups}
    return {
        "chart": curve_drawing(shown, names, own_event_days(user, study, shown.plan.key), step_url),
        "curve_tables": [
            curve_table(shown, group, names[group.arm], ticks, most_steps) for group in shown.groups
        ],
        "estimates": [estimate_line(shown, group, names[group.arm]) for group in shown.groups],
        "landmark_words": shown.landmark_words,
        "step_url": step_url,
    }


def curve_table(
    shown: Figure, group: Group, name: str, ticks: Sequence[float], most_steps: int | None
) -> CurveTable:
    rows, steps = shown.table(group, ticks), shown.steps(group)
    if most_steps is not None and len(steps) > most_steps:
        return CurveTable(name, rows, (), len(steps))
    return CurveTable(name, rows, steps)


def estimate_line(shown: Figure, group: Group, name: str) -> dict[str, Any]:
    """The figures of one curve that stand in words above it."""
    return {
        "name": name,
        "arm": group.arm,
        "n": group.n,
        "n_events": group.count(1),
        "landmark": shown.landmark(group),
        "at_risk": shown.landmark_at_risk(group),
        "median": shown.median(group),
    }


# Accrual and flow


def accrual_context(
    study: Study, protocol: Protocol, rows: Sequence[AccrualRow], own: Collection[UUID]
) -> dict[str, Any]:
    """Enrolment against plan, over the study and by site; `own`: the sites whose numbers lead to subjects."""
    places = list(
        StudySite.objects.filter(study=study).select_related("site").order_by("activated_on", "site__key")
    )
    today = now().date()
    begun = min((place.activated_on for place in places), default=None)
    planned, length = protocol.planned_enrolment, protocol.accrual_months
    coming = expected_end(rows, begun, planned, today)
    keys = [place.site.key for place in places]
    return {
        "accrual": accrual_drawing(rows, keys, begun, planned, length, today, coming.on if coming else None),
        "coming": coming,
        "accrual_sites": [site_accrual(place, rows, place.site_id in own) for place in places],
        "accrual_months": monthly(rows),
        "expected": expected_by(today, begun, planned, length),
    }


@dataclass(frozen=True)
class Coming:
    """When the planned number is expected to be reached, and the pace (enrolled in so many days) that says so."""

    on: date
    earliest: date
    latest: date | None
    enrolled: int
    days: int


def expected_end(
    rows: Sequence[AccrualRow], begun: date | None, planned: int | None, today: date
) -> Coming | None:
    """The forecast from the last months; None where nothing is planned, nobody came of late, or all are there."""
    if not planned or begun is None:
        return None
    since = max(begun, add_months(today.replace(day=1), -RECENT_MONTHS))
    recent = sum(row.enrolled for row in rows if row.month >= since.replace(day=1))
    days = (today - since).days + 1
    found = forecast(recent, max(days, 0), planned - sum(row.enrolled for row in rows))
    if found is None:
        return None
    on, earliest = today + timedelta(days=found.days), today + timedelta(days=found.lower)
    latest = None if found.upper is None else today + timedelta(days=found.upper)
    return Coming(on, earliest, latest, recent, days)


def site_accrual(place: StudySite, every: Sequence[AccrualRow], own: bool) -> SiteAccrual:
    rows = [row for row in every if row.site_key == place.site.key]
    return SiteAccrual(
        key=place.site.key,
        name=str(place.site),
        activated_on=place.activated_on,
        planned=place.planned,
        screened=sum(row.screened for row in rows),
        failed=sum(row.failed for row in rows),
        enrolled=sum(row.enrolled for row in rows),
        latest=max((row.month for row in rows if row.enrolled), default=None),
        own=own,
    )


def monthly(rows: Sequence[AccrualRow]) -> list[tuple[date, int, int, int]]:
    """Screened, enrolled and enrolled so far by month in which something happened, the latest first."""
    found, total = [], 0
    for month in sorted({row.month for row in rows}):
        here = [row for row in rows if row.month == month]
        enrolled = sum(row.enrolled for row in here)
        total += enrolled
        found.append((month, sum(row.screened for row in here), enrolled, total))
    return found[::-1]


def arm_flows(protocol: Protocol, flows: Sequence[Flow]) -> list[tuple[str, Flow]]:
    """The flow of each arm with the arm's name, in the order of the protocol."""
    known = {flow.arm: flow for flow in flows if flow.arm != POOLED}
    return [(arm_name(protocol, arm.key), known.get(arm.key, Flow(arm.key))) for arm in protocol.arms]


# The list of studies


def studies_context(user: User) -> dict[str, Any]:
    """The user's studies with their six figures; those of which a role sees figures."""
    cards = []
    for study in studies_visible_to(user).prefetch_related("versions"):
        if not sees_figures(user, study):
            continue
        refresh_own(user, study)
        protocol = study.protocol
        primary = [plan for plan in protocol.endpoints if plan.role == "primary"][:1]
        rows = counted_times(study, [plan.key for plan in primary])
        figures = [figure(plan, rows, by_arm=False) for plan in primary]
        six = six_figures(study, protocol, figures, Flow.total(flows_of(study)))
        cards.append({"study": study, "protocol": protocol, "six": six, "behind": subjects_behind(study)})
    return {"cards": cards}
