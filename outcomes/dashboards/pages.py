"""The pages of the dashboards: one address for each, one list of the subjects behind any of their cells."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.selectors import subjects_visible_to
from trialsite.studies.models import Study, StudySite

from ..consort_page import own_sites
from ..dashboard_page import arm_name, refresh_own, several_arms
from ..study_reading import sees_arms, study_with_figures, subjects_behind
from .cells import Behind, BehindCells, cells_of
from .exposure import exposure
from .failures import failures
from .forest import forest
from .mrd import mrd
from .parts import Asked, Choice, Part, as_csv
from .quality import quality
from .response import response
from .safety import safety
from .sites import sites
from .topics import TOPICS


@dataclass(frozen=True)
class Page:
    """One page: its name and its parts."""

    label: Any
    parts: Callable[[Asked], list[Part]]


PAGES: Mapping[str, Page] = {
    "response": Page(gettext_lazy("Response"), response),
    "mrd": Page(gettext_lazy("MRD"), mrd),
    "safety": Page(gettext_lazy("Safety"), safety),
    "exposure": Page(gettext_lazy("Treatment"), exposure),
    "forest": Page(gettext_lazy("Subgroups"), forest),
    "failures": Page(gettext_lazy("Screen failures"), failures),
    "quality": Page(gettext_lazy("Data quality"), quality),
    "sites": Page(gettext_lazy("Sites"), sites),
}


KEPT = ("of", "arm", "endpoint", "by")  # of an address, in the address of a file


def tabs(study: Study, chosen: str, user: User) -> list[Choice]:
    """The pages of a study's dashboards, the first page and the flow among them; adjudication where there is one."""
    first = [
        Choice(_("Summary"), reverse("dashboard", args=[study.key]), chosen == "summary"),
        Choice(_("Flow"), reverse("dashboard-flow", args=[study.key]), chosen == "flow"),
    ]
    pages = [
        Choice(str(page.label), reverse(f"dashboard-{name}", args=[study.key]), chosen == name)
        for name, page in PAGES.items()
    ]
    if study.protocol.adjudication is None or not may(user, "adjudication.view", study_id=study.pk):
        return first + pages
    address = reverse("dashboard-adjudications", args=[study.key])
    return [*first, *pages, Choice(_("Adjudication"), address, chosen == "adjudications")]


def asked_by(request: HttpRequest, user: User, study: Study) -> Asked:
    """What a request asks for; an arm only where the reader may tell arms apart."""
    protocol, arm = study.protocol, request.GET.get("arm", "")
    known = {one.key for one in protocol.arms}
    shown = arm if arm in known and several_arms(protocol) and sees_arms(user, study) else ""
    return Asked(user, study, protocol, frozenset(own_sites(user, study)), shown, request.GET.dict())


@login_required
def page(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """One page of a study's dashboards; `csv` names the part whose table is downloaded."""
    user = user_of(request)
    study = study_with_figures(user, key)
    refresh_own(user, study)
    asked = asked_by(request, user, study)
    parts = PAGES[name].parts(asked)
    if "csv" in request.GET:
        return csv_of(parts, request.GET["csv"], f"{study.key}-{name}")
    return render(request, "outcomes/dashboards/page.html", frame(asked, name) | {"parts": parts})


def csv_of(parts: Iterable[Part], wanted: str, name: str) -> HttpResponse:
    """The table of the wanted part as a file; Http404 where there is no such part."""
    part = next((one for one in parts if one.key == wanted), None)
    if part is None:
        raise Http404
    return as_csv(part, f"{name}-{part.key}")


def kept(asked: Asked) -> str:
    """What of the address the address of a file keeps."""
    return urlencode({key: value for key, value in asked.params.items() if key in KEPT})


def frame(asked: Asked, name: str) -> dict[str, Any]:
    """What stands around the parts: tabs, choices, what the reader sees of how many sites."""
    study, protocol = asked.study, asked.protocol
    sites = StudySite.objects.filter(study=study).count()
    return {
        "study": study,
        "protocol": protocol,
        "label": PAGES[name].label,
        "tabs": tabs(study, name, asked.user),
        "behind": subjects_behind(study),
        "own_sites": len(asked.own),
        "all_sites": sites,
        "pooled": several_arms(protocol) and not sees_arms(asked.user, study),
        "arms": arm_choices(asked),
        "kept": kept(asked),
    }


def arm_choices(asked: Asked) -> list[Choice]:
    """All arms together or one of them; nothing where the reader may not tell them apart."""
    if not (several_arms(asked.protocol) and sees_arms(asked.user, asked.study)):
        return []
    keys = ["", *(arm.key for arm in asked.protocol.arms)]
    return asked.choices("arm", [(key, arm_name(asked.protocol, key)) for key in keys], asked.arm)


@login_required
def cell(request: HttpRequest, key: str, topic: str) -> HttpResponse:
    """The subjects of one's own sites behind a cell, each with the page that holds its records."""
    user = user_of(request)
    study = study_with_figures(user, key)
    if topic not in TOPICS:
        raise Http404
    refresh_own(user, study)
    asked, said = asked_by(request, user, study), request.GET
    line, site = said.get("line"), said.get("site", "")
    levels = [one for one in said.get("level", "").split("|") if one]
    found = BehindCells(user, study, topic, line, levels, asked.arm, site)
    rows: Any = found  # of which a page asks its slice alone
    everywhere = sum(
        row.count.subjects
        for row in cells_of(study, topic, asked.own, asked.arm).rows
        if (line is None or row.line == line) and (not levels or row.level in levels)
    )
    context: dict[str, Any] = {
        "study": study,
        "topic": TOPICS[topic],
        "what": what_of(asked, topic, line, levels, site),
        "own": found.subjects(),
        "everywhere": "" if site or line is None else everywhere,
        "page": Paginator(rows, 50).get_page(said.get("page")),
    }
    context["lines"] = list(listed(asked, topic, context["page"]))
    return render(request, "outcomes/dashboards/cell.html", context)


def what_of(asked: Asked, topic: str, line: str | None, levels: list[str], site: str) -> str:
    """The cell in words: line, levels, arm and site."""
    kind, protocol = TOPICS[topic], asked.protocol
    parts = [
        kind.lines(protocol, line) if line is not None else "",
        ", ".join(kind.levels(protocol, one) for one in levels),
        arm_name(protocol, asked.arm) if asked.arm else "",
        site,
    ]
    return " · ".join(part for part in parts if part)


def listed(asked: Asked, topic: str, page: Iterable[Behind]) -> Iterator[dict[str, Any]]:
    """The lines of one page of the list: the subject, its cell in words, and where its records stand."""
    kind, shown = TOPICS[topic], list(page)
    subjects = subjects_visible_to(asked.user).in_bulk([one.subject_id for one in shown])
    for one in shown:
        yield {
            "subject": subjects[one.subject_id],
            "line": kind.lines(asked.protocol, one.line),
            "level": kind.levels(asked.protocol, one.level) if one.level else "",
            "n": one.n,
            "href": reverse(kind.page, args=[one.subject_id]),
        }
