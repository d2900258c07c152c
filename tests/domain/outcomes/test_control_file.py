"""The file of a historical control: what is read, and each line that cannot be with its number."""

import pytest

from outcomes.domain.control_file import ControlProblem, columns_of, read_control


def test_subjects_with_covariates() -> None:
    read = read_control("time,status,age,sex\n120, 1,34,M\n\n400,0,51,F\n")
    assert (read.kind, read.covariates) == ("subjects", ("age", "sex"))
    assert read.rows == (("120", "1", "34", "M"), ("400", "0", "51", "F"))


def test_points_of_a_curve() -> None:
    read = read_control("time,survival\n0,1\n6,0.8\n12,0.8\n24,0.55\n")
    assert (read.kind, len(read.rows)) == ("points", 4)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty."),
        ("time,status\n", "a header and no line"),
        ("day,status\n1,1\n", "Line 1: accepted are the columns time,status"),
        ("time,status,age,age\n1,1,2,3\n", "each named once"),
        ("time,status\n1,1\n2\n", "Line 3: 1 cells; 2 are accepted."),
        ("time,status\n1,1\n-2,1\n", "Line 3: the time must be a number from 0 to 36525, not “-2”."),
        ("time,status\nNaN,1\n", "Line 2: the time must be a number"),
        ("time,status\n1e999,1\n", "Line 2: the time must be a number"),
        ("time,status,site\n" + "".join(f"1,1,S{n}\n" for n in range(21)), "site has more than 20 codes"),
        ("time,survival\n1,0.9\n1.00000000000000000001,0.8\n", "Line 3: the times must rise"),
        ("time,status\n1,1\n\n2,2\n", "Line 4: the status must be 0 (censored) or 1 (event), not “2”."),
        ("time,status,age\n1,1,\n", "Line 2: age must be a number or a code."),
        ("time,survival\n1,0\n", "Line 2: the survival must be above 0 and at most 1"),
        ("time,survival\n1,80\n", "Line 2: the survival must be above 0 and at most 1"),
        ("time,survival\n0,0.9\n", "Line 2: at time 0 the survival is 1."),
        ("time,survival\n5,0.9\n5,0.8\n", "Line 3: the times must rise"),
        ("time,survival\n5,0.8\n6,0.9\n", "Line 3: the times must rise and the survival must not rise."),
        ("time,status\n" + "1,1\n" * 5001, "more than 5000 lines"),
    ],
)
def test_what_cannot_be_is_said_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(ControlProblem) as refusal:
        read_control(text)
    assert sentence in refusal.value.sentence.en
    assert refusal.value.sentence.zh


def test_numbers_stay_and_codes_become_columns_of_0_and_1() -> None:
    assert dict(columns_of("age", ["34", "51.5"])) == {"age": [34.0, 51.5]}
    assert dict(columns_of("sex", ["M", "F", "M"])) == {"sex=M": [1.0, 0.0, 1.0]}
    assert dict(columns_of("risk", ["A", "B", "C"])) == {"risk=B": [0, 1, 0], "risk=C": [0, 0, 1]}
    assert dict(columns_of("same", ["1", "1"])) == {}
    assert dict(columns_of("huge", ["1", "1e999"])) == {"huge=1e999": [0, 1]}
