"""Pages of CAR-T cells: steps, courses of tocilizumab and corticosteroid, B-cell aplasia."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..forms import LineForm
from ..models import BCellAplasia, BridgingDrug, CellCourse, CellCourses, CellTherapy


class CellTherapyForm(CasebookForm):
    model = CellTherapy
    sections = (
        Section(_("Step"), "step", "performed_on"),
        Section(_("Before the infusion"), "apheresis_on", "lymphocytes", "lymphodepletion_on", "bridging"),
        Section(_("Product"), "product", "lot", "transduction_pct", "viability", "dose", "weight"),
        Section(_("After the infusion"), "tocilizumab", "steroid", "told_by", "comment"),
    )


class BridgingForm(LineForm):
    """One treatment between apheresis and lymphodepletion."""

    model = BridgingDrug
    items = ("medicine", "first_on", "last_on", "note")


class CellCoursesForm(CasebookForm):
    model = CellCourses
    sections = (Section(_("Tocilizumab and corticosteroid"), "performed_on", "told_by", "comment"),)
    labels = {"performed_on": _("Date of this information")}


class CellCourseForm(LineForm):
    """One course."""

    model = CellCourse
    items = ("agent", "reason", "dose_mg", "doses", "started_on", "stopped_on", "note")


class BCellAplasiaForm(CasebookForm):
    model = BCellAplasia
    sections = (
        Section(_("B cells"), "performed_on", "cd19_cells", "igg", "ivig"),
        Section(_("Persistence of the cells"), "car_copies", "car_pct", "told_by", "comment"),
    )
