"""The forms of donor and transplantation."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.edit_checks import not_in_the_future
from trialsite.casebook.registries import FormType, RowType
from trialsite.casebook.selectors import standing_lines

from .. import models
from ..checks import in_order, not_negative
from ..plan.starts import begun_by_form, decided_by_form
from . import checks, derived, forms
from .panel import agents_of, joined


def transplant_summary(record: Any) -> str:
    return joined(
        record.get_donor_display(), record.get_graft_source_display(), record.get_intensity_display()
    )


TRANSPLANT_FORMS = (
    FormType(
        "DON",
        _("Donor"),
        models.Donor,
        forms.DonorForm,
        rows=(
            RowType(
                "candidates",
                models.DonorCandidate,
                forms.CandidateForm,
                _("Candidates (HLA: matched alleles of each locus, 0 to 2)"),
                blank_lines=2,
            ),
        ),
        continuous=True,
        checks=(not_in_the_future("performed_on"), not_in_the_future("typed_on"), checks.one_chosen),
        derived=derived.donor,
        summary=lambda record: joined(record.get_donor_display(), record.hla_match),
    ),
    FormType(
        "HSCT",
        _("Transplantation"),
        models.Transplant,
        forms.TransplantForm,
        rows=(
            RowType(
                "conditioning_drugs",
                models.ConditioningDrug,
                forms.ConditioningForm,
                _("Conditioning, agent by agent"),
            ),
            RowType(
                "prophylaxis_drugs",
                models.ProphylaxisDrug,
                forms.ProphylaxisForm,
                _("GVHD prophylaxis, agent by agent"),
            ),
        ),
        continuous=True,
        checks=(
            not_in_the_future("performed_on", "conditioning_on"),
            in_order("conditioning_on", "performed_on", _("Day 0 cannot lie before conditioning.")),
            not_negative("cd34", "mnc"),
            checks.indication_of_protocol,
            checks.lines_in_order("conditioning_drugs", "first_on", "last_on"),
            checks.conditioning_units,
            checks.other_said("conditioning_drugs"),
            checks.lines_in_order("prophylaxis_drugs", "started_on", "stopped_on"),
            checks.other_said("prophylaxis_drugs"),
            checks.mrd_was_negative,
            decided_by_form("transplant", "conditioning_on", lambda values: values.get("performed_on")),
            checks.washout_kept,
        ),
        derived=derived.transplant,
        after=begun_by_form,
        summary=transplant_summary,
    ),
    FormType(
        "GVT",
        _("Treatment of GVHD"),
        models.GvhdTreatment,
        forms.GvhdTreatmentForm,
        rows=(RowType("drugs", models.GvhdDrug, forms.GvhdDrugForm, _("Agents")),),
        continuous=True,
        checks=(
            not_in_the_future("performed_on"),
            checks.lines_in_order("drugs", "started_on", "stopped_on"),
            checks.other_said("drugs"),
        ),
        derived=derived.gvhd_treatment,
        summary=lambda record: joined(
            agents_of(record.drugs),
            "" if not any(one.systemic for one in standing_lines(record.drugs)) else _("systemic"),
        ),
    ),
)
