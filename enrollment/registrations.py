"""What other rooms read from enrolment by name."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.edit_checks import not_in_the_future
from trialsite.casebook.registries import FormType, ProjectionType, RowType, SubjectPage

from . import casebook_forms as pages
from . import checks, derived, models
from .alerts import consent_alerts
from .anchors import ANCHORS
from .deviation_rules import follow_submission
from .facts import sources
from .reconsent import CONSENT_WORK, derive_standing
from .summaries import consent_summary, diagnosis_summary, history_summary, person_summary, statements_summary
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
registries.subject_pages.register("eligibility", SubjectPage(_("Eligibility"), "eligibility", 20))
registries.work.register("enrolment", ENROLMENT_WORK)
registries.after_submit.register("enrolment-deviations", follow_submission)
registries.work.register("consent", CONSENT_WORK)
registries.projections.register("consent", ProjectionType(models.ConsentStanding, derive_standing))
