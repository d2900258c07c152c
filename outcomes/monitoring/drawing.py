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
    top = 20 + charts.LINE * (2 if width < 500 else 1)
    x = charts.Scale(0, ticks[-1], 46, width - 18)
    y = charts.Scale(0, heights[-1], top + HEIGHT, top)
    line = [(x(one.n), y(one.boundary or 0)) for one in bounded]
    return {
        "width": width,
        "height": charts.px(top + HEIGHT + 3 * charts.LINE),
        "empty": False,
        "left": charts.px(x.start),
        "right": charts.px(x.end),
        "top": charts.px(top),
        "bottom": charts.px(top + HEIGHT),
        "x_label": _("Subjects assessed"),
        "y_label": _("Subjects who reached the endpoint"),
        "x_label_x": charts.px((x.start + x.end) / 2),
        "x_label_y": charts.px(top + HEIGHT + 2 * charts.LINE + 8),
        "x_ticks": [
            {
                "x": charts.px(x(tick)),
                "y": charts.px(top + HEIGHT + charts.LINE),
                "mark": charts.px(top + HEIGHT + 4),
                "label": f"{tick:g}",
            }
            for tick in ticks
        ],
        "y_ticks": [
            {"y": charts.px(y(one)), "text_y": charts.px(y(one) + 4), "label": f"{one:g}"} for one in heights
        ],
        "legend": charts.legend_of([observed, boundary], width, 12),
        "curves": [
            charts.draw_curve(observed, 0, 0.0, x, y),
            {
                "label": boundary.label,
                "colour": 2,
                "path": "M" + "L".join(f"{charts.px(left)} {charts.px(up)}" for left, up in line)
                if line
                else "",
                "dots": [
                    {
                        "x": charts.px(left),
                        "y": charts.px(up),
                        "href": "",
                        "title": look_words(found, one.n, one.boundary),
                    }
                    for (left, up), one in zip(line, bounded, strict=True)
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
