"""Grades of many subjects at once: what is computed, what a baseline is, and what a transfer leaves."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.domain.grading import GradeFlag
from assessments.laboratory.grades import GradedValue, graded_values, toxicity_grades
from assessments.laboratory.panels import PANELS
from assessments.models import LabResult
from assessments.ranges.services import RangeEntry, record_range
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.transfers import ask_transfer, decide_transfer
from trialsite.studies.domain.protocol import Protocol

from ..treatment.subjects import enrolled, log, start
from .entries import enter, result

DAY = date(2026, 1, 6)


def graded(cast: Cast, subject: Subject, term: str, who: User | None = None) -> list[GradedValue]:
    with acting(user=who or cast.coordinator):
        return [one for one in graded_values([subject.pk]).get(subject.pk, []) if one.term.key == term]


def chemistry(cast: Cast, subject: Subject, on: date, *lines: dict[str, Any], visit: str = "SCR") -> Any:
    return enter(cast, subject, "CHEM", on, visit=visit, rows=lines)


def test_calcium_is_graded_as_corrected_by_the_albumin_of_its_report(cast: Cast, subject: Subject) -> None:
    calcium = result("calcium", "2.75", "mmol/L", lln=D("2.11"), uln=D("2.52"))
    chemistry(cast, subject, DAY, calcium, result("albumin", "28", "g/L", lln=D(40)))
    (one,) = graded(cast, subject, "hypercalcemia")
    assert (one.grade.grade, one.value.quantity.canonical) == (2, D("2.99"))
    assert one.value.working is not None
    assert "2.75 + 0.02 × (40 - 28) = 2.99" in one.value.working.en


def test_calcium_without_albumin_may_be_worse(cast: Cast, subject: Subject) -> None:
    chemistry(cast, subject, DAY, result("calcium", "2.75", "mmol/L", lln=D("2.11"), uln=D("2.52")))
    (one,) = graded(cast, subject, "hypercalcemia")
    assert one.grade.possible == (4, 3, 2, 1)
    (low,) = graded(cast, subject, "hypocalcemia")
    assert low.grade.grade == 0


def test_neutrophils_come_from_the_differential_where_they_are_not_reported(
    cast: Cast, subject: Subject
) -> None:
    white = result("wbc", "2.0", "10*9/L", lln=D("3.5"), uln=D("9.5"))
    differential = [result("neutrophils_pct", "20", "%"), result("bands_pct", "4", "%")]
    enter(cast, subject, "HEM", DAY, rows=[white, *differential])
    (one,) = graded(cast, subject, "anc_decreased")
    assert (one.grade.grade, one.value.quantity.canonical) == (4, D("0.48"))


def test_the_qtc_of_a_day_is_a_mean(cast: Cast, subject: Subject) -> None:
    for qt in (420, 400):
        log(cast, subject, "ECG", {"performed_on": DAY, "qt_ms": qt, "heart_rate": 90})
    (one,) = graded(cast, subject, "qtc_prolonged")
    assert one.value.quantity.canonical is not None
    assert round(one.value.quantity.canonical, 1) == D("469.3")
    assert one.grade.grade == 1


def test_the_baseline_is_the_last_value_before_treatment(cast: Cast) -> None:
    subject = enrolled(cast)
    line = {"uln": D(40)}
    chemistry(cast, subject, date(2026, 1, 6), result("alt", "30", "U/L", **line))
    chemistry(cast, subject, date(2026, 1, 11), result("alt", "90", "U/L", **line), visit="IND_D1")
    (first, second) = graded(cast, subject, "alt_increased")
    assert GradeFlag.BASELINE_MISSING in second.grade.flags
    start(cast, subject, "IND_CHEMO", on=date(2026, 1, 12))
    after = chemistry(cast, subject, date(2026, 1, 20), result("alt", "134", "U/L", **line), visit="IND_D8")
    found = {one.value.record_id: one.grade for one in graded(cast, subject, "alt_increased")}
    assert found[after.pk].grade == 0  # 134 is less than 1.5 × 90
    assert GradeFlag.ABNORMAL_BASELINE in found[after.pk].flags
    assert first.grade.grade == 0


def test_a_study_may_grade_creatinine_by_its_baseline_above_the_normal_range_only(cast: Cast) -> None:
    document = cast.version.document
    switched = {"creat_baseline_requires_gt_uln": {"value": True, "source": "assumption", "cite": "test"}}
    assert Protocol.from_document(document).creat_baseline_requires_gt_uln is False
    assert Protocol.from_document({**document, **switched}).creat_baseline_requires_gt_uln is True
    left_out = {key: one for key, one in document.items() if key != "creat_baseline_requires_gt_uln"}
    assert Protocol.from_document(left_out).creat_baseline_requires_gt_uln is False


def test_a_result_has_a_grade_in_each_direction(cast: Cast, subject: Subject) -> None:
    line = result("potassium", "2.9", "mmol/L", lln=D("3.5"), uln=D("5.3"))
    chemistry(cast, subject, DAY, line, result("alt", "41", "U/L", uln=D(40)))
    with acting(user=cast.coordinator):
        found = toxicity_grades(graded_values([subject.pk])[subject.pk])
    both = {analyte: grades for (_row, analyte), grades in found.items()}
    low, high = both["potassium"]
    assert (low and low.grade, high and high.grade) == (3, 0)
    assert both["alt"].toxgr_low is None
    assert both["alt"].toxgr_high is not None
    assert both["alt"].toxgr_high.grade == 1


FOUND = [
    # term, analyte, unit, limits, finding (CODE or NONE, "" not recorded), results with their grade
    ("hypokalemia", "potassium", "mmol/L", {"lln": D("3.5")}, "NONE", "3.0:1"),  # T-13
    (
        "hypokalemia",
        "potassium",
        "mmol/L",
        {"lln": D("3.5")},
        "SYMPTOMS_OR_TREATMENT",
        "3.2:2 2.9:3 2.5:3 2.4:4",
    ),
    ("hypokalemia", "potassium", "mmol/L", {"lln": D("3.5")}, "", "3.2:2/1 2.9:3"),
    ("hyponatremia", "sodium", "mmol/L", {"lln": D(137)}, "NONE", "130:1 129:2 124:3"),  # T-14
    ("hyponatremia", "sodium", "mmol/L", {"lln": D(137)}, "SYMPTOMS", "129:3 120:3 119:4"),
    ("hyponatremia", "sodium", "mmol/L", {"lln": D(137)}, "", "129:3/2 124:3"),
    ("lipase_increased", "lipase", "U/L", {"uln": D(60)}, "NONE", "100:2 130:2 301:3"),  # T-20
    ("lipase_increased", "lipase", "U/L", {"uln": D(60)}, "SYMPTOMS", "130:3 301:4"),
    ("lipase_increased", "lipase", "U/L", {"uln": D(60)}, "", "100:2 130:3/2 301:4/3"),
    ("hyperuricemia", "uric_acid", "umol/L", {"uln": D(420)}, "NONE", "480:1"),  # T-32
    ("hyperuricemia", "uric_acid", "umol/L", {"uln": D(420)}, "CONSEQUENCE", "480:3"),
    ("hyperuricemia", "uric_acid", "umol/L", {"uln": D(420)}, "LIFE_THREATENING", "480:4"),
    ("hyperuricemia", "uric_acid", "umol/L", {"uln": D(420)}, "", "480:3/1"),
    ("hyperphosphatemia", "phosphate", "mmol/L", {"uln": D("1.51")}, "NONE", "1.6:1 1.5:0"),
    ("hyperphosphatemia", "phosphate", "mmol/L", {"uln": D("1.51")}, "SEVERE", "1.6:3 1.5:0"),
    ("anemia", "haemoglobin", "g/L", {"lln": D(130)}, "TRANSFUSION", "129:3 130:0"),
    ("anemia", "haemoglobin", "g/L", {"lln": D(130)}, "", "129:1"),
    ("inr_increased", "inr", "{INR}", {"uln": D("1.2")}, "NONE", "1.2:0 1.3:1 2.6:3"),
]


@pytest.mark.parametrize(("term", "analyte", "unit", "limits", "finding", "grades"), FOUND)
def test_what_the_clinician_found_stands_in_the_grade_of_a_saved_result(
    cast: Cast, term: str, analyte: str, unit: str, limits: dict[str, D], finding: str, grades: str
) -> None:
    form = next(panel for panel, analytes in PANELS.items() if analyte in analytes)
    for value, _colon, expected in (each.partition(":") for each in grades.split()):
        somebody = bare_subject(cast)
        enter(cast, somebody, form, DAY, rows=[result(analyte, value, unit, finding=finding, **limits)])
        (one,) = graded(cast, somebody, term)
        assert one.grade.possible == tuple(int(grade) for grade in expected.split("/")), (value, finding)


def test_an_anticoagulant_has_the_inr_compared_with_the_value_before_treatment(cast: Cast) -> None:
    subject = enrolled(cast)
    enter(cast, subject, "COAG", DAY, rows=[result("inr", "2.0", "{INR}", finding="ANTICOAGULANT")])
    start(cast, subject, "IND_CHEMO", on=date(2026, 1, 12))
    later = [result("inr", "2.4", "{INR}", finding="ANTICOAGULANT")]
    enter(cast, subject, "COAG", date(2026, 1, 20), visit="IND_D8", rows=later)
    grades = [one.grade.grade for one in graded(cast, subject, "inr_increased")]
    assert grades == [0, 1]  # 1.2 × the baseline, although above 1.5


def test_the_queries_do_not_grow_with_subjects(cast: Cast, subject: Subject) -> None:
    everybody = [subject]
    chemistry(cast, subject, DAY, result("alt", "130", "U/L", uln=D(40)))
    one = queries(cast, everybody)
    for _another in range(3):
        everybody.append(bare_subject(cast))
        chemistry(cast, everybody[-1], DAY, result("alt", "130", "U/L", uln=D(40)))
    assert queries(cast, everybody) == one


def queries(cast: Cast, subjects: list[Subject]) -> int:
    with acting(user=cast.coordinator), CaptureQueriesContext(connection) as found:
        assert len(graded_values([one.pk for one in subjects])) == len(subjects)
    return len(found)


def test_after_a_transfer_a_result_keeps_the_limits_it_was_entered_with(cast: Cast, subject: Subject) -> None:
    entry = RangeEntry("alt", "U/L", None, D(40), date(2025, 1, 1), "list")
    for site, who, limit in ((cast.here, cast.coordinator, 40), (cast.elsewhere, cast.stranger, 100)):
        with acting(user=who):
            given = RangeEntry(**{**entry.__dict__, "uln": D(limit)})
            record_range(study=cast.study, site=site, entry=given, by=who)
    chemistry(cast, subject, DAY, result("alt", "130", "U/L", limits_from="SITE_RANGE"))
    with acting(user=cast.coordinator):
        asked = ask_transfer(
            subject=subject,
            to=cast.elsewhere,
            transfers_on=date(2026, 2, 1),
            by=cast.coordinator,
            reason="moved house",
        )
    head = User.objects.get(username="head_elsewhere")
    with acting(user=cast.stranger):
        decide_transfer(transfer_id=asked.pk, action="accept", responsible=head, by=cast.stranger)
        assert LabResult.objects.get(subject=subject).site_id == cast.elsewhere.pk
    (one,) = graded(cast, subject, "alt_increased", who=cast.stranger)
    assert (one.value.uln, one.grade.grade) == (D(40), 2)
