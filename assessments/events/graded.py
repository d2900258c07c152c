"""Saved forms of cytokine release, neurotoxicity and GVHD as the grading rules take them.

What a form leaves empty and the laboratory reported on its day comes from the report; a stage or score that somebody
typed stands instead of the computed one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from trialsite.casebook.reading import read_once
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity, compare

from ..domain.acute_stages import AcuteFindings, acute_stages
from ..domain.chronic_scores import ChronicFindings, chronic_scores
from ..domain.crs import CrsFindings
from ..domain.grade_bounds import GradeBounds
from ..domain.gvhd import ACUTE_ORGANS, CHRONIC_ORGANS, Stage
from ..domain.icans import IceFindings, orientation_points
from ..laboratory.results import LabValue, lab_values
from ..models import AcuteGvhd, ChronicGvhd, CytokineRelease, IceScore

LIVER_ANALYTES = ("alp", "alt", "bilirubin")
MEASURED_ORGANS = ("skin", "gi", "liver", "lungs")
Labs = Collection[LabValue]


def crs_findings(record: CytokineRelease) -> CrsFindings:
    """Cytokine release of one day."""
    return CrsFindings(
        temperature=record.item("temperature"),
        other_cause=Truth.of(record.other_cause),
        anticytokine=Truth.of(record.anticytokine),
        hypotension=record.hypotension,
        oxygen=record.oxygen,
        vasopressors=tuple(one for one in (record.vasopressor, record.second_vasopressor) if one),
        vasopressin=Truth.of(record.vasopressin),
        flow=record.oxygen_flow,
        fio2=record.fio2_pct,
        fatal=Truth.of(record.fatal),
    )


def ice_findings(record: IceScore) -> IceFindings:
    """ICE and the other domains of one day."""
    return IceFindings(
        orientation=orientation_points(record.orientation_answers, record.orientation),
        naming=record.naming,
        command=record.command,
        writing=record.writing,
        attention=record.attention,
        consciousness=record.consciousness,
        seizure=record.seizure,
        motor_weakness=Truth.of(record.motor_weakness),
        oedema=record.oedema,
        sedated=Truth.of(record.sedated),
        other_cause=Truth.of(record.other_cause),
        fatal=Truth.of(record.fatal),
    )


def liver_labs(subject_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[LabValue]]:
    """The results that GVHD of the liver is staged by, of many subjects; one query."""
    ids = tuple(subject_ids)
    return read_once(("liver labs", ids), lambda: lab_values(ids, LIVER_ANALYTES))


def labs_of(record: AcuteGvhd | ChronicGvhd, labs: Labs | None) -> dict[str, LabValue]:
    """The results of the form's own day by analyte, the last of the day."""
    known = liver_labs([record.subject_id]).get(record.subject_id, ()) if labs is None else labs
    return {one.analyte: one for one in known if one.on == record.performed_on}


def acute_findings(record: AcuteGvhd, labs: Labs | None = None) -> AcuteFindings:
    """What was found at each organ; a bilirubin that is not typed is the laboratory's of the same day."""
    return AcuteFindings(
        skin_pct=record.skin_pct,
        bullae=Truth.of(record.bullae),
        bilirubin=record.item("bilirubin") or bilirubin_of_day(record, labs),
        upper_gi=Truth.of(record.upper_gi_symptoms),
        stool_ml=record.stool_ml,
        stool_episodes=record.stool_episodes,
        severe_gut=Truth.of(record.severe_gut),
    )


def bilirubin_of_day(record: AcuteGvhd | ChronicGvhd, labs: Labs | None) -> Quantity | None:
    """The bilirubin that was reported on the form's day."""
    found = labs_of(record, labs).get("bilirubin")
    return found.quantity if found else None


def acute_stages_of(record: AcuteGvhd, labs: Labs | None = None) -> dict[str, Stage]:
    """The stage of each organ: the typed one, else what the findings give."""
    if all(getattr(record, organ) is not None for organ in ACUTE_ORGANS):
        return {organ: getattr(record, organ) for organ in ACUTE_ORGANS}
    computed = acute_stages(acute_findings(record, labs))
    return {organ: typed_or(getattr(record, organ), computed[organ]) for organ in ACUTE_ORGANS}


def chronic_findings(record: ChronicGvhd, labs: Labs | None = None) -> ChronicFindings:
    """What was found at each organ; liver values that are not typed are the laboratory's of the same day."""
    day = labs_of(record, labs)
    bilirubin, reported = record.item("bilirubin"), day.get("bilirubin")
    raised = Truth.of(record.bilirubin_raised)
    if bilirubin is None and reported is not None:
        bilirubin = reported.quantity
    if not raised.known and reported is not None:
        raised = compare(bilirubin, ">", reported.uln)
    return ChronicFindings(
        skin_pct=record.skin_pct,
        sclerosis=record.sclerosis,
        gut=record.gut,
        weight_loss_pct=record.weight_loss_pct,
        bilirubin=bilirubin,
        bilirubin_raised=raised,
        alt=times_limit(record.alt_times, day.get("alt")),
        alp=times_limit(record.alp_times, day.get("alp")),
        fev1=record.fev1_pct,
        breath=record.breath,
        explained=frozenset(organ for organ in MEASURED_ORGANS if getattr(record, f"{organ}_explained")),
    )


def times_limit(typed: Decimal | None, reported: LabValue | None) -> Decimal | None:
    """A value in times the upper limit of normal: as typed, else of an exact result with its limit."""
    if typed is not None or reported is None:
        return typed
    value = reported.quantity.canonical
    return (
        value / reported.uln
        if value is not None and reported.uln and not reported.quantity.comparator
        else None
    )


def chronic_scores_of(record: ChronicGvhd, labs: Labs | None = None) -> dict[str, Stage]:
    """The score of each organ: the typed one, else what the findings give."""
    typed: dict[str, Any] = {organ: getattr(record, organ) for organ in CHRONIC_ORGANS}
    if all(typed[organ] is not None for organ in MEASURED_ORGANS):
        return typed
    computed = chronic_scores(chronic_findings(record, labs))
    return {organ: typed_or(typed[organ], computed.get(organ)) for organ in CHRONIC_ORGANS}


def typed_or(typed: int | None, computed: GradeBounds | None) -> Stage:
    return computed if typed is None else typed


def first_days(records: Iterable[tuple[date, int]], grades: Sequence[int]) -> dict[int, date]:
    """The first day on which each of these grades was reached, of (day, lowest certain grade) in their order."""
    found: dict[int, date] = {}
    for day, grade in records:
        for wanted in grades:
            if grade >= wanted:
                found.setdefault(wanted, day)
    return found
