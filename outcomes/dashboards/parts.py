"""What a page of the dashboards is made of: parts with a chart and its table, whose cells lead to subjects."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from outcomes.domain.intervals import Estimate
from trialsite.access.models import User
from trialsite.exchange.renderers import BOM
from trialsite.exchange.renderers import cell as safe
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import Study, StudySite

from .cells import Cells, Count, cells_of


@dataclass(frozen=True)
class Cell:
    """One number of a table with where it leads; `title` says how many subjects of the own sites stand behind it."""

    text: str
    href: str = ""
    title: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a table; `over` is the heading of a group above it."""

    name: str
    cells: Sequence[Cell]
    over: str = ""
    href: str = ""


@dataclass(frozen=True)
class Table:
    """A table: the heading of its first column, of the others, its lines."""

    first: str
    heads: Sequence[str]
    lines: Sequence[Line]


@dataclass(frozen=True)
class Part:
    """A part of a page; `key` names its files. `choices` change it; `charts`: small ones."""

    key: str
    title: str
    table: Table
    chart: dict[str, Any] | None = None
    lead: str = ""
    note: str = ""
    choices: Sequence["Choice"] = ()
    charts: Sequence[tuple[str, dict[str, Any]]] = ()


@dataclass(frozen=True)
class Choice:
    """Something to choose above the parts: a name with the address that shows it."""

    label: str
    href: str
    chosen: bool


@dataclass(frozen=True)
class Asked:
    """A reader's question: which study, which arm, and what else the address asks for. `own`: ids of the own sites."""

    user: User
    study: Study
    protocol: Protocol
    own: frozenset[UUID]
    arm: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    def cells(self, topic: str) -> Cells:
        return cells_of(self.study, topic, self.own, self.arm)

    def choices(self, name: str, known: Sequence[tuple[str, str]], chosen: str) -> list[Choice]:
        """Addresses of this page with another value of a parameter; the arm stays."""
        kept = {"arm": self.arm} if self.arm and name != "arm" else {}
        return [Choice(label, "?" + urlencode({name: key} | kept), key == chosen) for key, label in known]

    def link(self, topic: str, line: str | None = None, levels: Sequence[str] = (), site: str = "") -> str:
        """Where the subjects of a cell are listed."""
        asked = {"line": line} if line is not None else {}
        more = {"level": "|".join(levels), "arm": self.arm, "site": site}
        asked |= {name: value for name, value in more.items() if value}
        address = reverse("dashboard-cell", args=[self.study.key, topic])
        return f"{address}?{urlencode(asked)}" if asked else address

    def cell(
        self,
        count: Count,
        topic: str,
        line: str | None = None,
        levels: Sequence[str] = (),
        *,
        shown: str = "",
        site: str = "",
    ) -> Cell:
        """A number that leads to its subjects where some are at the own sites."""
        text = shown or str(count.subjects)
        if not count.own:
            return Cell(text)
        several = line is None  # a subject may stand in several lines
        title = _("at your sites") if several else _("%(own)s at your sites") % {"own": count.own}
        return Cell(text, self.link(topic, line, levels, site), title)


def percent(part: float, whole: float) -> str:
    """A share with one decimal; a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def limits(estimate: Estimate) -> str:
    """Two limits in per cent."""
    if estimate.lower is None or estimate.upper is None:
        return "–"
    return f"{100 * estimate.lower:.1f}–{100 * estimate.upper:.1f}"


def as_csv(part: Part, name: str) -> HttpResponse:
    """The table of a part as a file."""
    answer = HttpResponse(BOM, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer, groups, over = csv.writer(answer), any(line.over for line in part.table.lines), ""
    writer.writerow([*([""] if groups else []), part.table.first, *part.table.heads])
    for line in part.table.lines:
        over = line.over or over
        words = [*([over] if groups else []), line.name, *(cell.text for cell in line.cells)]
        writer.writerow([safe(one) for one in words])
    return answer


@dataclass(frozen=True)
class Place:
    """A site of the study."""

    id: UUID
    key: str
    name: str


def places_of(study: Study) -> list[Place]:
    """The sites of a study in the order of their keys."""
    rows = StudySite.objects.filter(study=study).select_related("site").order_by("site__key")
    return [Place(row.site_id, row.site.key, str(row.site)) for row in rows]
