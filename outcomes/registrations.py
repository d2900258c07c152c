"""What other rooms read from the outcomes by name."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.edit_checks import not_in_the_future
from trialsite.casebook.registries import FactSource, FormType, ProjectionType, SubjectPage, TrailWords

from . import checks, forms, models, summaries, withdrawals
from .adjudication.api import AdjudicationViewSet
from .adjudication.trail_words import DECISION_WORDS
from .adjudication.work import ADJUDICATION_WORK
from .api import EndpointViewSet
from .call_list import CALL_WORK
from .calls import follow_attempt, return_who_was_lost, take_back_contacts
from .critical import critical_items
from .dashboards.deriving import derive_cells
from .derived import endpoints_touched
from .facts import relapses
from .monitoring.evaluation import rules_met
from .monitoring.trail_words import hidden_of_control
from .results import derive_course, derive_results
from .snapshots.api import DataCutViewSet
from .snapshots.tasks import work_on_cut  # noqa: F401  (the workers find it here)
from .snapshots.trail_words import hidden_of_cut, hidden_of_file
from .swimmer.api import CourseViewSet

registries.forms.register(
    "REL",
    FormType(
        "REL",
        _("Relapse"),
        models.Relapse,
        forms.RelapseForm,
        continuous=True,
        repeats=True,
        checks=(
            not_in_the_future("performed_on", "onset", "confirmed_on"),
            checks.not_before_life("onset"),
            checks.not_before_consent("onset"),
            checks.not_after_death("onset"),
            checks.relapse_place_named,
            checks.seen_not_before_onset,
        ),
        summary=summaries.relapse_summary,
        derived=endpoints_touched,
    ),
)
registries.forms.register(
    "SPM",
    FormType(
        "SPM",
        _("Second malignancy"),
        models.SecondMalignancy,
        forms.SecondMalignancyForm,
        continuous=True,
        repeats=True,
        checks=(
            not_in_the_future("performed_on", "diagnosed_on"),
            checks.not_before_life("diagnosed_on"),
            checks.not_before_consent("diagnosed_on"),
            checks.not_after_death("diagnosed_on"),
            checks.diagnosed_before_told,
        ),
        summary=summaries.malignancy_summary,
    ),
)
registries.forms.register(
    "DTH",
    FormType(
        "DTH",
        _("Death"),
        models.Death,
        forms.DeathForm,
        continuous=True,
        checks=(
            not_in_the_future("died_on", "learned_on"),
            checks.death_dated_with_its_form,
            checks.not_before_life("died_on"),
            checks.not_before_consent("died_on"),
            checks.death_after_contacts,
            checks.death_after_relapse,
        ),
        summary=summaries.death_summary,
        derived=endpoints_touched,
    ),
)
registries.forms.register(
    "SUR",
    FormType(
        "SUR",
        _("Survival contact"),
        models.SurvivalContact,
        forms.SurvivalContactForm,
        continuous=True,  # planned at visits as well as at any other time
        repeats=True,
        checks=(
            not_in_the_future("performed_on", "new_therapy_on"),
            checks.not_before_consent("performed_on"),
            checks.not_after_death("performed_on", "new_therapy_on"),
            checks.telephone_shows_no_remission,
            checks.dead_says_death_form,
        ),
        summary=summaries.contact_summary,
        derived=endpoints_touched,
        after=return_who_was_lost,
    ),
)
registries.forms.register(
    "CALL",
    FormType(
        "CALL",
        _("Attempt at contact"),
        models.ContactAttempt,
        forms.ContactAttemptForm,
        continuous=True,
        repeats=True,
        checks=(
            not_in_the_future("performed_on"),
            checks.not_before_consent("performed_on"),
            checks.not_after_death("performed_on"),
            checks.says_what_was_told,
            checks.informant_fits,
            checks.next_call_later,
            checks.told_has_its_form,
        ),
        summary=summaries.attempt_summary,
        after=follow_attempt,
        voided=take_back_contacts,
    ),
)
registries.forms.register(
    "WD",
    FormType(
        "WD",
        _("Withdrawal of consent"),
        models.Withdrawal,
        forms.WithdrawalForm,
        continuous=True,
        repeats=True,
        checks=(
            not_in_the_future("performed_on"),
            checks.not_before_consent("performed_on"),
            checks.not_after_death("performed_on"),
        ),
        summary=summaries.withdrawal_summary,
        derived=endpoints_touched,
    ),
)

registries.work.register("survival", CALL_WORK)
registries.work.register("adjudication", ADJUDICATION_WORK)
registries.gates.register("withdrawal", withdrawals.refuse_withdrawn)
registries.marks.register("withdrawn", withdrawals.somehow_withdrawn)
registries.left_out.register("withdrawal", withdrawals.without_use_of_data)
registries.ends_of_follow_up.register("withdrawal", withdrawals.end_of_follow_up)
registries.ends_of_treatment.register("withdrawal", withdrawals.end_of_treatment)
registries.facts.register("relapsed", FactSource(relapses, _("Relapse"), "", "REL"))
registries.projections.register("endpoints", ProjectionType(models.EndpointResult, derive_results))
registries.projections.register(
    "cells", ProjectionType(models.SubjectCell, derive_cells)
)  # before the course
registries.projections.register("course", ProjectionType(models.SubjectCourse, derive_course))
registries.subject_pages.register("outcomes", SubjectPage(_("Outcomes"), "outcomes", 50))
registries.subject_alerts.register("outcomes", summaries.outcome_alerts)
registries.timeline.register("outcomes", summaries.outcome_lanes)
registries.stopping_rules.register("figures", rules_met)
registries.api_lists.register("endpoints", EndpointViewSet)
registries.api_lists.register("courses", CourseViewSet)
registries.api_lists.register("adjudications", AdjudicationViewSet)
registries.api_lists.register("data-cuts", DataCutViewSet)
registries.trail_words.register(models.AdjudicationDecision._meta.db_table, DECISION_WORDS)
registries.trail_words.register(models.DataCut._meta.db_table, TrailWords(hidden=hidden_of_cut))
registries.trail_words.register(models.DataCutFile._meta.db_table, TrailWords(hidden=hidden_of_file))
registries.trail_words.register(models.HistoricalControl._meta.db_table, TrailWords(hidden=hidden_of_control))
registries.critical_items.register("endpoints", critical_items)
