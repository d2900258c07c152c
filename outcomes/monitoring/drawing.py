"""A stopping rule as a drawing: the counts so far, and the counts at which it stops."""

from typing import Any

from django.utils.translation import gettext as _

from outcomes.domain.stopping import Evaluation
from trialsite.casebook import charts

HEIGHT = 200


def rule_drawing(found: Evaluation, planned: int) -> dict[str, Any]:
    """Subjects assessed along the axis up to the planned number, subjects who reached the endpoint upwards."""
    return charts.both(draw, found, planned)


def draw(found: Evaluation, planned: int, *, width: int = charts.WIDE) -> dict[str, Any]:
    """Places for `components/km_svg.html`: observed counts as steps, the boundary as a line through the looks."""
    bounded = [one for one in found.looks if one.boundary is not None]
    highest = max([found.reached, *(one.boundary or 0 for one in bounded), 1])
    ticks, heights = charts.nice_ticks(planned, 5 if width < 500 else 10), charts.nice_ticks(highest, 5)
    observed = charts.Curve(
        _("observed"),
        [charts.Step(0, 0), *(charts.Step(n, count) for n, count in found.path)],
        found.assessed,
    )
    boundary = charts.Curve(_("boundary"), [], 0)
    looks = [charts.Mark(one.n, one.boundary or 0, look_words(found, one.n, one.boundary)) for one in bounded]
    top = 20 + charts.LINE * (2 if width < 500 else 1)
    x = charts.Scale(0, ticks[-1], 46, width - 18)
    y = charts.Scale(0, heights[-1], top + HEIGHT, top)
    return {
        "width": width,
        "height": charts.px(top + HEIGHT + 3 * charts.LINE),
        "empty": False,
        **charts.axes(
            x,
            y,
            ticks,
            [(one, f"{one:g}") for one in heights],
            _("Subjects assessed"),
            _("Subjects who reached the endpoint"),
        ),
        "legend": charts.legend_of([observed, boundary], width, 12),
        "curves": [
            charts.draw_curve(observed, 0, 0.0, x, y),
            charts.draw_curve(boundary, 1, 0.0, x, y)
            | {
                "path": charts.line_path([(x(one.x), y(one.y)) for one in looks]),
                "dots": [
                    {"x": charts.px(x(one.x)), "y": charts.px(y(one.y)), "href": "", "title": one.title}
                    for one in looks
                ],
            },
        ],
    }


def look_words(found: Evaluation, n: int, boundary: int | None) -> str:
    """At which counts a look stops the trial."""
    if boundary is None:
        return _("n = %(n)s: no count stops") % {"n": n}
    sentence = (
        _("n = %(n)s: stop at %(count)s or more")
        if found.upper
        else _("n = %(n)s: stop at %(count)s or fewer")
    )
    return sentence % {"n": n, "count": boundary}
