"""Response: the category at each visit, and the best of each subject."""

from django.utils.translation import gettext as _

from assessments.disease.responses import category_words
from trialsite.casebook.charts import both

from ..domain.proportions import clopper_pearson
from .cells import Cells
from .deriving import ANY, RESPONSES
from .drawing import Bar, Piece, bar_chart
from .mrd import in_order
from .parts import Asked, Cell, Line, Part, Table, limits, percent
from .topics import place_words

TONES = dict(
    zip(RESPONSES, ("best", "good", "fair", "second", "partial", "third", "bad", "grade-5"), strict=True)
)


def response(asked: Asked) -> list[Part]:
    """The parts of the page."""
    cells = asked.cells("response")
    places = in_order(asked.protocol, [place for place in cells.lines if place != ANY])
    note = _(
        "Complete remission: %(categories)s (as the protocol counts it). Exact limits (Clopper–Pearson)."
    ) % {"categories": ", ".join(asked.protocol.response.crc)}
    return [
        part(asked, cells, "visits", _("Response at each visit"), places, note),
        part(asked, cells, "best", _("Best response"), [ANY] if ANY in cells.lines else [], note),
    ]


def part(asked: Asked, cells: Cells, key: str, title: str, places: list[str], note: str) -> Part:
    every = {level for place in places for level in cells.lines[place]}
    levels = [one for one in RESPONSES if one in every] + sorted(every - set(RESPONSES))
    lines, bars = [], []
    for place in places:
        name, assessed = place_words(asked.protocol, place), cells.at(place)
        remission = cells.at(place, asked.protocol.response.crc)
        share = clopper_pearson(remission.subjects, assessed.subjects).estimate
        lines.append(
            Line(
                name,
                (
                    asked.cell(assessed, "response", place),
                    *(asked.cell(cells.at(place, (one,)), "response", place, (one,)) for one in levels),
                    asked.cell(remission, "response", place, tuple(asked.protocol.response.crc)),
                    Cell(percent(remission.subjects, assessed.subjects)),
                    Cell(limits(share)),
                ),
            )
        )
        bars.append(
            Bar(name, pieces(asked, cells, place, levels), percent(remission.subjects, assessed.subjects))
        )
    heads = (_("Assessed"), *map(category_words, levels), _("Complete remission"), _("Share"), _("95 % CI"))
    keys = [(TONES.get(one, "open"), category_words(one)) for one in levels]
    chart = both(bar_chart, bars, keys, label=title) if bars else None
    return Part(key, title, Table(_("Visit"), heads, lines), chart=chart, note=note)


def pieces(asked: Asked, cells: Cells, place: str, levels: list[str]) -> list[Piece]:
    found = []
    for level in levels:
        count = cells.at(place, (level,))
        href = asked.link("response", place, (level,)) if count.own else ""
        words = f"{category_words(level)}: {count.subjects}"
        found.append(Piece(count.subjects, TONES.get(level, "open"), words, href))
    return found
