"""Small charts of single analytes over time: limits of normal as a band, severe grades as triangles, treatment below.

Coordinates only, in pixels, as `casebook.charts` gives them; nothing clinical is decided here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trialsite.casebook.charts import Drawing, Scale, px
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import timeline
from trialsite.casebook.site_day import site_today

from .results import LabValue

WIDTH, PLOT, STRIP = 176, 40, 9  # pixels: width, height of the values, height of the treatment below
SPAN = timedelta(days=180)  # before the last result
DAYS = 12  # or so many days with results, where that is longer
SHORTEST = timedelta(days=14)
TREATMENT = ("infusion", "chemotherapy", "conditioning", "transplant", "cell-therapy")
MOST_DOTS = 24  # beyond, only the line and what is severe


@dataclass(frozen=True)
class Given:
    """A stretch of treatment, or its day: its kind and words, first and last day."""

    kind: str
    words: str
    start: date
    end: date | None


def given(subject: Subject) -> list[Given]:
    """Infusions, chemotherapy, transplantation and cells of a subject, as the timeline has them."""
    source = timeline.get("treatment")
    today = site_today(subject)
    return [
        Given(
            str(item["kind"]),
            str(item["label"]),
            item["start"],
            item.get("end") or (today if item.get("ongoing") else None),
        )
        for lane in (source(subject) if source else ())
        for item in lane["items"]
        if item.get("start") and item.get("kind") in TREATMENT
    ]


def spans(values: Sequence[LabValue]) -> tuple[date, date] | None:
    """First and last day of the charts of a subject: the same for all of its analytes."""
    if not values:
        return None
    days = sorted({value.on for value in values})
    last = days[-1]
    first = min(days[-DAYS:][0], max(days[0], last - SPAN))
    return min(first, last - SHORTEST), last


def spark(
    name: str,
    values: Sequence[LabValue],
    severe: Mapping[str, str],
    span: tuple[date, date],
    treatment: Sequence[Given],
) -> Drawing | None:
    """The chart of one analyte; None with fewer than two results. `severe`: line of a result → its grade in words."""
    shown = [
        value for value in values if span[0] <= value.on <= span[1] and value.quantity.canonical is not None
    ]
    if len(shown) < 2:
        return None
    x = Scale(span[0].toordinal(), span[1].toordinal(), 6, WIDTH - 6)
    last = shown[-1]
    y = heights(shown, last.lln, last.uln)
    points = [point_of(value, severe.get(value.source.row_id, ""), x, y) for value in shown]
    marked = [point for point in points if point["severe"]]
    return {
        "width": WIDTH,
        "height": PLOT + STRIP + 2,
        "label": words_of(name, shown, len(marked)),
        "band": band_of(last.lln, last.uln, y),
        "path": "M" + "L".join(f"{point['x']} {point['y']}" for point in points),
        "dots": [point for point in points if not point["severe"]]
        if len(points) <= MOST_DOTS
        else points[-1:],
        "severe": marked,
        "given": [place for one in treatment if (place := place_of(one, span, x))],
        "base": px(PLOT + 1),
    }


def heights(values: Sequence[LabValue], lln: Decimal | None, uln: Decimal | None) -> Scale:
    """From a value to its height: all results fit, and the limits as far as they lie near."""
    numbers = [float(value.quantity.canonical) for value in values if value.quantity.canonical is not None]
    low, high = min(numbers), max(numbers)
    reach = (high - low) or abs(high) or 1.0
    near = [
        float(limit) for limit in (lln, uln) if limit is not None and low - reach <= limit <= high + reach
    ]
    return Scale(min([low, *near]), max([high, *near]), PLOT - 5, 5)


def band_of(lln: Decimal | None, uln: Decimal | None, y: Scale) -> Drawing | None:
    """The limits of normal of the last result, cut at the edges of the chart; open where only one is known."""
    if lln is None and uln is None:
        return None
    top = max(0.0, min(float(PLOT), y(float(uln)))) if uln is not None else 0.0
    bottom = max(0.0, min(float(PLOT), y(float(lln)))) if lln is not None else float(PLOT)
    return {"y": px(top), "height": px(max(bottom - top, 1.0)), "width": WIDTH}


def point_of(value: LabValue, grade: str, x: Scale, y: Scale) -> Drawing:
    assert value.quantity.canonical is not None
    left, top = x(value.on.toordinal()), y(float(value.quantity.canonical))
    words = f"{value.on:%Y-%m-%d}: {value.quantity.text}"
    return {
        "x": px(left),
        "y": px(top),
        "severe": grade,
        "triangle": f"{px(left)},{px(top - 4.5)} {px(left + 4.5)},{px(top + 3.5)} {px(left - 4.5)},{px(top + 3.5)}",
        "title": f"{words} · {_('grade %(grade)s') % {'grade': grade}}" if grade else words,
        "limit": bool(value.quantity.comparator),
    }


def place_of(one: Given, span: tuple[date, date], x: Scale) -> Drawing | None:
    """A stretch of treatment under the chart, cut at its edges; a single day as a diamond."""
    end = one.end or one.start
    if end < span[0] or one.start > span[1]:
        return None
    left, right = x(max(one.start, span[0]).toordinal()), x(min(end, span[1]).toordinal())
    days = f"{one.start:%Y-%m-%d}" + (f" – {one.end:%Y-%m-%d}" if one.end else "")
    middle = PLOT + 2 + STRIP / 2
    diamond = ((0, -4), (4, 0), (0, 4), (-4, 0))
    return {
        "kind": one.kind.replace("-", "_"),
        "title": f"{one.words} · {days}",
        "bar": one.end is not None,
        "x": px(left),
        "y": px(PLOT + (2 if one.kind == "infusion" else 6)),
        "width": px(max(2.0, right - left)),
        "diamond": " ".join(f"{px(left + dx)},{px(middle + dy)}" for dx, dy in diamond),
    }


def words_of(name: str, shown: Sequence[LabValue], severe: int) -> str:
    """The chart in words, for who does not see it."""
    last: Any = shown[-1]
    said = ngettext("%(n)d result", "%(n)d results", len(shown)) % {"n": len(shown)}
    ends = _("last %(value)s on %(day)s") % {"value": last.quantity, "day": f"{last.on:%Y-%m-%d}"}
    grade = (
        ngettext("grade 3 or worse once", "grade 3 or worse %(n)d times", severe) % {"n": severe}
        if severe
        else ""
    )
    return " · ".join(filter(None, [name, said, ends, grade]))
