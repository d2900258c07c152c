"""Pages of the leukaemia: marrow, MRD, cerebrospinal fluid, imaging."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, RowForm, Section
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

from ..domain.mrd import Qualifier
from ..domain.mrd_report import Reading, read_report
from ..models import (
    CerebrospinalFluid,
    ExtramedullarySite,
    Imaging,
    MarrowAssessment,
    MrdResult,
    MrdSample,
)


class MarrowForm(CasebookForm):
    model = MarrowAssessment
    sections = (
        Section(_("Marrow"), "performed_on", "evaluable", "bm_blast_pct", "trilineage"),
        Section(
            _("Blood and other sites"),
            "pb_blasts",
            "pb_blasts_confirmed",
            "extramedullary",
            "extramedullary_new",
        ),
        Section(_("Counts"), "counts_on", "anc", "platelets", "gcsf_7d", "platelets_7d"),
        Section(_("Response"), "investigator_response", "response_reason", "comment"),
    )


class ExtramedullarySiteForm(RowForm):
    """One site outside marrow and blood."""

    model = ExtramedullarySite
    items = ("place", "method", "finding", "note")

    def clean(self) -> dict[str, Any]:
        """A line names its site and what was found there."""
        cleaned = super().clean() or self.cleaned_data
        if any(cleaned.get(item) for item in self.items):
            if not cleaned.get("place"):
                self.add_error("place", _("Choose the site."))
            if not cleaned.get("finding"):
                self.add_error("finding", _("Choose what was found there: new, present, or resolved."))
        return cleaned


class MrdSampleForm(CasebookForm):
    model = MrdSample
    sections = (
        Section(
            _("Sample"), "performed_on", "specimen", "time_point", "hemodilution", "laboratory", "comment"
        ),
    )


class MrdResultForm(RowForm):
    """One method: the text of the report is read, unless finding and value are typed as well."""

    model = MrdResult
    items = (
        "method",
        "reported_text",
        "qualifier",
        "value",
        "lod",
        "loq",
        "cells_analysed",
        "dna_ng",
        "cd19_gating_adequate",
        "index_found",
        "clone_id",
    )

    def add_items(self, items: Any) -> None:
        super().add_items(items)
        answers = [("", "—"), ("yes", _("Yes")), ("no", _("No"))]
        for item in ("cd19_gating_adequate", "index_found"):
            self.fields[item].widget = forms.Select(choices=answers)

    @classmethod
    def prefilled(cls) -> tuple[str, ...]:
        return ("method",)

    def clean(self) -> dict[str, Any]:
        """Fill finding and value from the report's text where they are empty; what cannot be read is said."""
        cleaned = super().clean() or self.cleaned_data
        text = (cleaned.get("reported_text") or "").strip()
        if text and not cleaned.get("qualifier") and cleaned.get("value") is None:
            reading = read_report(text)
            if reading.qualifier is None:
                self.add_error("reported_text", reading.echo.in_language(get_language() or "en"))
            else:
                cleaned.update(as_items(reading))
        elif cleaned.get("value") is not None and not cleaned.get("qualifier"):
            cleaned["qualifier"] = Qualifier.QUANTIFIED.value
        typed = any(cleaned.get(item) not in (None, "", []) for item in self.items if item != "method")
        if typed and not cleaned.get("method"):
            self.add_error("method", _("Choose the method."))
        if typed and not cleaned.get("qualifier") and not self.errors:
            self.add_error("qualifier", _("Enter the result as reported, or choose the finding."))
        return cleaned


def offer_methods(subject: Subject, slot: Slot, record: MrdSample | None) -> dict[str, list[dict[str, Any]]]:
    """A line for each method of the protocol that is not entered yet."""
    entered = (
        set() if record is None else set(record.lines.filter(voided=False).values_list("method", flat=True))
    )
    methods = [threshold.method for threshold in subject.protocol_version.protocol.mrd]
    return {"results": [{"method": method} for method in methods if method not in entered]}


def as_items(reading: Reading) -> dict[str, Any]:
    """What a report's text says, as the items of a line; a value read as a fraction is kept in percent."""
    assert reading.qualifier is not None
    value = None
    if reading.value is not None:
        percent = reading.value * 100
        value = Quantity(reading.text.strip()[:40], "", percent, "%", percent)
    return {"qualifier": reading.qualifier.value, "value": value}


class CerebrospinalFluidForm(CasebookForm):
    model = CerebrospinalFluid
    sections = (
        Section(_("Clinical"), "performed_on", "clinical_signs", "clinically_absent"),
        Section(_("Cerebrospinal fluid"), "csf_wbc", "csf_rbc", "blasts"),
        Section(_("Intrathecal treatment"), "it_given", "it_drugs", "comment"),
    )


class ImagingForm(CasebookForm):
    model = Imaging
    sections = (Section(_("Imaging"), "performed_on", "modality", "region", "finding", "comment"),)
