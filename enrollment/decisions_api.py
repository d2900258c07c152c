"""Screening, confirmation, enrolment and randomisation by the API, through the services that the pages call."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from trialsite.access.models import User
from trialsite.access.requests import user_of
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import subject_or_404
from trialsite.exchange.api import SeesRecords
from trialsite.exchange.idempotency import KeyedWrites
from trialsite.exchange.refusals import REFUSALS, RefusalSerializer, Told, told_in
from trialsite.exchange.serializers import SubjectSerializer
from trialsite.problems import MEDIA_TYPE, Problem

from . import services
from .conditions import NotReady
from .models.log import FailureCode
from .recognition import Recognised, Way
from .selectors import places_open_to


class ScreeningSerializer(Told):
    """A person who is to be screened. Identity is kept apart from the record and never read by the API."""

    study = serializers.CharField(help_text="key of the study")
    site = serializers.CharField(help_text="key of the site")
    screened_on = serializers.DateField(help_text="day at the site")
    full_name = serializers.CharField(max_length=100)
    hospital_number = serializers.CharField(default="", allow_blank=True, max_length=40)
    national_id = serializers.CharField(default="", allow_blank=True, max_length=40)
    phone = serializers.CharField(default="", allow_blank=True, max_length=200)
    known_as = serializers.ChoiceField(
        choices=[way.value for way in Way],
        default="",
        allow_blank=True,
        help_text="how it goes on with a person who is known (`way` of the refusal)",
    )
    previous = serializers.UUIDField(
        default=None, allow_null=True, help_text="id of the screen failure that is screened again"
    )


class KnownSerializer(RefusalSerializer):
    """The person is known: sent again with `known_as`, the screening goes on."""

    way = serializers.CharField(required=False, allow_null=True, help_text="to be sent back in `known_as`")


class NotReadySerializer(RefusalSerializer):
    """Why it cannot be done yet."""

    missing = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="each condition that is not met, in a sentence",
    )


class ScreeningView(KeyedWrites, APIView):
    """Screening of a person."""

    permission_classes = [SeesRecords]

    @extend_schema(
        request=ScreeningSerializer,
        responses={201: SubjectSerializer, **REFUSALS, (400, MEDIA_TYPE): KnownSerializer},
    )
    def post(self, request: Request) -> Response:
        """Begin the screening of a person: a subject with a screening number that never changes."""
        told, user = dict(told_in(request, ScreeningSerializer)), user_of(request)
        names = (told.pop("study"), told.pop("site"))
        places = {(one.study.key, one.site.key): one for one in places_open_to(user)}
        if names not in places:
            raise Http404
        previous = told.pop("previous")
        told["previous"] = subject_or_404(user, previous) if previous else None
        place = places[names]
        try:
            subject = services.screen_subject(study=place.study, site=place.site, by=user, **told)
        except Recognised as known:
            errors = {item: [sentence] for item, sentence in known.messages.items()}
            raise Problem(400, known.sentence, errors=errors, way=known.way) from known
        return Response(SubjectSerializer(subject).data, status=201)


class DecisionView(KeyedWrites, APIView):
    """One decision on a subject: its service and what it has to be told."""

    permission_classes = [SeesRecords]
    takes: ClassVar[type[Told]]

    def post(self, request: Request, subject_id: UUID) -> Response:
        subject, told = subject_or_404(user_of(request), subject_id), told_in(request, self.takes)
        try:
            self.decide(subject, user_of(request), **told)
        except NotReady as refusal:
            missing = [one.sentence for one in refusal.missing]
            raise Problem(409, refusal.sentence, missing=missing) from refusal
        return Response(SubjectSerializer(subject_or_404(user_of(request), subject_id)).data)

    def decide(self, subject: Subject, by: User, **told: Any) -> None:
        raise NotImplementedError


class ConfirmationSerializer(Told):
    """The signature under the eligibility."""

    password = serializers.CharField(
        trim_whitespace=False, help_text="the investigator's own password, typed again to sign"
    )


class EnrolmentSerializer(Told):
    """The day of enrolment."""

    enrolled_on = serializers.DateField(help_text="day at the site")


class RandomisedSerializer(Told):
    """The day of randomisation."""

    randomised_on = serializers.DateField(help_text="day at the site")


class FailureSerializer(Told):
    """Why a subject is not enrolled."""

    reason = serializers.CharField(max_length=500, help_text="why the subject is not enrolled")
    code = serializers.ChoiceField(choices=FailureCode.choices, default="", allow_blank=True)


def decision(takes: type[Told]) -> Any:
    """How a decision is described: what it takes, the subject as it stands afterwards, why it is refused."""
    answers = {200: SubjectSerializer, **REFUSALS, (409, MEDIA_TYPE): NotReadySerializer}
    return lambda view: extend_schema(methods=["POST"], request=takes, responses=answers)(view)


@decision(ConfirmationSerializer)
class ConfirmView(DecisionView):
    """The investigator confirms, with the password, that the subject is eligible."""

    takes = ConfirmationSerializer

    def decide(self, subject: Subject, by: User, **told: Any) -> None:
        services.confirm_eligibility(subject=subject, by=by, **told)


@decision(EnrolmentSerializer)
class EnrolView(DecisionView):
    """Enrol a subject whose confirmed eligibility stands."""

    takes = EnrolmentSerializer

    def decide(self, subject: Subject, by: User, **told: Any) -> None:
        services.enrol_subject(subject=subject, by=by, **told)


@decision(RandomisedSerializer)
class RandomiseView(DecisionView):
    """Give an enrolled subject its arm; this happens once and cannot be undone."""

    takes = RandomisedSerializer

    def decide(self, subject: Subject, by: User, **told: Any) -> None:
        services.randomise_subject(subject=subject, by=by, **told)


@decision(FailureSerializer)
class FailView(DecisionView):
    """End a screening without enrolment."""

    takes = FailureSerializer

    def decide(self, subject: Subject, by: User, **told: Any) -> None:
        services.fail_screening(subject=subject, by=by, **told)


DECISIONS: dict[str, type[DecisionView]] = {  # the end of its address under a subject
    "confirmation": ConfirmView,
    "enrolment": EnrolView,
    "randomisation": RandomiseView,
    "screen-failure": FailView,
}
