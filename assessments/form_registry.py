"""The forms of this room, each with page, lines, checks and summary, in paper order."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.edit_checks import not_in_the_future
from trialsite.casebook.registries import FormType, RowType

from . import checks, derived, models, summaries
from .events import checks as event_checks
from .events import grade_checks
from .events.tracks import keep_worst_grade
from .laboratory.limits import save_limits
from .pages import adverse_events, disease, examinations, laboratory, neurocytokine, sae, transplant
from .sae import checks as sae_checks
from .sae import services as sae_services
from .sae import shown as sae_shown

LINES_LEFT_OPEN = 3
RESULTS = _("Results")


def panel(line_form: type) -> tuple[RowType, ...]:
    return (RowType("results", models.LabResult, line_form, RESULTS, blank_lines=LINES_LEFT_OPEN),)


def kind(
    key: str, title: object, model: type, page: type, summary: object, *checks_: object, **more: object
) -> FormType:
    """A form that is about a day that has come."""
    return FormType(
        key,
        title,
        model,
        page,
        checks=(not_in_the_future("performed_on"), *checks_),  # type: ignore[arg-type]
        summary=summary,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


FORMS: tuple[FormType, ...] = (
    kind(
        "VS",
        _("Vital signs"),
        models.VitalSigns,
        examinations.VitalSignsForm,
        summaries.vital_signs,
        checks.in_bounds,
        checks.pressures_in_order,
        checks.usual_vital_signs,
        checks.weight_drift,
        checks.weight_of_cycle_1,
        derived=derived.body_size,
    ),
    kind(
        "PE",
        _("Physical examination"),
        models.PhysicalExam,
        examinations.PhysicalExamForm,
        summaries.physical_exam,
    ),
    kind(
        "HEM",
        _("Haematology"),
        models.LabReport,
        laboratory.LabReportForm,
        summaries.lab_report,
        checks.results_possible,
        checks.range_in_force,
        rows=panel(laboratory.HaematologyLineForm),
        offer=laboratory.offer,
        continuous=True,
        derived=derived.lab_report,
        after=save_limits,
    ),
    kind(
        "CHEM",
        _("Chemistry"),
        models.LabReport,
        laboratory.LabReportForm,
        summaries.lab_report,
        checks.results_possible,
        checks.range_in_force,
        rows=panel(laboratory.ChemistryLineForm),
        offer=laboratory.offer,
        continuous=True,
        derived=derived.lab_report,
        after=save_limits,
    ),
    kind(
        "COAG",
        _("Coagulation"),
        models.LabReport,
        laboratory.LabReportForm,
        summaries.lab_report,
        checks.results_possible,
        checks.range_in_force,
        rows=panel(laboratory.CoagulationLineForm),
        offer=laboratory.offer,
        continuous=True,
        derived=derived.lab_report,
        after=save_limits,
    ),
    kind("VIR", _("Virology"), models.Virology, laboratory.VirologyForm, summaries.virology),
    kind(
        "PREG",
        _("Pregnancy test"),
        models.PregnancyTest,
        laboratory.PregnancyTestForm,
        summaries.pregnancy_test,
    ),
    kind(
        "ECG",
        _("Electrocardiogram"),
        models.Electrocardiogram,
        examinations.ElectrocardiogramForm,
        summaries.electrocardiogram,
        checks.in_bounds,
        continuous=True,
        derived=derived.corrected_qt,
    ),
    kind(
        "ECHO",
        _("Echocardiography"),
        models.Echocardiogram,
        examinations.EchocardiogramForm,
        summaries.echocardiogram,
        continuous=True,
    ),
    kind(
        "PFT", _("Lung function"), models.LungFunction, examinations.LungFunctionForm, summaries.lung_function
    ),
    kind(
        "HCI",
        _("HCT-CI"),
        models.Hctci,
        examinations.HctciForm,
        summaries.hctci_form,
        derived=derived.comorbidity,
    ),
    kind(
        "BM",
        _("Bone marrow and response"),
        models.MarrowAssessment,
        disease.MarrowForm,
        summaries.marrow,
        checks.in_bounds,
        checks.response_has_reason,
        grade_checks.support_as_recorded,
        not_in_the_future("counts_on"),
        rows=(
            RowType(
                "sites",
                models.ExtramedullarySite,
                disease.ExtramedullarySiteForm,
                _("Sites outside marrow and blood"),
                blank_lines=1,
            ),
        ),
        continuous=True,
        derived=derived.response,
    ),
    kind(
        "MRD",
        _("Measurable residual disease"),
        models.MrdSample,
        disease.MrdSampleForm,
        summaries.mrd_sample,
        checks.mrd_possible,
        rows=(RowType("results", models.MrdResult, disease.MrdResultForm, RESULTS, blank_lines=1),),
        offer=disease.offer_methods,
        continuous=True,
        derived=derived.mrd_verdicts,
    ),
    kind(
        "CSF",
        _("Cerebrospinal fluid and intrathecal treatment"),
        models.CerebrospinalFluid,
        disease.CerebrospinalFluidForm,
        summaries.cerebrospinal_fluid,
        checks.in_bounds,
        continuous=True,
        derived=derived.cns,
    ),
    kind("IMG", _("Imaging"), models.Imaging, disease.ImagingForm, summaries.imaging, continuous=True),
    kind(
        "CRS",
        _("Cytokine release syndrome"),
        models.CytokineRelease,
        neurocytokine.CytokineReleaseForm,
        summaries.cytokine_release,
        checks.in_bounds,
        grade_checks.support_agrees,
        grade_checks.support_complete,
        grade_checks.crs_grade_has_reason,
        continuous=True,
        derived=derived.cytokine_release,
    ),
    kind(
        "ICE",
        _("ICE score and ICANS"),
        models.IceScore,
        neurocytokine.IceScoreForm,
        summaries.ice_score,
        grade_checks.orientation_agrees,
        continuous=True,
        derived=derived.neurotoxicity,
    ),
    kind(
        "AE",
        _("Adverse event"),
        models.AdverseEvent,
        adverse_events.AdverseEventForm,
        summaries.adverse_event,
        event_checks.event_possible,
        event_checks.track_possible,
        event_checks.grade_of_term,
        event_checks.over_has_end,
        event_checks.special_is_marked,
        event_checks.told_has_beginning,
        sae_checks.instants_in_order,
        event_checks.inside_window,
        rows=(
            RowType(
                "track",
                models.GradeChange,
                adverse_events.GradeChangeForm,
                _("Grades over the days"),
                blank_lines=2,
            ),
        ),
        offer=adverse_events.offer_track,
        continuous=True,
        derived=derived.adverse_event,
        after=keep_worst_grade,
    ),
    kind(
        "SAE",
        _("Serious adverse event"),
        models.SeriousEvent,
        sae.SeriousEventForm,
        sae_shown.report_summary,
        sae_checks.some_criterion,
        sae_checks.instants_in_order,
        sae_checks.admission_counts,
        continuous=True,
        derived=sae_shown.derived_report,
        after=sae_services.keep_version,
    ),
    kind(
        "ADM",
        _("Stay in hospital"),
        models.Admission,
        sae.AdmissionForm,
        sae_shown.stay_summary,
        sae_checks.stay_in_order,
        not_in_the_future("left_on"),
        continuous=True,
        derived=sae_shown.derived_stay,
    ),
    kind(
        "AGV",
        _("Acute GVHD"),
        models.AcuteGvhd,
        transplant.AcuteGvhdForm,
        summaries.acute_gvhd,
        checks.in_bounds,
        grade_checks.stage_has_reason,
        grade_checks.after_a_graft,
        continuous=True,
        derived=derived.acute_gvhd,
    ),
    kind(
        "CGV",
        _("Chronic GVHD"),
        models.ChronicGvhd,
        transplant.ChronicGvhdForm,
        summaries.chronic_gvhd,
        checks.in_bounds,
        grade_checks.score_has_reason,
        grade_checks.after_a_graft,
        not_in_the_future("onset_on", "systemic_therapy_on"),
        continuous=True,
        derived=derived.chronic_gvhd,
    ),
    kind(
        "CHI",
        _("Chimerism"),
        models.Chimerism,
        transplant.ChimerismForm,
        summaries.chimerism,
        grade_checks.after_a_graft,
        continuous=True,
    ),
    kind(
        "ENG",
        _("Engraftment"),
        models.Engraftment,
        transplant.EngraftmentForm,
        summaries.engraftment,
        not_in_the_future("neutrophils_on", "platelets_on", "graft_failure_on"),
        grade_checks.recovery_as_counted,
        grade_checks.after_a_graft,
        continuous=True,
        derived=derived.recovery,
    ),
)
