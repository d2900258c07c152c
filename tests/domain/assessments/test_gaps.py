"""What a record from paper lacks of its plan: visits whose window ended in that past, and their forms."""

from datetime import date

from assessments.domain.gaps import Gap, GapKind, PastVisit, visit_gaps

UNTIL = date(2026, 5, 1)


def gaps(*visits: PastVisit, entered: dict[tuple[str, int], set[str]] | None = None) -> list[Gap]:
    return list(visit_gaps(visits, entered or {}, UNTIL))


def test_a_visit_without_a_form_is_one_gap_whatever_it_asks_for() -> None:
    visit = PastVisit("M3", 1, UNTIL, ("CBC", "VS"))
    assert gaps(visit) == [Gap(GapKind.VISIT, "M3", 1, on=UNTIL)]


def test_a_visit_with_a_form_lacks_the_others_that_it_requires() -> None:
    visit = PastVisit("M3", 2, UNTIL, ("CBC", "VS"))
    assert gaps(visit, entered={("M3", 2): {"VS", "PE"}}) == [Gap(GapKind.FORM, "M3", 2, "CBC", on=UNTIL)]


def test_a_window_that_is_open_after_the_past_is_no_gap() -> None:
    assert gaps(PastVisit("M3", 1, date(2026, 5, 2), ("CBC",))) == []
    assert gaps(PastVisit("M3", 1, None, ("CBC",))) == []


def test_what_was_not_done_or_is_needless_is_no_gap() -> None:
    assert gaps(PastVisit("M3", 1, UNTIL, ("CBC",), expected=False)) == []


def test_a_subject_that_is_followed_from_the_start_has_none() -> None:
    assert list(visit_gaps([PastVisit("M3", 1, UNTIL, ("CBC",))], {}, None)) == []
