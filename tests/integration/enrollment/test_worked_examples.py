"""Worked eligibility examples (E) through the real forms of the real protocols: what is typed becomes a verdict."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from enrollment.domain.eligibility import Dossier
from enrollment.selectors import dossier_of
from enrollment.services import screen_subject
from tests.cast import Cast, make_cast
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.clinical.units import canonical_unit

from .candidates import enter, sign_consent

Candidate = Callable[..., "Case"]
DAY = date(2026, 5, 15)


class Case:
    """One candidate of one protocol, filled in form by form."""

    def __init__(self, key: str, on: date) -> None:
        self.cast: Cast = make_cast(key)
        self.on = on
        by = self.cast.coordinator
        with acting(user=by):
            self.subject: Subject = screen_subject(
                study=self.cast.study,
                site=self.cast.here,
                full_name="王小明",
                screened_on=on - timedelta(days=1),
                by=by,
            )

    def form(self, key: str, rows: dict[str, Any] | None = None, **values: Any) -> None:
        enter(self.subject, self.cast.coordinator, key, self.on, rows, **values)

    def person(self, birth: str, sex: str = "M") -> None:
        self.form("DM", birth_date=PartialDate.parse(birth), sex=sex)

    def consent(self, *signers: str) -> None:
        sign_consent(self.subject, self.cast.coordinator, self.on, *signers)

    def labs(self, **results: tuple[str, str | None]) -> None:
        """Chemistry: analyte → result in the canonical unit and upper limit."""
        lines = [
            {
                "analyte": analyte,
                "result": Quantity.parse(text, canonical_unit(analyte), analyte),
                "uln": Decimal(uln) if uln else None,
            }
            for analyte, (text, uln) in results.items()
        ]
        self.form("CHEM", {"results": lines})

    def dossier(self) -> Dossier:
        with acting(user=self.cast.coordinator):
            return dossier_of(self.subject, self.on)

    def verdict(self, criterion: str) -> str:
        return str(self.dossier().line(criterion).verdict)


@pytest.fixture
def case(db: None) -> Candidate:
    return lambda key="BLINA-FULL", on=DAY: Case(key, on)


@pytest.mark.parametrize(
    ("key", "criterion", "birth", "consent", "expected"),
    [
        ("BLINA-FULL", "000-I1", "2011-05-02", date(2026, 5, 1), "NOT_MET"),  # E-01: 14 years
        ("BLINA-FULL", "000-I1", "2011-05-02", date(2026, 5, 2), "MET"),  # E-01: 15 years
        ("BLINA-FULL", "000-I1", "1960-05-01", date(2026, 4, 30), "MET"),  # E-02: 65 years
        ("BLINA-FULL", "000-I1", "1960-05-01", date(2026, 5, 1), "NOT_MET"),  # E-02: 66 years
        ("BLINA-FULL", "000-I1", "1960", date(2026, 5, 1), "UNKNOWN"),  # 65 or 66
        ("VIP-BLINA-HSCT", "004-I1a", "2008-02-29", date(2026, 2, 28), "NOT_MET"),  # E-04: 17 years
        ("VIP-BLINA-HSCT", "004-I1a", "2008-02-29", date(2026, 3, 1), "MET"),  # E-04: 18 years
    ],
)
def test_age_at_consent(
    case: Candidate, key: str, criterion: str, birth: str, consent: date, expected: str
) -> None:
    candidate = case(key, consent)
    candidate.person(birth)
    candidate.consent("patient", "guardian", "assent")
    assert candidate.verdict(criterion) == expected


def test_a_minor_of_15_needs_guardian_and_assent(case: Candidate) -> None:
    """E-01."""
    candidate = case(on=date(2026, 5, 2))
    candidate.person("2011-05-02")
    candidate.consent("guardian")
    assert candidate.verdict("000-I1a") == "UNKNOWN"
    assert candidate.verdict("000-I7") == "UNKNOWN"
    standing = candidate.dossier().line("000-I1a")
    assert standing.missing == ("assent_signed",)


def test_guardian_and_assent_complete_the_consent_of_a_minor(case: Candidate) -> None:
    candidate = case(on=date(2026, 5, 2))
    candidate.person("2011-05-02")
    candidate.consent("guardian", "assent")
    assert candidate.verdict("000-I1a") == "MET"
    assert candidate.verdict("000-I7") == "MET"


@pytest.mark.parametrize(
    ("sex", "age", "weight", "creatinine", "clearance", "expected"),
    [
        ("M", 45, "70", "80", "102.06", "MET"),  # E-05
        ("F", 60, "50", "139", "30.03", "MET"),  # E-07
        ("F", 60, "50", "140", "29.82", "NOT_MET"),
    ],
)
def test_creatinine_clearance(
    case: Candidate, sex: str, age: int, weight: str, creatinine: str, clearance: str, expected: str
) -> None:
    candidate = case()
    candidate.person(f"{DAY.year - age}-01-01", sex)
    candidate.form("VS", weight=Quantity.parse(weight, "kg", "weight"))
    candidate.labs(creatinine=(creatinine, None))
    line = candidate.dossier().line("000-I6")
    assert line.verdict == expected
    assert round(line.answer.evidence[0].value, 2) == Decimal(clearance)


@pytest.mark.parametrize(
    ("bilirubin", "infiltration", "expected"),
    [
        ("63.1", True, "MET"),  # E-10
        ("63.1", None, "UNKNOWN"),  # E-10
        ("63.1", False, "NOT_MET"),
        ("63", None, "MET"),  # exactly 3 × 21
        (None, True, "MET"),
    ],
)
def test_bilirubin_and_leukaemic_infiltration(
    case: Candidate, bilirubin: str | None, infiltration: bool | None, expected: str
) -> None:
    candidate = case()
    if bilirubin:
        candidate.labs(bilirubin=(bilirubin, "21"))
    candidate.form("EL", leuk_infiltration_liver=infiltration)
    assert candidate.verdict("000-I5a") == expected


def test_one_criterion_not_met_decides_although_others_are_unknown(case: Candidate) -> None:
    """E-11: ALT missing, AST 160 with an upper limit of 40, no infiltration."""
    candidate = case()
    candidate.labs(ast=("160", "40"))
    candidate.form("EL", leuk_infiltration_liver=False)
    dossier = candidate.dossier()
    assert dossier.line("000-I5b").verdict == "UNKNOWN"
    assert dossier.line("000-I5c").verdict == "NOT_MET"
    assert dossier.verdict == "INELIGIBLE"


@pytest.mark.parametrize(("stop", "expected"), [("2026-03-05", "MET"), ("2026-03-06", "NOT_MET")])
def test_days_of_corticosteroid(case: Candidate, stop: str, expected: str) -> None:
    """E-13: five days are allowed, six are not."""
    candidate = case()
    line = {
        "kind": "STEROID",
        "drug": "dexamethasone",
        "start": PartialDate.parse("2026-03-01"),
        "stop": PartialDate.parse(stop),
    }
    candidate.form("MH", {"therapies": [line]}, prior_therapy_reviewed=True)
    assert candidate.verdict("000-I3") == expected


@pytest.mark.parametrize(("key", "criterion"), [("BLINA-FULL", "000-E7"), ("VIP-BLINA-HSCT", "004-E3b")])
def test_surface_antigen_without_viral_dna_does_not_exclude(
    case: Candidate, key: str, criterion: str
) -> None:
    """E-14, with the answer that Q04 takes by default."""
    candidate = case(key)
    candidate.form("VIR", hbsag="POS", hbcab="POS", hbv_dna="NOT_DETECTED", hcv_rna="NOT_DETECTED")
    assert candidate.verdict(criterion) == "ABSENT"


@pytest.mark.parametrize(("nyha", "expected"), [("I", "ABSENT"), ("II", "PRESENT"), ("", "UNKNOWN")])
def test_nyha_class(case: Candidate, nyha: str, expected: str) -> None:
    """E-16."""
    candidate = case()
    candidate.form("MH", nyha=nyha)
    candidate.form("EL", investigator_unsuitable=False)
    assert candidate.verdict("000-E8") == expected


@pytest.mark.parametrize(("creatinine", "expected"), [("100", "MET"), ("101.25", "MET"), ("102", "NOT_MET")])
def test_creatinine_against_one_and_a_quarter_of_its_limit(
    case: Candidate, creatinine: str, expected: str
) -> None:
    """E-22: upper limit 81, so 101.25 is exactly at the limit."""
    candidate = case("VIP-BLINA-HSCT")
    candidate.labs(creatinine=(creatinine, "81"), urea=("5", "8"))
    assert candidate.verdict("004-I4c") == expected


@pytest.mark.parametrize(("event", "expected"), [("2026-02-15", "PRESENT"), ("2026-02-14", "ABSENT")])
def test_arterial_thrombosis_within_three_calendar_months(case: Candidate, event: str, expected: str) -> None:
    """E-23: consent on 2026-05-15."""
    candidate = case("VIP-BLINA-HSCT", date(2026, 5, 15))
    candidate.consent("patient", "guardian")
    candidate.form("MH", arterial_thrombosis=True, arterial_thrombosis_date=PartialDate.parse(event))
    assert candidate.verdict("004-E4c") == expected


def test_without_a_thrombosis_its_date_is_not_asked(case: Candidate) -> None:
    candidate = case("VIP-BLINA-HSCT")
    candidate.consent("patient", "guardian")
    candidate.form("MH", arterial_thrombosis=False)
    assert candidate.verdict("004-E4c") == "ABSENT"


def test_no_pregnancy_test_is_asked_of_a_man(case: Candidate) -> None:
    """E-26."""
    candidate = case()
    candidate.person("1980-05-02", "M")
    assert candidate.verdict("000-E9") == "ABSENT"


def test_a_woman_without_a_pregnancy_test_is_unknown(case: Candidate) -> None:
    candidate = case()
    candidate.person("1980-05-02", "F")
    assert candidate.verdict("000-E9") == "UNKNOWN"
    candidate.form("PREG", result="NEG", lactating=False)
    assert candidate.verdict("000-E9") == "ABSENT"


@pytest.mark.parametrize(
    ("features", "expected"),
    [({"ph_like": True}, "MET"), ({"ph_like": False}, "UNKNOWN"), ({}, "UNKNOWN")],
)
def test_any_feature_makes_the_high_risk_that_blina_intens_asks_for(
    case: Candidate, features: dict[str, bool], expected: str
) -> None:
    candidate = case("BLINA-INTENS")
    candidate.form("DX", **features)
    assert candidate.verdict("003-I3") == expected


@pytest.mark.parametrize(("tbil", "verdict", "bites"), [("31.5", "MET", False), ("31.6", "MET", True)])
def test_the_hidden_limit_of_the_hct_ci_is_told_where_it_bites(
    case: Candidate, tbil: str, verdict: str, bites: bool
) -> None:
    """004: bilirubin up to 2 x ULN is met, and above 1.5 x ULN (31.5 of 21) its 3 points fail the HCT-CI."""
    found = case("VIP-BLINA-HSCT")
    found.labs(bilirubin=(tbil, "21"))
    line = found.dossier().line("004-I4b")
    assert (line.verdict, line.bites) == (verdict, bites)
