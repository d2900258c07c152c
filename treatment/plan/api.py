"""The decisions on what follows a phase, over REST."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.requests import user_of
from trialsite.exchange.api import Listing
from trialsite.exchange.filters import PlacedFilter

from ..models import PhaseDecision
from ..models.decisions import DecidedKind


class PhaseDecisionSerializer(serializers.ModelSerializer):
    """One decision beside the proposal it was taken on, with the branches as they were read; `agrees`: they are the
    same. A later decision after the same start of a phase (`phase`, `cycle`) takes its place."""

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    subject_number = serializers.CharField(source="subject.number", read_only=True)
    protocol_version = serializers.CharField(source="protocol_version.version", read_only=True)
    decided_by = serializers.CharField(source="decided_by.username", read_only=True)
    missing_facts = serializers.SerializerMethodField(help_text="the facts that were not known, by name")
    evidence = serializers.SerializerMethodField(
        help_text="the branches in the order of reading, each with its truth and the facts it asked for"
    )

    class Meta:
        model = PhaseDecision
        fields = (
            "id", "study", "site", "subject", "subject_number", "number", "protocol_version", "phase", "cycle",
            "proposed_kind", "proposed_phase", "proposal_en", "proposal_zh", "missing_facts", "evidence", "kind",
            "chosen_phase", "other_words", "indication", "agrees", "reason", "decided_on", "decided_at",
            "decided_by",
        )  # fmt: skip

    def get_missing_facts(self, decision: PhaseDecision) -> str:
        return ", ".join(decision.missing_facts)

    def get_evidence(self, decision: PhaseDecision) -> str:
        return "; ".join(branch_words(one) for one in decision.evidence)


def branch_words(branch: dict[str, Any]) -> str:
    """A branch as it was read: "Relapse: protocol treatment ends: FALSE (relapsed = false)"."""
    facts = ", ".join(
        f"{one['fact']} = {one['why'] or one['value']}" + (f" ({one['on']})" if one["on"] else "")
        for one in {one["fact"]: one for one in branch["evidence"]}.values()
    )
    return f"{branch['text_en']}: {branch['truth']} ({facts})"


class PhaseDecisionFilter(PlacedFilter):
    """The filters of the list."""

    kind = filters.ChoiceFilter(choices=DecidedKind.choices)
    agrees = filters.BooleanFilter(help_text="whether it is what the protocol proposed")


class PhaseDecisionViewSet(Listing):
    """What investigators decided to follow each phase, at the sites that your memberships open."""

    table = "phase-decisions"
    title = _("Decisions after phases")
    of_subjects = True
    queryset = PhaseDecision.objects.none()
    serializer_class = PhaseDecisionSerializer
    filterset_class = PhaseDecisionFilter

    def get_queryset(self) -> QuerySet:
        found = PhaseDecision.objects.visible_to(user_of(self.request))
        return found.select_related("study", "site", "subject", "protocol_version", "decided_by")
