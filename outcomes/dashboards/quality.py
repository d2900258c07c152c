"""Data quality by site: queries and their age, what is overdue, source verification, drafts, signatures."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.charts import NARROW

from .cells import NONE, Cells, Count
from .drawing import Bar, Piece, bar_chart
from .parts import Asked, Cell, Line, Part, Place, Table, percent, places_of
from .topics import OVERDUE, QUERY_AGES

OVERDUE_TONES = {"visits": "grade-4", "forms": "grade-3"}
AGE_TONES = {"7": "grade-2", "28": "grade-3", "more": "grade-4"}


def quality(asked: Asked) -> list[Part]:
    """The part of the page: a line for each site, and one for all."""
    known = {topic: asked.cells(topic) for topic in ("queries", "overdue", "sdv", "drafts", "stale")}
    places = places_of(asked.study)
    columns = [
        *(("queries", age, _("Queries: %(age)s") % {"age": words}) for age, words in QUERY_AGES.items()),
        *(("overdue", kind, str(words)) for kind, words in OVERDUE.items()),
        ("drafts", "", _("Forms begun, not submitted")),
        ("stale", "", _("Signatures to renew")),
    ]
    sums = {(topic, line): known[topic].by_site(line) for topic, line, _head in columns}
    verified = known["sdv"].by_site("")
    lines = [
        Line(
            place.name,
            [
                *(
                    counted(asked, sums[topic, line].get(place.id, NONE), topic, line, place)
                    for topic, line, _h in columns
                ),
                share(asked, verified.get(place.id, NONE), place.key),
            ],
        )
        for place in places
    ]
    lines.append(
        Line(
            _("All sites"),
            [
                *(counted(asked, known[topic].at(line), topic, line) for topic, line, _h in columns),
                share(asked, known["sdv"].at("")),
            ],
        )
    )
    return [
        Part(
            "sites",
            _("Data quality by site"),
            Table(_("Site"), [*(head for _topic, _line, head in columns), _("Source verified")], lines),
            charts=[
                (_("Open queries by age"), query_chart(asked, known["queries"], places)),
                (_("Overdue visits and forms"), overdue_chart(asked, sums, places)),
                (_("Source verified of planned items"), share_chart(verified, places)),
            ],
            note=_(
                "Counts of queries, visits, forms and signatures; each leads to its subjects at your sites. A draft is"
                " seen by its author alone. Source verified: of the items that the study's plan asks for."
            ),
        )
    ]


def counted(asked: Asked, count: Count, topic: str, line: str, place: Place | None = None) -> Cell:
    """How many there are, leading to their subjects; a draft leads nowhere."""
    if topic == "drafts":
        return Cell(str(count.n))
    return asked.cell(count, topic, line, shown=str(count.n), site=place.key if place else "")


def share(asked: Asked, count: Count, site: str = "") -> Cell:
    return asked.cell(count, "sdv", "", shown=percent(float(count.value), count.n), site=site)


def query_chart(asked: Asked, cells: Cells, places: Sequence[Place]) -> dict[str, Any]:
    sums = {age: cells.by_site(age) for age in QUERY_AGES}
    bars = bars_by_site(asked, "queries", places, sums, QUERY_AGES, AGE_TONES)
    return bar_chart(bars, keys_of(QUERY_AGES, AGE_TONES), label=_("Open queries by age"), width=NARROW)


def overdue_chart(
    asked: Asked, sums: Mapping[tuple[str, str], Mapping[Any, Count]], places: Sequence[Place]
) -> dict[str, Any]:
    own = {kind: sums["overdue", kind] for kind in OVERDUE}
    bars = bars_by_site(asked, "overdue", places, own, OVERDUE, OVERDUE_TONES)
    return bar_chart(bars, keys_of(OVERDUE, OVERDUE_TONES), label=_("Overdue visits and forms"), width=NARROW)


def bars_by_site(
    asked: Asked,
    topic: str,
    places: Sequence[Place],
    sums: Mapping[str, Mapping[Any, Count]],
    words: Mapping[str, Any],
    tones: Mapping[str, str],
) -> list[Bar]:
    """One bar a site, in pieces by the codes of `words`; a piece of the reader's own sites is a link."""
    bars = []
    for place in places:
        found = [(code, sums[code].get(place.id, NONE)) for code in words]
        pieces = [
            Piece(
                count.n,
                tones[code],
                f"{words[code]}: {count.n}",
                asked.link(topic, code, site=place.key) if count.own else "",
            )
            for code, count in found
        ]
        bars.append(Bar(place.key, pieces, str(sum(count.n for _code, count in found))))
    return bars


def keys_of(words: Mapping[str, Any], tones: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(tones[code], str(said)) for code, said in words.items()]


def share_chart(verified: Mapping[Any, Count], places: Sequence[Place]) -> dict[str, Any]:
    bars = []
    for place in places:
        count = verified.get(place.id, NONE)
        part = 100 * float(count.value) / count.n if count.n else 0.0
        bars.append(Bar(place.key, [Piece(round(part, 1), "plain")], percent(float(count.value), count.n)))
    return bar_chart(bars, label=_("Source verified"), whole=100, unit=" %", width=NARROW)
