"""What check_protocol says of a committee that cannot be, and how the section reads."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from trialsite.amendments.domain.difference import differences
from trialsite.casebook.sign_off import parts_to_sign
from trialsite.studies.domain.adjudication_plan import AdjudicationPlan
from trialsite.studies.domain.check import check
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.schema import shape_problems

DOCUMENT = read_file(Path("trialsite/studies/protocols/BLINA-INTENS.yaml")).document
SECTION: dict[str, Any] = {
    "forms": ["REL", "DTH"],
    "reviewers": 2,
    "blinded": True,
    "asks": ["date", "cause"],
    "source": "assumption",
    "cite": "a test",
}


def document_with(section: dict[str, Any] | None, *analyses: str) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    if section is not None:
        document["adjudication"] = section
    for analysis in analyses:
        document["endpoints"][0]["sensitivity"] = [
            {"analysis": analysis, "source": "assumption", "cite": "a test"}
        ]
    return document


def problems(document: dict[str, Any]) -> dict[str, str]:
    assert list(shape_problems(document)) == []
    found = check(Protocol.from_document(document), (), (), ())
    return {
        one.path: one.sentence
        for one in found
        if one.path.startswith("adjudication") or "sensitivity" in one.path
    }


def test_a_committee_that_agrees_with_itself_is_accepted() -> None:
    assert problems(document_with(SECTION, "investigator")) == {}
    assert problems(document_with(None)) == {}


@pytest.mark.parametrize(
    ("changed", "path", "sentence"),
    [
        ({"forms": ["REL"]}, "adjudication.asks", "A cause is asked of deaths"),
        ({"forms": ["REL", "DTH", "REL"]}, "adjudication.forms", "REL stands in adjudication.forms twice"),
        ({"asks": ["date", "date"]}, "adjudication.asks", "date stands in adjudication.asks twice"),
    ],
)
def test_what_cannot_be_is_said_at_its_place(changed: dict[str, Any], path: str, sentence: str) -> None:
    found = problems(document_with(SECTION | changed))
    assert list(found) == [path]
    assert sentence in found[path]


def test_the_investigators_events_are_another_analysis_only_where_a_committee_judges() -> None:
    found = problems(document_with(None, "investigator"))
    assert list(found) == ["endpoints[0].sensitivity[0]"]
    assert "investigator needs the section adjudication" in found["endpoints[0].sensitivity[0]"]


@pytest.mark.parametrize(
    "wrong", [{"forms": []}, {"forms": ["AE"]}, {"reviewers": 0}, {"blinded": "yes"}, {"asks": ["site"]}]
)
def test_the_shape_is_closed(wrong: dict[str, Any]) -> None:
    assert list(shape_problems(document_with(SECTION | wrong)))


def test_the_number_of_reviewers_is_never_assumed() -> None:
    section = {name: value for name, value in SECTION.items() if name != "reviewers"}
    assert [sentence for _path, sentence in shape_problems(document_with(section))] == [
        "reviewers is missing here and must be given."
    ]


def test_a_cause_is_asked_of_deaths_only() -> None:
    plan = AdjudicationPlan.of(SECTION)
    assert plan is not None
    assert plan.asked_of("REL") == ("date",)
    assert plan.asked_of("DTH") == ("date", "cause")


def test_what_it_assumes_is_signed_in_words() -> None:
    parts = parts_to_sign(Protocol.from_document(document_with(SECTION)), document_with(SECTION))
    told = [one.shown for part in parts for one in part.lines if "chair" in one.value]
    assert told == [
        "Relapse, Death; 2 reviewers each; the chair decides where they disagree; blinded to arm, site and"
        " investigator; asked: whether it is an event, the date, the cause of a death"
    ]


def test_a_committee_that_is_added_is_a_difference_between_versions() -> None:
    old, new = (Protocol.from_document(document_with(one)) for one in (None, SECTION))
    (change,) = differences(old, new)
    assert (change.part, change.thing) == ("endpoints", "adjudication")
    assert differences(new, new) == ()
