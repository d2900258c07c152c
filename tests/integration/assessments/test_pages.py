"""The pages of the assessments as people meet them."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from assessments.form_registry import FORMS
from assessments.pages.disease import MrdResultForm
from assessments.pages.laboratory import offer
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

from .entries import counts, enter, fact, marrow, result

DAY = date(2026, 1, 6)


@pytest.mark.parametrize("key", [form.key for form in FORMS])
def test_every_form_opens_empty(desk: Client, subject: Subject, key: str) -> None:
    answer = desk.get(Slot(subject.pk, "SCR", key).url())
    assert answer.status_code == 200
    assert 'name="base_version"' in answer.content.decode()


def test_a_report_prints_its_analytes_with_the_limits_of_the_last_one(cast: Cast, subject: Subject) -> None:
    line = result("creatinine", "80", "umol/L", lln=Decimal("57"), uln=Decimal("97"))
    enter(cast, subject, "CHEM", DAY, rows=[line])
    with acting(user=cast.coordinator):
        lines = offer(subject, Slot(subject.pk, "IND_D1", "CHEM"), None)["results"]
    offered = {line["analyte"]: line for line in lines}
    assert offered["creatinine"] == {"analyte": "creatinine", "lln": Decimal("57"), "uln": Decimal("97")}
    assert offered["alt"] == {"analyte": "alt"}


def typed_report(values: dict[int, tuple[str, str, str]], total: int) -> dict[str, str]:
    """A haematology report as the browser sends it: line → (analyte, text, unit)."""
    form = {
        "performed_on": "2026-01-06",
        "results-TOTAL_FORMS": str(total),
        "results-INITIAL_FORMS": "6",
        "base_version": "0",
        "press": "submit",
    }
    printed = ("wbc", "anc", "lymphocytes", "rbc", "haemoglobin", "platelets")
    for number, analyte in enumerate(printed):
        form |= {f"results-{number}-analyte": analyte, f"results-{number}-result": ""}
    for number, (analyte, text, unit) in values.items():
        form |= {
            f"results-{number}-analyte": analyte,
            f"results-{number}-result": text,
            f"results-{number}-result_unit": unit,
        }
    return form


def test_results_are_entered_in_the_unit_of_the_report_and_empty_lines_are_left_out(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    url = Slot(subject.pk, "SCR", "HEM").url()
    typed = typed_report({1: ("anc", "<100", "/uL"), 4: ("haemoglobin", "7.9", "g/dL")}, 9)
    answer = desk.post(url, typed)
    assert answer.status_code == 302, answer.content.decode()
    found = fact(cast, subject, "anc")
    assert (found.comparator, found.value) == ("<", Decimal("0.1"))
    page = desk.get(url).content.decode()
    assert "7.9 g/dL" in page
    assert "10³/µL" not in page
    again = desk.get(url + "?edit=1").content.decode()
    assert again.count("results-0-analyte") >= 1
    assert "White blood cells" in again  # still offered in the correction


def test_a_result_that_cannot_be_read_is_said_in_its_line(desk: Client, subject: Subject) -> None:
    answer = desk.post(Slot(subject.pk, "SCR", "HEM").url(), typed_report({1: ("anc", "1,5", "10*9/L")}, 9))
    assert answer.status_code == 422
    assert "comma" in answer.content.decode()


def line(**typed: str) -> MrdResultForm:
    return MrdResultForm({f"results-0-{item}": value for item, value in typed.items()}, prefix="results-0")


@pytest.mark.parametrize(
    ("text", "qualifier", "percent"),
    [("0.012", "QUANTIFIED", "0.012"), ("1.2E-5", "QUANTIFIED", "0.0012"), ("阴性", "NOT_DETECTED", None)],
)
def test_the_text_of_a_report_fills_finding_and_value(text: str, qualifier: str, percent: str | None) -> None:
    form = line(method="MFC", reported_text=text)
    assert form.is_valid(), form.errors
    values = form.values()
    assert values["qualifier"] == qualifier
    assert (values["value"].canonical if values["value"] else None) == (Decimal(percent) if percent else None)


def test_a_report_that_cannot_be_read_asks_for_the_finding() -> None:
    form = line(method="MFC", reported_text="maybe")
    assert not form.is_valid()
    assert "reported_text" in form.errors
    assert line(method="MFC", reported_text="maybe", qualifier="NOT_EVALUABLE").is_valid()


def test_the_overview_shows_response_mrd_grades_and_events(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    from trialsite.clinical.partial_date import PartialDate

    counts(cast, subject, date(2026, 2, 19), "0.4", "150", visit="IND_EOI1")
    marrow(cast, subject, date(2026, 2, 20), "2", visit="IND_EOI1")
    for number, text in enumerate(("0.5", "0.02"), start=1):
        value = Quantity.parse(text, "%", "mrd")
        row = {"method": "MFC", "qualifier": "QUANTIFIED", "value": value}
        enter(cast, subject, "MRD", date(2026, 1 + number, 20), visit="IND_EOI1", repeat=number, rows=[row])
    onset = PartialDate.parse("2026-02")
    enter(cast, subject, "AE", onset.earliest, visit="LOG", term="Febrile neutropenia", onset=onset, grade=3)
    page = desk.get(f"/subjects/{subject.pk}/assessments/").content.decode()
    assert "CRi" in page
    assert "mrd-chart" in page
    assert "Febrile neutropenia" in page
    assert "G4" in page  # neutrophils 0.4


def test_the_overview_has_one_line_for_an_analyte_with_the_worse_of_its_grades(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    low = result("potassium", "2.4", "mmol/L", lln=Decimal("3.5"), uln=Decimal("5.3"))
    high = result("potassium", "6.1", "mmol/L", lln=Decimal("3.5"), uln=Decimal("5.3"))
    enter(cast, subject, "CHEM", date(2026, 1, 6), rows=[low])
    enter(cast, subject, "CHEM", date(2026, 1, 7), visit="LOG", rows=[high])
    page = desk.get(f"/subjects/{subject.pk}/assessments/").content.decode()
    line = page.split('<th scope="row" class="fw-normal text-nowrap">Potassium')
    assert len(line) == 2
    cells = line[1].split("</tr>")[0]
    assert "Hypokalemia: 2.4" in cells
    assert "Hyperkalemia: 6.1" in cells


def test_every_form_says_itself_in_one_line(cast: Cast, subject: Subject) -> None:
    from trialsite.casebook.registries import forms

    entered = {
        "ECG": {"qt_ms": 420, "heart_rate": 90, "interpretation": "NORMAL"},
        "PE": {"heart": "ABNORMAL", "findings": "systolic murmur"},
        "ECHO": {"lvef": Decimal("61.5")},
        "CRS": {
            "temperature": Quantity.parse("38.4", "Cel", "temperature"),
            "hypotension": "FLUIDS",
            "oxygen": "NONE",
        },
        "ICE": {
            "orientation": 3,
            "naming": 3,
            "command": 1,
            "writing": 0,
            "attention": 1,
            "consciousness": "AWAKE",
        },
        "AGV": {"skin": 3, "liver": 0, "upper_gi": 0, "lower_gi": 0},
        "CHI": {"specimen": "BLOOD", "donor_pct": Decimal("97.5")},
    }
    expected = {
        "ECG": "QTcF 481 ms · Normal",
        "PE": "Heart · systolic murmur",
        "ECHO": "LVEF 61.5 %",
        "CRS": "ASTCT 2",
        "ICE": "ICE 8 · ICANS 1",
        "AGV": "grade II (MAGIC)",
        "CHI": "Blood · donor 97.5 %",
    }
    for key, values in entered.items():
        record = enter(cast, subject, key, DAY, **values)
        with acting(user=cast.coordinator):
            summary = forms[key].summary
            assert summary is not None
            assert summary(record) == expected[key]


def test_the_lanes_carry_response_mrd_and_severe_events(desk: Client, cast: Cast, subject: Subject) -> None:
    from trialsite.clinical.partial_date import PartialDate

    onset = PartialDate.parse("2026-02-03")
    enter(cast, subject, "AE", onset.earliest, visit="LOG", term="Sepsis", onset=onset, grade=4)
    page = desk.get(f"/subjects/{subject.pk}/").content.decode()
    assert "Sepsis 4" in page
