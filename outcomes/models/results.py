"""Derived tables: the endpoints and the course of each subject. They hold no fact and can be rebuilt."""

from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from outcomes.domain.curve import months
from outcomes.domain.results import EVENT_WORDS, Status, reason_sentence
from trialsite.casebook.models import Projection

STATUS_WORDS: dict[str, Any] = {
    Status.EVENT: _("event"),
    Status.CENSORED: _("censored"),
    Status.NO_EVENT: _("not reached"),
    Status.NOT_IN_SET: _("does not count"),
    Status.NO_ORIGIN: _("no starting day"),
    Status.UNKNOWN: _("not known yet"),
}


class EndpointResult(Projection):
    """One endpoint of one subject as the record gives it, without a data cut-off.

    `days` runs from `origin` to `ended_on`. `cause` is 0 censored, 1 the event, 2 and more a competing event.
    `in_set` None: whether the subject belongs to the analysis set is not known. `sources` are item addresses of the
    records it rests on; `missing` names what is not recorded.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    endpoint = models.CharField(max_length=40)
    arm = models.CharField(max_length=20, blank=True, default="")
    in_set = models.BooleanField(null=True)
    status = models.CharField(max_length=30)
    origin = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    days = models.IntegerField(null=True)
    cause = models.PositiveSmallIntegerField(null=True)
    event_type = models.CharField(max_length=40, blank=True, default="")
    reason_code = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    sources = models.JSONField(default=list)
    missing = models.JSONField(default=list)
    imputed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "endpoint"], name="endpoint_once_per_subject")
        ]
        indexes = [models.Index(fields=["study", "endpoint"], name="endpoint_of_study")]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.status} {self.days}"

    @property
    def competes(self) -> bool:
        """Whether another event came first."""
        return self.status == Status.EVENT and (self.cause or 0) > 1

    @property
    def standing(self) -> str:
        """The code of the status that gives it its colour; reaching a good thing is no bad news."""
        good = self.days is None or self.event_type in ("first_crc", "mrd_negative")
        if self.status == Status.EVENT:
            return "pending" if self.competes else "done" if good else "event"
        return {Status.CENSORED: "censored", Status.NO_EVENT: "running"}.get(Status(self.status), "unknown")

    @property
    def status_words(self) -> str:
        """The status in the reader's language; a competing event says so."""
        if self.competes:
            return str(_("competing event"))
        if self.status == Status.EVENT and self.days is None:
            return str(_("reached"))
        return str(STATUS_WORDS[self.status])

    @property
    def event_words(self) -> str:
        """What happened, in the reader's language."""
        words = EVENT_WORDS.get(self.event_type)
        return words.in_language(get_language() or "en") if words else self.event_type

    @property
    def reason(self) -> str:
        """Why the endpoint stands as it does, in one sentence."""
        return reason_sentence(self.reason_code, self.params, get_language() or "en")

    @property
    def months(self) -> str:
        """The time in months of 30.4375 days, with one decimal."""
        return "" if self.days is None else f"{months(self.days):.1f}"


class SubjectCourse(Projection):
    """The landmarks of one subject's way through the study: what the flow of the study counts.

    `started_on` is day 1 of the first phase, `ended_on` the day after which nothing more is expected. `best_response`
    and `last_mrd` are "" where none was assessed."""

    subject = models.OneToOneField(
        "casebook.Subject", on_delete=models.CASCADE, primary_key=True, related_name="course"
    )
    arm = models.CharField(max_length=20, blank=True, default="")
    state = models.CharField(max_length=20)
    screened_on = models.DateField()
    enrolled_on = models.DateField(null=True)
    randomised_on = models.DateField(null=True)
    started_on = models.DateField(null=True)
    treated_on = models.DateField(null=True)
    in_crc_on = models.DateField(null=True)
    transplanted_on = models.DateField(null=True)
    relapsed_on = models.DateField(null=True)
    died_on = models.DateField(null=True)
    withdrawn_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    best_response = models.CharField(max_length=40, blank=True, default="")
    last_mrd = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["study"], name="course_of_study")]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.state}"
