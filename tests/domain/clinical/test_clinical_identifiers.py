"""Identifiers in free text: caught with a valid check character, left alone without one."""

import pytest

from trialsite.clinical.identifiers import EMAIL, MOBILE, RESIDENT_ID, has_valid_check, identifiers_in

# GB 11643-1999, annex: 11010519491231002X and 440524188001010014 are its own examples.
VALID = ["11010519491231002X", "11010519491231002x", "440524188001010014"]
INVALID = ["110105194912310021", "440524188001010015", "11010519491231002", "440524188001010X14"]


@pytest.mark.parametrize("number", VALID)
def test_a_valid_check_character(number: str) -> None:
    assert has_valid_check(number)
    assert [each.kind for each in identifiers_in(f"id {number}, see file")] == [RESIDENT_ID]


@pytest.mark.parametrize("number", INVALID)
def test_an_invalid_check_character(number: str) -> None:
    assert not has_valid_check(number)
    assert RESIDENT_ID not in {each.kind for each in identifiers_in(f"number {number}")}


@pytest.mark.parametrize("check", "0123456789X")
def test_of_eleven_check_characters_one_is_right(check: str) -> None:
    assert has_valid_check(f"11010519491231002{check}") == (check == "X")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("号码１１０１０５１９４９１２３１００２Ｘ", [RESIDENT_ID]),
        ("110105 19491231 002X", [RESIDENT_ID]),
        ("身份证11010519491231002X。", [RESIDENT_ID]),
        ("电话13800138000", [MOBILE]),
        ("138-0013-8000", [MOBILE]),
        ("+86 138 0013 8000", [MOBILE]),
        ("call 19912345678 or li.juan@hospital.cn", [MOBILE, EMAIL]),
        ("12800138000", []),
        ("1380013800", []),
        ("138001380001", []),
        ("lot 9138001380009", []),
        ("0.13800138000", []),
        ("fever 38.5 since 2026-03-05, 5.2 × 10^9/L", []),
        ("grade 3 @ day 8", []),
        ("", []),
    ],
)
def test_what_is_found_in_a_text(text: str, kinds: list[str]) -> None:
    assert [each.kind for each in identifiers_in(text)] == kinds


def test_of_an_identifier_only_the_end_is_repeated() -> None:
    assert [each.ending for each in identifiers_in("13800138765")] == ["8765"]
