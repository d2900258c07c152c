"""A file says when its visits lack the forms from which its rules are answered."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from trialsite.studies.domain.form_checks import form_problems
from trialsite.studies.domain.problems import dotted
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
DOCUMENT = read_file(FOLDER / "BLINA-INTENS.yaml").document
Change = Callable[[dict[str, Any]], Any]


def problems(change: Change) -> dict[str, str]:
    """Path → sentence after a change of BLINA-INTENS."""
    document = deepcopy(DOCUMENT)
    change(document)
    return {dotted(path): sentence for path, sentence in form_problems(Protocol.from_document(document))}


def without(*forms: str) -> Change:
    """These forms stand at no visit any more."""

    def change(document: dict[str, Any]) -> None:
        for visit in document["visits"]:
            for part in ("required", "optional"):
                visit[part] = [one for one in visit.get(part, []) if one not in forms]

    return change


def test_a_file_without_a_screening_visit_is_told_so() -> None:
    def change(document: dict[str, Any]) -> None:
        for visit in document["visits"]:
            visit["anchor"] = "c1d1" if visit["anchor"] == "screening" else visit["anchor"]

    assert problems(change) == {
        "visits": "No visit is anchored to screening; one must be, with the forms that screening needs."
    }
    assert problems(lambda document: None) == {}


def test_a_criterion_names_the_fact_and_the_form_that_no_visit_has() -> None:
    found = problems(without("DM"))
    ages = [one for one in found.values() if one.startswith("criterion") and "age_years" in one]
    assert ages
    assert ages[0].endswith("needs age_years, which form DM supplies; no visit of this file has DM.")


def test_consent_needs_its_form_whatever_the_criteria_ask() -> None:
    def change(document: dict[str, Any]) -> None:
        without("ICF")(document)
        document["criteria"] = [one for one in document["criteria"] if one["rule"].get("fact") == "ecog"]

    assert problems(change)["consent"] == (
        "consent needs consent_complete, which form ICF supplies; no visit of this file has ICF."
    )


def test_a_stratum_names_its_form_too() -> None:
    found = problems(without("DX"))
    assert any(path.startswith("randomisation.strata") and "no visit of this file has DX" in sentence
               for path, sentence in found.items())  # fmt: skip


@pytest.mark.parametrize("form", ["MRD", "REL", "CHEM"])
def test_a_form_of_the_log_needs_no_visit(form: str) -> None:
    assert problems(without(form)) == {}


def test_a_form_of_its_own_that_no_visit_names_is_a_problem() -> None:
    own = {"key": "QOL", "title": {"en": "x", "zh": "x"}, "items": [], "source": "derived", "cite": "a test"}
    number = len(DOCUMENT["forms"])

    def change(document: dict[str, Any]) -> None:
        document["forms"].append(own)

    def named(document: dict[str, Any]) -> None:
        change(document)
        document["visits"][0].setdefault("optional", []).append("QOL")

    assert problems(change) == {
        f"forms[{number}].key": "No visit has the form QOL; name it at a visit or leave it out."
    }
    assert problems(named) == {}
