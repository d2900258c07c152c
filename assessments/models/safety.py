"""Safety: adverse events, cytokine release, ICE score and neurotoxicity."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord, CasebookRow
from trialsite.casebook.values import PartialDateItem
from trialsite.clinical import ctcae
from trialsite.studies.words import SPECIAL_INTEREST

from .columns import code, score, words, yes_no


class Causality(models.TextChoices):
    """The investigator's judgement for one treatment."""

    RELATED = "RELATED", _("Related")
    POSSIBLE = "POSSIBLE", _("Possible")
    UNLIKELY = "UNLIKELY", _("Unlikely")
    NOT_RELATED = "NOT_RELATED", _("Not related")
    NOT_GIVEN = "NA", _("Not given")


class AgentAction(models.TextChoices):
    """What was done with one treatment because of an event."""

    NONE = "NONE", _("None")
    REDUCED = "REDUCED", _("Dose reduced")
    INTERRUPTED = "INTERRUPTED", _("Interrupted or delayed")
    STOPPED = "STOPPED", _("Stopped for good")
    NOT_APPLICABLE = "NA", _("Not applicable")


class AdverseEvent(CasebookRecord):
    """One adverse event, one episode; `performed_on` is the earliest possible day of its onset.

    `site_aware_at` and `sponsor_told_at` are of an event of special interest that is told within hours, as a pregnancy.
    `term` is the English term of the CTCAE, or what was written before there was a list. The grade stands in the lines
    of its track; `grade` is the worst of them, kept with them so that lists, exports and endpoints read one column."""

    natures = dict.fromkeys(("term", "meddra_llt", "meddra_pt"), Nature.PLAIN)

    class Outcome(models.TextChoices):
        RECOVERED = "RECOVERED", _("Recovered")
        RECOVERING = "RECOVERING", _("Recovering")
        NOT_RECOVERED = "NOT_RECOVERED", _("Not recovered")
        SEQUELAE = "SEQUELAE", _("Recovered with sequelae")
        FATAL = "FATAL", _("Fatal")
        UNKNOWN = "UNK", _("Not known yet")

    class Action(models.TextChoices):
        NONE = "NONE", _("None")
        REDUCED = "REDUCED", _("Dose reduced")
        INTERRUPTED = "INTERRUPTED", _("Interrupted or delayed")
        STOPPED = "STOPPED", _("Stopped for good")

    term = models.CharField(
        _("Event (CTCAE term)"), max_length=200, help_text=_("type the beginning and choose from the list")
    )
    specified = words(_("In your words"), _("what happened; required for “Other, specify”"), length=200)
    onset = PartialDateItem(_("Onset"), required=True)
    stop = PartialDateItem(_("End"))
    ongoing = yes_no(_("Ongoing"))
    grade = score(
        _("CTCAE grade"), 5, _("the highest it reached"), lowest=1
    )  # kept by `tracks.keep_worst_grade`
    serious = yes_no(_("Serious adverse event (SAE)"))
    special_interest = code(_("Event of special interest"), SPECIAL_INTEREST)
    site_aware_at = models.DateTimeField(
        _("The site knew at"), null=True, blank=True, help_text=_("from here the clock runs, weekends count")
    )
    sponsor_told_at = models.DateTimeField(
        _("Sent to the sponsor at"),
        null=True,
        blank=True,
        help_text=_("stops the clock; leave empty until it is sent"),
    )
    cause_chemo = code(_("Caused by chemotherapy"), Causality)
    cause_blinatumomab = code(_("Caused by blinatumomab"), Causality)
    cause_venetoclax = code(_("Caused by venetoclax"), Causality)
    cause_car_t = code(_("Caused by CAR-T cells"), Causality)
    cause_hsct = code(_("Caused by transplantation"), Causality)
    action = code(
        _("Action with the study treatment"), Action
    )  # of events entered before there was one an agent
    action_chemo = code(_("Action with chemotherapy"), AgentAction)
    action_blinatumomab = code(_("Action with blinatumomab"), AgentAction)
    action_venetoclax = code(_("Action with venetoclax"), AgentAction)
    action_car_t = code(_("Action with CAR-T cells"), AgentAction)
    action_hsct = code(_("Action with transplantation"), AgentAction)
    outcome = code(_("Outcome"), Outcome)
    meddra_llt = words(_("MedDRA lowest level term"), _("its code or its name"), length=200)
    meddra_llt_code = words(_("Code of the MedDRA lowest level term"), length=10)
    meddra_pt = words(_("MedDRA preferred term"), length=200)
    meddra_pt_code = words(_("Code of the MedDRA preferred term"), length=10)
    meddra_version = words(_("MedDRA version"), length=10)
    comment = words(_("Comment"), length=500)

    def get_term_display(self) -> str:
        """The term in the reader's language."""
        return ctcae.words_of(self.term, get_language() or "en")

    @property
    def words(self) -> str:
        """The event in one name: the term, or the investigator's words where the CTCAE has none."""
        return (ctcae.is_other(self.term) and self.specified) or self.get_term_display()


class GradeChange(CasebookRow):
    """From this day on the event had this grade; a line for each change."""

    record = models.ForeignKey(AdverseEvent, on_delete=models.PROTECT, related_name="track", editable=False)
    since = PartialDateItem(_("From"), required=True)
    grade = score(_("CTCAE grade"), 5, lowest=1)
    action = code(_("Action then"), AgentAction)
    note = words(_("Note"), length=200)
