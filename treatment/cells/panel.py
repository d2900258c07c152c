"""The CAR-T cells of a subject on its treatment page: from apheresis to day +100, and B cells over time."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from assessments.models import MarrowAssessment
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import standing_lines, standing_records
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.clinical.kleene import Truth
from trialsite.listing import listed, told

from ..domain.cells import is_aplastic
from ..domain.milestones import D28_BY, D100_BY, When
from ..domain.referral import D28, D100, counts_for
from ..models import BCellAplasia, CellCourses, CellTherapy
from ..models.cells import CellStep
from ..transplant.panel import NOW, Lines, Step, first_words, joined
from .derived import cells
from .reading import aplasia_of, b_cells_of, infused_on, steps_of


def cell_context(subject: Subject) -> dict[str, Any]:
    """The panel, for a subject with a step of CAR-T therapy; {} for others."""
    records = standing_records(CellTherapy, [subject.pk])[subject.pk]
    if not records:
        return {}
    day0 = infused_on(records)
    return {
        "cell_steps": list(steps(subject, steps_of(subject.pk), day0)),
        "cell_day0": day0,
        "cell_day": None if day0 is None else (site_today(subject) - day0).days,
        "b_cells": b_cell_lines(subject, day0),
        "aplasia": aplasia_of(subject, day0),
        "courses": list(course_lines(standing_records(CellCourses, [subject.pk])[subject.pk])),
    }


def steps(subject: Subject, found: Mapping[str, list[CellTherapy]], day0: Any) -> Iterator[Step]:
    """The steps in their order."""
    line = Lines(subject, day0, site_today(subject))
    for step, label, when in (
        (CellStep.APHERESIS, _("Apheresis"), NOW),
        (CellStep.LYMPHODEPLETION, _("Lymphodepletion"), When(after_day0=0)),
    ):
        record = found[step][-1] if found[step] else None
        yield line.of(label, "CAR", record, said(record), when)
    record = found[CellStep.INFUSION][0] if found[CellStep.INFUSION] else None
    yield line.of(_("Infusion (day 0)"), "CAR", record, infusion_words(record), When(after_day0=0))
    marrow = [one for one in standing_records(MarrowAssessment, [subject.pk])[subject.pk] if one.performed_on]
    late = [one for one in marrow if day0 and counts_for(D28, one.performed_on, day0)]
    yield line.of(_("Marrow at D+28"), "BM", *first_words(late), When(after_day0=D28_BY))
    samples = [
        one
        for one in b_cells_of(subject.pk)
        if day0 and one.performed_on and counts_for(D100, one.performed_on, day0)
    ]
    yield line.of(_("B cells at D+100"), "BCA", *first_words(samples), When(after_day0=D100_BY))


def said(record: CellTherapy | None) -> str:
    """The day of a step, with what its conditions gave where they are not met."""
    if record is None:
        return ""
    warned = [told(one.label, one.value) for one in cells(record) if one.tone in ("warn", "unknown")]
    return joined(record.performed_on, bridges(record), *warned)


def bridges(record: CellTherapy) -> str:
    return listed(one.medicine for one in standing_lines(record.bridges))  # type: ignore[attr-defined]


def infusion_words(record: CellTherapy | None) -> str:
    """Day 0, the product, the dose, the cells in all and the days from vein to vein."""
    if record is None or record.performed_on is None:
        return ""
    dose = f"{record.dose.normalize():f} × 10⁶/kg" if record.dose is not None else ""
    computed = [f"{one.label} {one.value}" for one in cells(record)]
    return joined(record.performed_on, record.product, dose, *computed)


def b_cell_lines(subject: Subject, day0: Any) -> list[dict[str, Any]]:
    """B cells, immunoglobulin and persistence over time."""
    plan = subject.protocol_version.protocol.cell_therapy
    limit = plan.aplasia.cd19_per_ul if plan else None
    return [
        {
            "record": one,
            "cd19_cells": plain(one.cd19_cells),
            "car_copies": plain(one.car_copies),
            "day": (one.performed_on - day0).days if day0 and one.performed_on else None,
            "aplastic": limit is not None and is_aplastic(one.cd19_cells, limit) is Truth.TRUE,
            "url": Slot.of_record(one).url(),
        }
        for one in b_cells_of(subject.pk)
    ]


def plain(number: Decimal | None) -> str:
    """A number without zeros at its end; "" for none."""
    return "" if number is None else f"{number.normalize():f}"


def course_lines(records: Sequence[CellCourses]) -> Iterator[dict[str, Any]]:
    """The courses of tocilizumab and corticosteroid, form by form."""
    for record in records:
        for one in standing_lines(record.courses):  # type: ignore[attr-defined]
            yield {"line": one, "url": Slot.of_record(record).url()}


def b_cell_summary(record: BCellAplasia) -> str:
    """One sample in one line."""
    found = []
    if record.cd19_cells is not None:
        found.append(f"CD19+ {record.cd19_cells.normalize():f}/µL")
    if record.igg is not None:
        found.append(f"IgG {record.igg.text} {record.igg.unit}")
    return joined(*found)
