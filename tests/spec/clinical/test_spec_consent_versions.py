"""Consent versions at a site, and consenting again, as tables."""

from datetime import date

import pytest

from enrollment.domain.consent_versions import (
    Approval,
    birthday,
    good_enough,
    in_force,
    is_in_force,
    newest_to_sign_again,
    others_sign_on,
    replaced_by,
)


def day(text: str) -> date:
    return date.fromisoformat(text)


FIRST = Approval("1.0 (zh)", "zh", day("2025-11-01"), day("2026-01-05"))
ENGLISH = Approval("1.0 (en)", "en", day("2025-11-01"), day("2026-01-05"))
LETTER = Approval("1.1 (zh)", "zh", day("2026-01-20"), day("2026-02-01"), again=False)
SECOND = Approval("2.0 (zh)", "zh", day("2026-02-20"), day("2026-03-01"))
ALL = (FIRST, ENGLISH, LETTER, SECOND)

# on the day, in force (by language), who signed which must sign again
IN_FORCE = [
    ("2026-01-04", set(), set()),
    ("2026-01-05", {"1.0 (zh)", "1.0 (en)"}, set()),
    ("2026-01-31", {"1.0 (zh)", "1.0 (en)"}, set()),
    ("2026-02-01", {"1.1 (zh)", "1.0 (en)"}, set()),  # 1.1 asks nobody again
    ("2026-02-28", {"1.1 (zh)", "1.0 (en)"}, set()),
    ("2026-03-01", {"2.0 (zh)", "1.0 (en)"}, {"1.0 (zh)", "1.0 (en)", "1.1 (zh)"}),
]


@pytest.mark.parametrize(("on", "names", "again"), IN_FORCE)
def test_in_force_and_to_sign_again(on: str, names: set[str], again: set[str]) -> None:
    assert {one.name for one in in_force(ALL, day(on)).values()} == names
    known = {one.name for one in ALL if one.approved_on <= day(on)}
    assert known - good_enough(ALL, day(on)) == again
    assert {name for name in known if is_in_force(ALL, name, day(on))} == names


def test_what_replaced_an_old_version() -> None:
    assert replaced_by(ALL, "1.0 (zh)", day("2026-01-31")) is None
    assert replaced_by(ALL, "1.0 (zh)", day("2026-02-01")) == LETTER
    assert replaced_by(ALL, "1.0 (zh)", day("2026-03-01")) == SECOND
    assert replaced_by(ALL, "9.9", day("2026-03-01")) is None


def test_where_nothing_is_approved_nobody_is_asked() -> None:
    assert newest_to_sign_again((), day("2026-03-01")) is None
    assert good_enough((), day("2026-03-01")) == frozenset()


def full(age: int) -> tuple[str, ...]:
    """BLINA-FULL: guardian and assent at 15 to 17, the patient from 18."""
    return ("guardian", "assent") if 15 <= age <= 17 else ("patient",) if 18 <= age <= 65 else ()


def hsct(age: int) -> tuple[str, ...]:
    """VIP-BLINA-HSCT: patient and guardian at every age of the trial."""
    return ("patient", "guardian") if 18 <= age <= 60 else ()


# trial, born, consented, who signed, the birthday on which somebody else has to sign
BIRTHDAYS = [
    (full, "2009-05-02", "2026-05-01", {"guardian", "assent"}, "2027-05-02"),
    (full, "2008-05-02", "2026-05-01", {"guardian", "assent"}, "2026-05-02"),  # 18 on the next day
    (full, "2008-05-02", "2026-05-02", {"patient"}, None),
    (full, "2008-02-29", "2026-02-28", {"guardian", "assent"}, "2026-03-01"),
    (
        full,
        "1960-06-01",
        "2026-05-01",
        {"patient"},
        None,
    ),  # 66 soon, outside the trial: the patient still signs
    (hsct, "1980-05-02", "2026-05-01", {"patient", "guardian"}, None),
    (full, None, "2026-05-01", {"guardian", "assent"}, None),
]


@pytest.mark.parametrize(("signers_at", "born", "consented", "signed", "expected"), BIRTHDAYS)
def test_the_birthday_on_which_others_sign(signers_at, born, consented, signed, expected) -> None:
    found = others_sign_on(signers_at, day(born) if born else None, signed, day(consented))
    assert found == (day(expected) if expected else None)


def test_who_is_born_on_29_february_has_a_birthday_every_year() -> None:
    assert birthday(day("2008-02-29"), 18) == day("2026-03-01")
    assert birthday(day("2008-02-29"), 4) == day("2012-02-29")
