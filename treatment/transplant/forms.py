"""Pages of donor, transplantation and treatment of GVHD."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section
from trialsite.casebook.names import indication_name

from ..domain.graft import LOCI
from ..forms import LineForm
from ..models import (
    ConditioningDrug,
    Donor,
    DonorCandidate,
    GvhdDrug,
    GvhdTreatment,
    ProphylaxisDrug,
    Transplant,
)


class DonorForm(CasebookForm):
    model = Donor
    sections = (
        Section(
            _("Donor"), "performed_on", "donor", "donor_available", "hla_match", "donor_sex", "donor_age"
        ),
        Section(_("Subject"), "typed_on", "recipient_cmv", "recipient_group"),
        Section(_("Plan"), "conditioning_planned"),
    )
    labels = {"performed_on": _("Date of this information")}


class CandidateForm(LineForm):
    """One candidate donor."""

    model = DonorCandidate
    items = ("relation", *LOCI, "dsa", "cmv", "blood_group", "age", "chosen")


class TransplantForm(CasebookForm):
    model = Transplant
    sections = (
        Section(_("Indication"), "indication", "indication_reason"),
        Section(
            _("Transplantation"),
            "performed_on",
            "donor",
            "graft_source",
            "cd34",
            "mnc",
            "cd3",
            "manipulated",
            "abo_mismatch",
        ),
        Section(_("Conditioning"), "conditioning_on", "intensity", "conditioning"),
        Section(_("GVHD prophylaxis"), "prophylaxis", "atg", "ptcy"),
        Section(_("Source"), "told_by"),
    )
    labels = {"performed_on": _("Day 0: the graft was infused")}

    def for_subject(self, subject: Any, record: Any) -> None:
        """The indications of the subject's protocol; one that it no longer has can stay; free words without a list."""
        protocol = subject.protocol_version.protocol
        keys = [one.key for one in protocol.transplant.indications]
        if record is not None and record.indication and record.indication not in keys:
            keys.append(record.indication)
        if not keys:
            return
        own: Any = self.fields["indication"]
        field = forms.ChoiceField(
            choices=[("", "—"), *((key, indication_name(protocol, key)) for key in keys)],
            label=own.label,
            required=False,
            widget=forms.Select(attrs={"class": "form-select"}),
        )
        self.fields["indication"] = field


class ConditioningForm(LineForm):
    """One agent of conditioning."""

    model = ConditioningDrug
    items = ("agent", "total_dose", "unit", "first_on", "last_on", "note")


class ProphylaxisForm(LineForm):
    """One agent of GVHD prophylaxis."""

    model = ProphylaxisDrug
    items = ("agent", "started_on", "stopped_on", "note")


class GvhdTreatmentForm(CasebookForm):
    model = GvhdTreatment
    sections = (Section(_("Treatment of GVHD"), "performed_on", "told_by", "comment"),)
    labels = {"performed_on": _("Date of this information")}


class GvhdDrugForm(LineForm):
    """One agent against GVHD."""

    model = GvhdDrug
    items = ("treated", "agent", "systemic", "started_on", "stopped_on", "note")
