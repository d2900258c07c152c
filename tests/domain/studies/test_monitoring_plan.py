"""What check_protocol says of stopping rules that cannot be."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from trialsite.casebook.sign_off import parts_to_sign
from trialsite.studies.domain.check import check
from trialsite.studies.domain.monitoring_plan import MonitoringRule
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.schema import shape_problems

DOCUMENT = read_file(Path("trialsite/studies/protocols/BLINA-INTENS.yaml")).document
SAID = {"source": "assumption", "cite": "a test", "pauses_recruitment": True, "name": {"en": "x", "zh": "x"}}
SIMON = {"key": "S", "kind": "two_stage", "endpoint": "SAFETY", "p0": "0.1", "p1": "0.3", **SAID}
SIMON |= {"r1": 1, "n1": 10, "r": 5, "n": 29}
TOXICITY = {"key": "T", "kind": "toxicity", "endpoint": "SAFETY", "limit": "0.3", "certainty": "0.95", **SAID}
TOXICITY |= {"n": 23, "from_n": 5, "every": 5}


def problems(*rules: dict[str, Any]) -> dict[str, str]:
    document = deepcopy(DOCUMENT) | {"monitoring": list(rules)}
    assert list(shape_problems(document)) == []
    found = check(Protocol.from_document(document), (), (), ())
    return {one.path: one.sentence for one in found if one.path.startswith("monitoring")}


def test_rules_that_agree_are_accepted() -> None:
    assert problems(SIMON, TOXICITY) == {}


def test_looks_come_every_so_many_subjects_and_at_the_end() -> None:
    assert MonitoringRule.of(TOXICITY).looks == (5, 10, 15, 20, 23)
    listed = {name: value for name, value in TOXICITY.items() if name not in ("from_n", "every")}
    assert MonitoringRule.of(listed | {"looks": [4, 8]}).looks == (4, 8)


@pytest.mark.parametrize(
    ("given", "path", "sentence"),
    [
        (
            SIMON | {"endpoint": "OS"},
            "monitoring[0].endpoint",
            "OS is no endpoint that a subject reaches or not",
        ),
        (SIMON | {"r1": 10}, "monitoring[0]", "10/10, 5/29 is not a design of two stages."),
        (SIMON | {"p1": "0.05"}, "monitoring[0].p1", "p1 must lie above 0.1."),
        (SIMON | {"limit": "0.3"}, "monitoring[0].limit", "limit is no part of a rule of the kind two_stage"),
        (TOXICITY | {"certainty": "1.5"}, "monitoring[0].certainty", "A probability lies between 0 and 1."),
        (TOXICITY | {"from_n": 30}, "monitoring[0]", "needs looks (or from_n and every)"),
        (TOXICITY | {"kind": "two_stage"}, "monitoring[0]", "needs p0, p1, r1, n1, r."),
        (
            TOXICITY | {"prior": {"a": "0", "b": "1"}},
            "monitoring[0].prior",
            "a and b of a prior are positive",
        ),
    ],
)
def test_what_cannot_be_is_said_at_its_place(given: dict[str, Any], path: str, sentence: str) -> None:
    assert sentence in problems(given)[path]


def test_a_key_stands_once() -> None:
    assert "twice" in problems(SIMON, SIMON)["monitoring[1].key"]


def test_an_assumed_rule_waits_for_a_signature_in_words() -> None:
    document = deepcopy(DOCUMENT) | {"monitoring": [SIMON]}
    lines = [
        line for part in parts_to_sign(Protocol.from_document(document), document) for line in part.lines
    ]
    (line,) = (line for line in lines if line.what == "x")
    assert line.value == (
        "stop at 1 or fewer of 10; success at more than 5 of 29 (H0: 0.1, H1: 0.3); recruitment pauses by itself"
    )
