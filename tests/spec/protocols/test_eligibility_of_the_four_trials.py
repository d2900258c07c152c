# ruff: noqa: E501 (tables are read across)
"""The criteria of the four trials as they stand in the files, evaluated on worked examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from trialsite.clinical.body import Sex, creatinine_clearance
from trialsite.clinical.facts import Fact, FactValue, Why, age_fact
from trialsite.clinical.hctci import BY_KEY, HctciMeasures, hctci_score
from trialsite.clinical.rules import evaluate, parse_rule
from trialsite.clinical.verdicts import CriterionKind, criterion_verdict, subject_verdict
from trialsite.studies.domain.check import check_reading
from trialsite.studies.domain.fact_names import FACTS
from trialsite.studies.domain.protocol import Criterion, Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.vocabulary import ANCHORS, FORMS

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"

CRITERIA = {
    "BLINA-FULL": "I1 I1a I2a I2b I3 I4 I5a I5b I5c I6 I7 E1 E2 E3 E4 E5 E6 E7 E8 E9 E10",
    "VIP-BLINA-HSCT": "I1a I1b I1c I2 I2b I3 I4a I4b I4c I4d I4e I4f I5 I6 E1 E2 E3a E3b E3c E3d E3e"
    " E4a E4b E4c E4d E4e E4f E4g E5 E6 E7 E8 E9 E10 E11",
    "BLINA-VEN": "I1 I2 I3 I4 I5a I5b I5c I6 I7 E1 E2 E3 E4 E5 E6 E7",
    "BLINA-INTENS": "I1 I2 I3 I4 I5a I5b I5c I5d I5e I5f I5g I5h I5i I6 E1 E2 E3 E4 E5 E6",
}
NUMBER = {"BLINA-FULL": "000", "VIP-BLINA-HSCT": "004", "BLINA-VEN": "002", "BLINA-INTENS": "003"}


@cache
def protocol(key: str) -> Protocol:
    """The protocol of a file, checked."""
    reading = read_file(FOLDER / f"{key}.yaml")
    assert check_reading(reading, FACTS, ANCHORS, FORMS) == ()
    return Protocol.from_document(reading.document)


def criterion(name: str) -> Criterion:
    """A criterion by its id, which begins with the registration."""
    key = next(key for key, number in NUMBER.items() if name.startswith(number))
    return next(one for one in protocol(key).criteria if one.id == name)


def facts(values: Mapping[str, object]) -> dict[str, Fact]:
    """Facts from plain values; a `Fact` stands for itself."""
    return {name: value if isinstance(value, Fact) else Fact(_exact(value)) for name, value in values.items()}


def _exact(value: object) -> FactValue:
    assert isinstance(value, Decimal | int | str | bool | date)
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return Decimal(value)
    return value


def verdict(name: str, values: Mapping[str, object]) -> str:
    """The verdict of one criterion on these facts."""
    one = criterion(name)
    answer = evaluate(parse_rule(one.rule), facts(values))
    return criterion_verdict(CriterionKind(one.kind.upper()), answer.truth)


def subject(key: str, values: Mapping[str, object]) -> str:
    """The verdict of a subject from all criteria of a trial."""
    verdicts = {one.id: criterion_verdict(CriterionKind(one.kind.upper()), evaluate(parse_rule(one.rule), facts(values)).truth)
                for one in protocol(key).criteria}  # fmt: skip
    return subject_verdict(verdicts).verdict


def age(born: date, consented: date) -> dict[str, Fact]:
    return {"age_years": age_fact(born, consented)}


def clearance(sex: Sex, years: int, kilograms: str, creatinine: str) -> dict[str, Fact]:
    value = creatinine_clearance(
        age_years=years, weight_kg=Decimal(kilograms), creatinine_umol_l=Decimal(creatinine), sex=sex
    )
    return {"crcl": Fact(value.value, "mL/min")}


def comorbidity(present: str = "", **measured: str) -> dict[str, Fact]:
    """The HCT-CI with every other item answered no and the measurements given."""
    normal = {"lvef_pct": "65", "bmi": "23", "creatinine_umol_l": "70", "fev1_pct": "95", "dlco_pct": "95",
              "bilirubin": "10", "bilirubin_uln": "21", "alt": "20", "alt_uln": "40", "ast": "20", "ast_uln": "40"}  # fmt: skip
    values = {name: Decimal(value) for name, value in {**normal, **measured}.items()}
    answers = {key: key == present for key in BY_KEY}
    return {"hctci": hctci_score(answers, HctciMeasures(**values)).as_fact()}


def _thrombosis(day: date) -> dict[str, object]:
    return {"arterial_thrombosis": True, "arterial_thrombosis_date": day, "icf_date": date(2026, 5, 15)}


NA = Fact.missing(Why.NOT_APPLICABLE)
WAITING = Fact.missing(Why.UNKNOWN)

# example, criterion, facts, verdict
VERDICTS: list[tuple[str, str, Mapping[str, object], str]] = [
    ("E-01 a day before 15", "000-I1", age(date(2011, 5, 2), date(2026, 5, 1)), "NOT_MET"),
    ("E-01 on the 15th birthday", "000-I1", age(date(2011, 5, 2), date(2026, 5, 2)), "MET"),
    ("E-01 at 15 nobody signed yet", "000-I1a", age(date(2011, 5, 2), date(2026, 5, 2)), "UNKNOWN"),
    ("E-01 at 15 guardian only", "000-I1a", {"age_years": 15, "guardian_icf_signed": True}, "UNKNOWN"),
    ("E-01 at 15 without assent", "000-I1a", {"age_years": 15, "assent_signed": False}, "NOT_MET"),
    ("E-01 at 15 both", "000-I1a", {"age_years": 15, "guardian_icf_signed": True, "assent_signed": True}, "MET"),
    ("E-01 at 18 nobody else signs", "000-I1a", {"age_years": 18}, "MET"),
    ("E-02 a day before 66", "000-I1", age(date(1960, 5, 1), date(2026, 4, 30)), "MET"),
    ("E-02 on the 66th birthday", "000-I1", age(date(1960, 5, 1), date(2026, 5, 1)), "NOT_MET"),
    ("E-04 born on 29 February, 28 February", "004-I1a", age(date(2008, 2, 29), date(2026, 2, 28)), "NOT_MET"),
    ("E-04 born on 29 February, 1 March", "004-I1a", age(date(2008, 2, 29), date(2026, 3, 1)), "MET"),
    ("E-05 clearance 102.06", "000-I6", clearance(Sex.MALE, 45, "70", "80"), "MET"),
    ("E-07 clearance 30.03 with exact constants", "000-I6", clearance(Sex.FEMALE, 60, "50", "139"), "MET"),
    ("E-07 one µmol more", "000-I6", clearance(Sex.FEMALE, 60, "50", "140"), "NOT_MET"),
    ("E-08 clearance 54.20 by actual weight", "000-I6", clearance(Sex.FEMALE, 58, "95", "150"), "MET"),
    ("clearance not known", "000-I6", {}, "UNKNOWN"),
    ("E-10 bilirubin high, infiltration", "000-I5a", {"tbil": "63.1", "tbil_uln": "21", "leuk_infiltration_liver": True}, "MET"),
    ("E-10 bilirubin high, unanswered", "000-I5a", {"tbil": "63.1", "tbil_uln": "21"}, "UNKNOWN"),
    ("E-10 bilirubin high, no infiltration", "000-I5a", {"tbil": "63.1", "tbil_uln": "21", "leuk_infiltration_liver": False}, "NOT_MET"),
    ("E-10 bilirubin exactly 3 × ULN", "000-I5a", {"tbil": "63", "tbil_uln": "21"}, "MET"),
    ("E-11 ALT missing", "000-I5b", {"alt_uln": "40", "leuk_infiltration_liver": False}, "UNKNOWN"),
    ("E-11 AST 160", "000-I5c", {"ast": "160", "ast_uln": "40", "leuk_infiltration_liver": False}, "NOT_MET"),
    ("E-11 AST 120", "000-I5c", {"ast": "120", "ast_uln": "40", "leuk_infiltration_liver": False}, "MET"),
    ("CD19 20 %", "000-I2b", {"cd19_pct": "20"}, "MET"),
    ("CD19 19.9 %", "000-I2b", {"cd19_pct": "19.9"}, "NOT_MET"),
    ("CD19 not done", "000-I2b", {"cd19_pct": "ND"}, "UNKNOWN"),
    ("Ph status pending", "000-I2a", {"dx": "BCP_ALL", "newly_dx": True, "ph_status": "PENDING"}, "UNKNOWN"),
    ("E-13 steroid 5 days", "000-I3", {"other_antileukemic_therapy": False, "hydroxyurea_days": 0, "steroid_days": 5}, "MET"),
    ("E-13 steroid 6 days", "000-I3", {"other_antileukemic_therapy": False, "hydroxyurea_days": 0, "steroid_days": 6}, "NOT_MET"),
    ("E-13 hydroxyurea 6 days", "000-I3", {"other_antileukemic_therapy": False, "hydroxyurea_days": 6, "steroid_days": 0}, "NOT_MET"),
    ("E-14 HBsAg positive, no DNA, BLINA-FULL", "000-E7", {"hbsag": "POS", "hbv_dna": "NOT_DETECTED", "hcv_rna": "NOT_DETECTED"}, "ABSENT"),
    ("E-14 HBsAg positive, no DNA, VIP", "004-E3b", {"hbsag": "POS", "hbcab": "NEG", "hbv_dna": "NOT_DETECTED"}, "ABSENT"),
    ("HBcAb positive with DNA, VIP", "004-E3b", {"hbsag": "NEG", "hbcab": "POS", "hbv_dna": "DETECTED"}, "PRESENT"),
    ("HBV DNA not done", "000-E7", {"hbv_dna": "ND", "hcv_rna": "NOT_DETECTED"}, "UNKNOWN"),
    ("HIV not done is not negative", "000-E6", {"hiv_ab": "ND"}, "UNKNOWN"),
    ("E-16 NYHA I", "000-E8", {"nyha": "I", "investigator_unsuitable": False}, "ABSENT"),
    ("E-16 NYHA II", "000-E8", {"nyha": "II", "investigator_unsuitable": False}, "PRESENT"),
    ("E-16 NYHA not assessed", "000-E8", {"nyha": "ND", "investigator_unsuitable": False}, "UNKNOWN"),
    ("no heart disease is its own value", "000-E8", {"nyha": "NONE", "investigator_unsuitable": False}, "ABSENT"),
    ("E-17 bilirubin 1.714 × ULN", "004-I4b", {"tbil": "36", "tbil_uln": "21"}, "MET"),
    ("E-17 the same in the HCT-CI", "004-I1c", comorbidity(bilirubin="36"), "NOT_MET"),
    ("E-19 FEV1 75 and ALT 1.2 × ULN", "004-I1c", comorbidity(fev1_pct="75", alt="48"), "NOT_MET"),
    ("E-20 FEV1 75 alone", "004-I1c", comorbidity(fev1_pct="75"), "MET"),
    ("HCT-CI 3 known, rest open", "004-I1c", {"hctci": Fact(3, comparator=">=")}, "NOT_MET"),
    ("HCT-CI 2 known, rest open", "004-I1c", {"hctci": Fact(2, comparator=">=")}, "UNKNOWN"),
    ("HCT-CI 3 in BLINA-INTENS", "003-I5b", {"hctci": 3}, "MET"),
    ("HCT-CI 4 in BLINA-INTENS", "003-I5b", {"hctci": 4}, "NOT_MET"),
    ("E-22 creatinine 1.235 × ULN", "004-I4c", {"bun": "5", "bun_uln": "8", "creat": "100", "creat_uln": "81"}, "MET"),
    ("E-22 creatinine exactly 1.25 × ULN", "004-I4c", {"bun": "5", "bun_uln": "8", "creat": "101.25", "creat_uln": "81"}, "MET"),
    ("E-22 creatinine 1.259 × ULN", "004-I4c", {"bun": "5", "bun_uln": "8", "creat": "102", "creat_uln": "81"}, "NOT_MET"),
    ("urea 1.26 × ULN", "004-I4c", {"bun": "10.1", "bun_uln": "8", "creat": "80", "creat_uln": "81"}, "NOT_MET"),
    ("E-23 TIA 3 calendar months before", "004-E4c", _thrombosis(date(2026, 2, 15)), "PRESENT"),
    ("E-23 TIA a day earlier", "004-E4c", _thrombosis(date(2026, 2, 14)), "ABSENT"),
    ("never a thrombosis", "004-E4c", {"arterial_thrombosis": False, "icf_date": date(2026, 5, 15)}, "ABSENT"),
    ("thrombosis without a date", "004-E4c", {"arterial_thrombosis": True, "icf_date": date(2026, 5, 15)}, "UNKNOWN"),
    ("E-25 assay not deep enough", "003-I4", {"in_crc": True, "mrd_verdict_screening": WAITING}, "UNKNOWN"),
    ("MRD negative in remission", "003-I4", {"in_crc": True, "mrd_verdict_screening": "NEGATIVE"}, "MET"),
    ("MRD positive", "003-I4", {"in_crc": True, "mrd_verdict_screening": "POSITIVE"}, "NOT_MET"),
    ("E-26 man, pregnancy test not applicable", "000-E9", {"preg_test": NA, "lactating": NA}, "ABSENT"),
    ("woman, pregnancy test not done", "000-E9", {"preg_test": "ND", "lactating": False}, "UNKNOWN"),
    ("woman, pregnant", "000-E9", {"preg_test": "POS", "lactating": False}, "PRESENT"),
    ("donor search pending", "004-I3", {"donor": "PENDING"}, "UNKNOWN"),
    ("no donor", "004-I3", {"donor": "NONE"}, "NOT_MET"),
    ("uncomplicated cystitis", "004-E8", {"infection_uncontrolled": True, "infection_kind": "UTI_UNCOMPLICATED"}, "ABSENT"),
    ("pneumonia", "004-E8", {"infection_uncontrolled": True, "infection_kind": "OTHER"}, "PRESENT"),
    ("no infection", "004-E8", {"infection_uncontrolled": False, "infection_kind": NA}, "ABSENT"),
    ("adult without a guardian's signature", "004-I6",
     {"icf_signed": True, "guardian_icf_signed": False, "willing_hsct": True, "will_comply": True}, "NOT_MET"),
    ("FEV1 60 % is enough for the stated limit", "004-I4f", {"fev1_pp": "60", "fvc_pp": "60", "dlco_pp": "60"}, "MET"),
    ("DLCO 59.9 %", "004-I4f", {"fev1_pp": "60", "fvc_pp": "60", "dlco_pp": "59.9"}, "NOT_MET"),
    ("clearance 49 in BLINA-VEN", "002-I6", {"crcl": "49"}, "NOT_MET"),
    ("clearance 50 in BLINA-VEN", "002-I6", {"crcl": "50"}, "MET"),
    ("age 61 in BLINA-VEN", "002-I2", {"age_years": 61}, "NOT_MET"),
]  # fmt: skip


@pytest.mark.parametrize("key", CRITERIA)
def test_every_criterion_of_the_trial_stands_in_its_file_and_no_other(key: str) -> None:
    expected = [f"{NUMBER[key]}-{name}" for name in CRITERIA[key].split()]
    assert [one.id for one in protocol(key).criteria] == expected


@pytest.mark.parametrize(
    ("example", "name", "values", "expected"), VERDICTS, ids=[row[0] for row in VERDICTS]
)
def test_a_criterion_gives_the_verdict_of_the_worked_example(
    example: str, name: str, values: Mapping[str, object], expected: str
) -> None:
    assert verdict(name, values) == expected


def test_a_known_failure_outweighs_what_is_missing() -> None:
    values = {"alt_uln": "40", "ast": "160", "ast_uln": "40", "leuk_infiltration_liver": False}
    assert subject("BLINA-FULL", values) == "INELIGIBLE"


def test_nothing_recorded_is_pending_in_every_trial() -> None:
    assert {subject(key, {}) for key in CRITERIA} == {"PENDING"}


ELIGIBLE: dict[str, object] = {
    "age_years": 34, "dx": "BCP_ALL", "newly_dx": True, "ph_status": "NEG", "cd19_pct": "95",
    "other_antileukemic_therapy": False, "hydroxyurea_days": 0, "steroid_days": 3, "ecog": 1,
    "tbil": "12", "tbil_uln": "21", "alt": "30", "alt_uln": "40", "ast": "28", "ast_uln": "40", "crcl": "98",
    "consent_complete": True, "consent_before_procedures": True, "emd": "NONE", "cns_leukemia": False,
    "hiv_ab": "NEG", "hbv_dna": "NOT_DETECTED", "hcv_rna": "NOT_DETECTED", "nyha": "NONE",
    "investigator_unsuitable": False, "preg_test": NA, "lactating": NA, "refused": False,
}  # fmt: skip


def test_a_subject_with_every_criterion_decided_in_favour_is_eligible() -> None:
    assert subject("BLINA-FULL", ELIGIBLE) == "ELIGIBLE"


@pytest.mark.parametrize(
    "name", [name for name in ELIGIBLE if name not in {"tbil_uln", "alt_uln", "ast_uln"}]
)
def test_a_subject_with_one_fact_missing_is_not_eligible(name: str) -> None:
    rest = {other: value for other, value in ELIGIBLE.items() if other != name}
    assert subject("BLINA-FULL", rest) == "PENDING"


@pytest.mark.parametrize("key", ["BLINA-FULL", "BLINA-VEN"])
def test_a_criterion_that_the_registration_does_not_state_is_marked(key: str) -> None:
    stated = {one.id for one in protocol(key).criteria if one.source == "registration"}
    everything = {one.id for one in protocol(key).criteria}
    assert everything - stated == {"000-I1a"} if key == "BLINA-FULL" else stated == {"002-I1"}


def test_limits_that_the_comorbidity_index_tightens_say_so() -> None:
    for name in ("004-I4a", "004-I4b", "004-I4e", "004-I4f"):
        note = criterion(name).note
        assert note is not None
        assert "HCT-CI" in note.en
        assert "HCT-CI" in note.zh
