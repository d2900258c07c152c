"""Facts as rules read them from the forms of the assessments."""

from datetime import date
from decimal import Decimal

import pytest

from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import facts
from trialsite.casebook.services import change_state
from trialsite.clinical.interval import Interval
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.fact_names import FACTS

from .entries import enter, fact, result

DAY, LATER = date(2026, 1, 6), date(2026, 1, 9)
OWN_FORMS = {"VS", "HEM", "CHEM", "ECHO", "ECG", "PFT", "HCI", "VIR", "PREG", "CSF", "BM", "MRD"}


def test_every_fact_of_the_forms_of_this_room_is_registered() -> None:
    wanted = {name for name, known in FACTS.items() if known.form in OWN_FORMS}
    assert wanted <= set(facts)


@pytest.mark.parametrize(
    ("analyte", "text", "unit", "name", "value"),
    [
        ("creatinine", "1.2", "mg/dL", "creat", "106.08"),
        ("bilirubin", "2.0", "mg/dL", "tbil", "34.2"),
        ("urea", "22.408", "mg/dL", "bun", "8"),
        ("alt", "40", "U/L", "alt", "40"),
    ],
)
def test_a_result_is_a_fact_in_the_standard_unit(
    cast: Cast, subject: Subject, analyte: str, text: str, unit: str, name: str, value: str
) -> None:
    enter(cast, subject, "CHEM", DAY, rows=[result(analyte, text, unit, uln=Decimal("50"))])
    found = fact(cast, subject, name)
    assert (found.value, found.on) == (Decimal(value), DAY)
    assert fact(cast, subject, f"{name}_uln").value == 50


def test_a_result_below_detection_keeps_its_sign(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "HEM", DAY, rows=[result("anc", "<0.1", "10*9/L")])
    found = fact(cast, subject, "anc")
    assert (found.comparator, found.value, found.unit) == ("<", Decimal("0.1"), "10*9/L")


def test_the_latest_result_counts_with_its_own_limit(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "CHEM", LATER, visit="IND_D1", rows=[result("alt", "90", "U/L", uln=Decimal("45"))])
    enter(cast, subject, "CHEM", DAY, rows=[result("alt", "40", "U/L", uln=Decimal("50"))])
    assert (fact(cast, subject, "alt").value, fact(cast, subject, "alt_uln").value) == (90, 45)


def test_a_result_without_limit_gives_a_missing_limit(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "CHEM", DAY, rows=[result("alt", "40", "U/L")])
    found = fact(cast, subject, "alt_uln")
    assert (found.value, found.why) == (None, "NOT_RECORDED")


def test_a_voided_report_gives_no_fact(cast: Cast, subject: Subject) -> None:
    record = enter(cast, subject, "HEM", DAY, rows=[result("anc", "1.0", "10*9/L")])
    with acting(user=cast.coordinator):
        change_state(record=record, action="void", by=cast.coordinator, reason="wrong subject")
    assert fact(cast, subject, "anc").why == "NOT_RECORDED"


def test_an_empty_item_says_why(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "VIR", DAY, hbsag="NEG", missing={"hiv_ab": "NOT_DONE"})
    assert fact(cast, subject, "hbsag").value == "NEG"
    assert fact(cast, subject, "hiv_ab").why == "NOT_DONE"
    assert fact(cast, subject, "hcv_ab").why == "NOT_RECORDED"


def test_viral_load_below_quantification_is_unknown_and_not_negative(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "VIR", DAY, hbv_dna="BELOW_LOQ", hcv_rna="PENDING")
    assert fact(cast, subject, "hbv_dna").why == "UNKNOWN"
    assert fact(cast, subject, "hcv_rna").why == "PENDING"


def test_height_of_an_earlier_day_stays_known_when_only_weight_is_taken_later(
    cast: Cast, subject: Subject
) -> None:
    height, weight = Quantity.parse("1.70", "m", "height"), Quantity.parse("70", "kg", "weight")
    enter(cast, subject, "VS", DAY, height=height, weight=weight, ecog=1)
    enter(cast, subject, "VS", LATER, visit="IND_D1", weight=Quantity.parse("68.5", "kg", "weight"))
    assert fact(cast, subject, "height_cm").value == 170
    assert fact(cast, subject, "weight_kg").value == Decimal("68.5")
    assert fact(cast, subject, "ecog").value == 1


def with_identity(cast: Cast, subject: Subject, sex: str, birth: str) -> None:
    from trialsite.clinical.partial_date import PartialDate

    enter(cast, subject, "DM", DAY, sex=sex, birth_date=PartialDate.parse(birth))


@pytest.mark.parametrize(
    ("sex", "birth", "weight", "creatinine", "expected"),
    [
        ("M", "1966-01-01", "60", "88.4", "66.67"),  # (140 - 60) × 60 ÷ 72
        ("F", "1966-01-01", "60", "88.4", "56.67"),  # the same × 0.85
        ("M", "1966-01-07", "60", "88.4", "67.50"),  # 59 years on the day of the sample
    ],
)
def test_clearance_uses_age_at_the_sample_sex_weight_and_exact_constants(
    cast: Cast, subject: Subject, sex: str, birth: str, weight: str, creatinine: str, expected: str
) -> None:
    with_identity(cast, subject, sex, birth)
    enter(cast, subject, "VS", DAY, weight=Quantity.parse(weight, "kg", "weight"))
    enter(cast, subject, "CHEM", DAY, rows=[result("creatinine", creatinine, "umol/L")])
    found = fact(cast, subject, "crcl")
    assert round(found.value, 2) == Decimal(expected)
    assert "140" in found.working


def test_clearance_is_missing_without_weight(cast: Cast, subject: Subject) -> None:
    with_identity(cast, subject, "M", "1966-01-01")
    enter(cast, subject, "CHEM", DAY, rows=[result("creatinine", "88.4", "umol/L")])
    assert fact(cast, subject, "crcl").why == "NOT_RECORDED"


def test_clearance_of_a_partial_birth_date_is_known_within_bounds(cast: Cast, subject: Subject) -> None:
    with_identity(cast, subject, "M", "1966")
    enter(cast, subject, "VS", DAY, weight=Quantity.parse("60", "kg", "weight"))
    enter(cast, subject, "CHEM", DAY, rows=[result("creatinine", "88.4", "umol/L")])
    value = fact(cast, subject, "crcl").value
    assert isinstance(value, Interval)
    assert value.low is not None
    assert value.high is not None
    assert (round(value.low, 1), round(value.high, 1)) == (Decimal("66.7"), Decimal("67.5"))


def test_pregnancy_does_not_apply_to_men_and_is_open_in_women(cast: Cast, subject: Subject) -> None:
    assert fact(cast, subject, "preg_test").why == "NOT_RECORDED"
    with_identity(cast, subject, "M", "1966-01-01")
    assert fact(cast, subject, "preg_test").why == "NOT_APPLICABLE"
    assert fact(cast, subject, "lactating").why == "NOT_APPLICABLE"


NO_COMORBIDITY = dict.fromkeys(
    [
        "arrhythmia",
        "cardiac",
        "ibd",
        "diabetes",
        "cerebrovascular",
        "psychiatric",
        "hepatic_mild",
        "obesity",
        "infection",
        "rheumatologic",
        "peptic_ulcer",
        "renal",
        "pulmonary_moderate",
        "solid_tumour",
        "heart_valve",
        "pulmonary_severe",
        "hepatic_severe",
    ],
    False,
)


def measured(cast: Cast, subject: Subject, dlco: str, bilirubin: str) -> None:
    enter(cast, subject, "ECHO", DAY, lvef=Decimal("65"))
    enter(cast, subject, "PFT", DAY, fev1_pp=Decimal("95"), fvc_pp=Decimal("95"), dlco_pp=Decimal(dlco))
    height, weight = Quantity.parse("170", "cm", "height"), Quantity.parse("65", "kg", "weight")
    enter(cast, subject, "VS", DAY, height=height, weight=weight)
    lines = [
        result("creatinine", "70", "umol/L"),
        result("bilirubin", bilirubin, "umol/L", uln=Decimal(20)),
        result("alt", "20", "U/L", uln=Decimal(50)),
        result("ast", "20", "U/L", uln=Decimal(50)),
    ]
    enter(cast, subject, "CHEM", DAY, rows=lines)


def test_the_comorbidity_index_adds_answers_and_measurements(cast: Cast, subject: Subject) -> None:
    measured(cast, subject, dlco="70", bilirubin="24")
    enter(cast, subject, "HCI", DAY, **(NO_COMORBIDITY | {"arrhythmia": True}))
    found = fact(cast, subject, "hctci")
    assert (found.value, found.comparator) == (4, "")  # arrhythmia 1, DLCO 70 % 2, bilirubin 1.2 × ULN 1


def test_the_comorbidity_index_is_a_lower_bound_while_items_are_open(cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "HCI", DAY, heart_valve=True)
    found = fact(cast, subject, "hctci")
    assert (found.value, found.comparator) == (3, ">=")


def test_cns_class_uses_blood_counts_of_the_neighbouring_day(cast: Cast, subject: Subject) -> None:
    enter(
        cast,
        subject,
        "HEM",
        date(2026, 1, 7),
        rows=[result("wbc", "10", "10*9/L"), result("rbc", "4", "10*12/L")],
    )
    cells = {
        "csf_wbc": Quantity.parse("60", "/uL", "csf_wbc"),
        "csf_rbc": Quantity.parse("500", "/uL", "csf_rbc"),
    }
    enter(cast, subject, "CSF", DAY, blasts=True, clinical_signs=False, **cells)
    assert fact(cast, subject, "cns_status").value == "CNS3b"
    assert fact(cast, subject, "cns_leukemia").value is True


def test_a_documented_clinical_absence_counts_as_no_cns_leukaemia(cast: Cast, subject: Subject) -> None:
    assert fact(cast, subject, "cns_leukemia").why == "NOT_RECORDED"
    enter(
        cast,
        subject,
        "CSF",
        DAY,
        clinically_absent=True,
        clinical_signs=False,
        missing={"blasts": "NOT_DONE"},
    )
    assert fact(cast, subject, "cns_leukemia").value is False
    assert fact(cast, subject, "cns_status").why == "NOT_DONE"


@pytest.mark.parametrize(
    ("form", "values", "item"),
    [
        ("VS", {"weight": Quantity.parse("351", "kg", "weight")}, "weight"),
        ("VS", {"temperature": Quantity.parse("24.9", "Cel", "temperature")}, "temperature"),
        ("ECG", {"qt_ms": 1001}, "qt_ms"),
        ("BM", {"bm_blast_pct": Quantity.parse("100.1", "%", "blasts")}, "bm_blast_pct"),
        ("VS", {"performed_on": date(2030, 1, 1)}, "performed_on"),
    ],
)
def test_what_cannot_be_is_refused_at_its_item(
    cast: Cast, subject: Subject, form: str, values: dict, item: str
) -> None:
    on = values.pop("performed_on", DAY)
    with pytest.raises(CheckFailed) as refusal:
        enter(cast, subject, form, on, **values)
    assert list(refusal.value.messages) == [item]


def test_the_edge_of_what_can_be_is_accepted(cast: Cast, subject: Subject) -> None:
    record = enter(cast, subject, "VS", DAY, weight=Quantity.parse("350", "kg", "weight"))
    assert record.version == 1


def test_an_analyte_stands_once_in_a_report_and_is_not_negative(cast: Cast, subject: Subject) -> None:
    lines = [result("alt", "40", "U/L"), result("alt", "41", "U/L"), result("ast", "-1", "U/L")]
    with pytest.raises(CheckFailed) as refusal:
        enter(cast, subject, "CHEM", DAY, rows=lines)
    assert set(refusal.value.messages) == {"results.1.analyte", "results.2.result"}
