"""The forms of CAR-T cells."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.edit_checks import not_in_the_future
from trialsite.casebook.registries import FormType, RowType

from .. import models
from ..checks import not_negative
from ..plan.starts import begun_by_form, decided_by_form
from ..transplant.checks import lines_in_order, other_said
from ..transplant.panel import agents_of, joined
from . import checks, derived, forms
from .panel import b_cell_summary


def cell_summary(record: Any) -> str:
    dose = record.dose and f"{record.dose.normalize():f} × 10⁶/kg"
    return joined(record.get_step_display(), record.product, dose)


CELL_FORMS = (
    FormType(
        "CAR",
        _("CAR-T cell therapy"),
        models.CellTherapy,
        forms.CellTherapyForm,
        rows=(
            RowType("bridges", models.BridgingDrug, forms.BridgingForm, _("Bridging therapy"), blank_lines=1),
        ),
        continuous=True,
        checks=(
            not_in_the_future("performed_on", "apheresis_on"),
            not_negative("dose", "viability"),
            lines_in_order("bridges", "first_on", "last_on"),
            decided_by_form("cell-therapy", "lymphodepletion_on", checks.infused_on),
            checks.ready_for_apheresis,
        ),
        derived=derived.cells,
        after=begun_by_form,
        summary=cell_summary,
    ),
    FormType(
        "CTX",
        _("Tocilizumab and steroid courses"),
        models.CellCourses,
        forms.CellCoursesForm,
        rows=(RowType("courses", models.CellCourse, forms.CellCourseForm, _("Courses")),),
        continuous=True,
        checks=(
            not_in_the_future("performed_on"),
            lines_in_order("courses", "started_on", "stopped_on"),
            other_said("courses"),
        ),
        summary=lambda record: agents_of(record.courses),
    ),
    FormType(
        "BCA",
        _("B-cell aplasia"),
        models.BCellAplasia,
        forms.BCellAplasiaForm,
        continuous=True,
        checks=(not_in_the_future("performed_on"),),
        derived=derived.b_cells,
        summary=b_cell_summary,
    ),
)
