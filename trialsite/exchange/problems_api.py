"""The kinds of problems by the API: what `type` of a refusal stands for."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from trialsite.problems import KINDS


class KindSerializer(serializers.Serializer):
    """One kind of problem."""

    kind = serializers.CharField(help_text="as it ends `type`, after the #")
    status = serializers.IntegerField(help_text="the HTTP status")
    title = serializers.CharField(help_text="in words")
    when = serializers.CharField(help_text="when it is told")


class KindsView(APIView):
    """The kinds of problems that the API answers with; open to everybody, as its description is."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    @extend_schema(responses=KindSerializer(many=True), auth=[])
    def get(self, request: Request) -> Response:
        """What `type` of an answer stands for."""
        return Response(
            [
                {"kind": kind, "status": status, "title": title, "when": when}
                for kind, (status, title, when) in KINDS.items()
            ]
        )
