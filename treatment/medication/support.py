"""What lifts blood counts: transfusions, and courses of G-CSF among the concomitant medication."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from trialsite.casebook.selectors import current_records

from ..domain.medicines import GCSF
from ..models import ConcomitantMedication, Transfusion
from ..models.medication import BloodProduct
from .dictionary import dictionary
from .taken import span

Spans = Mapping[UUID, Sequence[tuple[date, date]]]
PRODUCTS = {"platelets": BloodProduct.PLT, "red_cells": BloodProduct.RBC}


def support_days(subject_ids: Sequence[UUID], kind: str) -> Spans:
    """The days with a kind of support by subject; one query."""
    return gcsf_courses(subject_ids) if kind == "gcsf" else transfusion_days(subject_ids, PRODUCTS[kind])


def transfusion_days(subject_ids: Sequence[UUID], product: str) -> Spans:
    """The days on which a product was transfused."""
    found: dict[UUID, list[tuple[date, date]]] = defaultdict(list)
    given = current_records(Transfusion, subject_ids).filter(product=product).exclude(performed_on=None)
    for subject_id, day in given.order_by("performed_on").values_list("subject_id", "performed_on"):
        found[subject_id].append((day, day))
    return found


def gcsf_courses(subject_ids: Sequence[UUID]) -> Spans:
    """The courses of G-CSF that the dictionary recognises, by the days that are sure."""
    found: dict[UUID, list[tuple[date, date]]] = defaultdict(list)
    for record in current_records(ConcomitantMedication, subject_ids).order_by("started_earliest"):
        medicine = dictionary().recognise(record.medicine)
        if medicine is None or GCSF not in medicine.classes:
            continue
        _possible, sure = span(record.started, record.stopped)
        if sure is not None:
            found[record.subject_id].append(sure)
    return found
