"""Screen failures: by reason, and by the criterion that was not met."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from trialsite.casebook.charts import both

from ..consort_page import counts_of, words_of_reason
from ..domain.consort import Line as Counted
from ..domain.consort import line_of, reasons_of
from .drawing import Bar, Piece, bar_chart
from .parts import Asked, Cell, Line, Part, Table, percent


def failures(asked: Asked) -> list[Part]:
    """The parts of the page; they count what the flow counts."""
    counts = counts_of(asked.user, asked.study)
    screened, failed = line_of(counts, "screened").all, line_of(counts, "failed").all
    lead = _("%(failed)s of %(screened)s screened subjects failed screening (%(share)s).") % {
        "failed": failed,
        "screened": screened,
        "share": percent(failed, screened),
    }
    criteria, reasons = reasons_of(counts, "failed_criterion"), reasons_of(counts, "failed")
    several = _("A subject can have several criteria against it.")
    return [
        part(asked, "criteria", _("Criteria against failed subjects"), criteria, failed, lead, several),
        part(asked, "reasons", _("Reasons for screen failure"), reasons, failed),
    ]


def part(
    asked: Asked, key: str, title: str, lines: list[Counted], failed: int, lead: str = "", note: str = ""
) -> Part:
    ranked = sorted(lines, key=lambda one: (-one.all, one.reason))
    named = [(words_of_reason(asked.protocol, one.station, one.reason), one) for one in ranked]
    bars = [
        Bar(name, [Piece(one.all, "plain", "", address(asked, one))], str(one.all), address(asked, one))
        for name, one in named
    ]
    return Part(
        key,
        title,
        Table(
            _("Reason"),
            (_("Subjects"), _("of failed")),
            [Line(name, (cell(asked, one), Cell(percent(one.all, failed)))) for name, one in named],
        ),
        chart=both(bar_chart, bars, label=title) if bars else None,
        lead=lead,
        note=note,
    )


def cell(asked: Asked, one: Counted) -> Cell:
    title = _("%(own)s at your sites") % {"own": one.own} if one.own else ""
    return Cell(str(one.all), address(asked, one), title)


def address(asked: Asked, one: Counted) -> str:
    """The list that the flow leads to; none without subjects at the own sites."""
    if not one.own:
        return ""
    return f"{reverse('dashboard-station', args=[asked.study.key, one.station])}?{urlencode({'reason': one.reason})}"
