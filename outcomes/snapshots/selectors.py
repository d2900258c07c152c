"""Reading data cuts: those of a study, their work, what they say of the figures, and how two of them differ."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import subjects_visible_to
from trialsite.studies.models import Study

from ..dashboard_page import arm_name
from ..domain.cut_difference import Change, EndpointChange, SubjectChange, difference
from ..domain.cut_rows import read
from ..domain.intervals import NOT_ESTIMABLE, Estimate
from ..models import CutRun, DataCut, DataCutFile
from ..models.results import STATUS_WORDS, EndpointResult
from ..study_reading import sees_arms
from .files import MANIFEST, content_of, may_open
from .report import REPORTS

FIGURES, BY_ARM, ENDPOINTS = "figures.json", "figures-by-arm.json", "endpoints.csv"


def all_cuts() -> QuerySet[DataCut]:
    """Data cuts, the newest first, with their files and runs; without the heads, which are many."""
    runs = CutRun.objects.order_by("-asked_at")
    files = DataCutFile.objects.select_related("cut__study").defer("cut__heads")
    found = DataCut.objects.defer("heads").select_related("taken_by", "study", "protocol_version")
    return found.prefetch_related(
        Prefetch("files", queryset=files), Prefetch("runs", queryset=runs)
    ).order_by("-taken_at")


def cuts_of(study: Study) -> QuerySet[DataCut]:
    return all_cuts().filter(study=study)


def cut_or_404(study: Study, cut_id: UUID | str) -> DataCut:
    try:
        found = cuts_of(study).filter(pk=UUID(str(cut_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def file_named(cut: DataCut, name: str) -> DataCutFile | None:
    return next((one for one in cut.files.all() if one.name == name), None)


def is_made(cut: DataCut) -> bool:
    """Whether the files of a cut are there."""
    return file_named(cut, MANIFEST) is not None


def has_report(cut: DataCut) -> bool:
    return any(one.name.startswith(REPORTS) for one in cut.files.all())


def report_run_of(cut: DataCut) -> CutRun | None:
    """The work that made the report."""
    return next((one for one in cut.runs.all() if one.work == "report" and one.state == "done"), None)


def run_of(cut: DataCut) -> CutRun | None:
    """The newest work on a cut."""
    return next(iter(cut.runs.all()), None)


def check_of(cut: DataCut) -> CutRun | None:
    """The newest check that gave an answer."""
    return next((one for one in cut.runs.all() if one.work == "check" and one.state == "done"), None)


def files_for(user: User, cut: DataCut) -> list[tuple[DataCutFile, bool]]:
    """The files of a cut, and whether the user may open each; what tells arms apart is not named to others."""
    arms = sees_arms(user, cut.study)
    return [(one, may_open(user, one)) for one in cut.files.all() if arms or not one.closed]


# Figures


@dataclass(frozen=True)
class EndpointFigure:
    """One endpoint of a cut, of one arm or pooled, as tables show it. `estimate`: at the landmark, or the share."""

    key: str
    name: str
    arm: str
    timed: bool
    n: int
    events: int
    estimate: Estimate
    median: Estimate | None


def figures_of(user: User, cut: DataCut) -> list[EndpointFigure]:
    """The figures of a cut: by arm for those who see arms, pooled for others."""
    by_arm = file_named(cut, BY_ARM)
    file = by_arm if by_arm and may_open(user, by_arm) else file_named(cut, FIGURES)
    return read_figures(cut, file)


def pooled_figures_of(cut: DataCut) -> list[EndpointFigure]:
    return read_figures(cut, file_named(cut, FIGURES))


def read_figures(cut: DataCut, file: DataCutFile | None) -> list[EndpointFigure]:
    if file is None:
        return []
    told = json.loads(content_of(file))
    names = endpoint_names(cut)
    order = {key: place for place, key in enumerate(names)}
    return [
        figure_line(cut, key, names.get(key, key), group)
        for key in sorted(told, key=lambda one: order.get(one, len(order)))
        for group in told[key]["groups"]
    ]


def figure_line(cut: DataCut, key: str, name: str, group: Mapping[str, Any]) -> EndpointFigure:
    return EndpointFigure(
        key,
        name,
        arm_name(cut.protocol_version.protocol, group["arm"]),
        "proportion" not in group,
        group["n"],
        group["events"],
        estimate(group.get("proportion") or group.get("at_landmark")) or NOT_ESTIMABLE,
        estimate(group.get("median_days")),
    )


def estimate(told: Mapping[str, float | None] | None) -> Estimate | None:
    return Estimate(**told) if told else None


def endpoint_names(cut: DataCut) -> dict[str, str]:
    """Endpoint → its name in the reader's language, in the order of the protocol."""
    language = get_language() or "en"
    return {plan.key: plan.name.in_language(language) for plan in cut.protocol_version.protocol.analyses}


# Difference


@dataclass(frozen=True)
class EndpointLine:
    """One endpoint between two cuts, with its pooled figures; `here`: changed subjects at one's own sites."""

    key: str
    name: str
    change: EndpointChange
    old: EndpointFigure | None
    new: EndpointFigure | None
    here: int

    @property
    def elsewhere(self) -> int:
        return len(self.change.subjects) - self.here

    @property
    def values(self) -> list[float | None]:
        """The estimate in both cuts."""
        return [one.estimate.value if one else None for one in (self.old, self.new)]

    @property
    def entered(self) -> int:
        return self.change.count(Change.NEW)

    @property
    def left(self) -> int:
        return self.change.count(Change.GONE)

    @property
    def changed(self) -> int:
        return self.change.count(Change.CHANGED)


@dataclass(frozen=True)
class SubjectLine:
    """One changed subject at one's own sites."""

    subject: Subject
    name: str
    change: SubjectChange

    @property
    def kind_words(self) -> str:
        return {Change.NEW: _("counts now"), Change.GONE: _("counts no more"), Change.CHANGED: _("changed")}[
            self.change.kind
        ]

    @property
    def old(self) -> str:
        return result_words(self.change.old)

    @property
    def new(self) -> str:
        return result_words(self.change.new)


def result_words(row: Mapping[str, str]) -> str:
    """A result in one line: "event · relapse · 186 days · 2024-01-11 – 2024-07-15"; a dash for none."""
    if not row:
        return "–"
    result = EndpointResult(
        status=row["status"],
        days=int(row["days"]) if row["days"] else None,
        cause=int(row["cause"]) if row["cause"] else None,
        event_type=row["event_type"],
    )
    status = result.status_words if row["status"] in STATUS_WORDS else row["status"]
    days = _("%(n)s days") % {"n": row["days"]} if row["days"] else ""
    dates = " – ".join(filter(None, (row["origin"], row["ended_on"])))
    return " · ".join(filter(None, (status, result.event_words, days, dates)))


@dataclass(frozen=True)
class Difference:
    """Everything that differs between two cuts, as far as the reader may see it."""

    endpoints: Sequence[EndpointLine]
    subjects: Sequence[SubjectLine]


def difference_of(user: User, old: DataCut, new: DataCut) -> Difference:
    """What changed from one cut to another: subjects of one's own sites by name, others counted."""
    names = endpoint_names(new)
    changes = difference(rows_of(old), rows_of(new), list(names))
    own = {str(one.pk): one for one in own_subjects(user, new.study, changes)}
    figures = [{one.key: one for one in pooled_figures_of(cut)} for cut in (old, new)]
    lines = [
        EndpointLine(
            one.endpoint,
            names[one.endpoint],
            one,
            figures[0].get(one.endpoint),
            figures[1].get(one.endpoint),
            sum(each.subject in own for each in one.subjects),
        )
        for one in changes
    ]
    subjects = [
        SubjectLine(own[each.subject], names[one.endpoint], each)
        for one in changes
        for each in one.subjects
        if each.subject in own
    ]
    return Difference(lines, subjects)


def rows_of(cut: DataCut) -> list[dict[str, str]]:
    file = file_named(cut, ENDPOINTS)
    if file is None:
        raise Http404
    return read(content_of(file))


def own_subjects(user: User, study: Study, changes: Sequence[EndpointChange]) -> QuerySet[Subject]:
    ids = {each.subject for one in changes for each in one.subjects}
    return subjects_visible_to(user).filter(study=study, pk__in=ids)
