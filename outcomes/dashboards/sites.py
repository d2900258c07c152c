"""The sites beside each other: recruitment, quality and pace of the data, safety, deviations."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.charts import NARROW
from trialsite.deviations.states import Weight

from ..consort_page import station_link
from ..study_reading import accrual_of
from .cells import NONE, Cells, Count
from .drawing import Bar, Piece, bar_chart
from .parts import Asked, Cell, Line, Part, Place, Table, percent, places_of

SEVERE = (Weight.MAJOR.value, Weight.CRITICAL.value)


def sites(asked: Asked) -> list[Part]:
    """The part of the page: one line for each site, and all together."""
    names = ("queries", "overdue", "sdv", "entry", "ae_serious", "deviations")
    known = {name: asked.cells(name) for name in names}
    places, months = places_of(asked.study), accrual_of(asked.study)
    recruited: dict[str, tuple[int, int, int]] = {}
    for place in places:
        own = [row for row in months if row.site_key == place.key]
        recruited[place.key] = (
            sum(row.screened for row in own), sum(row.failed for row in own), sum(row.enrolled for row in own)
        )  # fmt: skip
    lines = [line(asked, known, place, recruited[place.key]) for place in places]
    every = tuple(sum(one) for one in zip(*recruited.values(), strict=True)) if places else (0, 0, 0)
    lines.append(line(asked, known, None, every))  # type: ignore[arg-type]
    return [
        Part(
            "comparison",
            _("Sites beside each other"),
            Table(_("Site"), heads(), lines),
            charts=charts(known, places, recruited),
            note=_(
                "Days to entry: the median over all forms, from the day of a form to its entry; what came from paper is"
                " left out. Deviations: those that were accepted."
            ),
        )
    ]


def heads() -> list[str]:
    return [
        _("Screened"), _("Enrolled"), _("Screen failures"), _("Open queries per subject"), _("Days to entry"),
        _("Overdue"), _("Source verified"), _("Serious adverse events"), _("Deviations, minor"),
        _("Deviations, major"), _("Deviations, critical"),
    ]  # fmt: skip


def line(
    asked: Asked, known: Mapping[str, Cells], place: Place | None, recruited: tuple[int, int, int]
) -> Line:
    screened, failed, enrolled = recruited

    def at(topic: str, of: str | None = None) -> Count:
        if place is None:
            return known[topic].total() if of is None else known[topic].at(of)
        return known[topic].by_site(of).get(place.id, NONE)

    def shown(topic: str, of: str | None = None) -> Cell:
        return asked.cell(at(topic, of), topic, of, shown=str(at(topic, of).n), site=key)

    def station(name: str) -> str:
        here = place is None or place.id in asked.own
        return station_link(asked.study, name, site=key) if here else ""

    key, verified = place.key if place else "", at("sdv")
    per_subject = f"{at('queries').n / screened:.1f}" if screened else "–"
    return Line(
        place.name if place else _("All sites"),
        (
            Cell(str(screened), station("screened")),
            Cell(str(enrolled), station("enrolled")),
            Cell(percent(failed, screened), station("failed")),
            asked.cell(at("queries"), "queries", shown=per_subject, site=key),
            asked.cell(at("entry"), "entry", shown=median_days(known["entry"], place), site=key),
            shown("overdue"),
            asked.cell(verified, "sdv", "", shown=percent(float(verified.value), verified.n), site=key),
            shown("ae_serious", ""),
            shown("deviations", Weight.MINOR.value),
            *(shown("deviations", weight) for weight in SEVERE),
        ),
    )


def median_days(cells: Cells, place: Place | None) -> str:
    """The middle of the days from a form's day to its entry; a dash without forms."""
    days: dict[int, int] = {}
    for row in cells.rows:
        if place is None or row.site == place.id:
            days[int(row.line)] = days.get(int(row.line), 0) + row.count.n
    ordered, total, seen = sorted(days), sum(days.values()), 0
    for day in ordered:
        seen += days[day]
        if 2 * seen >= total:
            return str(day)
    return "–"


def charts(
    known: Mapping[str, Cells], places: list[Place], recruited: Mapping[str, tuple[int, int, int]]
) -> list[tuple[str, dict[str, Any]]]:
    queries = known["queries"].by_site()
    severe = known["ae_serious"].by_site("")

    def drawn(title: str, value: Any) -> tuple[str, dict[str, Any]]:
        bars = [Bar(one.key, [Piece(round(value(one), 2), "plain")], f"{value(one):g}") for one in places]
        return title, bar_chart(bars, label=title, width=NARROW)

    def per_subject(place: Place) -> float:
        screened = recruited[place.key][0]
        return round(queries.get(place.id, NONE).n / screened, 1) if screened else 0.0

    return [
        drawn(_("Enrolled"), lambda one: recruited[one.key][2]),
        drawn(_("Open queries per subject"), per_subject),
        drawn(_("Serious adverse events"), lambda one: severe.get(one.id, NONE).n),
    ]
