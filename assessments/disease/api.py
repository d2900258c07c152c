"""Responses and MRD verdicts over REST: what the rules give beside what people judged, computed when it is read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers

from trialsite.access.requests import user_of
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.reading import one_reading
from trialsite.casebook.states import RecordState
from trialsite.clinical.kleene import Truth
from trialsite.exchange.api import Listing
from trialsite.exchange.batches import in_batches
from trialsite.exchange.filters import PlacedFilter

from ..models import MarrowAssessment, MrdResult
from .mrd_results import MrdLine, mrd_lines
from .responses import Judged, judged_responses

BATCH = 500


class ComputedListing(Listing):
    """A list of which each line is worked out; a page, or a batch of the CSV, with a fixed number of queries."""

    of_subjects = True

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        """The lines of some records, in their order."""
        raise NotImplementedError

    def get_serializer(self, *args: Any, **options: Any) -> Any:
        if args and args[0] is not None:
            first, many = args[0], options.get("many", False)
            with one_reading():
                found = self.lines(list(first) if many else [first])
            if not many and not found:
                raise Http404
            args = (found if many else found[0], *args[1:])
        return super().get_serializer(*args, **options)

    def rows(self) -> Iterator[Any]:
        for batch in in_batches(self.filter_queryset(self.get_queryset()), BATCH):
            yield from self.get_serializer(batch, many=True).data


class OfSubjectSerializer(serializers.Serializer):
    """Who and where a line belongs to."""

    id = serializers.UUIDField()
    study = serializers.CharField()
    site = serializers.CharField()
    subject = serializers.UUIDField()
    usubjid = serializers.CharField()
    subject_number = serializers.CharField()
    visit = serializers.CharField()
    visit_repeat = serializers.IntegerField()
    protocol_version = serializers.CharField(help_text="the version whose rules the subject follows")


class ResponseSerializer(OfSubjectSerializer):
    """The response of one marrow: computed, the investigator's, and which of them counts."""

    natures = {"investigator_reason": Nature.FREE_TEXT}

    marrow_on = serializers.DateField()
    before_treatment = serializers.BooleanField(help_text="a marrow before the first dose is no response")
    criteria_set = serializers.CharField(help_text="the set of response criteria of the protocol")
    computed = serializers.CharField(help_text="by the rules; UNKNOWN while what is recorded does not decide")
    possible = serializers.CharField(help_text="the categories still open, joined by ;")
    investigator = serializers.CharField(help_text="the investigator's own; empty where none is entered")
    investigator_reason = serializers.CharField()
    category = serializers.CharField(help_text="the one that counts: the investigator's where given")
    overridden = serializers.BooleanField(help_text="the investigator judged otherwise than the rules")
    in_crc = serializers.BooleanField(allow_null=True, help_text="empty while it is open")
    response_on = serializers.DateField(help_text="the day the response is dated to")
    recovered = serializers.CharField(
        help_text="the best category that counts reported later make of this marrow; empty where none is better"
    )
    recovered_on = serializers.DateField(allow_null=True, help_text="the day from which that category holds")
    recovered_in_crc = serializers.BooleanField(allow_null=True)
    counts_again_by = serializers.DateField(allow_null=True, help_text="awaiting recovery: counts again")
    marrow_again_by = serializers.DateField(allow_null=True, help_text="awaiting recovery: marrow again")
    warnings = serializers.CharField(help_text="codes of what to look at, joined by ;")


class MrdVerdictSerializer(OfSubjectSerializer):
    """One MRD result with its verdict; shares are fractions of nucleated cells (0.0001 is 0.01 %)."""

    item_units = dict.fromkeys(("value", "threshold", "lod", "loq"), "1")

    natures = {"reported_text": Nature.FREE_TEXT}

    sampled_on = serializers.DateField()
    specimen = serializers.CharField()
    method = serializers.CharField()
    reported_text = serializers.CharField(help_text="as the report says it")
    qualifier = serializers.CharField()
    value = serializers.DecimalField(None, None, allow_null=True, help_text="only where quantified")
    verdict = serializers.CharField(help_text="empty where the protocol has no threshold for the method")
    flags = serializers.CharField(help_text="joined by ;")
    threshold = serializers.DecimalField(None, None, allow_null=True)
    lod = serializers.DecimalField(None, None, allow_null=True, help_text="limit of detection")
    lod_source = serializers.CharField(help_text="STATED, CELLS, REPORTED_BOUND, DECLARED or MISSING")
    lod_declared_on = serializers.DateField(allow_null=True, help_text="date of the laboratory's declaration")
    loq = serializers.DecimalField(None, None, allow_null=True, help_text="limit of quantification")
    loq_source = serializers.CharField()
    reporting_class = serializers.CharField(help_text="of ELN and EWALL: COMPLETE, INTERMEDIATE, FAILURE")
    in_crc = serializers.BooleanField(allow_null=True, help_text="in CR, CRh or CRi at the sample")
    counted = serializers.BooleanField(
        allow_null=True, help_text="MRD counts at this sample; empty while open"
    )
    reason = serializers.CharField(help_text="the verdict in a sentence, in English")


class MrdVerdictFilter(PlacedFilter):
    method = filters.CharFilter(help_text="MFC, NGS_IG_TR, RQPCR_IG_TR, RTPCR_FUSION, DPCR")


class ResponseViewSet(ComputedListing):
    """The responses of the subjects at the sites that your memberships open: each standing marrow with its day."""

    table = "responses"
    title = _("Responses")
    queryset = MarrowAssessment.objects.none()
    serializer_class = ResponseSerializer
    filterset_class = PlacedFilter

    def get_queryset(self) -> QuerySet:
        found = MarrowAssessment.objects.visible_to(user_of(self.request)).exclude(performed_on=None)
        return found.exclude(state=RecordState.VOIDED).select_related(*AROUND, "visit")

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        judged = judged_responses(list({one.subject_id for one in records}))
        known: dict[UUID, list[Judged]] = defaultdict(list)
        for found in judged.values():
            for each in found:
                known[each.record.pk].append(each)
        return [response_line(one, *known[one.pk]) for one in records if one.pk in known]


class MrdVerdictViewSet(ComputedListing):
    """The MRD verdicts of the subjects at the sites that your memberships open: each method of each standing sample."""

    table = "mrd-verdicts"
    title = _("MRD verdicts")
    queryset = MrdResult.objects.none()
    serializer_class = MrdVerdictSerializer
    filterset_class = MrdVerdictFilter

    def get_queryset(self) -> QuerySet:
        found = MrdResult.objects.visible_to(user_of(self.request)).filter(voided=False)
        found = found.exclude(record__state=RecordState.VOIDED).exclude(record__performed_on=None)
        return found.select_related(*AROUND, "record__visit")

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        read = mrd_lines(list({one.subject_id for one in records}))
        known = {line.line.pk: line for found in read.values() for line in found}
        return [verdict_line(one, known[one.pk]) for one in records if one.pk in known]


AROUND = ("study", "site", "subject__protocol_version")


def of_subject(row: Any, visit: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "study": row.study.key,
        "site": row.site.key,
        "subject": row.subject_id,
        "usubjid": row.subject.usubjid,
        "subject_number": row.subject.number,
        "visit": visit.key,
        "visit_repeat": visit.repeat,
        "protocol_version": row.subject.protocol_version.version,
    }


def response_line(record: MarrowAssessment, each: Judged, *recovered: Judged) -> dict[str, Any]:
    """A marrow as it was judged, and the last of what later counts made of it."""
    last, awaited = (recovered[-1], None) if recovered else (None, each.awaited)
    rules = record.subject.protocol_version.protocol.response
    return {
        **of_subject(record, record.visit),
        "marrow_on": record.performed_on,
        "before_treatment": each.before_treatment and not each.counts,
        "criteria_set": rules.criteria_set,
        "computed": each.response.category.value,
        "possible": ";".join(one.value for one in each.response.possible),
        "investigator": record.investigator_response,
        "investigator_reason": record.response_reason,
        "category": each.category,
        "overridden": each.differs,
        "in_crc": known_or_none(each.in_crc),
        "response_on": each.on,
        "recovered": last.category if last else "",
        "recovered_on": last.on if last else None,
        "recovered_in_crc": known_or_none(last.in_crc) if last else None,
        "counts_again_by": awaited.counts_by if awaited else None,
        "marrow_again_by": awaited.marrow_by if awaited else None,
        "warnings": ";".join(one.value for one in each.response.warnings),
    }


def verdict_line(row: MrdResult, line: MrdLine) -> dict[str, Any]:
    verdict, result = line.verdict, line.result
    kind = line.reporting_class
    return {
        **of_subject(row, line.sample.visit),
        "sampled_on": result.sampled_on,
        "specimen": line.sample.specimen,
        "method": row.method,
        "reported_text": row.reported_text,
        "qualifier": row.qualifier,
        "value": plain(result.value),
        "verdict": verdict.verdict.value if verdict else "",
        "flags": ";".join(flag.value for flag in verdict.flags) if verdict else "",
        "threshold": plain(verdict.threshold) if verdict else None,
        "lod": plain(verdict.lod.value) if verdict else None,
        "lod_source": verdict.lod.source.value if verdict else "",
        "lod_declared_on": verdict.lod.declared_on if verdict else None,
        "loq": plain(verdict.loq.value) if verdict else None,
        "loq_source": verdict.loq.source.value if verdict else "",
        "reporting_class": kind.value if kind else "",
        "in_crc": known_or_none(line.in_crc),
        "counted": line.counted,
        "reason": verdict.reason.en if verdict else "",
    }


def known_or_none(truth: Truth) -> bool | None:
    return truth is Truth.TRUE if truth.known else None


def plain(share: Decimal | None) -> Decimal | None:
    """A share without trailing zeros, at most twelve decimals: a limit from cells has no end."""
    return None if share is None else Decimal(f"{round(share, 12).normalize():f}")
