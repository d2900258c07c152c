"""ADSL: one row for each enrolled subject."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from enrollment.models import Diagnosis
from outcomes.domain.history import Dated
from outcomes.models.events import DeathCause
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Subject

from ..domain.table import Variable
from ..sdtm.reading import Found, Reading
from ..sdtm.text import day_of
from .analysis import analysis_of
from .columns import IDENTIFIERS, day, decimal, flag, taken_over, text, whole

AGE_GROUPS = ((18, "<18"), (40, "18-39"), (60, "40-59"))
OLDEST = ">=60"
DEATHS = {one.value: str(one.value).replace("_", " ") for one in DeathCause}

VARIABLES: tuple[Variable, ...] = (
    *IDENTIFIERS,
    *taken_over("DM", "AGE", "AGEU"),
    text("AGEGR1", "Pooled Age Group 1", "Derived", method="Age in the groups <18, 18-39, 40-59, >=60 years."),
    *taken_over("DM", "SEX", "RACE", "COUNTRY", "ARMCD", "ARM", "ACTARMCD", "ACTARM"),
    text("TRT01P", "Planned Treatment for Period 01"),
    text("TRT01A", "Actual Treatment for Period 01"),
    flag("ENRLFL", "Enrolled Population Flag", "Y for every enrolled subject."),
    flag("ITTFL", "Intent-To-Treat Population Flag", "Y for the randomized; without randomization for the enrolled."),
    flag("SAFFL", "Safety Population Flag", "Y for those who received protocol treatment."),
    flag("MRDEVFL", "MRD Evaluable Population Flag", "Y where MRD after screening has a verdict."),
    day("TRTSDT", "Date of First Exposure to Treatment", "Day of RFXSTDTC."),
    day("TRTEDT", "Date of Last Exposure to Treatment", "Day of RFXENDTC."),
    day("RFICDT", "Date of Informed Consent", "Day of RFICDTC."),
    day("ENRLDT", "Date of Enrollment", "Day on which the subject was enrolled."),
    day("RANDDT", "Date of Randomization", "Day on which the subject was randomized."),
    day("CRDT", "Date of First Complete Remission", "Day of the first response that counts as complete remission."),
    flag("HSCTFL", "Transplanted Flag", "Y where day 0 of a transplantation is recorded."),
    day("HSCTDT", "Date of Transplantation", "Day 0 of the first transplantation."),
    day("RELDT", "Date of First Relapse", "First evidence of relapse, where its day is known."),
    flag("DTHFL", "Subject Death Flag", "Y where death is recorded."),
    day("DTHDT", "Date of Death", "Day of death, where it is known; nothing is filled in."),
    text("DTHCAUS", "Cause of Death", "Collected"),
    day("LSTALVDT", "Date Last Known Alive", "Last day on which anything was recorded of the living subject."),
    text("EOSSTT", "End of Study Status", "Derived", method="COMPLETED, DISCONTINUED or ONGOING by the disposition."),
    text("DCSREAS", "Reason for Discontinuation from Study", "Collected"),
    text("RISKGR1", "Genetic Risk Group", "Derived", method="HIGH with any poor-risk feature, STANDARD without any."),
    flag("KMT2AFL", "KMT2A Rearranged Flag", "As answered on the form of diagnosis."),
    decimal("WBCDX", "Leukocytes at Diagnosis (10^9/L)", "First leukocytes on or before the first exposure."),
    text("STRATUM", "Stratum of Randomization"),
    whole("ELEMENTS", "Number of Elements Begun", "Number of rows of SE."),
)  # fmt: skip


def rows(reading: Reading) -> Iterator[Found]:
    demographics = {row["USUBJID"]: row for row in reading.rows("DM")}
    for subject in reading.subjects:
        if subject.enrolled_on is not None:
            yield row_of(reading, subject, demographics[subject.usubjid])


def row_of(reading: Reading, subject: Subject, dm: Found) -> Found:
    course, history = reading.courses[subject.pk], analysis_of(reading).histories[subject.pk]
    drawn, left = reading.randomisations.get(subject.pk), reading.dispositions.get(subject.pk)
    death, completed = history.death, left is not None and left.reason == "COMPLETED"
    return {
        **dm,
        "AGEGR1": age_group(dm["AGE"]),
        "TRT01P": dm["ARM"],
        "TRT01A": dm["ACTARM"],
        "ENRLFL": "Y",
        "ITTFL": "Y" if drawn is not None or reading.design.protocol.randomisation is None else "N",
        "SAFFL": "Y" if course.treated else "N",
        "MRDEVFL": "Y" if history.mrd else "N",
        "TRTSDT": day_of(course.first_exposure),
        "TRTEDT": day_of(course.last_exposure),
        "RFICDT": day_of(course.consented),
        "ENRLDT": subject.enrolled_on,
        "RANDDT": drawn.randomised_on if drawn else None,
        "CRDT": known(history.first_crc),
        "HSCTFL": "Y" if history.hsct_d0 else "N",
        "HSCTDT": known(history.hsct_d0),
        "RELDT": min((one.day for one in history.relapses if one.day), default=None),
        "DTHFL": "Y" if death else "",
        "DTHDT": known(death),
        "DTHCAUS": DEATHS.get(death.cause, "") if death else "",
        "LSTALVDT": last_alive(history, exact=reading.shifts),
        "EOSSTT": "ONGOING" if left is None and not death else "COMPLETED" if completed else "DISCONTINUED",
        "DCSREAS": left.reason if left and not completed else "DEATH" if death else "",
        **at_diagnosis(reading, subject),
        "STRATUM": drawn.stratum if drawn else "",
        "ELEMENTS": len(course.elements),
    }  # fmt: skip


def known(dated: Dated | None) -> date | None:
    return dated.day if dated else None


def last_alive(history: Any, *, exact: bool) -> date | None:
    """The last day; `exact`: of those known to the day."""
    shown = [one for one in history.shows_alive() if one.day or not exact]
    return max((one.latest if one.day else one.earliest for one in shown), default=None)


def age_group(age: int | None) -> str:
    if age is None:
        return ""
    return next((name for below, name in AGE_GROUPS if age < below), OLDEST)


def at_diagnosis(reading: Reading, subject: Subject) -> Found:
    """Risk, KMT2A and the white count before treatment."""
    from enrollment.domain.diagnosis import HIGH_RISK_FEATURES, high_risk
    from trialsite.clinical.kleene import Truth

    found: Found = {}
    for record in reading.forms(Diagnosis, subject)[:1]:
        risk = high_risk([getattr(record, one) for one in HIGH_RISK_FEATURES])
        if not reading.extract.release.holds_back(Nature.GENETIC):
            found["RISKGR1"] = {Truth.TRUE: "HIGH", Truth.FALSE: "STANDARD"}.get(risk, "UNKNOWN")
        found["KMT2AFL"] = {True: "Y", False: "N"}.get(record.kmt2a_r, "")
    first = reading.courses[subject.pk].first_exposure[:10]
    counts = [row for row in analysis_of(reading).laboratory[subject.usubjid] if row["LBTESTCD"] == "WBC"]
    counts = [row for row in counts if row["LBSPEC"] == "BLOOD" and (not first or row["LBDTC"][:10] <= first)]
    if counts:
        found["WBCDX"] = counts[0]["LBSTRESN"]
    return found
