"""What members of a committee decided on relapses and deaths; the cases themselves are read from the forms."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outcomes.domain.adjudication import Verdict as VerdictCode
from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound, Subject
from trialsite.casebook.values import PartialDateItem
from trialsite.clinical.facts import ItemAddress
from trialsite.keys import new_id

from .events import DeathCause


class Verdict(models.TextChoices):
    """What a member finds."""

    CONFIRMED = VerdictCode.CONFIRMED.value, _("Confirmed")
    NOT_EVENT = VerdictCode.NOT_EVENT.value, _("Not an event")
    NOT_ASSESSABLE = VerdictCode.NOT_ASSESSABLE.value, _("Not assessable")


class AdjudicationDecision(SiteBound):
    """One decision of a member on the event of a form, as its version `seen` stands; written once.

    A correction is another decision with a `reason`; the newest of a member counts. `event_date` and `cause` stand
    where the event is confirmed and the protocol asks for them. Written as the chair where `chair`.
    """

    protection = Protection(trail="subject", rows="committee", app=("insert",), held="review")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", editable=False)
    form_key = models.CharField(_("form"), max_length=20, editable=False)
    event_id = models.UUIDField(_("event"), editable=False)
    seen = models.PositiveIntegerField(_("version of the form"), editable=False)
    chair = models.BooleanField(_("as the chair"), editable=False)
    verdict = models.CharField(_("finding"), max_length=20, choices=Verdict)
    event_date = PartialDateItem(_("Date of the event"))
    cause = models.CharField(_("cause of death"), max_length=20, choices=DeathCause, blank=True, default="")
    words = models.CharField(_("grounds"), max_length=1000)
    reason = models.CharField(_("why it is corrected"), max_length=300, blank=True, default="")
    decided_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("decision of the committee")
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict=Verdict.CONFIRMED) | Q(event_date_text="", cause=""),
                name="only_confirmed_events_have_date_and_cause",
            ),
            models.CheckConstraint(condition=~Q(words=""), name="decisions_say_their_grounds"),
        ]
        indexes = [models.Index(fields=["subject", "event_id"], name="adjudication_of_event")]

    def __str__(self) -> str:
        return f"{self.form_key} {self.verdict}"

    @property
    def address(self) -> ItemAddress:
        """The item that says it, as a source of an endpoint."""
        return ItemAddress(self._meta.db_table, str(self.pk), "event_date")
