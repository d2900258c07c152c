"""Texts, days and codes as SDTM takes them."""

from datetime import date
from decimal import Decimal

import pytest

from trialsite.clinical.partial_date import PartialDate
from trialsite.exports.sdtm.dataset import fit, study_day
from trialsite.exports.sdtm.standard import datasets, list_named, term_lists, test_names
from trialsite.exports.sdtm.text import iso, number, pieces, plain, shortened
from trialsite.exports.sdtm.trial import element_code

test_names.__test__ = False  # type: ignore[attr-defined]  (its name is that of --TEST, it is no test)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ANC ≥ 1.0 × 10⁹/L", "ANC >= 1.0 x 109/L"),
        ("  two   words ", "two words"),
        ("Müller", "Muller"),
        ("白细胞 < 5", "白细胞 < 5"),
    ],
)
def test_what_has_a_plain_form_is_said_plainly(text: str, said: str) -> None:
    assert plain(text) == said


@pytest.mark.parametrize("words", [1, 40, 41, 100])
def test_long_texts_go_on_in_pieces_of_200_bytes(words: int) -> None:
    text = " ".join(["four"] * words)
    found = list(pieces(text))
    assert " ".join(found) == text
    assert all(0 < len(one.encode()) <= 200 for one in found)


def test_pieces_of_chinese_are_counted_in_bytes() -> None:
    found = list(pieces("白" * 100))
    assert [len(one) for one in found] == [66, 34]


def test_a_row_keeps_a_long_text_in_its_qualifiers() -> None:
    row = {"DVTERM": "a" * 250, "DVSEQ": 1, "SUPP": {"X": ("Label", "")}}
    fit(row)
    assert row["DVTERM"] == "a" * 200
    assert row["SUPP"] == {"DVTERM1": ("DVTERM, continued 1", "a" * 50)}


@pytest.mark.parametrize(
    ("dtc", "day"),
    [("2026-03-05", 1), ("2026-03-06T08:00", 2), ("2026-03-04", -1), ("2026-03", None), ("", None)],
)
def test_study_days_have_no_day_0(dtc: str, day: int | None) -> None:
    assert study_day(dtc, "2026-03-05T09:30") == day
    assert study_day(dtc, "") is None


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 3, 5), "2026-03-05"),
        (PartialDate.parse("2026-03"), "2026-03"),
        (PartialDate.parse("2026"), "2026"),
        (PartialDate.between(date(2026, 3, 1), date(2026, 3, 9)), ""),
        (None, ""),
    ],
)
def test_dates_are_iso_as_far_as_they_are_known(day: object, text: str) -> None:
    assert iso(day) == text


@pytest.mark.parametrize(
    ("value", "text"), [("1.50", "1.5"), ("100", "100"), ("0E-10", "0"), ("1E+3", "1000")]
)
def test_numbers_have_neither_exponent_nor_empty_zeros(value: str, text: str) -> None:
    assert number(Decimal(value)) == text


def test_codes_of_elements_have_at_most_8_characters_and_are_different() -> None:
    taken: set[str] = set()
    for key in ("CONS1_HCVAD_A", "CONS1_HCVAD_B", "CONS1_HCVAD_A2", "OBSERVATION", "OBSERVATIONS", "HSCT"):
        code = element_code(key, taken)
        assert len(code) <= 8
        assert code not in taken
        taken.add(code)


def test_a_text_is_shortened_only_where_it_is_too_long() -> None:
    assert shortened("x" * 200) == "x" * 200
    assert shortened("x" * 201) == "x" * 197 + "..."


def test_the_guide_and_the_terminology_fit_each_other() -> None:
    named = {code for one in datasets().values() for variable in one.variables for code in variable.lists}
    assert len(named - set(term_lists())) < 10  # lists that no dataset of this system uses
    assert all(len(one.label) <= 40 for one in datasets()["DM"].variables)
    assert test_names("VSTESTCD", "VSTEST")["SYSBP"] == "Systolic Blood Pressure"
    assert list_named("NY").extensible is False
    assert list_named("SEX").terms["F"] == "C16576"
