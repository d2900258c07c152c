"""Reading the cells of the dashboards: sums over all sites, and the subjects of the reader's own sites behind one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from trialsite.access.models import User
from trialsite.audit.moment import now
from trialsite.casebook.models import Subject
from trialsite.studies.models import Study

from ..study_reading import counting

TABLES = (
    "casebook_subject", "casebook_draft", "studies_site", "studies_study", "outcomes_subjectcell",
    "assessments_plannedvisit", "treatment_doseintensity", "review_verificationplan", "review_query",
    "review_formtoverify", "review_stalesignature", "deviations_deviation",
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


def behind(
    user: User,
    study: Study,
    topic: str,
    line: str | None = None,
    levels: Collection[str] = (),
    arm: str = "",
    site: str = "",
) -> list[Behind]:
    """The subjects of the own sites in some cells of a topic, in the order of their numbers; a subject once a cell."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject_id, line, level, n, value"
            f" FROM study_cell_subjects_here /* {', '.join(TABLES)} */ (%s, %s, %s)"
            " WHERE subject_id IS NOT NULL AND (%s::text IS NULL OR line = %s) AND (%s OR level = ANY (%s))"
            " AND (%s = '' OR arm = %s)",
            [study.pk, topic, now(), line, line, not levels, list(levels), arm, arm],
        )
        rows = cursor.fetchall()
    subjects = Subject.objects.visible_to(user).filter(study=study, pk__in={row[0] for row in rows})
    if site:
        subjects = subjects.filter(site__key=site)
    known = {
        pk: subject_number or screening_number
        for pk, subject_number, screening_number in subjects.values_list(
            "pk", "subject_number", "screening_number"
        )
    }
    found = [Behind(row[0], known[row[0]], *row[1:]) for row in rows if row[0] in known]
    return sorted(found, key=lambda one: (one.number, one.line, one.level))


def own_subjects(found: Iterable[Behind]) -> int:
    """How many subjects stand in the cells."""
    return len({one.subject_id for one in found})
