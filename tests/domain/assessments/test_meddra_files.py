"""MedDRA files as they are shipped: what is read, and what a line of another shape says."""

import pytest

from assessments.domain.meddra_files import FileProblem, LowestTerm, lowest_terms, names

LLT = "10000001$Made up neutropenia$10000002$$$$$$$Y$$\n\n10000003$Old made up term$10000002$$$$$$$N$$\n"


def test_terms_are_read_with_their_preferred_term_and_whether_they_are_in_use():
    assert list(lowest_terms(LLT.splitlines())) == [
        LowestTerm("10000001", "Made up neutropenia", "10000002", True),
        LowestTerm("10000003", "Old made up term", "10000002", False),
    ]


def test_a_short_line_is_in_use_and_a_mark_at_the_beginning_is_passed_over():
    assert list(lowest_terms(["\ufeff1$A$2$"])) == [LowestTerm("1", "A", "2", True)]


def test_names_by_code():
    assert names(["10000002$Made up disorder$$10000009$", ""]) == {"10000002": "Made up disorder"}


@pytest.mark.parametrize("line", ["no dollar", "x$A$2$", "1$$2$", "1$A$x$"])
def test_a_line_of_another_shape_is_named_by_its_number(line: str):
    with pytest.raises(FileProblem, match=r"llt\.asc, line 2"):
        list(lowest_terms(["1$A$2$", line]))


@pytest.mark.parametrize("line", ["A$1$", "1", "1$ $"])
def test_so_is_one_of_the_preferred_terms(line: str):
    with pytest.raises(FileProblem, match=r"pt\.asc, line 1"):
        names([line])
