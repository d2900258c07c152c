# ruff: noqa: E501 (tables are read across)
"""What changes a dose in a protocol file: problems are named at their place, older files are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from trialsite.studies.domain.check import check_reading
from trialsite.studies.domain.dose_plan import PLAIN_OBESITY, DoseTolerance, ObesityPlan
from trialsite.studies.domain.fact_names import FACTS
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file, read_text
from trialsite.studies.domain.vocabulary import ANCHORS, FORMS

PROTOCOLS = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
LVEF = '{hours: "48", when: {fact: lvef, op: "<", value: "50"}'
# file, old text, new text, part of the path, part of the sentence
PROBLEMS = [
    ("BLINA-FULL", LVEF, LVEF.replace('{hours: "48"', '{hours: "48", factor: "0.5"'), "modifiers[0]", "exactly one of amount, factor, hours, omit"),
    ("BLINA-FULL", LVEF, LVEF.replace('hours: "48", ', ""), "modifiers[0]", "exactly one of"),
    ("BLINA-FULL", LVEF, LVEF.replace('"48"', '"0"'), "modifiers[0].hours", "more than 0"),
    ("BLINA-FULL", LVEF, LVEF.replace("{hours", "{days: [5], hours"), "modifiers[0].days", "Day 5 is not a day of DOXORUBICIN"),
    ("BLINA-FULL", LVEF, LVEF.replace("lvef", "ejection"), "modifiers[0].when", "No form supplies a fact called ejection"),
    ("BLINA-FULL", "reason: CARDIAC", "reason: HEART", "modifiers[0].reason", "one of RENAL, HEPATIC"),
    ("BLINA-FULL", 'factors: ["1", "0.75", "0.5"]', 'factors: ["0.75", "0.5"]', "dose_levels.factors", 'the full dose ("1")'),
    ("BLINA-FULL", "drugs: [METHOTREXATE, CYTARABINE]", "drugs: [METHOTREXATE, CYTARABIN]", "dose_levels.drugs", "CYTARABIN is no drug of HCVAD_B"),
    ("BLINA-FULL", "handling: actual\n", "handling: capped_bsa\n", "obesity.cap", "A cap belongs to the handling capped_bsa"),
    ("BLINA-FULL", "handling: actual\n", 'handling: actual\n  cap: "2"\n', "obesity.cap", "only to that one"),
    ("BLINA-FULL", "handling: actual\n", "handling: ideal\n", "obesity.handling", "one of actual, capped_bsa, adjusted_weight"),
    ("BLINA-VEN", 'deviation_above_pct: "10"', 'deviation_above_pct: "4"', "dose_tolerance.deviation_above_pct", "A deviation lies above"),
    ("BLINA-VEN", 'deviation_above_pct: "10"', 'deviation: "10"', "dose_tolerance", "deviation_above_pct"),
    ("VIP-BLINA-HSCT", 'factor: "0.15"', 'factor: "0"', "equivalents[0]", "more than 0"),
    ("BLINA-VEN", "          form: TLS\n", "          form: TLX\n", "tumour_lysis.form", "TLX is no form of this trial"),
    ("BLINA-VEN", "lysis: clinical_tls", "lysis: tls", "tumour_lysis.lysis", "tls is no item of TLS"),
    ("BLINA-VEN", "points: [H24]", "points: [H48]", "tumour_lysis.checks[1].points", "H48 is no answer of time_point"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "old", "new", "path", "part"), PROBLEMS)
def test_what_is_wrong_is_said_at_its_place(key: str, old: str, new: str, path: str, part: str) -> None:
    text = (PROTOCOLS / f"{key}.yaml").read_text(encoding="utf-8")
    assert old in text
    found = check_reading(read_text(text.replace(old, new, 1), "changed.yaml"), FACTS, ANCHORS, FORMS)
    assert any(path in one.path and part in one.sentence for one in found), [str(one) for one in found]


def test_a_file_that_says_nothing_of_obesity_means_the_actual_weight() -> None:
    assert ObesityPlan.of(None) is PLAIN_OBESITY
    assert (PLAIN_OBESITY.handling, PLAIN_OBESITY.cap) == ("actual", None)


@pytest.mark.parametrize("key", ["BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"])
def test_the_four_trials_assume_five_and_ten_per_cent_as_does_a_file_that_says_nothing(key: str) -> None:
    found = Protocol.from_document(read_file(PROTOCOLS / f"{key}.yaml").document).dose_tolerance
    assert (found.query_above_pct, found.deviation_above_pct, found.source) == (5, 10, "assumption")
    assert DoseTolerance.of(None) == replace(found, cite="")
