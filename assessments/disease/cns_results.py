"""Lumbar punctures of many subjects at once: the CNS class of each, and whether it is CNS leukaemia by the protocol."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from enrollment.item_facts import latest_records
from trialsite.casebook.selectors import standing_records
from trialsite.clinical.facts import Fact, Why
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import Quantity

from ..domain.cns import CnsAnswer, LumbarPuncture, cns_status, is_cns_leukemia
from ..laboratory.results import LabValue, lab_values, nearest
from ..models import CerebrospinalFluid
from ..subjects import protocols


def punctures(subject_ids: Sequence[UUID]) -> dict[UUID, tuple[CerebrospinalFluid, CnsAnswer]]:
    """The latest lumbar puncture of each subject with its CNS class, blood counts of the same day or one day apart."""
    records = latest_records(CerebrospinalFluid, "CSF", subject_ids)
    counts = lab_values(list(records), ("wbc", "rbc")) if records else {}
    return {
        subject_id: (record, cns_status(puncture_of(record, counts.get(subject_id, []))))
        for subject_id, record in records.items()
    }


def puncture_of(record: CerebrospinalFluid, counts: Sequence[LabValue]) -> LumbarPuncture:
    """A lumbar puncture as the rules see it; blood cells from 10⁹/L and 10¹²/L to cells per µL."""
    assert record.performed_on is not None
    white, red = (nearest(counts, analyte, record.performed_on, 1) for analyte in ("wbc", "rbc"))
    return LumbarPuncture(
        csf_wbc=record.item("csf_wbc"),
        csf_rbc=record.item("csf_rbc"),
        blasts=Truth.of(record.blasts),
        clinical_signs=Truth.of(record.clinical_signs),
        blood_wbc=per_microlitre(white, 1000),
        blood_rbc=per_microlitre(red, 1000000),
        csf_on=record.performed_on,
        blood_on=white.on if white else None,
    )


def per_microlitre(count: LabValue | None, factor: int) -> Decimal | None:
    quantity: Quantity | None = count.quantity if count else None
    if quantity is None or quantity.comparator or quantity.canonical is None:
        return None
    return quantity.canonical * factor


def cns_classes(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """The CNS class of the latest puncture; undecided is unknown."""
    found = {}
    for subject_id, (record, answer) in punctures(subject_ids).items():
        source = record.address("blasts")
        if answer.status is None:
            why = record.missing.get("blasts") or Why.UNKNOWN
            found[subject_id] = Fact.missing(why, source=source)
        else:
            found[subject_id] = Fact(
                answer.status, on=record.performed_on, source=source, working=" / ".join(answer.possible)
            )
    return found


def cns_leukemia(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """CNS leukaemia by the protocol's classes; a documented clinical absence counts as no, nothing as unknown."""
    plans = protocols(subject_ids)
    return {
        subject_id: leukemia_fact(record, answer, plans[subject_id].cns2_is_cns_leukemia)
        for subject_id, (record, answer) in punctures(subject_ids).items()
    }


def leukemia_fact(record: CerebrospinalFluid, answer: CnsAnswer, cns2_counts: bool) -> Fact:
    """Whether one puncture shows CNS leukaemia by the protocol's classes."""
    present, source = is_cns_leukemia(answer, cns2_counts), record.address("blasts")
    if present.known:
        return Fact(
            present is Truth.TRUE, on=record.performed_on, source=source, working=" / ".join(answer.possible)
        )
    if record.clinically_absent is True and record.clinical_signs is not True:
        return Fact(False, on=record.performed_on, source=record.address("clinically_absent"))
    return Fact.missing(record.missing.get("blasts") or Why.UNKNOWN, source=source)


def cns_by_day(subject_ids: Sequence[UUID]) -> dict[UUID, list[tuple[date, Truth]]]:
    """Every puncture of each subject: its day, and whether it shows CNS leukaemia; a fixed number of queries."""
    records = standing_records(CerebrospinalFluid, subject_ids)
    if not records:
        return {}
    counts, plans = lab_values(list(records), ("wbc", "rbc")), protocols(subject_ids)
    found: dict[UUID, list[tuple[date, Truth]]] = {}
    for subject_id, done in records.items():
        cns2_counts = plans[subject_id].cns2_is_cns_leukemia
        for record in done:
            if record.performed_on is None:
                continue
            answer = cns_status(puncture_of(record, counts.get(subject_id, [])))
            fact = leukemia_fact(record, answer, cns2_counts)
            truth = Truth.of(fact.value is True) if fact.known else Truth.UNKNOWN
            found.setdefault(subject_id, []).append((record.performed_on, truth))
    return found
