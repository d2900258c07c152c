"""Pages of the laboratory: a printed list of analytes with the limits of the last report."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.formfields import QuantityFormField, QuantityWidget, units_of
from trialsite.casebook.forms import CasebookForm, RowForm, Section
from trialsite.casebook.models import Subject
from trialsite.casebook.pages import display_of
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.clinical.units import ANALYTES

from ..domain.grading import terms_of
from ..domain.ranges import Limits, LimitsFrom
from ..domain.terms import findings_of
from ..laboratory.limits import limits_of_analytes
from ..laboratory.panels import PANELS, ROUTINE, analyte_label
from ..laboratory.results import LabValue, lab_values
from ..models import LabReport, LabResult, PregnancyTest, Virology
from ..models.laboratory import FINDINGS, NO_FINDING


class LabReportForm(CasebookForm):
    model = LabReport
    sections = (Section(_("Report"), "performed_on", "sample_time", "laboratory", "comment"),)


class PrintedAnalyte(forms.HiddenInput):
    """An analyte printed as a word, its code carried along."""

    input_type = "hidden"
    template_name = "assessments/printed_analyte.html"

    @property
    def is_hidden(self) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["label"] = analyte_label(value, get_language() or "en") if value in ANALYTES else value
        return context


class NotAsked(forms.HiddenInput):
    """The place of an item that this analyte does not have: a dash."""

    template_name = "assessments/not_asked.html"

    @property
    def is_hidden(self) -> bool:
        return False


def finding_choices(analytes: Sequence[str]) -> list[tuple[str, Any]]:
    """The findings that change a grade of these analytes, with "none of these" first; [] where no term knows any."""
    known = {one for key in analytes for one in findings_of(terms_of(key))}
    return [(code, words) for code, words in FINDINGS if code in {NO_FINDING, *known}] if known else []


class LabResultForm(RowForm):
    """One analyte of a panel: printed when it is offered or saved, chosen from a list on an empty line."""

    model = LabResult
    panel: ClassVar[str] = "HEM"
    items = ("analyte", "result", "limits_from", "lln", "uln", "comment", "finding")
    moves: ClassVar[str] = "down"  # Enter goes to the next analyte

    def add_items(self, items: Any) -> None:
        super().add_items([item for item in items if item not in ("analyte", "result")])
        known = self.known_analyte()
        language = get_language() or "en"
        choices = [("", "—")] + [(key, analyte_label(key, language)) for key in PANELS[self.panel]]
        select = forms.Select(attrs={"class": "form-select"})
        label = _("Analyte (unit of the limits)")
        analyte = forms.ChoiceField(choices=choices, label=label, required=False, widget=select)
        if self.initial.get("analyte") in ANALYTES:
            analyte.widget = PrintedAnalyte()
        result = result_field(known, self.panel)
        beside = ("limits_from", "lln", "uln", "comment", "finding")
        self.fields["finding"] = finding_field(known, self.panel, self.fields["finding"])
        rest = {item: self.fields[item] for item in beside}
        self.fields = {"line": self.fields["line"], "analyte": analyte, "result": result, **rest}  # type: ignore[assignment]
        for item in beside:
            self.fields[item].widget.attrs["aria-label"] = str(self.fields[item].label)

    def known_analyte(self) -> str:
        """The analyte of this line: typed, printed or saved; "" on an empty line."""
        typed = self.data.get(self.add_prefix("analyte"), "") if self.is_bound else ""
        found = typed or self.initial.get("analyte", "")
        return found if found in PANELS[self.panel] else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("result") is not None and not cleaned.get("analyte"):
            self.add_error("analyte", gettext("Choose the analyte of this result."))
        if cleaned.get("finding") and cleaned.get("result") is None and "result" not in self.errors:
            self.add_error("finding", gettext("Type the result that this finding goes with."))
        typed = any(cleaned.get(item) is not None for item in ("lln", "uln"))
        if cleaned.get("limits_from") == LimitsFrom.NOT_PRINTED and typed:
            self.add_error(
                "limits_from", gettext("Limits are typed: choose “As printed”, or leave them empty.")
            )
        return cleaned

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        return super().initial_of(row) | {"lln": short(row.lln), "uln": short(row.uln)}

    @staticmethod
    def display(row: LabResult, item: str) -> Any:
        """A saved value as people read it; the analyte with the unit in which its limits stand."""
        if item == "analyte" and row.analyte in ANALYTES:
            return analyte_label(row.analyte, get_language() or "en")
        return display_of(row, item)

    @classmethod
    def prefilled(cls) -> tuple[str, ...]:
        return ("analyte", "limits_from", "lln", "uln")


def offer(subject: Subject, slot: Slot, record: LabReport | None) -> dict[str, list[dict[str, Any]]]:
    """The analytes of the panel that are not entered yet, each with its limits.

    Those of the site's range in force (on the day of the report, or today), else those of the subject's last report."""
    entered = (
        set() if record is None else set(record.lines.filter(voided=False).values_list("analyte", flat=True))
    )
    wanted = [key for key in ROUTINE[slot.form_key] if key not in entered]
    if subject.site_id is None:  # a worksheet, for any site
        return {"results": [{"analyte": key} for key in wanted]}
    day = record.performed_on if record is not None and record.performed_on else site_today(subject)
    ranges = limits_of_analytes(subject, wanted, day, record.laboratory if record is not None else "")
    last: dict[str, LabValue] = {}
    for value in lab_values([subject.pk], wanted).get(subject.pk, []):
        last[value.analyte] = value
    return {"results": [{"analyte": key} | offered_limits(ranges[key], last.get(key)) for key in wanted]}


def offered_limits(limits: Limits, last: LabValue | None) -> dict[str, Any]:
    """Where the limits of a new line come from, and what they are."""
    if limits.range_id:
        return {
            "limits_from": LimitsFrom.SITE_RANGE.value,
            "lln": short(limits.lln),
            "uln": short(limits.uln),
        }
    if last is None or last.limits_from in (LimitsFrom.SITE_RANGE, LimitsFrom.NOT_PRINTED):
        return {}
    said = {"limits_from": last.limits_from} if last.limits_from else {}
    return said | {"lln": short(last.lln), "uln": short(last.uln)}


def short(limit: Decimal | None) -> Decimal | None:
    """A limit without the zeros that the column adds."""
    return None if limit is None else Decimal(f"{limit.normalize():f}")


class AnyUnitField(forms.Field):
    """A result on a line whose analyte has not been chosen: kept as typed until it is."""

    def __init__(self, units: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(widget=QuantityWidget([("", "—"), *units]), **options)

    def clean(self, value: Any) -> None:
        text = value[0] if isinstance(value, (list, tuple)) else ""
        if text.strip():
            raise forms.ValidationError(gettext("Choose the analyte of this result."))


def result_field(analyte: str, panel: str) -> forms.Field:
    """The field of a result: in the units of its analyte, or in any unit of the panel while there is none."""
    if analyte:
        return QuantityFormField(analyte, label=_("Result"), required=False)
    units = {code: label for key in PANELS[panel] for code, label in units_of(key)}
    return AnyUnitField(list(units.items()), label=_("Result"), required=False)


def finding_field(analyte: str, panel: str, field: forms.Field) -> forms.Field:
    """The field of the clinical finding: those of the analyte, or of the panel while no analyte is chosen."""
    choices = finding_choices([analyte] if analyte else PANELS[panel])
    said = {
        "invalid_choice": gettext(
            "This finding changes no grade of this analyte: choose one of the list, or leave it empty."
        )
    }
    widget = forms.Select(attrs={"class": "form-select narrow"}) if choices else NotAsked()
    return forms.ChoiceField(
        choices=[("", "—"), *choices],
        label=field.label,
        help_text=field.help_text,
        required=False,
        widget=widget,
        error_messages=said,
    )


class HaematologyLineForm(LabResultForm):
    panel = "HEM"


class ChemistryLineForm(LabResultForm):
    panel = "CHEM"


class CoagulationLineForm(LabResultForm):
    panel = "COAG"


class VirologyForm(CasebookForm):
    model = Virology
    sections = (
        Section(_("Sample"), "performed_on"),
        Section(_("Hepatitis B"), "hbsag", "hbcab", "hbv_dna"),
        Section(_("Hepatitis C"), "hcv_ab", "hcv_rna"),
        Section(_("Other"), "hiv_ab", "trust", "comment"),
    )


class PregnancyTestForm(CasebookForm):
    model = PregnancyTest
    sections = (Section(_("Pregnancy"), "performed_on", "specimen", "result", "lactating"),)
