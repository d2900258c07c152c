"""The clocks of serious events over REST."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.requests import user_of
from trialsite.audit.moment import now
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.exchange.api import Listing
from trialsite.exchange.filters import PlacedFilter

from ..domain.sae import state_of
from ..models import SaeClock


class SaeClockSerializer(serializers.ModelSerializer):
    """One deadline of one serious event, of a serious adverse event without a report, or of a stay in hospital."""

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    subject_number = serializers.CharField(source="subject.number", read_only=True)
    state = serializers.SerializerMethodField(help_text="waiting, running, overdue, done, done_late")

    class Meta:
        model = SaeClock
        fields = (
            "id", "study", "site", "subject", "subject_number", "record_id", "form_key", "form_repeat", "kind",
            "criterion", "event", "started_at", "due_at", "done_at", "provisional", "susar", "state",
        )  # fmt: skip

    def get_state(self, clock: SaeClock) -> str:
        return state_of(clock.due_at, clock.done_at, now()).value


class SaeClockFilter(PlacedFilter):
    """The filters of the list."""

    kind = filters.CharFilter(help_text="form, admission, interest, sponsor, ethics, regulator, follow_up")
    open = filters.BooleanFilter(field_name="done_at", lookup_expr="isnull", help_text="not met yet")
    overdue = filters.BooleanFilter(method="whether_overdue", help_text="not met, and its time is up")
    susar = filters.CharFilter(help_text="TRUE, FALSE or UNKNOWN")

    def whether_overdue(self, clocks: QuerySet, _name: str, wanted: bool) -> QuerySet:
        late: dict[str, Any] = {"done_at": None, "due_at__lt": now()}
        return clocks.filter(**late) if wanted else clocks.exclude(**late)


class SaeClockViewSet(Listing):
    """The deadlines of serious events at the sites that your memberships open."""

    table = "sae-clocks"
    title = _("Deadlines of serious adverse events")
    of_subjects = True
    queryset = SaeClock.objects.none()
    serializer_class = SaeClockSerializer
    filterset_class = SaeClockFilter

    def get_queryset(self) -> QuerySet:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        bring_up_to_date(Subject.objects.visible_to(user_of(self.request)))
        found = SaeClock.objects.visible_to(user_of(self.request))
        return found.select_related("study", "site", "subject")
