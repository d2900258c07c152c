"""Treatment exposure: dose intensity by drug, blinatumomab by phase, phases begun and late, changes of doses."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from treatment.models.cycles import DelayReason
from trialsite.casebook.charts import both
from trialsite.studies.domain.protocol import Protocol

from .cells import Cells, Value, values_of
from .drawing import Bar, Piece, Spread, bar_chart, box_chart
from .numbers import Numbers, five_numbers
from .parts import Asked, Cell, Line, Part, Table
from .topics import ENDS, REASONS, TOPICS

END_TONES = {
    "COMPLETED": "good", "TOXICITY": "bad", "RELAPSE": "grade-5", "RESPONSE": "grade-4", "DECISION": "partial",
    "OTHER": "third", "-": "open",
}  # fmt: skip
NO_TONES: Mapping[str, str] = {}
TONES = ("plain", "second", "third", "bad", "partial", "fair", "grade-2", "grade-4", "grade-5", "open")


def exposure(asked: Asked) -> list[Part]:
    """The parts of the page."""
    phases = partial(phases_in_order, asked.protocol)
    ends, late = _("Phases begun, and how they ended"), _("Phases that began late, by reason")
    changes = _("Changes of doses, by reason")
    return [
        intensity(asked),
        blinatumomab(asked),
        tally(asked, "phase", ends, _("Phase"), ENDS, phases, END_TONES),
        tally(asked, "delay", late, _("Phase"), dict(DelayReason.choices), phases),
        tally(asked, "dose_change", changes, _("Change"), REASONS, sorted),
    ]


def phases_in_order(protocol: Protocol, phases: Sequence[str]) -> list[str]:
    known = [phase.key for phase in protocol.phases]
    return sorted(phases, key=lambda one: (known.index(one) if one in known else len(known), one))


def counted(values: Sequence[Value], line: str, level: str = "", scale: int = 1) -> list[tuple[Decimal, int]]:
    return [(one.value * scale, one.n) for one in values if (one.line, one.level) == (line, level)]


def spread_words(numbers: Numbers, places: int = 0) -> tuple[Cell, Cell, Cell]:
    """Median, quartiles and range."""
    least, first, median, third, most = (f"{one:.{places}f}" for one in numbers)
    return Cell(median), Cell(f"{first}–{third}"), Cell(f"{least}–{most}")


def intensity(asked: Asked) -> Part:
    """Given of planned, by day, of each drug over the phases of a subject."""
    cells, values = asked.cells("intensity"), values_of(asked.study, "intensity", asked.arm)
    words = TOPICS["intensity"].lines
    lines, spreads = [], []
    for drug in sorted(cells.lines, key=lambda one: words(asked.protocol, one)):
        numbers, count = five_numbers(counted(values, drug, scale=100)), cells.at(drug)
        name, href = words(asked.protocol, drug), asked.link("intensity", drug) if count.own else ""
        lines.append(Line(name, (asked.cell(count, "intensity", drug), *spread_words(numbers))))
        spreads.append(Spread(name, numbers, f"{numbers[2]:.0f} %", href))
    title = _("Relative dose intensity by drug")
    return Part(
        "intensity",
        title,
        Table(_("Drug"), (_("Subjects"), _("Median, %"), _("Quartiles"), _("Range")), lines),
        chart=both(box_chart, spreads, label=title, unit=" %", reference=100.0) if spreads else None,
        note=_(
            "Of each subject the dose given by the dose planned, both by day, over the phases that ended and of which"
            " every dose is known. The box holds the middle half; the dashed line is the plan."
        ),
    )


def blinatumomab(asked: Asked) -> Part:
    """Hours and micrograms that ran in each phase."""
    cells, values = asked.cells("blinatumomab"), values_of(asked.study, "blinatumomab", asked.arm)
    lines, spreads = [], []
    for phase in phases_in_order(asked.protocol, list(cells.lines)):
        hours = five_numbers(counted(values, phase, "hours"))
        micrograms = five_numbers(counted(values, phase, "micrograms"))
        name, count = TOPICS["blinatumomab"].lines(asked.protocol, phase), cells.at(phase, ("hours",))
        lines.append(
            Line(
                name,
                (
                    asked.cell(count, "blinatumomab", phase, ("hours",)),
                    *spread_words(hours)[:2],
                    *spread_words(micrograms)[:2],
                ),
            )
        )
        href = asked.link("blinatumomab", phase, ("hours",)) if count.own else ""
        spreads.append(Spread(name, hours, f"{hours[2]:.0f} h", href))
    title = _("Blinatumomab that ran in each phase")
    heads = (_("Subjects"), _("Median, hours"), _("Quartiles"), _("Median, µg"), _("Quartiles"))
    chart = both(box_chart, spreads, label=title, unit=" h") if spreads else None
    return Part("blinatumomab", title, Table(_("Phase"), heads, lines), chart=chart)


def tally(
    asked: Asked,
    topic: str,
    title: str,
    first: str,
    levels: Mapping[str, Any],
    order: Callable[[list[str]], list[str]],
    tones: Mapping[str, str] = NO_TONES,
) -> Part:
    """How often each line came with each level; a number leads to its subjects."""
    cells = asked.cells(topic)
    shown = [one for one in levels if any(one in found for found in cells.lines.values())]
    colours = {one: tones.get(one, TONES[place % len(TONES)]) for place, one in enumerate(shown)}
    lines, bars = [], []
    for line in order(list(cells.lines)):
        name = TOPICS[topic].lines(asked.protocol, line)
        every = sum(cells.at(line, (one,)).n for one in shown)
        lines.append(
            Line(
                name,
                (
                    asked.cell(cells.at(line), topic, line, shown=str(every)),
                    *(level_cell(asked, cells, topic, line, one) for one in shown),
                ),
            )
        )
        bars.append(Bar(name, pieces(asked, cells, topic, line, colours, levels), str(every)))
    keys = [(colours[one], str(levels[one])) for one in shown]
    return Part(
        topic,
        title,
        Table(first, (_("All"), *(str(levels[one]) for one in shown)), lines),
        chart=both(bar_chart, bars, keys, label=title) if bars else None,
        note=_("Counts of phases or changes; each leads to its subjects at your sites."),
    )


def level_cell(asked: Asked, cells: Cells, topic: str, line: str, level: str) -> Cell:
    count = cells.at(line, (level,))
    return asked.cell(count, topic, line, (level,), shown=str(count.n))


def pieces(
    asked: Asked, cells: Cells, topic: str, line: str, colours: dict[str, str], levels: Mapping[str, Any]
) -> list[Piece]:
    found = []
    for level, colour in colours.items():
        count = cells.at(line, (level,))
        href = asked.link(topic, line, (level,)) if count.own else ""
        found.append(Piece(count.n, colour, f"{levels[level]}: {count.n}", href))
    return found
