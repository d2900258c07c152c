"""Adverse events that laboratory values propose, and what was declined of them."""

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import Projection, SiteBound, Subject
from trialsite.clinical import ctcae
from trialsite.keys import new_id


class ProposalKindChoice(models.TextChoices):
    """What a proposal asks for; the codes of `domain.event_proposals.ProposalKind`."""

    NEW = "NEW", _("New event")
    CHANGED = "CHANGED", _("Grade changed")
    ENDED = "ENDED", _("Recovered")
    EXPECTED = "EXPECTED", _("Not proposed by the protocol")


class ProposedEvent(Projection):
    """A proposal of one subject, derived from results, events and decisions. `track`: [day, grade, result] a change."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("proposal"), max_length=10, choices=ProposalKindChoice)
    term = models.CharField(_("CTCAE term"), max_length=200)
    starts_on = models.DateField(_("first value"))
    last_on = models.DateField(_("last value"))
    ended_on = models.DateField(_("recovered on"), null=True)
    worst_grade = models.PositiveSmallIntegerField(_("worst grade"))
    track = models.JSONField(default=list)
    event_id = models.UUIDField(null=True)
    why_en = models.CharField(max_length=300, blank=True, default="")
    why_zh = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "term", "starts_on"], name="an_episode_is_proposed_once"
            )
        ]
        indexes = [models.Index(fields=["study", "site", "kind"], name="proposedevent_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.term} {self.starts_on}"

    def get_term_display(self) -> str:
        """The term in the reader's language."""
        return ctcae.words_of(self.term, get_language() or "en")

    @property
    def why(self) -> str:
        """Why the protocol does not propose it, in the reader's language."""
        return self.why_zh if (get_language() or "").startswith("zh") else self.why_en


class EventDecision(SiteBound):
    """A declined proposal: the values of these days, at their worst of this grade, are no event. Written once."""

    protection = Protection(trail="subject", rows="site", app=("insert",), held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    term = models.CharField(_("CTCAE term"), max_length=200)
    starts_on = models.DateField(_("first value"))
    known_until = models.DateField(_("last value"))
    worst_grade = models.PositiveSmallIntegerField(_("worst grade"))
    reason = models.CharField(_("reason"), max_length=300)
    decided_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    def get_term_display(self) -> str:
        """The term in the reader's language."""
        return ctcae.words_of(self.term, get_language() or "en")

    class Meta:
        verbose_name = _("declined proposal of an adverse event")
        indexes = [models.Index(fields=["subject", "term"], name="eventdecision_subject")]

    def __str__(self) -> str:
        return f"{self.term} {self.starts_on}"
