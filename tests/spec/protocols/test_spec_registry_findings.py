# ruff: noqa: E501 (tables are read across)
"""Where the registry and the rules of the four files contradict, and where a changed file would."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.registry_findings import admitted_ages, registry_findings

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"


@cache
def document(key: str) -> dict[str, Any]:
    return read_file(FOLDER / f"{key}.yaml").document


def sentences(document: dict[str, Any]) -> dict[str, str]:
    return {one.code: one.text.en for one in registry_findings(Protocol.from_document(document))}


# trial | finding | what it says | the sponsor's question
KNOWN = [
    # Registration 004 (and 001): title "18-month", time frame "three year".
    ("VIP-BLINA-HSCT", "time-frame:RFS@001", "names 18 months and gives 36 months as time frame; the file reads it at 18 months", "Q07"),
    # Two texts of one trial: 001 has no number.
    ("VIP-BLINA-HSCT", "number@001", "Registration 001 states no planned number, registration 004 states 45", ""),
    # 2025-09-01 to 2027-11-01 leaves 8 months of accrual for an 18-month landmark.
    ("VIP-BLINA-HSCT", "accrual@004", "start it by 2026-05-01, 8 months after the start of the trial; accrual is planned for 18 months", ""),
    ("VIP-BLINA-HSCT", "statement:1@004", "Which MRD method opens the way to transplantation", "Q06"),
    ("VIP-BLINA-HSCT", "statement:2@004", "Which infection excludes", "Q05"),
    ("VIP-BLINA-HSCT", "statement:3@004", "“ages eligible: adult” and “age 18-60 years”", ""),
    ("VIP-BLINA-HSCT", "consent-guardian-of-adults", "A guardian signs for adults too", "Q21"),
    # HCT-CI below 3 is stricter than the stated organ limits (Sorror 2005).
    ("VIP-BLINA-HSCT", "hctci:004-I4b:tbil", "admits total bilirubin ≤ 2 × ULN, but where it is not ≤ 1.5 × ULN", ""),
    ("VIP-BLINA-HSCT", "hctci:004-I4a:alt", "the effective limit is ≤ 2.5 × ULN", ""),
    ("VIP-BLINA-HSCT", "hctci:004-I4a:ast", "the effective limit is ≤ 2.5 × ULN", ""),
    ("VIP-BLINA-HSCT", "hctci:004-I4f:fev1_pp", "admits FEV1 ≥ 60 %, but where it is not > 65 %", ""),
    ("VIP-BLINA-HSCT", "hctci:004-I4f:dlco_pp", "the effective limit is > 65 %", ""),
    # 15-year-olds are admitted, "written informed consent" is all the registration says.
    ("BLINA-FULL", "consent@000", "signed by: patient; at 15 years the file asks for: guardian, assent", "Q21"),
    ("BLINA-VEN", "ages@002", "Registration 002 states no age in numbers; the criteria admit 18 to 60 years", ""),
    ("BLINA-VEN", "statement:1@002", "“B-ALL adults” and “newly diagnosed young Ph-negative B-ALL patients”", ""),
    ("BLINA-INTENS", "ages@003", "Registration 003 states no age in numbers; the criteria admit 18 to 60 years", ""),
    ("BLINA-INTENS", "origin:RFS", "is counted from a day after the randomisation", "Q08"),
    ("BLINA-INTENS", "statement:1@003", "disease relapse", "Q19"),
    ("BLINA-INTENS", "statement:2@003", "Consolidation Chemotherapy or Direct Allogeneic HSCT", "Q14"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "code", "says", "question"), KNOWN)
def test_a_known_contradiction_is_found(key: str, code: str, says: str, question: str) -> None:
    found = {one.code: one for one in registry_findings(Protocol.from_document(document(key)))}
    assert says in found[code].text.en
    assert found[code].text.zh
    assert (found[code].question, bool(found[code].cite)) == (question, True)


@pytest.mark.parametrize("key", ["BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"])
def test_nothing_else_is_found_in_the_files_that_ship(key: str) -> None:
    assert set(sentences(document(key))) == {code for trial, code, *_rest in KNOWN if trial == key}


@pytest.mark.parametrize(
    ("key", "ages"),
    [
        ("BLINA-FULL", (15, 65)),
        ("VIP-BLINA-HSCT", (18, 60)),
        ("BLINA-VEN", (18, 60)),
        ("BLINA-INTENS", (18, 60)),
    ],
)
def test_the_ages_that_the_criteria_admit_are_read_from_their_rules(key: str, ages: tuple[int, int]) -> None:
    admitted = admitted_ages(Protocol.from_document(document(key)))
    assert (admitted[0], admitted[-1]) == ages


def place(document: dict[str, Any], path: str) -> tuple[Any, Any]:
    """What holds a place of a document, and the last step to it."""
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        document = document[step]
    return document, last


ENTRY = "registration.entries.0"
# trial | place in the file | changed to | finding | what it says ("" : no such finding)
CHANGED = [
    ("BLINA-FULL", "planned_enrolment.value", 102, "number@000", "The registry plans 101 subjects, the file 102."),
    ("BLINA-FULL", "planned_enrolment.value", None, "number@000", "The registry plans 101 subjects, the file states none."),
    ("BLINA-FULL", "sites.0.planned", 36, "site-numbers@000", "add up to 102, the registry plans 101"),
    ("BLINA-FULL", "sites.0.planned", None, "site-numbers@000", ""),
    ("BLINA-FULL", f"{ENTRY}.min_age", 16, "ages@000", "The registry admits 16 to 65 years, the criteria admit 15 to 65 years."),
    ("BLINA-FULL", f"{ENTRY}.max_age", None, "ages@000", "The registry admits 15 years and older, the criteria admit 15 to 65 years."),
    ("BLINA-FULL", f"{ENTRY}.allocation", "randomised", "allocation@000", "The registry says randomised, the file single-arm."),
    ("BLINA-FULL", f"{ENTRY}.phase", "III", "phase@000", "The registry says phase III, the file phase II."),
    ("BLINA-FULL", f"{ENTRY}.phase", None, "phase@000", ""),
    ("BLINA-FULL", f"{ENTRY}.multicentre", False, "centres@000", "The registry says one centre, the file names 4."),
    ("BLINA-FULL", f"{ENTRY}.multicentre", True, "centres@000", ""),
    ("BLINA-FULL", f"{ENTRY}.outcomes.0.role", "secondary", "outcome-role:RFS@000", "is secondary in the registry and primary in the file"),
    ("BLINA-FULL", f"{ENTRY}.outcomes.0.landmark_months", "36", "landmark:RFS@000", "the registry reads it at 36 months, the file at 24"),
    ("BLINA-FULL", f"{ENTRY}.outcomes.0.endpoint", "PFS", "outcome-missing:PFS@000", "The registry measures PFS, the file has no such endpoint."),
    ("BLINA-VEN", f"{ENTRY}.outcomes.3.time_frame_months", "48", "follow-up:OS@002", "the registry follows up for 48 months, the file for 60"),
    ("BLINA-FULL", "consent.signers.0.min_age", 16, "consent-nobody", "admit subjects of 15 years, and nobody is named"),
    # HCT-CI: at the score of one severe item and above it nothing is tightened.
    ("VIP-BLINA-HSCT", "criteria.2.rule.value", 4, "hctci:004-I4b:tbil", ""),
    ("VIP-BLINA-HSCT", "criteria.2.rule.op", "<=", "hctci:004-I4b:tbil", ""),
    ("VIP-BLINA-HSCT", "criteria.2.rule.value", 2, "hctci:004-I4b:tbil", "the effective limit is ≤ 1.5 × ULN"),
    # The primary completion that leaves exactly the planned accrual, and one day less.
    ("VIP-BLINA-HSCT", "registration.entries.1.primary_completion", "2028-09-01", "accrual@004", ""),
    ("VIP-BLINA-HSCT", "registration.entries.1.primary_completion", "2028-08-31", "accrual@004", "17 months after the start"),
    ("BLINA-INTENS", "endpoints.0.origin", "randomisation", "origin:RFS", ""),
]  # fmt: skip


@pytest.mark.parametrize(("key", "path", "value", "code", "says"), CHANGED)
def test_a_changed_file_is_compared_on_both_sides_of_each_limit(
    key: str, path: str, value: Any, code: str, says: str
) -> None:
    changed = deepcopy(document(key))
    holder, last = place(changed, path)
    holder[last] = value
    found = sentences(changed)
    assert says in found[code] if says else code not in found


@pytest.mark.parametrize(("times", "found"), [("1.4", False), ("1.5", False), ("1.6", True)])
def test_a_bilirubin_limit_is_tightened_only_above_the_severe_item(times: str, found: bool) -> None:
    changed = deepcopy(document("VIP-BLINA-HSCT"))
    criterion = next(one for one in changed["criteria"] if one["id"] == "004-I4b")
    criterion["rule"]["times"] = times
    assert ("hctci:004-I4b:tbil" in sentences(changed)) is found


def test_a_file_without_entries_contradicts_nothing_of_a_registry() -> None:
    changed = deepcopy(document("BLINA-FULL"))
    del changed["registration"]["entries"]
    assert sentences(changed) == {}
