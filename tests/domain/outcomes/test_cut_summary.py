"""The counts of a report, from the lines of a cut's files."""

from datetime import date

from outcomes.domain.cut_rows import COURSES
from outcomes.domain.cut_summary import Ages, Month, accrual, ages, any_grade, flow, tally, worst_grades


def course(**values: str) -> dict[str, str]:
    return {
        **dict.fromkeys(COURSES, ""),
        "site": "SGH",
        "screened_on": "2025-01-20",
        "state": "enrolled",
    } | values


def event(subject: str, term: str, grade: str) -> dict[str, str]:
    return {"subject": subject, "term": term, "grade": grade}


def test_the_flow_counts_what_was_reached_by_the_enrolled() -> None:
    courses = [
        course(state="screen_failed", died_on="2025-02-01"),
        course(state="screening"),
        course(enrolled_on="2025-02-01", treated_on="2025-02-03", died_on="2025-05-01"),
        course(enrolled_on="2025-02-11"),
    ]
    found = flow(courses)
    assert list(found)[:3] == ["screened", "failed", "enrolled"]
    assert (found["screened"], found["failed"], found["enrolled"], found["treated"], found["died"]) == (
        4,
        1,
        2,
        1,
        1,
    )


def test_accrual_counts_by_month_and_site() -> None:
    courses = [
        course(enrolled_on="2025-02-01"),
        course(state="screen_failed"),
        course(site="BJH", enrolled_on="2025-02-02"),
    ]
    assert accrual(courses) == [
        Month("BJH", date(2025, 1, 1), 1, 0, 0),
        Month("SGH", date(2025, 1, 1), 2, 1, 0),
        Month("BJH", date(2025, 2, 1), 0, 0, 1),
        Month("SGH", date(2025, 2, 1), 0, 0, 1),
    ]


def test_an_age_known_within_bounds_only_is_left_out() -> None:
    assert ages([course(age_years=one) for one in ("30", "64/65", "", "41", "20")]) == Ages(3, 30, 20, 41)
    assert ages([course()]) is None


def test_a_subject_counts_once_a_term_by_its_worst_grade() -> None:
    events = [
        event("a", "Fever", "1"),
        event("a", "Fever", "3"),
        event("b", "Fever", ""),
        event("a", "Rash", "2"),
    ]
    fever, rash = worst_grades(events)
    assert (fever.term, fever.by_grade, fever.subjects, fever.severe) == ("Fever", (0, 0, 1, 0, 0, 1), 2, 1)
    assert rash.by_grade == (0, 1, 0, 0, 0, 0)
    assert any_grade(events).by_grade == (0, 0, 1, 0, 0, 1)
    assert any_grade([]).subjects == 0


def test_lines_that_share_their_columns_are_counted_together() -> None:
    rows = [{"kind": "visit", "weight": "minor"}] * 2 + [{"kind": "consent", "weight": "major"}]
    assert tally(rows, "kind", "weight") == {("consent", "major"): 1, ("visit", "minor"): 2}
