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
from trialsite.studies.models import Study

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
    """A part of a page; `key` names its files. `choosing`: the choice of the page ("of") changes this part."""

    key: str
    title: str
    table: Table
    chart: dict[str, Any] | None = None
    lead: str = ""
    note: str = ""
    choosing: bool = False


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

    def link(self, topic: str, line: str | None = None, levels: Sequence[str] = (), site: str = "") -> str:
        """Where the subjects of a cell are listed."""
        asked = {"line": line} if line is not None else {}
        more = {"level": "|".join(levels), "arm": self.arm, "site": site}
        asked |= {name: value for name, value in more.items() if value}
        address = reverse("dashboard-cell", args=[self.study.key, topic])
        return f"{address}?{urlencode(asked)}" if asked else address

    def cell(
        self, count: Count, topic: str, line: str | None = None, levels: Sequence[str] = (), shown: str = ""
    ) -> Cell:
        """A number that leads to its subjects where some are at the own sites."""
        text = shown or str(count.subjects)
        if not count.own:
            return Cell(text)
        title = _("%(own)s at your sites") % {"own": count.own}
        return Cell(text, self.link(topic, line, levels), title)


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
