"""The register of protocol deviations: what departed from the protocol, who noticed, and what was decided."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import HoldQuerySet, Subject
from trialsite.clinical.facts import ItemAddress
from trialsite.keys import new_id
from trialsite.studies.words import CODES

from .states import ACTION_LABELS, SYSTEM_RULES, DeviationKind, DeviationState, Weight


class PlacedDeviation(models.Model):
    """A row that belongs to a subject, else to a site, else to a study as a whole."""

    study = models.ForeignKey("studies.Study", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("studies.Site", on_delete=models.PROTECT, null=True, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, null=True, related_name="+")

    objects = HoldQuerySet.as_manager()

    class Meta:
        abstract = True


class Deviation(PlacedDeviation):
    """A departure from the protocol: drafted by a rule or a person, then accepted, rejected or re-classed.

    `rule` names the rule that noticed it, empty for a person; `source_key` tells apart what one rule finds several
    times. `sources` are the items that it rests on, as addresses. `drafted_weight` is the class as it was drafted.
    `evidence_changed_at`: since when the record does not say any more what the evidence says.
    """

    protection = Protection(trail="subject", rows="site", held="review")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=DeviationKind)
    rule = models.CharField(_("rule"), max_length=60, blank=True, default="")
    source_key = models.CharField(max_length=120, blank=True, default="")
    drafted_weight = models.CharField(_("class as drafted"), max_length=10, choices=Weight)
    weight = models.CharField(_("class"), max_length=10, choices=Weight)
    evidence_en = models.CharField(_("what happened"), max_length=1000)
    evidence_zh = models.CharField(_("what happened, in Chinese"), max_length=1000)
    sources = models.JSONField(default=list, blank=True)
    occurred_on = models.DateField(_("happened on"))
    state = models.CharField(max_length=10, choices=DeviationState, default=DeviationState.DRAFT)
    # None: the system itself, when time and not a person brought it about
    drafted_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    drafted_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now)
    evidence_changed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("deviation")
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "kind", "rule", "source_key"],
                condition=~Q(rule=""),
                name="a_rule_drafts_a_deviation_once",
            ),
            models.CheckConstraint(
                condition=Q(subject=None) | Q(site__isnull=False), name="deviations_of_subjects_have_a_site"
            ),
            models.CheckConstraint(
                condition=Q(drafted_by__isnull=False) | ~Q(rule=""), name="only_rules_draft_without_a_person"
            ),
        ]
        indexes = [
            models.Index(fields=["study", "site", "moved_at"], name="deviation_register"),
            models.Index(fields=["subject"], name="deviation_register_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_on} {self.state}"

    @property
    def evidence(self) -> str:
        """What happened, in the reader's language; a person's own words as they were written."""
        return self.evidence_zh if (get_language() or "").startswith("zh") else self.evidence_en

    @property
    def rule_name(self) -> str:
        """The rule that drafted it, as people call it."""
        known, rule = {**CODES["deviation"], **SYSTEM_RULES}, self.rule.partition(":")[0]
        return str(known.get(rule, rule))

    @property
    def addresses(self) -> list[ItemAddress]:
        """The items that it rests on."""
        return [ItemAddress(*one) for one in self.sources]


class DeviationDecision(PlacedDeviation):
    """One step of a deviation with the class it leaves and what was said; written once."""

    protection = Protection(trail="subject", rows="site", app=("insert",), held="review")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deviation = models.ForeignKey(Deviation, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(_("step"), max_length=20, choices=ACTION_LABELS)
    weight = models.CharField(_("class"), max_length=10, choices=Weight)
    reason = models.CharField(_("reason"), max_length=1000, blank=True, default="")
    decided_by = models.ForeignKey("access.User", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("step of a deviation")
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=False) | Q(action="draft"), name="only_drafts_need_no_person"
            )
        ]

    def __str__(self) -> str:
        return self.action
