"""A blood draw at the keyboard alone, counted in keystrokes, and a whole report pasted in one action."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from assessments.models import LabResult, LabTrayRow
from tests.cast import Cast, bare_subject
from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.slots import Slot

from .conftest import Desks, cast_with_passwords

# Keystroke-level model: a press of a key takes an average skilled typist 0.20 s and an average non-secretary typist
# 0.28 s (Card, Moran and Newell 1980, Communications of the ACM 23(7): 396-410, the operator K).
SECONDS_A_KEY = 0.28
MINUTE = 60

DRAW = {  # in the order of the table
    "wbc": "0.8",
    "anc": "<0.1",
    "lymphocytes": "0.52",
    "rbc": "2.61",
    "haemoglobin": "82",
    "platelets": "23",
    "alt": "45",
    "ast": "38",
    "alp": "110",
    "ggt": "61",
    "ldh": "540",
    "bilirubin": "12.1",
    "bilirubin_direct": "4.0",
    "albumin": "34.2",
    "creatinine": "61",
    "urea": "5.1",
    "uric_acid": "240",
    "glucose": "6.2",
    "sodium": "138",
    "potassium": "3.41",
}

NAMES = {
    "wbc": "WBC 白细胞", "anc": "NEUT# 中性粒细胞绝对值", "lymphocytes": "LYM# 淋巴细胞绝对值", "rbc": "RBC 红细胞",
    "haemoglobin": "HGB 血红蛋白", "platelets": "PLT 血小板", "alt": "ALT 丙氨酸氨基转移酶", "ast": "AST 谷草转氨酶",
    "alp": "ALP 碱性磷酸酶", "ggt": "γ-GT", "ldh": "LDH 乳酸脱氢酶", "bilirubin": "TBIL 总胆红素",
    "bilirubin_direct": "DBIL 直接胆红素", "albumin": "ALB 白蛋白", "creatinine": "CREA 肌酐", "urea": "UREA 尿素",
    "uric_acid": "UA 尿酸", "glucose": "GLU 葡萄糖", "sodium": "Na 钠", "potassium": "K 钾",
}  # fmt: skip
OTHERS = ["氯 Cl\t101\tmmol/L\t96-108", "INR\t1.05\t\t0.8-1.2"]
UNMATCHED = ["前白蛋白\t1.15\tmmol/L\t1.10-1.34", "尿肌酐\t8.1\tmmol/L\t", "HBsAg\t阴性\t\t阴性"]
UNITS = {
    "wbc": "10^9/L", "anc": "10^9/L", "lymphocytes": "10^9/L", "rbc": "10^12/L", "haemoglobin": "g/L",
    "platelets": "10^9/L", "alt": "U/L", "ast": "U/L", "alp": "U/L", "ggt": "U/L", "ldh": "U/L",
    "bilirubin": "umol/L", "bilirubin_direct": "umol/L", "albumin": "g/L", "creatinine": "μmol/L",
    "urea": "mmol/L", "uric_acid": "umol/L", "glucose": "mmol/L", "sodium": "mmol/L", "potassium": "mmol/L",
}  # fmt: skip


class Keyboard:
    """Somebody who types; every key is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1 + key.count("+")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)


@pytest.fixture
def cast(live_site: str) -> Cast:
    return cast_with_passwords("BLINA-FULL")


@pytest.fixture
def subject(cast: Cast) -> Subject:
    return bare_subject(cast)


@contextmanager
def stored(cast: Cast, subject: Subject) -> Iterator[dict[str, str]]:
    """Every stored result as it was typed, by analyte."""
    with acting(user=cast.coordinator):
        lines = LabResult.objects.filter(subject=subject)
        yield {line.analyte: line.result_text for line in lines}


def test_a_draw_of_twenty_analytes_is_typed_in_less_than_a_minute(
    cast: Cast, subject: Subject, at_desk: Desks
) -> None:
    page = at_desk("coordinator").page
    page.goto(f"/subjects/{subject.pk}/laboratory/")
    page.locator("#id_d0-date").focus()
    keyboard = Keyboard(page)
    for text in ("20260106", "08:15", "", ""):  # day, time, laboratory, visit by its date
        keyboard.type(text)
        keyboard.press("Enter")
    for text in DRAW.values():
        keyboard.type(text)
        keyboard.press("Enter")
    keyboard.press("Control+Enter")
    expect(page.locator("main")).to_contain_text("Submitted: 2 reports.")
    with stored(cast, subject) as found:
        assert found == DRAW
    assert keyboard.keys * SECONDS_A_KEY < MINUTE, keyboard.keys


def test_arrows_and_tab_go_along_the_column_and_across_the_row(subject: Subject, at_desk: Desks) -> None:
    page = at_desk("coordinator").page
    page.goto(f"/subjects/{subject.pk}/laboratory/")
    page.get_by_role("button", name="Add a draw").click()
    page.locator("#id_d0-wbc").focus()
    ways = {
        "ArrowDown": "d0-anc",
        "Tab": "d0-lymphocytes",
        "ArrowUp": "d0-anc",
        "Shift+Tab": "d0-wbc",
        "ArrowRight": "d1-wbc",
        "ArrowLeft": "d0-wbc",
    }
    for key, there in ways.items():
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.name") == there, key
    page.locator("#id_d0-sodium").focus()
    for key, there in (
        ("Tab", "d0-potassium"),  # nothing was typed: no finding is asked
        ("Shift+Tab", "d0-sodium"),
        ("1", "d0-sodium"),
        ("Tab", "d0-sodium-finding"),
        ("Shift+Tab", "d0-sodium"),
        ("Tab", "d0-sodium-finding"),
        ("Tab", "d0-potassium"),
        ("Enter", "d0-chloride"),
    ):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.name") == there, key
    page.locator("#id_d0-fibrinogen").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "d1-date"
    page.locator("#id_d1-fibrinogen").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.value") == "submit"


def test_enter_goes_down_the_results_of_a_laboratory_form(subject: Subject, at_desk: Desks) -> None:
    page = at_desk("coordinator").page
    page.goto(Slot(subject.pk, LOG, "HEM").url())
    page.locator("[name=results-0-result]").focus()
    for key, there in (
        ("Enter", "results-1-result"),
        ("ArrowDown", "results-2-result"),
        ("ArrowUp", "results-1-result"),
    ):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.name") == there, key


PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  document.activeElement.dispatchEvent(paste);
}"""


def test_a_block_of_twenty_five_rows_lands_in_one_action(
    cast: Cast, subject: Subject, at_desk: Desks
) -> None:
    rows = [f"{NAMES[key]}\t{text}\t{UNITS[key]}\t" for key, text in DRAW.items()] + OTHERS + UNMATCHED
    assert len(rows) == 25
    block = "姓名：张三  床号：12\n采样时间：2026-01-06 08:15\n" + "\n".join(rows)
    page = at_desk("coordinator").page
    page.goto(f"/subjects/{subject.pk}/laboratory/")
    page.locator("#id_d0-wbc").focus()
    page.evaluate(PASTE, block)
    expect(page.locator("#tray-title")).to_have_text("Tray: 3 rows wait")
    assert page.locator("#id_d0-date").input_value() == "2026-01-06"
    with stored(cast, subject) as before:
        assert before == {}
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.locator("main")).to_contain_text("Submitted: 3 reports.")
    with stored(cast, subject) as found:
        assert found == DRAW | {"chloride": "101", "inr": "1.05"}
        assert LabTrayRow.objects.filter(subject=subject, state="open").count() == 3
        assert "张三" not in str(list(LabTrayRow.objects.values()))


TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_screen(subject: Subject, at_desk: Desks, width: int) -> None:
    page = at_desk("coordinator").page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/subjects/{subject.pk}/laboratory/")
    assert not page.evaluate(TOO_WIDE)
