"""What check_protocol says of caps, stages, methods and gates that do not agree."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from trialsite.studies.domain.check import check
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.recruitment_plan import BLOCKS
from trialsite.studies.domain.schema import shape_problems

FOLDER = Path("trialsite/studies/protocols")
DOCUMENT = read_file(FOLDER / "BLINA-INTENS.yaml").document
FACTS = ("kmt2a_r", "tp53_mut", "site_key", "mrd_verdict_screening")
SAID = {"source": "assumption", "cite": "a test"}
NAME = {"en": "x", "zh": "x"}


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    document = deepcopy(DOCUMENT)
    change(document)
    return document


def problems(change: Callable[[dict[str, Any]], Any]) -> dict[str, str]:
    """Path → sentence of what is wrong with recruitment and randomisation after a change."""
    found = check(Protocol.from_document(changed(change)), FACTS, (), ())
    return {one.path: one.sentence for one in found if one.path.startswith(("randomisation", "recruitment"))}


def stages(*subjects: int) -> Callable[[dict[str, Any]], Any]:
    def change(document: dict[str, Any]) -> None:
        document["planned_enrolment"]["value"] = 20
        document["recruitment"]["stages"] = [
            {"key": f"S{n}", "name": NAME, "subjects": n, **SAID} for n in subjects
        ]

    return change


def plan(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda document: document["randomisation"].update(values)


def cap(level: str) -> Callable[[dict[str, Any]], Any]:
    levels = [{"stratum": "risk", "level": level, "planned": 5, **SAID}]
    return lambda document: document["recruitment"].update(levels=levels)


def without_blocks(document: dict[str, Any], **values: Any) -> None:
    del document["randomisation"]["block_sizes"]
    document["randomisation"].update(values)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: None,
        stages(9, 14),
        cap("OTHER"),
        lambda document: document.pop("recruitment"),
        lambda document: without_blocks(document, method="list"),
        lambda document: without_blocks(
            document, method="minimisation", minimisation={"probability": "0.5", "ties": "ratio"}
        ),
    ],
)
def test_what_agrees_has_no_problem(change: Callable[[dict[str, Any]], Any]) -> None:
    assert problems(change) == {}
    assert list(shape_problems(changed(change))) == []


RULES = {"probability": "0.8", "ties": "ratio"}
GATE = {"key": "G", "text": NAME, "rule": {"fact": "mrd", "op": "=", "value": "X"}, "verified": True, **SAID}
WRONG = [
    (stages(9, 9), "recruitment.stages[1].subjects", "more subjects than the one before"),
    (stages(20), "recruitment.stages[0].subjects", "before the planned number (20)"),
    (cap("MIDDLE"), "recruitment.levels[0]", "accepted: risk=KMT2A_TP53, risk=OTHER"),
    (without_blocks, "randomisation.block_sizes", "need block_sizes"),
    (plan(method="list"), "randomisation.block_sizes", "has no blocks"),
    (plan(minimisation=RULES), "randomisation.minimisation", "go together"),
    (
        lambda document: without_blocks(document, method="minimisation"),
        "randomisation.minimisation",
        "go together",
    ),
    (
        lambda document: without_blocks(
            document, method="minimisation", minimisation=RULES | {"probability": "0.4"}
        ),
        "randomisation.minimisation.probability",
        "below its share of the ratio (0.5000)",
    ),
    (
        lambda document: without_blocks(document, method="minimisation", minimisation=RULES, strata=[]),
        "randomisation.strata",
        "needs the factors",
    ),
    (
        plan(gates=[GATE]),
        "randomisation.gates[0].rule",
        "No form supplies a fact called mrd",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "part"), WRONG)
def test_what_does_not_agree_is_named(change: Callable[[dict[str, Any]], Any], path: str, part: str) -> None:
    assert part in problems(change).get(path, ""), problems(change)


@pytest.mark.parametrize("probability", ["1.1", "80", "0.1234567", ".8"])
def test_a_probability_is_a_decimal_text_up_to_one(probability: str) -> None:
    rules = {"probability": probability, "ties": "ratio"}
    found = list(shape_problems(changed(plan(minimisation=rules))))
    assert ["probability" in str(path) for path, _sentence in found] == [True]


def test_a_document_of_before_has_blocks_and_sites_with_caps() -> None:
    def older(document: dict[str, Any]) -> None:
        del document["recruitment"], document["randomisation"]["method"], document["randomisation"]["gates"]

    protocol = Protocol.from_document(changed(older))
    assert protocol.randomisation is not None
    assert (protocol.randomisation.method, protocol.randomisation.gates) == (BLOCKS, ())
    assert protocol.recruitment.sites_are_caps
