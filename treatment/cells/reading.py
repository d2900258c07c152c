"""What the record says before an apheresis and after an infusion of cells, as the rules take it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessments.laboratory.results import LabValue, lab_values
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_records
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.transplant_plan import ApheresisRules

from ..domain.cells import AplasiaStretch, BCells, BeforeApheresis, aplasia
from ..medication.taken import steroids_of
from ..models import BCellAplasia, CellTherapy
from ..models.cells import CellStep
from ..transplant.reading import blinatumomab_before

COUNTED_WITHIN = 7  # days before the apheresis (assumption)


def before_apheresis(
    subject: Subject, rules: ApheresisRules, on: date, typed: Quantity | None
) -> BeforeApheresis:
    """What is known on the day of an apheresis; a count typed on the form goes before the laboratory's."""
    steroids = steroids_of(subject, on)
    first = on - timedelta(days=rules.steroid_days)
    daily = [mg for day, mg in steroids.days.items() if first <= day <= on]
    end = blinatumomab_before(subject, on)
    counted = None if typed is not None else lymphocytes_before(subject.pk, on)
    return BeforeApheresis(
        on=on,
        lymphocytes=typed or (counted.quantity if counted else None),
        counted_on=on if typed is not None else counted.on if counted else None,
        steroid_mg=max(daily, default=Decimal(0)),
        steroid_complete=steroids.complete,
        blinatumomab_ended=end.on,
        running=end.running,
    )


def lymphocytes_before(subject_id: UUID, on: date) -> LabValue | None:
    """The last count of the days before."""
    first = on - timedelta(days=COUNTED_WITHIN)
    found = [
        one for one in lab_values([subject_id], ("lymphocytes",)).get(subject_id, []) if first <= one.on <= on
    ]
    return found[-1] if found else None


def steps_of(subject_id: UUID) -> Mapping[str, list[Any]]:
    """The steps of CAR-T therapy that are recorded, by kind, the earliest first."""
    found: dict[str, list[Any]] = {step.value: [] for step in CellStep}
    for one in standing_records(CellTherapy, [subject_id])[subject_id]:
        found.setdefault(one.step, []).append(one)
    return found


def collected_on(records: Sequence[CellTherapy]) -> date | None:
    """The day of apheresis: of its own form, else as a later step says it."""
    own = [one.performed_on for one in records if one.step == CellStep.APHERESIS and one.performed_on]
    said = [one.apheresis_on for one in records if one.apheresis_on]
    return max(own or said, default=None)


def infused_on(records: Sequence[CellTherapy]) -> date | None:
    """The day of the first infusion."""
    days = [one.performed_on for one in records if one.step == CellStep.INFUSION and one.performed_on]
    return min(days, default=None)


def b_cells_of(subject_id: UUID) -> list[BCellAplasia]:
    return [one for one in standing_records(BCellAplasia, [subject_id])[subject_id] if one.performed_on]


def aplasia_of(subject: Subject, day0: date | None) -> AplasiaStretch | None:
    """B-cell aplasia after the first infusion by the limit of the protocol; None without a limit or a sample."""
    plan = subject.protocol_version.protocol.cell_therapy
    if plan is None or day0 is None:
        return None
    samples = [BCells(one.performed_on, one.cd19_cells) for one in b_cells_of(subject.pk) if one.performed_on]
    return aplasia(samples, plan.aplasia.cd19_per_ul, day0)
