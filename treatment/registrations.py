"""What other rooms read from treatment by name: forms, facts, anchors, work, lanes, the treatment page."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.amended import dry_runs
from trialsite.casebook.edit_checks import not_in_the_future
from trialsite.casebook.registries import FormType, ProjectionType, RowType, SubjectPage
from trialsite.casebook.selectors import standing_lines

from . import checks, derived, forms, models
from .alerts import end_of_treatment_alerts, interaction_alerts
from .anchors import ANCHORS
from .day_words import day_in_words
from .deviation_register import into_register
from .doses.dry_run import dry_run_doses
from .doses.offers import offer_doses
from .doses.services import plan_first_doses
from .exposures import exposures
from .facts import facts
from .lanes import treatment_lanes
from .ledgers.api import DoseLedgerViewSet, InfusionStretchViewSet, PlannedDoseViewSet
from .medication import checks as medication_checks
from .medication.derived import medication as medication_of
from .medication.dose_phrases import medication_dose
from .medication.support import support_days
from .plan.derive import derive_step
from .plan.work import TREATMENT_WORK
from .week import doses_of_week


def joined(*parts: Any) -> str:
    """The parts that say something, in one line."""
    return " · ".join(str(part) for part in parts if part not in (None, ""))


def cycle_summary(record: Any) -> str:
    end = record.ended_on and f"→ {record.ended_on} {record.get_end_reason_display()}"
    return joined(record.get_phase_display(), end)


def doses_summary(record: Any) -> str:
    lines = standing_lines(record.lines)
    names = dict.fromkeys(line.get_drug_display() for line in lines)
    return ", ".join(names)


def infusion_summary(record: Any) -> str:
    rates = dict.fromkeys(f"{one.rate.normalize():f}" for one in standing_lines(record.lines))
    return f"{', '.join(rates)} µg/d" if rates else ""


def medication_summary(record: Any) -> str:
    period = " – ".join(one.text for one in (record.started, record.stopped) if one)
    return joined(record.medicine, medication_dose(record), period)


def cell_summary(record: Any) -> str:
    dose = record.dose and f"{record.dose.normalize():f} × 10⁶/kg"
    return joined(record.get_step_display(), record.product, dose)


def transplant_summary(record: Any) -> str:
    return joined(
        record.get_donor_display(), record.get_graft_source_display(), record.get_intensity_display()
    )


def deviation_summary(record: Any) -> str:
    return joined(record.get_deviation_class_display(), record.what[:120])


PAST = not_in_the_future("performed_on")
END_AFTER_START = checks.in_order("performed_on", "ended_on", _("The last day cannot lie before day 1."))

FORMS = (
    FormType(
        "CYC",
        _("Start of a phase"),
        models.CycleStart,
        forms.CycleStartForm,
        continuous=True,
        checks=(
            checks.phase_of_arm,
            not_in_the_future("performed_on", "ended_on"),
            END_AFTER_START,
            checks.possible_body,
        ),
        summary=cycle_summary,
        derived=derived.phase_start,
        after=plan_first_doses,
    ),
    FormType(
        "EX",
        _("Doses given"),
        models.DosesGiven,
        forms.DosesGivenForm,
        rows=(RowType("doses", models.DoseGiven, forms.DoseGivenForm, _("Doses"), blank_lines=2),),
        checks=(PAST, checks.doses, medication_checks.treatment_meets_medicine),
        summary=doses_summary,
        offer=offer_doses,
    ),
    FormType(
        "BLI",
        _("Blinatumomab infusion"),
        models.BlinatumomabInfusion,
        forms.InfusionForm,
        rows=(RowType("segments", models.InfusionSegment, forms.SegmentForm, _("Stretches of infusion")),),
        checks=(PAST, checks.segments),
        summary=infusion_summary,
        derived=derived.infusion,
    ),
    FormType(
        "CM",
        _("Concomitant medication"),
        models.ConcomitantMedication,
        forms.MedicationForm,
        continuous=True,
        checks=(
            checks.medication_in_order,
            checks.not_negative("amount", "per_day"),
            medication_checks.dose_has_unit,
            medication_checks.medicine_meets_treatment,
            medication_checks.inhibitor_as_known,
        ),
        derived=medication_of,
        summary=medication_summary,
    ),
    FormType(
        "TF",
        _("Transfusion"),
        models.Transfusion,
        forms.TransfusionForm,
        continuous=True,
        checks=(PAST, checks.not_negative("units")),
        summary=lambda record: joined(
            record.get_product_display(), record.units and f"{record.units.normalize():f}"
        ),
    ),
    FormType(
        "DON",
        _("Donor"),
        models.Donor,
        forms.DonorForm,
        continuous=True,
        checks=(PAST,),
        summary=lambda record: joined(record.get_donor_display(), record.hla_match),
    ),
    FormType(
        "HSCT",
        _("Transplantation"),
        models.Transplant,
        forms.TransplantForm,
        continuous=True,
        checks=(
            not_in_the_future("performed_on", "conditioning_on"),
            checks.in_order("conditioning_on", "performed_on", _("Day 0 cannot lie before conditioning.")),
            checks.not_negative("cd34", "mnc"),
        ),
        summary=transplant_summary,
    ),
    FormType(
        "CAR",
        _("CAR-T cell therapy"),
        models.CellTherapy,
        forms.CellTherapyForm,
        continuous=True,
        checks=(
            not_in_the_future("performed_on", "apheresis_on"),
            checks.not_negative("dose", "viability"),
        ),
        summary=cell_summary,
    ),
    FormType(
        "EOT",
        _("End of treatment"),
        models.EndOfTreatment,
        forms.EndOfTreatmentForm,
        continuous=True,
        checks=(not_in_the_future("performed_on", "last_dose_on"),),
        summary=lambda record: joined(record.get_reason_display(), record.last_dose_on),
    ),
    FormType(
        "DEV",
        _("Protocol deviation"),
        models.Deviation,
        forms.DeviationForm,
        continuous=True,
        checks=(PAST,),
        summary=deviation_summary,
        after=into_register,
    ),
)

for form in FORMS:
    registries.forms.register(form.key, form)
for name, fact in facts().items():
    registries.facts.register(name, fact)
for name, anchor in ANCHORS.items():
    registries.anchors.register(name, anchor)

registries.work.register("treatment", TREATMENT_WORK)
registries.week_lines.register("doses", doses_of_week)
registries.timeline.register("treatment", treatment_lanes)
registries.projections.register("treatment", ProjectionType(models.TreatmentStep, derive_step))
registries.exposures.register("treatment", exposures)
registries.day_words.register("treatment", day_in_words)
registries.subject_alerts.register("end of treatment", end_of_treatment_alerts)
registries.subject_alerts.register("interactions", interaction_alerts)
registries.subject_pages.register("treatment", SubjectPage(_("Treatment"), "treatment", 30))
registries.subject_pages.register("medication", SubjectPage(_("Medication"), "medication", 32))
registries.support_days.register("treatment", support_days)
registries.api_lists.register("planned-doses", PlannedDoseViewSet)
registries.api_lists.register("dose-ledger", DoseLedgerViewSet)
registries.api_lists.register("infusion-stretches", InfusionStretchViewSet)
dry_runs.register("doses", dry_run_doses)
