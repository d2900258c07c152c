"""MRD by the study's method: verdicts at each visit, how far it fell, and its course over time."""

from collections import defaultdict
from math import log10
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.disease.mrd_results import study_method, threshold_for
from assessments.domain.mrd import Verdict
from assessments.models.disease import MrdMethod
from trialsite.casebook.charts import both
from trialsite.studies.domain.protocol import Protocol

from ..domain.mrd_reduction import BANDS, Height
from ..domain.proportions import clopper_pearson
from .cells import BehindCells, Cells
from .drawing import Bar, Course, Fall, Piece, bar_chart, courses_chart, waterfall
from .parts import Asked, Cell, Line, Part, Table, limits, percent
from .topics import HEIGHTS, MISSING, VERDICTS, place_words

TONES = {Verdict.NEGATIVE: "good", Verdict.POSITIVE: "bad", Verdict.INDETERMINATE: "partial", MISSING: "open"}
TESTED = (Verdict.NEGATIVE, Verdict.POSITIVE, Verdict.INDETERMINATE)
DROP_TONES = (
    {Height.NOT_DETECTED: "best", Height.BELOW_LOQ: "fair"} | dict.fromkeys(BANDS, "plain") | {"RISE": "bad"}
)
SHOWN = 200  # subjects of the drawings with a mark for each


def mrd(asked: Asked) -> list[Part]:
    """The parts of the page."""
    cells, drops = asked.cells("mrd"), asked.cells("mrd_drop")
    return [
        verdicts(asked, cells),
        reductions(asked, drops),
        falls(asked, "induction", "waterfall-induction", _("Fall to the end of induction")),
        falls(asked, "best", "waterfall", _("Deepest fall")),
        over_time(asked),
    ]


def in_order(protocol: Protocol, places: Any) -> list[str]:
    """Visits in the order of the protocol, those outside it last."""
    known = {visit.key: place for place, visit in enumerate(protocol.visits)}

    def order(place: str) -> tuple[int, int]:
        key, _dot, repeat = place.rpartition(".")
        return known.get(key, len(known)), int(repeat) if repeat.isdigit() else 0

    return sorted(places, key=order)


def verdicts(asked: Asked, cells: Cells) -> Part:
    method = study_method(asked.protocol)
    threshold = threshold_for(asked.protocol, method)
    lines, bars = [], []
    for place in in_order(asked.protocol, cells.lines):
        tested = cells.at(place, TESTED)
        negative = cells.at(place, (Verdict.NEGATIVE,))
        share = clopper_pearson(negative.subjects, tested.subjects).estimate
        name = place_words(asked.protocol, place)
        lines.append(
            Line(
                name,
                (
                    asked.cell(tested, "mrd", place, TESTED),
                    *(asked.cell(cells.at(place, (one,)), "mrd", place, (one,)) for one in VERDICTS),
                    Cell(percent(negative.subjects, tested.subjects)),
                    Cell(limits(share)),
                ),
            )
        )
        bars.append(Bar(name, pieces(asked, cells, place), percent(negative.subjects, tested.subjects)))
    said = _("%(method)s, negative below %(limit)s %%.") if threshold else "%(method)s"
    names = dict(MrdMethod.choices)
    return Part(
        "verdicts",
        _("MRD at each visit"),
        Table(
            _("Visit"),
            (
                _("Tested"),
                *(str(one).capitalize() for one in VERDICTS.values()),
                _("Negative of tested"),
                _("95 % CI"),
            ),
            lines,
        ),
        chart=both(
            bar_chart,
            bars,
            [(TONES[one], str(words)) for one, words in VERDICTS.items()],
            label=_("MRD at each visit"),
        )
        if bars
        else None,
        lead=said
        % {
            "method": names.get(method, method or _("No method of MRD is planned")),
            "limit": f"{threshold.threshold * 100:f}".rstrip("0").rstrip(".") if threshold else "",
        },
        note=_(
            "Exact limits (Clopper–Pearson); an indeterminate result counts as tested and not negative. Missing: the"
            " window of a visit that asks for MRD is over, and there is no result."
        ),
    )


def pieces(asked: Asked, cells: Cells, place: str) -> list[Piece]:
    found = []
    for level, words in VERDICTS.items():
        count = cells.at(place, (level,))
        href = asked.link("mrd", place, (level,)) if count.own else ""
        found.append(Piece(count.subjects, TONES[level], f"{words}: {count.subjects}", href))
    return found


def reductions(asked: Asked, cells: Cells) -> Part:
    """How far MRD fell since the last value at screening, over all sites."""
    shown = [one for one in HEIGHTS if any(one in levels for levels in cells.lines.values())]
    columns = (("induction", _("At the end of induction")), ("best", _("At best")))
    return Part(
        "reductions",
        _("Reduction since screening"),
        Table(
            _("Reduction"),
            [head for _key, head in columns],
            [
                Line(
                    str(HEIGHTS[one]).capitalize(),
                    [asked.cell(cells.at(key, (one,)), "mrd_drop", key, (one,)) for key, _head in columns],
                )
                for one in shown
            ],
        ),
        note=_(
            "From the last quantified value at screening. What was not detected, or lies below quantification, is a"
            " category of its own: it fell by at least the ratio to its limit."
        ),
    )


def falls(asked: Asked, line: str, key: str, title: str) -> Part:
    """A waterfall of the subjects at the own sites."""
    everybody = BehindCells(asked.user, asked.study, "mrd_drop", line, arm=asked.arm)
    found = everybody.highest(SHOWN)
    all_of_them = everybody.subjects() if len(found) == SHOWN else len(found)
    bars, lines = [], []
    for one in found:
        assert one.value is not None
        bound = one.level in (Height.NOT_DETECTED, Height.BELOW_LOQ)
        words = f"{'≥ ' if bound else ''}{one.value:.2f}"
        href = reverse("assessments", args=[one.subject_id])
        bars.append(
            Fall(
                float(one.value),
                DROP_TONES[one.level],
                f"{one.number}: {words} ({HEIGHTS[one.level]})",
                href,
            )
        )
        lines.append(Line(one.number, (Cell(words), Cell(str(HEIGHTS[one.level]))), href=href))
    keys = [("plain", _("measured value")), ("bad", str(HEIGHTS["RISE"]))]
    keys += [(DROP_TONES[one], str(HEIGHTS[one])) for one in (Height.BELOW_LOQ, Height.NOT_DETECTED)]
    return Part(
        key,
        title,
        Table(_("Subject"), (_("log10 reduction"), _("Result")), lines),
        chart=both(waterfall, bars, keys, label=title, y_label=_("log10 change since screening"))
        if bars
        else None,
        lead=_("Subjects at your sites, one bar each."),
        note=_("The %(n)s of %(all)s subjects whose MRD fell deepest.") % {"n": SHOWN, "all": all_of_them}
        if all_of_them > SHOWN
        else "",
    )


def over_time(asked: Asked) -> Part:
    """The heights of each subject at the own sites over the days since the first dose."""
    by_subject = defaultdict(list)
    heights = BehindCells(asked.user, asked.study, "mrd_height", arm=asked.arm)
    for one in heights.of_first(SHOWN):
        by_subject[one.subject_id, one.number].append(
            (int(one.line), float(one.value or 0), one.level == Height.VALUE)
        )
    drawn, lines = [], []
    for (subject_id, number), points in by_subject.items():
        href, points = reverse("assessments", args=[subject_id]), sorted(points)
        drawn.append(Course(points, number, href))
        shown = [f"{'' if measured else '< '}{10 ** (height + 2):.2g} %" for _day, height, measured in points]
        days = (str(points[0][0]), str(points[-1][0]))
        lines.append(
            Line(
                number,
                [Cell(str(len(points))), Cell(days[0]), Cell(shown[0]), Cell(days[1]), Cell(shown[-1])],
                href=href,
            )
        )
    all_of_them = heights.subjects() if len(by_subject) == SHOWN else len(by_subject)
    threshold = threshold_for(asked.protocol, study_method(asked.protocol))
    title = _("MRD over time")
    return Part(
        "over-time",
        title,
        Table(
            _("Subject"), (_("Samples"), _("First on day"), _("First"), _("Last on day"), _("Last")), lines
        ),
        chart=both(
            courses_chart,
            drawn,
            label=title,
            x_label=_("Days since the first dose"),
            threshold=log10(threshold.threshold) if threshold else None,
        )
        if drawn
        else None,
        lead=_(
            "Subjects at your sites, one line each; hollow: below the limit of detection or quantification."
        ),
        note=_("The first %(n)s of %(all)s subjects by number.") % {"n": SHOWN, "all": all_of_them}
        if all_of_them > SHOWN
        else "",
    )
