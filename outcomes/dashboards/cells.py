"""Reading the cells of the dashboards: sums over all sites, and the subjects of the reader's own sites behind one."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection

from trialsite.access.models import User
from trialsite.audit.moment import now
from trialsite.casebook.models import Subject
from trialsite.studies.models import Study

from ..study_reading import counting

TABLES = (
    "casebook_subject", "casebook_draft", "studies_site", "studies_study", "outcomes_subjectcell",
    "assessments_plannedvisit", "treatment_doseintensity", "review_verificationplan", "review_query",
    "review_stalesignature", "deviations_deviation",
)  # fmt: skip


@dataclass(frozen=True)
class Count:
    """A cell: its subjects over all sites, those at the reader's own, how often, and the sum of what it measures."""

    subjects: int = 0
    own: int = 0
    n: int = 0
    value: Decimal = Decimal(0)

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.subjects + other.subjects, self.own + other.own, self.n + other.n, self.value + other.value
        )


NONE = Count()
COLUMNS = "subject_id, number, line, level, n, value"
AT_ONCE = 50  # rows of the first page
ORDER = 'ORDER BY number, line COLLATE "C", level COLLATE "C"'


@dataclass(frozen=True)
class Row:
    """A cell at one site, of one arm where the reader may tell arms apart."""

    site: UUID | None
    arm: str
    line: str
    level: str
    count: Count


class Cells:
    """The cells of one topic, added up over arms and sites."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.lines: dict[str, dict[str, Count]] = {}
        for row in rows:
            levels = self.lines.setdefault(row.line, {})
            levels[row.level] = levels.get(row.level, NONE) + row.count

    def at(self, line: str = "", levels: Collection[str] | None = None) -> Count:
        """The cells of a line at some levels, or at all of them."""
        found = self.lines.get(line, {})
        return sum((one for level, one in found.items() if levels is None or level in levels), NONE)

    def total(self) -> Count:
        """All cells; a subject in several counts several times."""
        return sum((row.count for row in self.rows), NONE)

    def by_site(self, line: str | None = None, levels: Collection[str] | None = None) -> Mapping[Any, Count]:
        """The same of each site: of one line or of all, at some levels or at all."""
        found: dict[Any, Count] = defaultdict(Count)
        for row in self.rows:
            if (line is None or row.line == line) and (levels is None or row.level in levels):
                found[row.site] += row.count
        return found


def cells_of(study: Study, topic: str, own: Collection[UUID], arm: str = "") -> Cells:
    """The cells of a topic over all sites, of one arm where the reader may tell it apart."""
    cells = counting("study_cells", *TABLES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT site_id, arm, line, level, subjects, n, value FROM {cells}(%s, %s, %s)"
            " WHERE %s = '' OR arm = %s",
            [study.pk, topic, now(), arm, arm],
        )
        return Cells(
            [
                Row(
                    site,
                    of,
                    line,
                    level,
                    Count(subjects, subjects if site in own else 0, n, value or Decimal(0)),
                )
                for site, of, line, level, subjects, n, value in cursor.fetchall()
            ]
        )


@dataclass(frozen=True)
class Value:
    """How many subjects of a cell share what it measures."""

    line: str
    level: str
    value: Decimal
    n: int


def values_of(study: Study, topic: str, arm: str = "") -> list[Value]:
    """What the cells of a topic measure, over all sites, without identifiers."""
    values = counting("study_cell_values", *TABLES)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT line, level, value, sum(n) FROM {values}(%s, %s, %s)"
            " WHERE %s = '' OR arm = %s GROUP BY 1, 2, 3 ORDER BY 3",
            [study.pk, topic, now(), arm, arm],
        )
        return [Value(line, level, value, int(n)) for line, level, value, n in cursor.fetchall()]


@dataclass(frozen=True)
class Behind:
    """One subject of the reader's own sites in a cell, by id and number: how often, and what the cell measures."""

    subject_id: UUID
    number: str
    line: str
    level: str
    n: int
    value: Decimal | None


@dataclass(frozen=True)
class BehindCells:
    """The subjects of the own sites in some cells of a topic, in the order of their numbers; a subject once a cell.

    Read in parts, as a page of a list or a drawing asks for them."""

    user: User
    study: Study
    topic: str
    line: str | None = None
    levels: Collection[str] = ()
    arm: str = ""
    site: str = ""

    def __iter__(self) -> Iterator[Behind]:
        return iter(self._rows(ORDER))

    def __getitem__(self, part: slice) -> list[Behind]:
        start, stop = part.start or 0, part.stop
        if start == 0 and stop is not None and stop <= AT_ONCE:
            return self._begun[2][:stop]
        return self._rows(f"{ORDER} LIMIT %s OFFSET %s", [None if stop is None else stop - start, start])

    def __len__(self) -> int:
        return self._begun[0]

    def subjects(self) -> int:
        """How many subjects stand in the cells."""
        return self._begun[1]

    @cached_property
    def _begun(self) -> tuple[int, int, list[Behind]]:
        """How many rows, how many subjects in them, and the first rows: asked together, since all are read for each."""
        sizes = "SELECT count(*) AS rows, count(DISTINCT subject_id) AS subjects FROM found"
        first = f"SELECT {COLUMNS} FROM found {ORDER} LIMIT %s"
        read = self._read(f"SELECT * FROM ({sizes}) z LEFT JOIN ({first}) f ON true {ORDER}", [AT_ONCE])
        rows, subjects = read[0][:2]
        return int(rows), int(subjects), [Behind(*row[2:]) for row in read] if rows else []

    def highest(self, most: int) -> list[Behind]:
        """Those with the greatest values, the greatest last."""
        found = self._rows("WHERE value IS NOT NULL ORDER BY value DESC, number DESC LIMIT %s", [most])
        return found[::-1]

    def of_first(self, most: int) -> list[Behind]:
        """The cells of the first subjects, in the order of their numbers."""
        first = "SELECT DISTINCT number FROM found ORDER BY number LIMIT %s"
        return self._rows(f"WHERE number IN ({first}) {ORDER}", [most])

    def _rows(self, which: str, params: Sequence[Any] = ()) -> list[Behind]:
        found = self._read(f"SELECT {COLUMNS} FROM found {which}", params)
        return [Behind(*row) for row in found]

    def _read(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        subjects = Subject.objects.visible_to(self.user).filter(study=self.study)
        if self.site:
            subjects = subjects.filter(site__key=self.site)
        try:
            seen, seen_params = subjects.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:  # nobody
            seen, seen_params = "SELECT NULL::uuid", ()
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH found AS MATERIALIZED (SELECT c.subject_id, c.line, c.level, c.n, c.value,"
                " COALESCE(NULLIF(s.subject_number, ''), s.screening_number) COLLATE \"C\" AS number"
                f" FROM study_cell_subjects_here /* {', '.join(TABLES)} */ (%s, %s, %s) c"
                " JOIN casebook_subject s ON s.id = c.subject_id"
                " WHERE (%s::text IS NULL OR c.line = %s) AND (%s OR c.level = ANY (%s))"
                f" AND (%s = '' OR c.arm = %s) AND s.id IN ({seen})) {sql}",
                [
                    *(self.study.pk, self.topic, now()),
                    *(self.line, self.line, not self.levels, list(self.levels), self.arm, self.arm),
                    *(*seen_params, *params),
                ],
            )
            return cursor.fetchall()
