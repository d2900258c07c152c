"""Counts of a data cut for a report, from the lines of its files: flow, ages, adverse events, deaths, deviations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from .cut_rows import Row

GRADES = ("1", "2", "3", "4", "5")
REACHED = ("enrolled", "randomised", "treated", "in_crc", "transplanted", "relapsed", "died", "withdrawn")


def flow(courses: Sequence[Row]) -> dict[str, int]:
    """How many subjects reached each station by the cut-off, in order; all but the first two count the enrolled."""
    enrolled = [row for row in courses if row["enrolled_on"]]
    return {
        "screened": len(courses),
        "failed": sum(row["state"] == "screen_failed" for row in courses),
        **{name: sum(bool(row[f"{name}_on"]) for row in enrolled) for name in REACHED},
    }


@dataclass(frozen=True)
class Month:
    """What happened at one site in one month (its first day)."""

    site: str
    month: date
    screened: int
    failed: int
    enrolled: int


def accrual(courses: Sequence[Row]) -> list[Month]:
    """Screening and enrolment by month and site; a failure counts in the month of its screening."""
    found: Counter[tuple[str, str, str]] = Counter()
    for row in courses:
        found[row["screened_on"][:7], row["site"], "screened"] += 1
        found[row["screened_on"][:7], row["site"], "failed"] += row["state"] == "screen_failed"
        if row["enrolled_on"]:
            found[row["enrolled_on"][:7], row["site"], "enrolled"] += 1
    places = sorted({(month, site) for month, site, _what in found})
    return [
        Month(
            site,
            date.fromisoformat(f"{month}-01"),
            *(found[month, site, what] for what in ("screened", "failed", "enrolled")),
        )
        for month, site in places
    ]


@dataclass(frozen=True)
class Ages:
    """Ages in whole years of those whose age is known exactly."""

    n: int
    median: float
    low: int
    high: int


def ages(courses: Iterable[Row]) -> Ages | None:
    """None where nobody's age is known."""
    known = [int(row["age_years"]) for row in courses if row["age_years"].isdigit()]
    return Ages(len(known), median(known), min(known), max(known)) if known else None


@dataclass(frozen=True)
class TermGrades:
    """Subjects with an adverse event of this term, each once, by the worst grade; the last number: not graded."""

    term: str
    by_grade: tuple[int, ...]

    @property
    def subjects(self) -> int:
        return sum(self.by_grade)

    @property
    def severe(self) -> int:
        """Grade 3 and more."""
        return sum(self.by_grade[2:5])


def worst_grades(events: Iterable[Row]) -> list[TermGrades]:
    """By term, the most frequent first."""
    worst: dict[tuple[str, str], str] = {}
    for row in events:
        key = (row["term"], row["subject"])
        worst[key] = max(worst.get(key, ""), row["grade"])
    numbers = Counter((term, grade) for (term, _subject), grade in worst.items())
    lines = [
        TermGrades(term, tuple(numbers[term, grade] for grade in (*GRADES, "")))
        for term in {term for term, _subject in worst}
    ]
    return sorted(lines, key=lambda one: (-one.subjects, one.term))


def any_grade(events: Iterable[Row]) -> TermGrades:
    """Subjects with any adverse event, by the worst grade of all of theirs."""
    alike = [{"term": "", "subject": row["subject"], "grade": row["grade"]} for row in events]
    found = worst_grades(alike)
    return found[0] if found else TermGrades("", (0,) * 6)


def tally(rows: Iterable[Row], *columns: str) -> dict[tuple[str, ...], int]:
    """How many lines share these columns, in their order."""
    return dict(sorted(Counter(tuple(row[name] for name in columns) for row in rows).items()))
