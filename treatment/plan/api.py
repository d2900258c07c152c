"""The phases that began beside their plan, and the decisions on what follows them, over REST."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from assessments.disease.api import ComputedListing
from trialsite.access.requests import user_of
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Subject
from trialsite.casebook.states import RecordState
from trialsite.exchange.api import Listing
from trialsite.exchange.filters import PlacedFilter

from ..domain.planned import PlannedStart
from ..ledgers.api import AROUND, OfCycleSerializer, of_cycle
from ..models import CycleStart, PhaseDecision
from ..models.decisions import DecidedKind
from .paths import begun_beside_plan


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

    natures = dict.fromkeys(("proposal_en", "proposal_zh", "missing_facts", "evidence"), Nature.GENETIC)

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


class PhaseStartSerializer(OfCycleSerializer):
    """One course of a phase that began: a phase given twice has two."""

    item_units = {"days_late": "d"}

    id = serializers.UUIDField(help_text="id of the form that started it")
    planned_on = serializers.DateField(
        allow_null=True, help_text="planned day 1; empty where nobody planned one"
    )
    days_late = serializers.IntegerField(allow_null=True, help_text="later than planned; negative: earlier")
    delay_reason = serializers.CharField()
    ended_on = serializers.DateField(allow_null=True, help_text="last day of treatment")
    end_reason = serializers.CharField()


class PhaseStartViewSet(ComputedListing):
    """The courses of phases that began, of the subjects at the sites that your memberships open."""

    table = "phase-starts"
    title = _("Phases that began, beside their plan")
    queryset = CycleStart.objects.none()
    serializer_class = PhaseStartSerializer
    filterset_class = PlacedFilter

    def get_queryset(self) -> QuerySet:
        found = CycleStart.objects.visible_to(user_of(self.request)).exclude(performed_on=None)
        return found.exclude(state=RecordState.VOIDED).select_related(*AROUND)

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        ids = {one.subject_id for one in records}
        subjects = Subject.objects.filter(pk__in=ids).select_related("protocol_version")
        planned = begun_beside_plan(list(subjects))
        return [
            start_line(one, planned[one.subject_id].get((one.phase, one.performed_on))) for one in records
        ]


def start_line(cycle: CycleStart, planned: PlannedStart | None) -> dict[str, Any]:
    return of_cycle(cycle, cycle) | {
        "id": cycle.pk,
        "planned_on": planned.on if planned and not planned.open else None,
        "days_late": planned.late if planned else None,
        "delay_reason": cycle.delay_reason,
        "ended_on": cycle.ended_on,
        "end_reason": cycle.end_reason,
    }
