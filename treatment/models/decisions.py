"""What an investigator decided to follow a phase, beside what the protocol proposed: kept as it was."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.audit.protection import Protection
from trialsite.casebook.models import SiteBound
from trialsite.casebook.names import indication_name, phase_name
from trialsite.keys import new_id


class DecidedKind(models.TextChoices):
    """What is to follow."""

    PHASE = "PHASE", _("A phase of the protocol")
    OFF_TREATMENT = "OFF_TREATMENT", _("Protocol treatment ends")
    OTHER = "OTHER", _("Something that the protocol does not have")


class PhaseDecision(SiteBound):
    """One decision after one phase; never changed: a later one for the same phase takes its place.

    `phase` and `cycle` say after which start of which phase it was taken ("" and None: before the first, or after a
    phase that its own form tells). `proposed_*` is what the protocol said that day, `evidence` each branch as read
    with the facts behind it. `agrees`: what is decided is what was proposed.
    """

    protection = Protection(trail="subject", rows="site", app=("insert",), held="values")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey("casebook.Subject", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    protocol_version = models.ForeignKey(
        "studies.ProtocolVersion", on_delete=models.PROTECT, related_name="+"
    )
    phase = models.CharField(_("after"), max_length=40, blank=True, default="")
    cycle = models.ForeignKey(
        "treatment.CycleStart", on_delete=models.PROTECT, null=True, related_name="decisions"
    )
    proposed_kind = models.CharField(max_length=20)
    proposed_phase = models.CharField(_("phase proposed"), max_length=40, blank=True, default="")
    proposal_en = models.CharField(_("proposal"), max_length=500)
    proposal_zh = models.CharField(_("proposal, in Chinese"), max_length=500)
    missing_facts = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    kind = models.CharField(_("what follows"), max_length=15, choices=DecidedKind)
    chosen_phase = models.CharField(_("phase decided"), max_length=40, blank=True, default="")
    other_words = models.CharField(_("which"), max_length=200, blank=True, default="")
    indication = models.CharField(_("indication"), max_length=40, blank=True, default="")
    agrees = models.BooleanField(_("as proposed"))
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    decided_on = models.DateField(_("decided on"))
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey("access.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("decision on what follows")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "number"], name="phase_decision_number"),
            models.CheckConstraint(
                condition=Q(agrees=True) | ~Q(reason=""), name="another_decision_says_why"
            ),
            models.CheckConstraint(
                condition=Q(kind="PHASE") & ~Q(chosen_phase="") | ~Q(kind="PHASE") & Q(chosen_phase=""),
                name="a_phase_is_decided_by_its_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.chosen_phase}".strip()

    @property
    def proposal(self) -> str:
        """What the protocol proposed, in the reader's language."""
        return self.proposal_zh if (get_language() or "").startswith("zh") else self.proposal_en

    @property
    def chosen_words(self) -> str:
        """What was decided, in words."""
        if self.kind == DecidedKind.PHASE:
            return self.get_chosen_phase_display()
        return self.other_words or str(DecidedKind(self.kind).label)

    def get_phase_display(self) -> str:
        """After which phase it was taken; "" before the first."""
        return self.name_of(self.phase)

    def get_chosen_phase_display(self) -> str:
        """The phase decided, by its name."""
        return self.name_of(self.chosen_phase)

    def get_proposed_phase_display(self) -> str:
        """The phase proposed, by its name."""
        return self.name_of(self.proposed_phase)

    def name_of(self, key: str) -> str:
        return phase_name(self.subject.protocol_version.protocol, key) if key else ""

    def get_indication_display(self) -> str:
        """The indication in words; "" where none was asked for."""
        return indication_name(self.subject.protocol_version.protocol, self.indication)
