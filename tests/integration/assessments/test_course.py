"""Responses and MRD over time, from marrows, counts and reports as they are entered."""

from datetime import date
from decimal import Decimal

import pytest

from assessments.disease.mrd_results import mrd_lines
from assessments.disease.responses import judged_responses
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import anchor_dates
from trialsite.clinical.quantity import Quantity

from .entries import counts, enter, fact, marrow

DIAGNOSIS, DAY = date(2026, 1, 6), date(2026, 2, 20)


def categories(cast: Cast, subject: Subject) -> list[str]:
    with acting(user=cast.coordinator):
        return [each.category for each in judged_responses([subject.pk]).get(subject.pk, [])]


def mrd(
    cast: Cast, subject: Subject, on: date, visit: str, text: str = "", point: str = "OTHER", **line: object
) -> None:
    """One MRD sample by flow cytometry."""
    row = {"method": "MFC", "reported_text": text, **line}
    enter(cast, subject, "MRD", on, visit=visit, rows=[row], specimen="BM_FIRST_PULL", time_point=point)


def share(text: str) -> Quantity:
    return Quantity.parse(text, "%", "mrd")


@pytest.mark.parametrize(
    ("anc", "platelets", "category"),
    [
        ("1.2", "110", "CR"),
        ("1.00", "110", "CRh"),
        ("1.2", "100", "CRh"),
        ("0.3", "150", "CRi"),
        ("0.3", "20", "MLFS"),
    ],
)
def test_counts_of_the_nearest_report_decide_the_response(
    cast: Cast, subject: Subject, anc: str, platelets: str, category: str
) -> None:
    marrow(cast, subject, DIAGNOSIS, "80")
    counts(cast, subject, date(2026, 2, 18), anc, platelets, visit="IND_D15")
    marrow(cast, subject, DAY, "3", visit="IND_EOI1")
    assert categories(cast, subject)[-1] == category


@pytest.mark.parametrize(("day", "decided"), [(date(2026, 2, 27), True), (date(2026, 2, 28), False)])
def test_counts_belong_to_a_marrow_within_seven_days(
    cast: Cast, subject: Subject, day: date, decided: bool
) -> None:
    marrow(cast, subject, DAY, "3", visit="IND_EOI1")
    counts(cast, subject, day, "1.2", "110", visit="CONS1_D1")
    assert (categories(cast, subject) == ["CR"]) is decided


def test_first_remission_is_the_anchor_and_its_facts_are_known(cast: Cast, subject: Subject) -> None:
    marrow(cast, subject, DIAGNOSIS, "80")
    marrow(
        cast, subject, DAY, "2", visit="IND_EOI1",
        anc=Quantity.parse("2", "10*9/L", "anc"), platelets=Quantity.parse("200", "10*9/L", "platelets"),
    )  # fmt: skip
    with acting(user=cast.coordinator):
        assert anchor_dates([subject.pk], "first_crc") == {subject.pk: DAY}
    assert fact(cast, subject, "response_latest").value == "CR"
    assert fact(cast, subject, "in_crc").value is True
    assert fact(cast, subject, "ever_crc").on == DAY


def test_the_diagnosis_itself_is_no_response(cast: Cast, subject: Subject) -> None:
    marrow(cast, subject, DIAGNOSIS, "80")
    assert fact(cast, subject, "response_latest").why == "NOT_RECORDED"
    assert fact(cast, subject, "in_crc").why == "NOT_RECORDED"


def test_an_investigator_who_judges_otherwise_says_why(cast: Cast, subject: Subject) -> None:
    values = {
        "anc": Quantity.parse("2", "10*9/L", "anc"),
        "platelets": Quantity.parse("200", "10*9/L", "platelets"),
        "investigator_response": "CRi",
    }
    with pytest.raises(CheckFailed) as refusal:
        marrow(cast, subject, DAY, "2", visit="IND_EOI1", **values)
    assert "CR" in refusal.value.messages["response_reason"]
    marrow(cast, subject, DAY, "2", visit="IND_EOI1", response_reason="counts under transfusion", **values)
    assert fact(cast, subject, "response_latest").value == "CRi"


def test_an_investigator_who_agrees_needs_no_reason(cast: Cast, subject: Subject) -> None:
    values = {
        "anc": Quantity.parse("2", "10*9/L", "anc"),
        "platelets": Quantity.parse("200", "10*9/L", "platelets"),
        "investigator_response": "CR",
    }
    assert marrow(cast, subject, DAY, "2", visit="IND_EOI1", **values).version == 1


def test_blasts_after_a_remission_are_a_relapse(cast: Cast, subject: Subject) -> None:
    good = {
        "anc": Quantity.parse("2", "10*9/L", "anc"),
        "platelets": Quantity.parse("200", "10*9/L", "platelets"),
    }
    marrow(cast, subject, DAY, "2", visit="IND_EOI1", **good)
    marrow(cast, subject, date(2026, 6, 1), "30", visit="CONS1_END", **good)
    assert categories(cast, subject) == ["CR", "RELAPSE"]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ({"qualifier": "QUANTIFIED", "value": share("0.01")}, "POSITIVE"),
        ({"qualifier": "QUANTIFIED", "value": share("0.0099")}, "NEGATIVE"),
        ({"qualifier": "NOT_DETECTED", "cells_analysed": 1000000}, "NEGATIVE"),
        ({"qualifier": "NOT_DETECTED", "cells_analysed": 150000}, "INDETERMINATE"),
        ({"qualifier": "NOT_DETECTED", "text": "<0.01%"}, "NEGATIVE"),
        ({"qualifier": "NOT_DETECTED", "text": "阴性"}, "INDETERMINATE"),
        ({"qualifier": "DETECTED_BELOW_LOQ", "loq": share("0.005")}, "NEGATIVE"),
        ({"qualifier": "NOT_DONE"}, "INDETERMINATE"),
    ],
)
def test_mrd_is_judged_against_the_threshold_of_the_protocol(
    cast: Cast, subject: Subject, line: dict, verdict: str
) -> None:
    mrd(cast, subject, DAY, "IND_EOI1", **line)
    with acting(user=cast.coordinator):
        (found,) = mrd_lines([subject.pk])[subject.pk]
    assert found.verdict.verdict == verdict


def test_the_value_of_mrd_is_kept_as_entered_and_judged_as_a_fraction(cast: Cast, subject: Subject) -> None:
    mrd(cast, subject, DAY, "IND_EOI1", qualifier="QUANTIFIED", value=share("0.01"))
    with acting(user=cast.coordinator):
        (found,) = mrd_lines([subject.pk])[subject.pk]
    assert (found.line.value.text, found.line.value.unit) == ("0.01", "%")
    assert found.result.value == Decimal("0.0001")


def test_screening_and_latest_verdict_are_facts_and_indeterminate_is_unknown(
    cast: Cast, subject: Subject
) -> None:
    mrd(cast, subject, DIAGNOSIS, "SCR", point="SCREENING", qualifier="NOT_DETECTED", text="<0.01%")
    mrd(cast, subject, DAY, "IND_EOI1", qualifier="NOT_DETECTED")
    assert fact(cast, subject, "mrd_verdict_screening").value == "NEGATIVE"
    latest = fact(cast, subject, "mrd_verdict_latest")
    assert (latest.value, latest.why) == (None, "UNKNOWN")


def test_mrd_positive_at_end_of_induction_and_after_a_block_is_persistent(
    cast: Cast, subject: Subject
) -> None:
    good = {
        "anc": Quantity.parse("2", "10*9/L", "anc"),
        "platelets": Quantity.parse("200", "10*9/L", "platelets"),
    }
    marrow(cast, subject, DAY, "2", visit="IND_EOI1", **good)
    positive = {"qualifier": "QUANTIFIED", "value": share("0.1")}
    mrd(cast, subject, DAY, "IND_EOI1", point="END_OF_INDUCTION", **positive)
    assert fact(cast, subject, "mrd_state").value == "POSITIVE_EOI"
    mrd(cast, subject, date(2026, 4, 1), "CONS1_END", point="AFTER_CONSOLIDATION", **positive)
    assert fact(cast, subject, "mrd_state").value == "PERSISTENT"


def test_a_value_without_quantification_is_refused(cast: Cast, subject: Subject) -> None:
    with pytest.raises(CheckFailed) as refusal:
        mrd(cast, subject, DAY, "IND_EOI1", qualifier="NOT_DETECTED", value=share("0.01"))
    assert list(refusal.value.messages) == ["results.0.value"]
