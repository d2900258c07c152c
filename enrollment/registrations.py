"""What other rooms read from enrolment by name."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.amended import dry_runs
from trialsite.casebook.edit_checks import not_in_the_future
from trialsite.casebook.registries import FormType, Lifecycle, ProjectionType, RowType, SubjectPage

from . import casebook_forms as pages
from . import checks, derived, models
from .alerts import consent_alerts, randomisation_alerts
from .anchors import ANCHORS
from .api import RandomisationListViewSet, RandomisationViewSet, RecruitmentViewSet
from .carrying import CARRIED_WORDS, carried_panel, carried_to_form
from .deviation_rules import follow_submission
from .disposition import end_alerts, off_study
from .dry_run import dry_run_eligibility
from .facts import sources
from .models import PaperFacts
from .paper_facts import PAPER_WORK, derive_paper_facts
from .reconsent import CONSENT_WORK, derive_standing
from .states import PAUSE_STEPS, PLACE_STEPS, PauseState, PlaceState, steps_shown
from .summaries import consent_summary, diagnosis_summary, history_summary, person_summary, statements_summary
from .trail_words import register_words
from .work import ENROLMENT_WORK

registries.forms.register(
    "DM",
    FormType(
        "DM",
        _("Demographics"),
        models.Demographics,
        pages.DemographicsForm,
        checks=(not_in_the_future("performed_on"), checks.birth_date_possible),
        summary=person_summary,
        derived=derived.person,
    ),
)
registries.forms.register(
    "ICF",
    FormType(
        "ICF",
        _("Consent"),
        models.Consent,
        pages.ConsentForm,
        rows=(RowType("signatures", models.Signature, pages.SignatureForm, _("Signatures"), blank_lines=0),),
        repeats=True,
        checks=(not_in_the_future("performed_on"), checks.signatures_possible, checks.version_in_force),
        summary=consent_summary,
        derived=derived.consent,
    ),
)
registries.forms.register(
    "MH",
    FormType(
        "MH",
        _("Medical history"),
        models.MedicalHistory,
        pages.MedicalHistoryForm,
        rows=(
            RowType(
                "therapies",
                models.PriorTherapy,
                pages.PriorTherapyForm,
                _("Antileukaemic treatment before enrolment"),
            ),
        ),
        checks=(not_in_the_future("performed_on"), checks.courses_possible, checks.events_possible),
        summary=history_summary,
        derived=derived.history,
    ),
)
registries.forms.register(
    "DX",
    FormType(
        "DX",
        _("Diagnosis and genetics"),
        models.Diagnosis,
        pages.DiagnosisForm,
        checks=(not_in_the_future("performed_on"),),
        summary=diagnosis_summary,
        derived=derived.diagnosis,
    ),
)
registries.forms.register(
    "EL",
    FormType(
        "EL",
        _("Investigator's statements on eligibility"),
        models.Statements,
        pages.StatementsForm,
        checks=(not_in_the_future("performed_on"), checks.unsuitable_has_reason),
        summary=statements_summary,
    ),
)

for name, source in sources().items():
    registries.facts.register(name, source)
for name, anchor in ANCHORS.items():
    registries.anchors.register(name, anchor)
registries.subject_alerts.register("consent", consent_alerts)
registries.subject_alerts.register("randomisation", randomisation_alerts)
registries.api_lists.register("recruitment", RecruitmentViewSet)
registries.api_lists.register("randomisation-lists", RandomisationListViewSet)
registries.api_lists.register("randomisations", RandomisationViewSet)
registries.subject_pages.register("eligibility", SubjectPage(_("Eligibility"), "eligibility", 20))
registries.subject_pages.register(
    "paper",
    SubjectPage(_("From paper"), "paper-record", 25, lambda subject: subject.from_paper_until is not None),
)
registries.work.register("enrolment", ENROLMENT_WORK)
registries.work.register("paper", PAPER_WORK)
registries.projections.register("paper", ProjectionType(PaperFacts, derive_paper_facts))
dry_runs.register("eligibility", dry_run_eligibility)
registries.lifecycles.register(
    "place",
    Lifecycle(
        "A place in a study",
        "Held for an eligible subject in screening, taken at enrolment. A held place counts no more once its last day, "
        "the end of the screening window, has passed at the site.",
        PlaceState,
        steps_shown(PLACE_STEPS),
    ),
)
registries.lifecycles.register(
    "pause",
    Lifecycle(
        "A pause of recruitment",
        "In a study or at a site. `pause_at_stage` comes with the enrolment of the last subject of a stage, "
        "`pause_by_rule` when the figures meet a stopping rule of the protocol: by the system, or before an enrolment.",
        PauseState,
        steps_shown(PAUSE_STEPS),
    ),
)
registries.subject_alerts.register("end of study", end_alerts)
registries.form_panels.register("carried over", carried_panel)
registries.on_forms.register("carried over", carried_to_form)
registries.trail_words.register(models.CarriedOver._meta.db_table, CARRIED_WORDS)
registries.subject_pages.register("participation", SubjectPage(_("Participation"), "participation", 85))
register_words(registries.trail_words)
registries.ends_of_follow_up.register("off study", off_study)
registries.after_submit.register("enrolment-deviations", follow_submission)
registries.work.register("consent", CONSENT_WORK)
registries.projections.register("consent", ProjectionType(models.ConsentStanding, derive_standing))
