"""What the laboratory page shows: rows of analytes, saved draws and open columns, the tray, small charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.formfields import units_of
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.names import form_title
from trialsite.casebook.pages import Problem
from trialsite.casebook.registries import PlannedRow
from trialsite.casebook.selectors import missed_visits, planned_visits
from trialsite.clinical.units import analyte as analyte_named
from trialsite.listing import listed

from ..domain.grading import terms_of
from ..domain.terms import asks_finding
from ..models import LabTrayRow
from ..models.tray import analyte_word
from ..pages.laboratory import finding_choices
from ..ranges.links import ranges_url
from .draws import SHOWN, Laboratory, Value, laboratory_of, unit_of, unit_words
from .panels import PANELS, ROUTINE
from .saving import PANEL_OF
from .sparks import charts_of
from .tray import waiting
from .typed import Column, Typed


@dataclass(frozen=True)
class OpenCell:
    """A cell of an open column: its name, what stands in it, what is wrong with it, the limits that were pasted.

    `findings`: what may be said beside the result where its CTCAE grade asks; `finding` what was said.
    """

    name: str
    text: str
    error: str
    lln: str
    uln: str
    finding: str
    findings: Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Head:
    """The head of an open column: number from 1, names and texts of its fields, what is wrong."""

    number: int
    texts: Mapping[str, str]
    errors: Mapping[str, str]
    whole: str


@dataclass(frozen=True)
class GridRow:
    """One analyte: its name, the unit of cells that name none, saved values by draw, open cells, its chart."""

    key: str
    label: str
    unit: str
    units: str
    saved: Sequence[Sequence[Value]]
    cells: Sequence[OpenCell]
    chart: Mapping[str, Any] | None


@dataclass(frozen=True)
class Panel:
    """The rows of one form."""

    title: str
    rows: Sequence[GridRow]


@dataclass(frozen=True)
class TrayLine:
    """A row of the tray with what was chosen for it."""

    row: LabTrayRow
    analyte: str
    reason: str
    placed: str
    errors: Mapping[str, str]


def grid_context(
    subject: Subject,
    typed: Typed,
    *,
    errors: Mapping[str, str] | None = None,
    earlier: int = 0,
    everything: bool = False,
    editing: bool = True,
) -> dict[str, Any]:
    """Everything on the page of the laboratory; `errors` by address ("0.wbc", "1.date", "tray.<row>.reason")."""
    wrong = errors or {}
    found = laboratory_of(subject, earlier)
    plan = planned_visits(subject)
    keys = shown_keys(found, typed, everything) if editing else set(found.analytes)
    return {
        "laboratory": found,
        "ranges_url": ranges_url(subject),
        "panels": [panel for panel in panels_of(subject, found, typed, keys, wrong) if panel.rows],
        "heads": [head_of(n, column, found, wrong) for n, column in enumerate(typed.columns)],
        "visits": visit_choices(subject, plan),
        "tray": [tray_line(row, typed, wrong) for row in waiting(subject)],
        "analytes": analyte_choices(subject),
        "whole": wrong.get("", ""),
        "problems": problems_in(wrong),
        "everything": everything,
        "more_analytes": not everything and len(keys) < sum(map(len, PANELS.values())),
        "earlier": earlier,
        "earlier_url": earlier + SHOWN if found.total > earlier + SHOWN else None,
        "later_url": max(earlier - SHOWN, 0) if earlier else None,
        "columns_wide": 2 + len(found.draws) + (len(typed.columns) if editing else 0),
    }


def problems_in(wrong: Mapping[str, str]) -> list[Problem]:
    """What is wrong in the open columns, with the cell of each sentence."""
    heads = {
        "date": _("Day of the draw"),
        "time": _("Sample time"),
        "laboratory": _("Laboratory"),
        "visit": _("Visit"),
    }
    found = []
    for address, sentence in wrong.items():
        number, _dot, place = address.partition(".")
        if number.isdigit():
            draw = _("New draw %(n)s") % {"n": int(number) + 1}
            label = " · ".join(filter(None, (draw, heads.get(place) or analyte_word(place))))
            found.append(Problem(f"id_d{number}-{place or 'date'}", label, [sentence]))
    return found


def shown_keys(found: Laboratory, typed: Typed, everything: bool) -> set[str]:
    """The routine analytes, those in the draws on the page, those typed or pasted; or all."""
    offered = PANELS if everything else ROUTINE
    return {key for keys in offered.values() for key in keys} | found.analytes | typed.analytes


def panels_of(
    subject: Subject, found: Laboratory, typed: Typed, keys: set[str], wrong: Mapping[str, str]
) -> list[Panel]:
    charts = charts_of(subject, keys)
    return [
        Panel(
            form_title(subject.protocol_version.protocol, panel),
            [
                row_of(key, found, typed, charts.get(key), wrong)
                for key in analytes
                if key in keys and PANEL_OF[key] == panel
            ],
        )
        for panel, analytes in PANELS.items()
    ]


def row_of(
    key: str, found: Laboratory, typed: Typed, chart: Mapping[str, Any] | None, wrong: Mapping[str, str]
) -> GridRow:
    return GridRow(
        key,
        analyte_named(key).label.in_language(get_language() or "en"),
        unit_words(unit_of(key, found.units)),
        listed(label for _code, label in units_of(key)),
        [draw.values.get(key, []) for draw in found.draws],
        [open_cell(n, column, key, wrong) for n, column in enumerate(typed.columns)],
        chart,
    )


def open_cell(number: int, column: Column, key: str, wrong: Mapping[str, str]) -> OpenCell:
    low, high = column.limits.get(key, ("", ""))
    return OpenCell(
        f"d{number}-{key}",
        column.cells.get(key, ""),
        wrong.get(f"{number}.{key}", ""),
        low,
        high,
        column.findings.get(key, ""),
        finding_choices([key]) if asks_finding(terms_of(key)) else [],
    )


def head_of(number: int, column: Column, found: Laboratory, wrong: Mapping[str, str]) -> Head:
    texts = {"laboratory": found.last_laboratory, **column.head}
    errors = {name: wrong.get(f"{number}.{name}", "") for name in ("date", "time", "laboratory", "visit")}
    return Head(number, texts, errors, wrong.get(f"{number}", ""))


def visit_choices(subject: Subject, plan: Sequence[PlannedRow]) -> list[tuple[str, str, str]]:
    """The visits at which a report can be entered: address, name, target; those recorded as not done are left out."""
    missed = missed_visits(subject)
    asked = [
        row
        for row in plan
        if (row.key, row.repeat) not in missed and any(slot.form_key in PANELS for slot in row.forms)
    ]
    log = (LOG, _("Log (no planned visit)"), "")
    days = [
        (f"{row.key}.{row.repeat}", row.name, f"{row.target:%m-%d}" if row.target else "") for row in asked
    ]
    return [log, *days]


def tray_line(row: LabTrayRow, typed: Typed, wrong: Mapping[str, str]) -> TrayLine:
    said = typed.tray.get(row.pk, {})
    placed = said.get("placed", "") if row.pk in typed.placed else ""
    errors = {name: wrong.get(f"tray.{row.pk}.{name}", "") for name in ("analyte", "reason")}
    return TrayLine(row, said.get("analyte", ""), said.get("reason", ""), placed, errors)


def analyte_choices(subject: Subject) -> list[tuple[str, list[tuple[str, str]]]]:
    """The analytes that can be entered, by panel."""
    language = get_language() or "en"
    protocol = subject.protocol_version.protocol
    return [
        (form_title(protocol, panel), [(key, analyte_named(key).label.in_language(language)) for key in keys])
        for panel, keys in PANELS.items()
    ]
