"""What a form of the assessments gives, on its page: value and working, and what it waits for."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from trialsite.casebook.models import Subject
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity

from ..casebook.record_page import beside_lines, derived_of, url_of
from ..treatment.subjects import enrolled, log, start
from .entries import counts, enter, marrow, result

DAY = date(2026, 1, 6)


def of(text: str, unit: str, analyte: str) -> Quantity:
    return Quantity.parse(text, unit, analyte)


KG, CM = of("70", "kg", "weight"), of("170", "cm", "height")
FEVER = of("38.4", "Cel", "temperature")
ICE = {"orientation": 3, "naming": 3, "command": 1, "writing": 0, "attention": 1}

FORMS = [
    # form, items, what the page says
    ("VS", {"weight": KG, "height": CM}, ["Body mass index 24.2 kg/m²", "70 ÷ (170/100)² = 24.2 kg/m²"]),
    ("VS", {"weight": KG, "height": CM}, ["Body surface area 1.82 m²", "Mosteller: √(170 × 70 ÷ 3600)"]),
    ("VS", {"weight": KG}, ["Body mass index Not known yet Not recorded: Height"]),
    ("ECG", {"qt_ms": 420, "heart_rate": 90}, ["QTcF 481 ms 420 ÷ ∛(60 ÷ 90) = 480.8 ms"]),
    ("ECG", {"qt_ms": 420}, ["QTcF Not known yet Not recorded: Heart rate"]),
    (
        "CRS",
        {"temperature": FEVER, "hypotension": "FLUIDS", "oxygen": "NONE"},
        [
            "ASTCT grade of CRS 2 Highest temperature: 38.4 °C; Hypotension: Without vasopressor; Oxygen: Room air"
        ],
    ),
    (
        "CRS",
        {"temperature": FEVER, "hypotension": "FLUIDS"},
        ["ASTCT grade of CRS ≥ 2", "not recorded: ", "Oxygen"],
    ),
    ("ICE", ICE | {"consciousness": "AWAKE"}, ["ICE score 8 / 10", "ASTCT grade of ICANS 1"]),
    ("ICE", {"consciousness": "VOICE"}, ["ICE score Not known yet", "ASTCT grade of ICANS ≥ 2"]),
    (
        "AGV",
        {"skin": 3, "liver": 0, "upper_gi": 0, "lower_gi": 0},
        ["MAGIC grade II Skin stage: 3; Liver stage: 0"],
    ),
    ("AGV", {"skin": 3}, ["MAGIC grade ≥ II", "not recorded: Liver stage"]),
    ("CGV", {"skin": 1, "lungs": 2}, ["NIH severity Severe", "Lungs: 2; not recorded: Mouth"]),
    ("HCI", {"arrhythmia": True}, ["HCT-CI ≥ 1 points", "Arrhythmia 1; not recorded: Cardiac"]),
    (
        "CSF",
        {"blasts": False, "clinical_signs": False},
        [
            "CNS status CNS1 Signs of CNS leukaemia: No; Blasts in the cytospin: No; not recorded: White cells",
            "CNS leukaemia No CNS3 alone counts",
        ],
    ),
    (
        "CSF",
        {},
        [
            "CNS status Not known yet Not recorded: Signs",
            "; Not decided yet; still",
            "CNS leukaemia Not known yet",
        ],
    ),
    ("ENG", {"neutrophils_on": DAY}, []),  # before a transplantation there is no day to count from
    ("PE", {"heart": "NORMAL"}, []),
]


@pytest.mark.parametrize(("form", "items", "said"), FORMS)
def test_a_form_shows_what_is_derived_from_it(
    desk: Client, cast: Cast, subject: Subject, form: str, items: dict[str, Any], said: list[str]
) -> None:
    shown = derived_of(desk, enter(cast, subject, form, DAY, **items))
    assert bool(shown) is bool(said)
    for words in said:
        assert words in shown


def test_a_height_of_an_earlier_form_is_named_with_its_day(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    enter(cast, subject, "VS", DAY, weight=KG, height=CM)
    later = enter(cast, subject, "VS", date(2026, 1, 9), visit="IND_D1", weight=of("72", "kg", "weight"))
    assert "72 ÷ (170/100)² = 24.9 kg/m²; height of 2026-01-06" in derived_of(desk, later)


def test_each_result_with_a_term_has_its_grade_beside_it(desk: Client, cast: Cast, subject: Subject) -> None:
    lines = [
        result("anc", "0.4", "10*9/L"),
        result("haemoglobin", "13.5", "g/dL", lln=Decimal(130), uln=Decimal(175)),
        result("platelets", "140", "10*9/L"),
        result("rbc", "4.1", "10*12/L"),
    ]
    assert beside_lines(desk, enter(cast, subject, "HEM", DAY, rows=lines)) == [
        "4 Neutrophil count decreased: 0.4 10⁹/L; grade 4 is < 0.5.",
        "0 Anemia: 135 g/L; no grade is reached.",
        "Not gradable Platelet count decreased: 140 10⁹/L; not gradable, because LLN is not recorded"
        " (may be grade 0 or 1). Reference ranges of the site",
        "—",
    ]


def test_the_clearance_says_what_it_waits_for(desk: Client, cast: Cast, subject: Subject) -> None:
    record = enter(cast, subject, "CHEM", DAY, rows=[result("creatinine", "80", "umol/L")])
    assert "Creatinine clearance Not known yet Not recorded: Date of birth, sex" in derived_of(desk, record)
    birth = PartialDate.parse("1986-02-01")
    enter(cast, subject, "DM", DAY, birth_date=birth, sex="M")
    enter(cast, subject, "VS", DAY, weight=KG, height=CM)
    assert "Creatinine clearance 108.5 mL/min (140 - 39) × 70 × 88.4 ÷ (72 × 80)" in derived_of(desk, record)


VERDICTS = [
    ({"qualifier": "QUANTIFIED", "value": "0.02"}, "Positive 0.02 % is at or above the threshold of 0.01 %."),
    ({"qualifier": "QUANTIFIED", "value": "0.004"}, "Negative 0.004 % is below the threshold of 0.01 %."),
    (
        {"qualifier": "NOT_DETECTED", "lod": "0.05"},
        "Indeterminate Not detected, but the limit of detection of 0.05 % does not reach the threshold of 0.01 %.",
    ),
    ({"qualifier": "NOT_DETECTED"}, "Indeterminate Not detected, but the limit of detection is not known."),
]


@pytest.mark.parametrize(("line", "said"), VERDICTS)
def test_an_mrd_result_has_its_verdict_beside_it(
    desk: Client, cast: Cast, subject: Subject, line: dict[str, str], said: str
) -> None:
    typed = {item: of(text, "%", "mrd") for item, text in line.items() if item in ("value", "lod")}
    record = enter(cast, subject, "MRD", DAY, rows=[{"method": "MFC"} | line | typed])
    assert beside_lines(desk, record)[0].startswith(said)


def test_a_method_without_a_threshold_says_so(desk: Client, cast: Cast, subject: Subject) -> None:
    record = enter(cast, subject, "MRD", DAY, rows=[{"method": "DPCR", "qualifier": "NOT_DETECTED"}])
    assert beside_lines(desk, record) == ["None No threshold in this protocol"]


def test_a_marrow_shows_its_response_with_the_steps_that_decide(desk: Client, cast: Cast) -> None:
    subject = enrolled(cast)
    before = marrow(cast, subject, DAY, "80")
    start(cast, subject, "IND_CHEMO")
    counts(cast, subject, date(2026, 2, 19), "1.4", "150", visit="IND_EOI1")
    record = marrow(cast, subject, date(2026, 2, 20), "2", visit="IND_EOI1")
    assert "Response by the study's criteria CR: complete remission CR: blasts below 5 %" in derived_of(
        desk, record
    )
    assert "Before treatment A marrow before the first dose is no response assessment." in derived_of(
        desk, before
    )
    open_still = marrow(cast, subject, date(2026, 4, 20), "2", visit="CONS1_END", extramedullary=None)
    assert "Response by the study's criteria Open" in derived_of(desk, open_still)


EVENTS = [
    (
        {"onset": "2026-01-14", "stop": "2026-01-20"},
        ["Study day of the onset 3 Day 1 is 2026-01-12", "Duration 7 days"],
    ),
    (
        {"onset": "2026-02", "stop": "2026-03-02"},
        ["onset 21–48", "Duration 3–30 days 2026-02 – 2026-03-02"],
    ),
    ({"onset": "2026-01-14"}, ["Duration Not known yet Not recorded: End"]),
]


@pytest.mark.parametrize(("dates", "said"), EVENTS)
def test_an_adverse_event_shows_its_study_day_and_how_long_it_lasted(
    desk: Client, cast: Cast, dates: dict[str, str], said: list[str]
) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    values = {item: PartialDate.parse(text) for item, text in dates.items()}
    first = values["onset"].earliest
    shown = derived_of(desk, enter(cast, subject, "AE", first, visit="LOG", term="Sepsis", **values))
    for words in said:
        assert words in shown


def test_recovery_counts_from_the_graft(desk: Client, cast: Cast) -> None:
    subject = enrolled(cast)
    log(cast, subject, "HSCT", {"performed_on": date(2026, 3, 1)})
    record = enter(cast, subject, "ENG", date(2026, 3, 20), visit="LOG", neutrophils_on=date(2026, 3, 15))
    assert "Neutrophil recovery Day +14 2026-03-15, day 0 on 2026-03-01" in derived_of(desk, record)


def test_the_page_stands_in_chinese_as_well(desk: Client, cast: Cast, subject: Subject) -> None:
    record = enter(cast, subject, "CRS", DAY, temperature=FEVER, hypotension="FLUIDS")
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert "系统推算" in derived_of(desk, record)
    assert "未记录：" in derived_of(desk, record)


def queries_of(desk: Client, record: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert desk.get(url_of(record)).status_code == 200
    return len(seen)


def test_the_number_of_queries_does_not_grow_with_the_lines(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    few = enter(cast, subject, "CHEM", DAY, rows=[result("alt", "50", "U/L")])
    names = ("alt", "ast", "creatinine", "bilirubin", "alp", "ggt")
    many = enter(
        cast,
        subject,
        "CHEM",
        date(2026, 1, 5),
        visit="IND_D1",
        rows=[
            result(name, "50", "umol/L" if name in ("creatinine", "bilirubin") else "U/L") for name in names
        ],
    )
    desk.get(url_of(few))
    assert queries_of(desk, many) <= queries_of(desk, few) + 5  # the clearance of the newest creatinine
    methods = ("MFC", "NGS_IG_TR", "DPCR")
    rows = [{"method": method, "qualifier": "NOT_DETECTED"} for method in methods]
    one = enter(cast, subject, "MRD", DAY, rows=rows[:1])
    all_three = enter(cast, subject, "MRD", date(2026, 1, 9), visit="IND_D1", rows=rows)
    assert queries_of(desk, all_three) == queries_of(desk, one)
