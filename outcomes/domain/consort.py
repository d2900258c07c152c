"""The flow of people through a study as CONSORT 2010 draws it: boxes with counts, their places, and the lines between.

Everything here is numbers and codes; words are the page's matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LINE, PAD, GAP, WIDE, SIDE, TOTAL = 22, 12, 34, 400, 420, 900


@dataclass(frozen=True)
class Counted:
    """How many reached a station for a reason: at the reader's own sites, and at the others."""

    arm: str
    station: str
    reason: str
    own: int = 0
    others: int = 0

    @property
    def all(self) -> int:
        return self.own + self.others


def tally(rows: Iterable[tuple[bool, str, str, str, int]]) -> list[Counted]:
    """Counts by arm, station and reason from (own site?, arm, station, reason, n)."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for own, arm, station, reason, n in rows:
        pair = found.setdefault((arm, station, reason), [0, 0])
        pair[0 if own else 1] += n
    return [Counted(*key, *pair) for key, pair in sorted(found.items())]


@dataclass(frozen=True)
class Line:
    """One line of a box: a station (of an arm, for a reason), its counts, and how deep it stands under the first."""

    station: str
    reason: str
    arm: str
    own: int
    others: int
    depth: int = 0

    @property
    def all(self) -> int:
        return self.own + self.others


def line_of(counts: Iterable[Counted], station: str, arm: str | None = None) -> Line:
    """A station with everybody there, whatever the reason (of one arm, or of all)."""
    here = [one for one in counts if one.station == station and arm in (None, one.arm)]
    own, others = sum(one.own for one in here), sum(one.others for one in here)
    return Line(station, "", arm or "", own, others)


def reasons_of(counts: Iterable[Counted], station: str, arm: str | None = None) -> list[Line]:
    """The reasons at a station, the most frequent first, one step under it."""
    found: dict[str, list[int]] = {}
    for one in counts:
        if one.station == station and one.reason and arm in (None, one.arm):
            pair = found.setdefault(one.reason, [0, 0])
            pair[0] += one.own
            pair[1] += one.others
    lines = [Line(station, reason, arm or "", own, others, 1) for reason, (own, others) in found.items()]
    return sorted(lines, key=lambda line: (-line.all, line.reason))


def branch(counts: Sequence[Counted], *stations: str, arm: str | None = None) -> list[Line]:
    """Stations of a box, each with its reasons."""
    return [
        line
        for station in stations
        for line in (line_of(counts, station, arm), *reasons_of(counts, station, arm))
    ]


@dataclass(frozen=True)
class Box:
    """A box of the drawing: its place, its size, and its lines."""

    x: int
    y: int
    width: int
    lines: tuple[Line, ...]
    name: str = ""  # of the arm it belongs to

    @property
    def height(self) -> int:
        return PAD * 2 + LINE * (len(self.lines) + bool(self.name))

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


@dataclass(frozen=True)
class Drawing:
    """Boxes and the lines between them (x1, y1, x2, y2), in a field of this size."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    links: tuple[tuple[int, int, int, int], ...]


def draw(counts: Sequence[Counted], arms: Sequence[tuple[str | None, str]], *, randomised: bool) -> Drawing:
    """The whole flow. arms: (key, name) of each column; a key of None takes everybody together."""
    boxes: list[Box] = []
    links: list[tuple[int, int, int, int]] = []
    top = stem(counts, boxes, links, randomised)
    width = (TOTAL - GAP * (len(arms) - 1)) // len(arms) if len(arms) > 1 else WIDE
    lowest = top.bottom
    for number, (arm, name) in enumerate(arms):
        above = top
        for stations in (
            ("received", "not_received"),
            ("completed", "discontinued", "left", "died", "followed"),
            ("analysed", "not_analysed"),
        ):
            lines = tuple(branch(counts, *stations, arm=arm))
            heading = name if stations[0] == "received" else ""
            box = Box(number * (width + GAP), above.bottom + GAP, width, lines, heading)
            boxes.append(box)
            links += bent(above, box)
            above = box
        lowest = max(lowest, above.bottom)
    return Drawing(TOTAL, lowest + 2, tuple(boxes), tuple(links))


def stem(
    counts: Sequence[Counted], boxes: list[Box], links: list[tuple[int, int, int, int]], randomised: bool
) -> Box:
    """From who was assessed to who was enrolled, with those who left the way beside it; the last box."""
    above: Box | None = None
    steps = (
        (("assessed",), ("not_screened", "to_screen")),
        (("screened",), ("failed", "failed_criterion", "in_screening")),
        (("enrolled", "randomised") if randomised else ("enrolled",), ()),
    )
    for stations, beside in steps:
        y = max((box.bottom for box in boxes), default=-GAP + 2) + GAP
        box = Box(0, y, WIDE, tuple(line_of(counts, station) for station in stations))
        boxes.append(box)
        if above is not None:
            links.append((above.middle, above.bottom, box.middle, box.y))
        if beside:
            aside = Box(TOTAL - SIDE, y, SIDE, tuple(side_lines(counts, beside)))
            boxes.append(aside)
            links.append((box.x + box.width, y + PAD + LINE // 2, aside.x, y + PAD + LINE // 2))
        above = box
    assert above is not None
    return above


def side_lines(counts: Sequence[Counted], stations: Iterable[str]) -> Iterable[Line]:
    """Who left the way; criteria stand under the failures as reasons, without a sum of their own."""
    for station in stations:
        if station == "failed_criterion":
            for line in reasons_of(counts, station):
                yield Line(line.station, line.reason, "", line.own, line.others, depth=2)
        else:
            yield from branch(counts, station)


def bent(above: Box, below: Box) -> list[tuple[int, int, int, int]]:
    """From the middle of one box down to the middle of another, with a bend half-way where they stand apart."""
    half = above.bottom + GAP // 2
    if above.middle == below.middle:
        return [(above.middle, above.bottom, below.middle, below.y)]
    return [
        (above.middle, above.bottom, above.middle, half),
        (above.middle, half, below.middle, half),
        (below.middle, half, below.middle, below.y),
    ]
