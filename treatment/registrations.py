"""What other rooms read from treatment by name: forms, facts, anchors, work, lanes, the treatment page."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.amended import dry_runs
from trialsite.casebook.edit_checks import not_in_the_future
from trialsite.casebook.registries import FormType, ProjectionType, RowType, SubjectPage, TrailWords
from trialsite.casebook.selectors import standing_lines
from trialsite.listing import listed

from . import checks, derived, forms, models
from .alerts import end_of_treatment_alerts, infusion_alerts, interaction_alerts
from .anchors import ANCHORS, gives_blinatumomab_at_all
from .anthracyclines.checks import anthracycline_limits
from .anthracyclines.decisions import refuse_beyond_limit
from .anthracyclines.derive import derive_total
from .anthracyclines.work import ECHO_WORK
from .background import background_of
from .cells.registrations import CELL_FORMS
from .day_words import day_in_words
from .deviation_register import into_register
from .doses import checks as dose_checks
from .doses.dry_run import dry_run_doses
from .doses.offers import gives_drugs, offer_doses
from .doses.work import DOSE_WORK
from .exposures import exposures
from .facts import facts
from .infusion import checks as infusion_checks
from .infusion.api import InfusionCourseViewSet
from .infusion.work import INFUSION_WORK, bags_of_days, bags_of_week
from .intensity.api import AnthracyclineViewSet, DoseIntensityViewSet
from .intensity.derive import derive_intensity
from .lanes import treatment_lanes
from .ledgers.api import DoseLedgerViewSet, InfusionStretchViewSet, PlannedDoseViewSet
from .medication import checks as medication_checks
from .medication.derived import medication as medication_of
from .medication.dictionary import medicine_words
from .medication.dose_phrases import medication_dose
from .medication.support import support_days
from .methotrexate import checks as methotrexate_checks
from .methotrexate.derived import methotrexate
from .methotrexate.facts import facts as methotrexate_facts
from .methotrexate.forms import LeucovorinForm, LevelForm, MethotrexateForm
from .methotrexate.work import METHOTREXATE_WORK
from .plan.api import PhaseDecisionViewSet, PhaseStartViewSet
from .plan.derive import derive_step
from .plan.starts import early_start_is_meant, late_start_has_a_reason, phase_was_decided, started
from .plan.work import TREATMENT_WORK
from .referrals.reading import derive_referrals
from .referrals.registrations import REFERRAL_FORMS
from .referrals.work import REFERRAL_WORK
from .transplant.registrations import TRANSPLANT_FORMS
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
    return listed(names)


def infusion_summary(record: Any) -> str:
    rates = dict.fromkeys(f"{one.rate.normalize():f}" for one in standing_lines(record.lines))
    return f"{', '.join(rates)} µg/d" if rates else ""


def methotrexate_summary(record: Any) -> str:
    dose = record.dose is not None and f"{record.dose.normalize():f} mg"
    levels = ", ".join(str(one.level) for one in standing_lines(record.levels) if one.level)
    return joined(dose or "", levels)


def medication_summary(record: Any) -> str:
    period = " – ".join(one.text for one in (record.started, record.stopped) if one)
    return joined(medicine_words(record.medicine), medication_dose(record), period)


def deviation_summary(record: Any) -> str:
    return joined(record.get_deviation_class_display(), record.what[:120])


DECIDED = {"phase", "kind", "chosen_phase", "other_words", "indication", "agrees", "reason", "decided_on"}
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
            dose_checks.dose_level,
            dose_checks.fresh_weight,
            dose_checks.weight_of_cycle_1,
            dose_checks.lysis_may_start,
            phase_was_decided,
            late_start_has_a_reason,
            early_start_is_meant,
        ),
        summary=cycle_summary,
        derived=derived.phase_start,
        after=started,
    ),
    FormType(
        "EX",
        _("Doses given"),
        models.DosesGiven,
        forms.DosesGivenForm,
        rows=(RowType("doses", models.DoseGiven, forms.DoseGivenForm, _("Doses"), blank_lines=2),),
        checks=(
            PAST,
            checks.doses,
            dose_checks.within_tolerance,
            medication_checks.treatment_meets_medicine,
            anthracycline_limits,
        ),
        summary=doses_summary,
        offer=offer_doses,
        logged=gives_drugs,
    ),
    FormType(
        "BLI",
        _("Blinatumomab infusion"),
        models.BlinatumomabInfusion,
        forms.InfusionForm,
        rows=(
            RowType("segments", models.InfusionSegment, forms.SegmentForm, _("Stretches of infusion")),
            RowType(
                "premedication",
                models.Premedication,
                forms.PremedicationForm,
                _("Premedication"),
                blank_lines=2,
            ),
        ),
        checks=(PAST, checks.segments, infusion_checks.premedication, infusion_checks.rate_as_planned),
        summary=infusion_summary,
        derived=derived.infusion,
        logged=gives_blinatumomab_at_all,
    ),
    FormType(
        "MTX",
        _("High-dose methotrexate"),
        models.MethotrexateInfusion,
        MethotrexateForm,
        rows=(
            RowType("levels", models.MethotrexateLevel, LevelForm, _("Levels")),
            RowType("leucovorin", models.LeucovorinDose, LeucovorinForm, _("Leucovorin given")),
        ),
        continuous=True,
        checks=(
            methotrexate_checks.times_possible,
            methotrexate_checks.line_answered,
            methotrexate_checks.conditions_hold,
            methotrexate_checks.dose_among_doses,
        ),
        summary=methotrexate_summary,
        derived=methotrexate,
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
    *TRANSPLANT_FORMS,
    *CELL_FORMS,
    *REFERRAL_FORMS,
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
event = registries.forms["AE"]
registries.forms.replace("AE", replace(event, checks=(*event.checks, infusion_checks.action_as_advised)))
for name, fact in {**facts(), **methotrexate_facts()}.items():
    registries.facts.register(name, fact)
for name, anchor in ANCHORS.items():
    registries.anchors.register(name, anchor)

registries.work.register("treatment", TREATMENT_WORK)
registries.work.register("referrals", REFERRAL_WORK)
registries.projections.register("referrals", ProjectionType(models.OpenReferral, derive_referrals))
registries.work.register("infusions", INFUSION_WORK)
registries.work.register("doses", DOSE_WORK)
registries.work.register("methotrexate", METHOTREXATE_WORK)
registries.work.register("echo", ECHO_WORK)
registries.gates.register("anthracyclines", refuse_beyond_limit)
registries.api_lists.register("dose-intensity", DoseIntensityViewSet)
registries.api_lists.register("anthracyclines", AnthracyclineViewSet)
registries.api_lists.register("phase-decisions", PhaseDecisionViewSet)
registries.api_lists.register("phase-starts", PhaseStartViewSet)
registries.trail_words.register(
    models.PhaseDecision._meta.db_table, TrailWords(hidden=lambda changes: set(changes) - DECIDED)
)
registries.week_lines.register("doses", doses_of_week)
registries.week_lines.register("bags", bags_of_week)
registries.calendar_lines.register("bags", bags_of_days)
registries.api_lists.register("infusion-courses", InfusionCourseViewSet)
registries.timeline.register("treatment", treatment_lanes)
registries.projections.register("treatment", ProjectionType(models.TreatmentStep, derive_step))
registries.projections.register("anthracyclines", ProjectionType(models.AnthracyclineTotal, derive_total))
registries.projections.register("intensity", ProjectionType(models.DoseIntensity, derive_intensity))
registries.exposures.register("treatment", exposures)
registries.backgrounds.register("treatment", background_of)
registries.day_words.register("treatment", day_in_words)
registries.subject_alerts.register("end of treatment", end_of_treatment_alerts)
registries.subject_alerts.register("interactions", interaction_alerts)
registries.subject_alerts.register("infusion", infusion_alerts)
registries.subject_pages.register("treatment", SubjectPage(_("Treatment"), "treatment", 30))
registries.subject_pages.register("medication", SubjectPage(_("Medication"), "medication", 32))
registries.support_days.register("treatment", support_days)
registries.api_lists.register("planned-doses", PlannedDoseViewSet)
registries.api_lists.register("dose-ledger", DoseLedgerViewSet)
registries.api_lists.register("infusion-stretches", InfusionStretchViewSet)
dry_runs.register("doses", dry_run_doses)
