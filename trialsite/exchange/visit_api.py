"""Visits that were not done, by the API: recorded and taken back by the services that their page calls."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from trialsite.access.requests import user_of
from trialsite.casebook.models import MissedReason, Subject, Visit
from trialsite.casebook.selectors import missed_visits, planned_visits, subject_or_404
from trialsite.casebook.services import record_missed_visit, undo_missed_visit
from trialsite.casebook.slots import parsed

from .api import SeesRecords
from .idempotency import KeyedWrites
from .refusals import REFUSALS, Told, told_in


class NotDoneSerializer(Told):
    """Why a visit was not done."""

    reason = serializers.ChoiceField(choices=MissedReason.choices)
    text = serializers.CharField(
        default="", allow_blank=True, max_length=300, help_text="adds to the reason; needed by OTHER"
    )


class UndoneSerializer(Told):
    """Why it is taken back."""

    reason = serializers.CharField(default="", allow_blank=True, max_length=300)


class NotDoneVisitSerializer(serializers.ModelSerializer):
    """A visit with why it was not done; empty where it is to be done."""

    class Meta:
        model = Visit
        fields = ("subject", "key", "repeat", "missed_reason", "missed_text")


class NotDoneView(KeyedWrites, APIView):
    """A planned visit as not done."""

    permission_classes = [SeesRecords]

    @extend_schema(request=NotDoneSerializer, responses={200: NotDoneVisitSerializer, **REFUSALS})
    def put(self, request: Request, subject_id: UUID, visit: str) -> Response:
        """Record that a planned visit was not done."""
        user = user_of(request)
        subject, (key, repeat) = visit_or_404(request, subject_id, visit)
        told = told_in(request, NotDoneSerializer)
        found = record_missed_visit(subject_id=subject.pk, key=key, repeat=repeat, by=user, **told)
        return Response(NotDoneVisitSerializer(found).data)

    @extend_schema(request=UndoneSerializer, responses={200: NotDoneVisitSerializer, **REFUSALS})
    def delete(self, request: Request, subject_id: UUID, visit: str) -> Response:
        """Take it back: the visit is to be done again. The body says why: {"reason": "wrong visit"}."""
        user = user_of(request)
        subject, (key, repeat) = visit_or_404(request, subject_id, visit)
        told = told_in(request, UndoneSerializer)
        found = undo_missed_visit(subject_id=subject.pk, key=key, repeat=repeat, by=user, **told)
        return Response(NotDoneVisitSerializer(found).data)


def visit_or_404(request: Request, subject_id: UUID, visit: str) -> tuple[Subject, tuple[str, int]]:
    """A subject and one of its planned visits."""
    subject, place = subject_or_404(user_of(request), subject_id), parsed(visit)
    planned = {(one.key, one.repeat) for one in planned_visits(subject)}
    if place is None or place not in planned | missed_visits(subject).keys():
        raise Http404
    return subject, place
