"""ADLB: laboratory results with baseline, change and CTCAE grades."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from assessments.laboratory.grades import graded_values, toxicity_grades
from trialsite.casebook.reading import one_reading

from ..domain.table import Kind, Variable
from ..sdtm.findings import CATEGORIES
from ..sdtm.reading import Found, Reading
from ..sdtm.text import day_of
from .columns import IDENTIFIERS, day, decimal, flag, relative_day, taken_over, text, whole

CERTAIN = "CTCAE grade of the term for {} values, where it is certain."

VARIABLES: tuple[Variable, ...] = (
    *IDENTIFIERS,
    text("TRTP", "Planned Treatment"),
    text("TRTA", "Actual Treatment"),
    day("TRTSDT", "Date of First Exposure to Treatment"),
    *taken_over("LB", "LBSEQ", "LBSPID"),
    text("PARAMCD", "Parameter Code"),
    text("PARAM", "Parameter"),
    text("PARCAT1", "Parameter Category 1"),
    decimal("AVAL", "Analysis Value", "LBSTRESN."),
    text("AVALC", "Analysis Value (C)", "Derived", method="LBSTRESC."),
    decimal("BASE", "Baseline Value", "AVAL of the row with ABLFL = Y of the parameter."),
    decimal("CHG", "Change from Baseline", "AVAL - BASE after the baseline."),
    day("ADT", "Analysis Date", "Day of LBDTC."),
    whole("ADY", "Analysis Relative Day", "ADT relative to TRTSDT, with no day 0."),
    text("AVISIT", "Analysis Visit"),
    Variable("AVISITN", "Analysis Visit (N)", Kind.DECIMAL, origin="Assigned"),
    decimal("ANRLO", "Analysis Normal Range Lower Limit", "LBSTNRLO."),
    decimal("ANRHI", "Analysis Normal Range Upper Limit", "LBSTNRHI."),
    text("ANRIND", "Analysis Reference Range Indicator", "Derived", method="LBNRIND."),
    text("ATOXGRL", "Analysis Toxicity Grade Low", "Derived", method=CERTAIN.format("low")),
    text("ATOXGRH", "Analysis Toxicity Grade High", "Derived", method=CERTAIN.format("high")),
    text("BTOXGRL", "Baseline Toxicity Grade Low", "Derived", method="ATOXGRL of the baseline."),
    text("BTOXGRH", "Baseline Toxicity Grade High", "Derived", method="ATOXGRH of the baseline."),
    flag("ABLFL", "Baseline Record Flag", "Y on the last result on or before the day of first exposure (LBLOBXFL)."),
    flag("ANL01FL", "Analysis Flag 01", "Y on the last result of a parameter on a day."),
)  # fmt: skip


def rows(reading: Reading) -> Iterator[Found]:
    demographics = {row["USUBJID"]: row for row in reading.rows("DM")}
    enrolled = {one.usubjid: one.pk for one in reading.subjects if one.enrolled_on is not None}
    with one_reading():
        graded = graded_values(reading.ids)
    grades = {pk: toxicity_grades(found) for pk, found in graded.items()}
    by_subject: dict[str, list[Found]] = defaultdict(list)
    for row in reading.rows("LB"):
        if row["USUBJID"] in enrolled and row["LBCAT"] in CATEGORIES.values():
            by_subject[row["USUBJID"]].append(row)
    for usubjid, found in by_subject.items():
        of_row = {at: both for (at, _analyte), both in grades.get(enrolled[usubjid], {}).items()}
        yield from rows_of(found, demographics[usubjid], of_row)


def rows_of(found: list[Found], dm: Found, grades: Mapping[str, object]) -> Iterator[Found]:
    first = day_of(dm["RFXSTDTC"])
    made = [row_of(row, dm, grades) for row in found]
    base = {row["PARAMCD"]: row for row in made if row["ABLFL"] == "Y"}
    last = {(row["PARAMCD"], row["ADT"]): row["LBSEQ"] for row in made}
    for row in sorted(made, key=lambda one: (one["PARAMCD"], one["LBSEQ"])):
        before = base.get(row["PARAMCD"])
        if before is not None:
            row |= {"BASE": before["AVAL"], "BTOXGRL": before["ATOXGRL"], "BTOXGRH": before["ATOXGRH"]}
            after = row["ADT"] > before["ADT"] and row["AVAL"] is not None and before["AVAL"] is not None
            row["CHG"] = row["AVAL"] - before["AVAL"] if after else None
        row["ADY"] = relative_day(row["ADT"], first)
        row["ANL01FL"] = "Y" if last[row["PARAMCD"], row["ADT"]] == row["LBSEQ"] else ""
        yield row


def row_of(row: Found, dm: Found, grades: Mapping[str, object]) -> Found:
    unit = row.get("LBSTRESU", "")
    graded = grades.get(row["SOURCE"][1])
    value: Decimal | None = row.get("LBSTRESN")
    return {
        **{name: dm[name] for name in ("STUDYID", "USUBJID", "SUBJID", "SITEID")},
        "TRTP": dm["ARM"],
        "TRTA": dm["ACTARM"],
        "TRTSDT": day_of(dm["RFXSTDTC"]),
        "LBSEQ": row["LBSEQ"],
        "LBSPID": row["LBSPID"],
        "PARAMCD": row["LBTESTCD"],
        "PARAM": f"{row['LBTEST']} ({unit})" if unit else row["LBTEST"],
        "PARCAT1": row["LBCAT"],
        "AVAL": value,
        "AVALC": row.get("LBSTRESC", ""),
        "ADT": day_of(row["LBDTC"]),
        "AVISIT": row.get("VISIT", ""),
        "AVISITN": row.get("VISITNUM"),
        "ANRLO": row.get("LBSTNRLO"),
        "ANRHI": row.get("LBSTNRHI"),
        "ANRIND": row.get("LBNRIND", ""),
        "ATOXGRL": certain(getattr(graded, "toxgr_low", None)),
        "ATOXGRH": certain(getattr(graded, "toxgr_high", None)),
        "ABLFL": row["LBLOBXFL"],
    }


def certain(grade: object) -> str:
    found = getattr(grade, "grade", None)
    return "" if found is None else str(found)
