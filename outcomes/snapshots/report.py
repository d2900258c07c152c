"""The report for a data and safety monitoring board, made of the kept files of a data cut, not of the record.

Open part: arms pooled. Closed part: by arm, for the roles that see figures by arm.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from trialsite.audit import acting
from trialsite.clinical import ctcae
from trialsite.deviations.states import DeviationKind, Weight
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import StudySite

from ..charting import accrual_drawing, curve_for_paper
from ..dashboard_page import CurveTable, arm_name, estimate_line, several_arms
from ..domain.cut_rows import Row, read
from ..domain.cut_summary import accrual, ages, any_grade, flow, tally, worst_grades
from ..figures import POOLED, Counted, Figure, figure
from ..models import DataCut
from ..models.events import DeathCause
from ..study_reading import AccrualRow
from .derivation import Progress
from .files import Made, content_of
from .paper import NoPdf, pdf_of

HTML, PDF = "text/html; charset=utf-8", "application/pdf"
LANGUAGES = ("en", "zh-hans")
TICKS = 7
REPORTS = "dsmb-"  # how their files begin
STATIONS = {
    "screened": gettext_lazy("Screened"),
    "failed": gettext_lazy("Screen failures"),
    "enrolled": gettext_lazy("Enrolled"),
    "randomised": gettext_lazy("Randomised"),
    "treated": gettext_lazy("Treated"),
    "in_crc": gettext_lazy("In complete remission"),
    "transplanted": gettext_lazy("Transplanted"),
    "relapsed": gettext_lazy("Relapsed"),
    "died": gettext_lazy("Died"),
    "withdrawn": gettext_lazy("Follow-up withdrawn"),
}
SEXES = {"F": gettext_lazy("Female"), "M": gettext_lazy("Male")}


@dataclass(frozen=True)
class Lines:
    """The lines of the files of a cut."""

    endpoints: Sequence[Row]
    courses: Sequence[Row]
    events: Sequence[Row]
    deviations: Sequence[Row]


@dataclass(frozen=True)
class Group:
    """The subjects of a column of the report: an arm, or all."""

    key: str
    name: str
    courses: Sequence[Row]

    @property
    def subjects(self) -> set[str]:
        return {row["subject"] for row in self.courses}

    def own(self, rows: Sequence[Row]) -> list[Row]:
        """Those of the lines that are about its subjects."""
        subjects = self.subjects
        return [row for row in rows if row["subject"] in subjects]


def make_reports(cut: DataCut, progress: Progress) -> tuple[dict[str, Made], bool]:
    """Name → file of each part in each language, as HTML and PDF; and whether PDF can be made here."""
    with acting(role="system"):
        parts = [False, True] if several_arms(cut.protocol_version.protocol) else [False]
        lines = lines_of(cut)
    total = len(parts) * len(LANGUAGES) * 2
    made: dict[str, Made] = {}
    can_print = True
    progress(0, total)
    for closed in parts:
        for language in LANGUAGES:
            name = f"{REPORTS}{'closed' if closed else 'open'}.{language}"
            with acting(role="system"), override(language):
                page = report(cut, lines, closed)
            made[f"{name}.html"] = Made(page.encode(), HTML, closed=closed)
            progress(len(made), total)
            try:
                made[f"{name}.pdf"] = Made(pdf_of(page), PDF, closed=closed)
            except NoPdf:
                can_print = False
            progress(len(made), total)
    return made, can_print


def lines_of(cut: DataCut) -> Lines:
    """The lines of the kept files."""
    kept = {one.name: one for one in cut.files.all()}
    names = ("endpoints.csv", "subjects.csv", "adverse-events.csv", "deviations.csv")
    return Lines(*(read(content_of(kept[name])) for name in names))


def report(cut: DataCut, lines: Lines, closed: bool) -> str:
    """One part of the report in the active language, as one page that needs nothing else."""
    return str(render_to_string("outcomes/report/report.html", report_context(cut, lines, closed)))


def report_context(cut: DataCut, lines: Lines, closed: bool) -> dict[str, Any]:
    protocol = cut.protocol_version.protocol
    groups = groups_of(protocol, lines.courses, closed)
    return {
        "cut": cut,
        "protocol": protocol,
        "closed": closed,
        "pooled": several_arms(protocol) and not closed,
        "language": get_language(),
        "groups": groups,
        **accrual_context(cut, protocol, lines.courses),
        "flow": by_group(groups, lambda group: flow(group.courses), STATIONS),
        "ages": [(group.name, ages(group.courses)) for group in groups],
        "sexes": by_group(groups, lambda group: counted_by(group.courses, "sex"), SEXES),
        **quality_context(lines),
        "endpoints": endpoints_of(protocol, lines, closed),
        "safety": [safety_of(group, lines.events) for group in groups],
        "deaths": by_group(groups, lambda group: deaths_of(group.courses), dict(DeathCause.choices)),
        "deviations": deviations_of(groups, lines.deviations, closed),
    }


def groups_of(protocol: Protocol, courses: Sequence[Row], closed: bool) -> list[Group]:
    """The columns of the report: the arms, or everybody."""
    if not closed:
        return [Group(POOLED, _("All subjects"), courses)]
    return [
        Group(arm.key, arm_name(protocol, arm.key), [row for row in courses if row["arm"] == arm.key])
        for arm in protocol.arms
    ]


def by_group(
    groups: Sequence[Group], count: Callable[[Group], Mapping[str, int]], words: Mapping[str, Any]
) -> list[tuple[str, list[int]]]:
    """Lines of counts, a column a group; a line that is nobody's is left out, one without words last."""
    counts = [count(group) for group in groups]
    names = [*words, *sorted({name for one in counts for name in one} - set(words))]
    lines = [
        (str(words.get(name, name or _("not recorded"))), [one.get(name, 0) for one in counts])
        for name in names
    ]
    return [(name, numbers) for name, numbers in lines if any(numbers)]


def counted_by(rows: Sequence[Row], column: str) -> dict[str, int]:
    return {key[0]: n for key, n in tally(rows, column).items()}


def deaths_of(courses: Sequence[Row]) -> dict[str, int]:
    return counted_by([row for row in courses if row["died_on"]], "death_cause")


def accrual_context(cut: DataCut, protocol: Protocol, courses: Sequence[Row]) -> dict[str, Any]:
    """Enrolment by site, with the chart against the plan."""
    places = StudySite.objects.filter(study=cut.study, activated_on__lte=cut.cut_off).select_related("site")
    listed = list(places.order_by("activated_on", "site__key"))
    rows = [
        AccrualRow(one.site, one.month, one.screened, one.failed, one.enrolled) for one in accrual(courses)
    ]
    sites = [
        (str(one.site), one.activated_on, flow([row for row in courses if row["site"] == one.site.key]))
        for one in listed
    ]
    chart = accrual_drawing(
        rows,
        [one.site.key for one in listed],
        min((one.activated_on for one in listed), default=None),
        protocol.planned_enrolment,
        protocol.accrual_months,
        cut.cut_off,
    )["wide"]
    return {"sites": sites, "total": flow(courses), "accrual": drawn("accrual", chart)}


def quality_context(lines: Lines) -> dict[str, Any]:
    """What is not complete in the data of the cut."""
    counted = [row for row in lines.endpoints if row["in_set"] == "Y"]
    return {
        "queries": sum(int(row["standing_queries"] or 0) for row in lines.courses),
        "incomplete": len({row["subject"] for row in counted if row["missing"]}),
        "imputed": len({row["subject"] for row in counted if row["imputed"] == "Y"}),
    }


# Endpoints


def endpoints_of(protocol: Protocol, lines: Lines, closed: bool) -> list[dict[str, Any]]:
    """Each endpoint with its curve and tables, or its proportion."""
    arms = {row["subject"]: row["arm"] for row in lines.courses}
    rows = [counted(row, arms[row["subject"]]) for row in lines.endpoints if row["in_set"] == "Y"]
    return [endpoint_of(protocol, figure(plan, rows, by_arm=closed)) for plan in protocol.endpoints]


def counted(row: Row, arm: str) -> Counted:
    """A line of the endpoints as a counted time."""
    days, cause = (int(row[name]) if row[name] else None for name in ("days", "cause"))
    return Counted(row["endpoint"], arm, days, row["status"], cause, row["event_type"], 1)


def endpoint_of(protocol: Protocol, shown: Figure) -> dict[str, Any]:
    names = {group.arm: arm_name(protocol, group.arm) for group in shown.groups}
    told: dict[str, Any] = {"figure": shown}
    if not shown.timed:
        return told | {"shares": [(names[one.arm], shown.proportion(one)) for one in shown.groups]}
    if not shown.n:
        return told
    ticks = shown.ticks(TICKS)
    return told | {
        "chart": drawn("km", curve_for_paper(shown, names)),
        "estimates": [estimate_line(shown, one, names[one.arm]) for one in shown.groups],
        "tables": [CurveTable(names[one.arm], shown.table(one, ticks), ()) for one in shown.groups],
    }


def drawn(kind: str, drawing: Mapping[str, Any]) -> SafeString | str:
    """A chart of the house as SVG with its rules inside, for browser and paper; nothing of an empty one."""
    if drawing.get("empty"):
        return ""
    chart = render_to_string(f"components/{kind}_svg.html", {"drawing": drawing, "place": "wide"})
    style = render_to_string("outcomes/report/chart_style.html")
    inside = re.sub(r"(<svg\b[^>]*>)", lambda found: found[1] + style, str(chart), count=1)
    return mark_safe(inside)  # noqa: S308  (templates of the house, which escape what they show)


# Safety and conduct


def safety_of(group: Group, events: Sequence[Row]) -> dict[str, Any]:
    """Adverse events of a group: subjects by worst grade, of any term and of each."""
    own, language = group.own(events), get_language() or "en"
    return {
        "group": group,
        "any": any_grade(own),
        "serious": len({row["subject"] for row in own if row["serious"] == "Y"}),
        "terms": [(ctcae.words_of(one.term, language), one) for one in worst_grades(own)],
    }


def deviations_of(
    groups: Sequence[Group], deviations: Sequence[Row], closed: bool
) -> list[tuple[str, str, list[int]]]:
    """Kind and class with the number in each group; those of no subject stand in the open part alone."""
    counts = [tally(group.own(deviations) if closed else deviations, "kind", "weight") for group in groups]
    found = []
    for kind in DeviationKind:
        for weight in Weight:
            numbers = [one.get((kind.value, weight.value), 0) for one in counts]
            if any(numbers):
                found.append((str(kind.label), str(weight.label), numbers))
    return found
