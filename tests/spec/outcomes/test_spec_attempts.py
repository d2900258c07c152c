"""Attempts at contact as tables: what one tells, how many failed in a row, when the next call is due."""

from datetime import date

import pytest

from outcomes.domain.attempts import (
    Attempt,
    Contact,
    Disease,
    Result,
    Told,
    contact_told,
    due_on,
    standing_of,
    told_by,
)

# result, what was said → what it tells
TELLS = [
    ("REACHED", "ALIVE_WELL", "ALIVE"),
    ("REACHED", "ALIVE_RELAPSED", "ALIVE"),
    ("REACHED", "UNKNOWN", "ALIVE"),  # who speaks is alive
    ("REACHED", "", "ALIVE"),
    ("FAMILY", "ALIVE_WELL", "ALIVE"),
    ("FAMILY", "ALIVE_RELAPSED", "ALIVE"),
    ("FAMILY", "DIED", "DEAD"),
    ("FAMILY", "UNKNOWN", "NOTHING"),
    ("FAMILY", "", "NOTHING"),
    ("NOT_REACHED", "", "NOTHING"),
    ("REFUSED", "", "NOTHING"),
    ("REFUSED", "ALIVE_WELL", "NOTHING"),
]


@pytest.mark.parametrize(("result", "disease", "told"), TELLS)
def test_what_an_attempt_tells(result: str, disease: str, told: str) -> None:
    assert told_by(result, disease) is Told(told)


@pytest.mark.parametrize(
    ("on", "result", "disease", "by_family"),
    [
        (date(2026, 3, 5), "REACHED", "ALIVE_WELL", False),
        (date(2026, 3, 5), "FAMILY", "ALIVE_RELAPSED", True),
        (date(2026, 3, 5), "FAMILY", "DIED", None),
        (date(2026, 3, 5), "NOT_REACHED", "", None),
        (None, "REACHED", "ALIVE_WELL", None),  # no day, no contact
    ],
)
def test_the_contact_an_attempt_bears_out(
    on: date | None, result: str, disease: str, by_family: bool | None
) -> None:
    expected = Contact(on, by_family) if on and by_family is not None else None
    assert contact_told(on, result, disease) == expected


def test_the_table_has_every_result_with_and_without_words() -> None:
    assert {row[0] for row in TELLS} == {result.value for result in Result}
    assert {row[1] for row in TELLS} == {"", *(disease.value for disease in Disease)}


def made(text: str) -> list[Attempt]:
    """ "3N 5R" is a failed attempt on the 3rd and one that reached on the 5th; F family, X refused."""
    results = {"N": "NOT_REACHED", "R": "REACHED", "F": "FAMILY", "X": "REFUSED"}
    return [Attempt(date(2026, 3, int(one[:-1])), Result(results[one[-1]])) for one in text.split()]


# attempts in March, day of the last contact → failed in a row, since which day, whether "lost" is proposed
ROWS = [
    ("", None, 0, None, False),
    ("3N", None, 1, 3, False),
    ("3N 5N", None, 2, 3, False),
    ("3N 5N 9N", None, 3, 3, True),
    ("3N 5N 9N 12N", None, 4, 3, True),
    ("3N 3N 3N", None, 3, 3, True),
    ("3N 5N 9N", 2, 3, 3, True),  # the contact was before
    ("3N 5N 9N", 3, 2, 5, False),  # attempts of its day count no more
    ("3N 5N 9N", 9, 0, None, False),
    ("3N 5N 9N", 20, 0, None, False),  # a later contact undoes it
    ("3N 5N 9N 12R", None, 0, None, False),
    ("3N 5N 9N 12F", None, 0, None, False),
    ("3N 5N 9X", None, 0, None, False),  # a refusal is an answer
    ("3N 5R 9N 12N", None, 2, 9, False),
    ("3N 5R 9N 12N 15N", 5, 3, 9, True),
]


@pytest.mark.parametrize(("attempts", "contact", "failed", "since", "lost"), ROWS)
def test_three_failed_attempts_in_a_row_propose_lost(
    attempts: str, contact: int | None, failed: int, since: int | None, lost: bool
) -> None:
    found = standing_of(made(attempts), date(2026, 3, contact) if contact else None)
    assert (found.failed, found.proposes_lost) == (failed, lost)
    assert found.first_failed_on == (date(2026, 3, since) if since else None)


AGREED, LATER = date(2026, 3, 20), date(2026, 4, 1)

# last contact, day agreed in the attempt of 10 March → the next call
CALLS = [
    (None, AGREED, AGREED),
    (date(2026, 3, 10), AGREED, AGREED),  # reached, and agreed on another call
    (date(2026, 3, 11), AGREED, None),  # a contact since then has settled it
    (None, None, None),
]


@pytest.mark.parametrize(("contact", "agreed", "expected"), CALLS)
def test_the_last_attempt_says_when_to_call_again(
    contact: date | None, agreed: date | None, expected: date | None
) -> None:
    attempts = [
        Attempt(date(2026, 3, 3), Result.NOT_REACHED, LATER),
        Attempt(date(2026, 3, 10), Result.NOT_REACHED, agreed),
    ]
    assert standing_of(attempts, contact).next_call_on == expected


@pytest.mark.parametrize(
    ("agreed", "planned", "due"),
    [(None, None, None), (None, AGREED, AGREED), (LATER, AGREED, LATER), (AGREED, None, AGREED)],
)
def test_an_agreed_call_comes_before_the_plan(
    agreed: date | None, planned: date | None, due: date | None
) -> None:
    assert due_on(agreed, planned) == due
