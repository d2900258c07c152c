"""A list that somebody else made: every thing wrong is found, with its line."""

import pytest

from enrollment.domain.list_file import ListProblem, read_list

STRATA = ["risk=HIGH", "risk=LOW"]
GOOD = "stratum,number,arm\nrisk=HIGH,1,A\nrisk=HIGH,2,B\nrisk=LOW,1,B\n"


def test_a_good_file_gives_its_places() -> None:
    places = read_list("\ufeff" + GOOD, arms=["A", "B"], strata=STRATA)
    assert [(one.stratum, one.number, one.arm) for one in places] == [
        ("risk=HIGH", 1, "A"),
        ("risk=HIGH", 2, "B"),
        ("risk=LOW", 1, "B"),
    ]


def test_a_trial_without_strata_has_one_empty_stratum() -> None:
    places = read_list("stratum,number,arm\n,1,A\n,2,B\n", arms=["A", "B"], strata=[""])
    assert [one.number for one in places] == [1, 2]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "columns", 1),
        ("number,stratum,arm\n", "columns", 1),
        (GOOD + "risk=LOW,2\n", "cells", 5),
        (GOOD + "risk=LOW,2,A,x\n", "cells", 5),
        (GOOD + "risk=MID,1,A\n", "stratum", 5),
        (GOOD + "risk=LOW,2,C\n", "arm", 5),
        (GOOD + "risk=LOW,two,A\n", "number", 5),
        (GOOD + "risk=LOW,0,A\n", "number", 5),
        (GOOD + "risk=LOW,3,A\n", "gap", 5),
        (GOOD + "risk=LOW,1,A\n", "gap", 5),
        ("stratum,number,arm\nrisk=HIGH,1,A\n", "absent", 1),
    ],
)
def test_the_first_thing_wrong_is_told_with_its_line(text: str, code: str, line: int) -> None:
    with pytest.raises(ListProblem) as problem:
        read_list(text, arms=["A", "B"], strata=STRATA)
    assert (problem.value.code, problem.value.line) == (code, line)
