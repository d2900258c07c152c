"""Given against prescribed, prescribed against planned."""

from decimal import Decimal as D

import pytest

from treatment.domain.given import (
    DoseClass,
    DoseReason,
    compare_given,
    compare_prescribed,
    relative_dose_intensity,
)
from trialsite.studies.domain.dose_plan import DoseTolerance


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("100", DoseClass.SILENT),
        ("95", DoseClass.SILENT),
        ("105", DoseClass.SILENT),
        ("94.99", DoseClass.QUERY),
        ("105.01", DoseClass.QUERY),
        ("90", DoseClass.QUERY),
        ("110", DoseClass.QUERY),
        ("89.99", DoseClass.DEVIATION),
        ("110.01", DoseClass.DEVIATION),
        ("0", DoseClass.DEVIATION),
    ],
)
def test_a_dose_given_is_silent_to_5_percent_a_query_to_10_and_a_deviation_beyond(
    given: str, kind: DoseClass
) -> None:
    assert compare_given(D(given), D(100)).kind is kind


def test_the_difference_is_told_in_words() -> None:
    assert compare_given(D("89.99"), D(100)).sentence.en == "10.0 % less was given."
    assert compare_given(D("110.01"), D(100)).sentence.en == "10.0 % more was given."
    assert compare_given(D(0), D(100)).sentence.en == "None was given."
    assert compare_given(D(2), D("1.9")).difference_pct == D(10) / D("1.9")


def test_bounds_hold_where_the_quotient_does_not_end() -> None:
    assert compare_given(D("3.15"), D(3)).kind is DoseClass.SILENT
    assert compare_given(D("3.3"), D(3)).kind is DoseClass.QUERY
    assert compare_given(D("7.7"), D(7)).kind is DoseClass.QUERY


@pytest.mark.parametrize(("given", "prescribed"), [(None, D(1)), (D(1), None)])
def test_a_dose_not_recorded_is_not_compared(given: D | None, prescribed: D | None) -> None:
    assert compare_given(given, prescribed).kind is DoseClass.NOT_COMPARABLE


def test_a_dose_where_none_was_prescribed_is_a_deviation() -> None:
    assert compare_given(D(1), D(0)).kind is DoseClass.DEVIATION
    assert compare_given(D(0), D(0)).kind is DoseClass.SILENT


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (DoseReason.TOX, DoseClass.MODIFICATION),
        (DoseReason.RENAL, DoseClass.MODIFICATION),
        (DoseReason.ERROR, DoseClass.DEVIATION),
        (DoseReason.OTHER, DoseClass.DEVIATION),
        (None, DoseClass.DEVIATION),
    ],
)
def test_less_prescribed_for_an_allowed_reason_is_a_modification(
    reason: DoseReason | None, kind: DoseClass
) -> None:
    assert compare_prescribed(D(75), D(100), reason).kind is kind


def test_more_prescribed_is_never_a_modification() -> None:
    assert compare_prescribed(D(120), D(100), DoseReason.TOX).kind is DoseClass.DEVIATION


def test_relative_dose_intensity_is_given_over_planned() -> None:
    assert relative_dose_intensity(D(75), D(100)) == D("0.75")
    assert relative_dose_intensity(D(0), D(0)) is None


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("102", DoseClass.SILENT),
        ("102.1", DoseClass.QUERY),
        ("97.9", DoseClass.QUERY),
        ("120", DoseClass.QUERY),
        ("120.1", DoseClass.DEVIATION),
    ],
)
def test_a_protocol_has_its_own_tolerance(given: str, kind: DoseClass) -> None:
    tolerance = DoseTolerance(D(2), D(20))
    assert compare_given(D(given), D(100), tolerance).kind is kind
    assert compare_prescribed(D(given), D(100), None, tolerance).kind is kind
