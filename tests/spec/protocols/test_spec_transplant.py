"""What the four protocol files say of transplantation and cell therapy, and what is refused."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from trialsite.studies.domain.deviation_plan import deviation_problems
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.transplant_plan import NO_TRANSPLANT_RULES, MrdGate, transplant_problems

FILES = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"


def protocol(key: str) -> Protocol:
    return Protocol.from_document(read_file(FILES / f"{key}.yaml").document)


INDICATIONS = [
    ("BLINA-FULL", ["KMT2A_R", "TP53_MUT", "MRD_PERSISTENT", "MRD_RECURRENCE", "OTHER_INVESTIGATOR"]),
    ("VIP-BLINA-HSCT", ["PLANNED", "OTHER_INVESTIGATOR"]),
    ("BLINA-VEN", ["SUGGESTED", "OTHER_INVESTIGATOR"]),
    ("BLINA-INTENS", ["PLANNED", "OTHER_INVESTIGATOR"]),
]


@pytest.mark.parametrize(("key", "indications"), INDICATIONS)
def test_indications(key: str, indications: list[str]) -> None:
    plan = protocol(key).transplant
    assert [one.key for one in plan.indications] == indications
    assert [one.key for one in plan.indications if one.needs_reason] == ["OTHER_INVESTIGATOR"]
    assert not list(transplant_problems(protocol(key)))


def test_washout_of_the_randomised_trial_only() -> None:
    washout = protocol("BLINA-INTENS").transplant.washout
    assert washout is not None
    assert (washout.days, washout.max_grade, washout.source) == (7, 1, "assumption")
    others = [key for key, _ in INDICATIONS if key != "BLINA-INTENS"]
    assert [protocol(key).transplant.washout for key in others] == [None, None, None]


def test_mrd_before_conditioning() -> None:
    assert {key: protocol(key).transplant.mrd_negative is not None for key, _ in INDICATIONS} == {
        "BLINA-FULL": False,
        "VIP-BLINA-HSCT": True,
        "BLINA-VEN": False,
        "BLINA-INTENS": False,
    }


def test_the_day_up_to_which_mrd_counts_and_where_it_comes_from() -> None:
    gate = protocol("VIP-BLINA-HSCT").transplant.mrd_negative
    assert gate is not None
    assert (gate.method, gate.until, gate.source) == ("MFC", "conditioning", "registration")


def test_a_rule_about_grafts_needs_what_the_transplant_section_says_of_mrd() -> None:
    found = protocol("VIP-BLINA-HSCT")
    plain = replace(found, transplant=replace(found.transplant, mrd_negative=None))
    ((path, sentence),) = deviation_problems(plain)
    assert path == ("deviations", 4, "rule")
    assert "needs transplant.mrd_negative" in sentence
    assert not list(deviation_problems(found))


def test_conditions_of_the_apheresis() -> None:
    cells = protocol("BLINA-FULL").cell_therapy
    assert cells is not None
    rules = cells.apheresis
    assert (rules.alc, rules.prednisone_mg) == (Decimal("0.3"), Decimal(10))
    assert (rules.steroid_days, rules.days_after_blinatumomab) == (7, 14)
    assert protocol("BLINA-VEN").cell_therapy is None


def test_refused_a_method_that_the_trial_does_not_use_and_a_key_twice() -> None:
    found = protocol("BLINA-VEN")
    plan = replace(
        found.transplant,
        indications=(found.transplant.indications[0],) * 2,
        mrd_negative=MrdGate("DPCR", "assumption", "-"),
    )
    paths = [path for path, _sentence in transplant_problems(replace(found, transplant=plan))]
    assert paths == [("transplant", "indications", 1, "key"), ("transplant", "mrd_negative", "method")]
    assert not list(transplant_problems(replace(found, transplant=NO_TRANSPLANT_RULES)))
