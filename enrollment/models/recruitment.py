"""Places of a study taken and held, and when recruitment paused."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import reach_of, studies_reached
from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound, Subject, VisibleQuerySet
from trialsite.keys import new_id

from ..states import PauseState, PlaceState


class EnrolmentPlace(SiteBound):
    """The place of one subject in its study: held until its screening window ends, taken at enrolment, or given back.

    Written by definer functions only, under the lock of the study's counter. `levels` is the stratum for which it
    counts ("" where the protocol limits none). A held place that `held_until` has passed at the site counts no more.
    """

    protection = Protection(trail="subject", rows="site", app=(), held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="place")
    state = models.CharField(_("state"), max_length=10, choices=PlaceState)
    levels = models.CharField(_("stratum"), max_length=200, blank=True, default="")
    held_until = models.DateField(_("held until"), null=True)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=PlaceState.HELD) | Q(held_until__isnull=False),
                name="held_places_end_on_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["study"], condition=Q(state=PlaceState.HELD), name="places_held_of_study"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.state}"


class PauseQuerySet(VisibleQuerySet):
    """Pauses: those of a whole study are for everybody who reads a part of it."""

    def visible_to(self, user: User) -> "PauseQuerySet":
        studies = studies_reached(user, "record.view")
        return self.filter(reach_of(user, "record.view") | Q(site=None, study__in=studies))


class RecruitmentPause(models.Model):
    """Recruitment stands still, in a study or at a site: since when and why, and who decided to go on.

    `stage` names the protocol's stage whose number was reached, `rule` its stopping rule that was met and `evidence` by
    what ("3/5": of five assessed subjects three); both are "" where somebody paused by hand."""

    protection = Protection(trail="study", rows="site")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=PauseState, default=PauseState.PAUSED)
    stage = models.CharField(_("stage"), max_length=40, blank=True, default="")
    rule = models.CharField(_("stopping rule"), max_length=40, blank=True, default="")
    evidence = models.CharField(_("evidence"), max_length=40, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    paused_at = models.DateTimeField(default=timezone.now)
    paused_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.CharField(_("why recruitment goes on"), max_length=300, blank=True, default="")
    resumed_at = models.DateTimeField(null=True)
    resumed_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")

    objects = PauseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(stage="") | ~Q(rule="") | ~Q(reason="") & Q(paused_by__isnull=False),
                name="a_pause_by_hand_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=Q(state=PauseState.PAUSED, resumed_by=None, resumed_at=None, decision="")
                | Q(state=PauseState.RESUMED, resumed_by__isnull=False, resumed_at__isnull=False)
                & ~Q(decision=""),
                name="who_resumes_says_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(paused_by=None) | Q(resumed_by=None) | ~Q(resumed_by=F("paused_by")),
                name="a_second_person_resumes",
            ),
            models.UniqueConstraint(
                fields=["study", "stage"], condition=~Q(stage=""), name="a_stage_pauses_once"
            ),
            models.UniqueConstraint(
                fields=["study", "rule", "evidence"],
                condition=~Q(rule=""),
                name="a_rule_pauses_once_for_its_evidence",
            ),
            models.UniqueConstraint(
                fields=["study", "site"],
                condition=Q(stage="", rule="", state=PauseState.PAUSED),
                nulls_distinct=False,
                name="one_pause_by_hand_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.state}"
