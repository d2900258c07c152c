"""Doses and infusions over REST: planned, prescribed and given as the treatment page has them, to the decimal."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assessments.disease.api import ComputedListing
from trialsite.access.requests import user_of
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import Subject
from trialsite.casebook.states import RecordState
from trialsite.exchange.api import record_export
from trialsite.exchange.filters import PlacedFilter

from ..domain.infusion import infusion_course
from ..domain.ledger import DayLine, DrugLedger, differences
from ..models import CycleStart, DosePlan, InfusionSegment, PlannedDose
from ..plan.paths import cycles_of
from ..selectors import as_segment, windows_of
from .reading import CycleLedger, ledgers_of

AROUND = ("study", "site", "subject")


class OfCycleSerializer(serializers.Serializer):
    """Who, where, and in which cycle."""

    study = serializers.CharField()
    site = serializers.CharField()
    subject = serializers.UUIDField()
    usubjid = serializers.CharField()
    subject_number = serializers.CharField()
    cycle = serializers.UUIDField(allow_null=True, help_text="id of the form that started the phase")
    phase = serializers.CharField()
    started_on = serializers.DateField(allow_null=True, help_text="day 1 of the phase")


class PlannedDoseSerializer(OfCycleSerializer):
    """One line of a plan: a drug at one dose level, the same on each of its days."""

    item_units = {"infusion_hours": "h"}
    units_in = dict.fromkeys(("calculated", "amount", "daily", "total"), "unit")

    id = serializers.UUIDField()
    plan = serializers.IntegerField(help_text="number of the plan in its cycle")
    in_force = serializers.BooleanField(help_text="the last plan of the cycle")
    regimen = serializers.CharField()
    protocol_version = serializers.CharField()
    digest = serializers.CharField(help_text="digest of the protocol version that the plan was computed by")
    line = serializers.IntegerField()
    drug = serializers.CharField()
    name_en = serializers.CharField()
    name_zh = serializers.CharField()
    route = serializers.CharField()
    days = serializers.CharField(help_text="days of the cycle, joined by ;")
    per_day = serializers.IntegerField()
    calculated = serializers.DecimalField(None, None, allow_null=True, help_text="one dose before rounding")
    amount = serializers.DecimalField(None, None, allow_null=True, help_text="one dose")
    daily = serializers.DecimalField(None, None, allow_null=True, help_text="amount × per_day")
    total = serializers.DecimalField(None, None, allow_null=True, help_text="daily × number of days")
    unit = serializers.CharField()
    cap_applied = serializers.BooleanField()
    infusion_hours = serializers.DecimalField(None, None, allow_null=True)
    working_en = serializers.CharField()
    working_zh = serializers.CharField()
    missing = serializers.CharField(help_text="facts for want of which it could not be planned, joined by ;")


class DoseLedgerSerializer(OfCycleSerializer):
    """One drug on one day of a cycle: planned, prescribed and given for the whole day."""

    item_units = dict.fromkeys(("prescribed_difference_pct", "given_difference_pct"), "%")
    units_in = {"planned": "unit", "prescribed": "given_unit", "given": "given_unit"}

    natures = {"note": Nature.FREE_TEXT}

    id = serializers.CharField(help_text="cycle, drug, day and line, unique in the list")
    cycle_number = serializers.IntegerField()
    day = serializers.IntegerField(help_text="day of the cycle; day 1 is its first")
    on = serializers.DateField()
    drug = serializers.CharField()
    name_en = serializers.CharField(help_text="empty where the plan does not hold the drug")
    name_zh = serializers.CharField()
    planned = serializers.DecimalField(None, None, allow_null=True)
    unit = serializers.CharField(help_text="of the planned dose")
    prescribed = serializers.DecimalField(None, None, allow_null=True, help_text="in given_unit")
    given = serializers.DecimalField(None, None, allow_null=True, help_text="in given_unit")
    given_unit = serializers.CharField()
    prescribed_difference_pct = serializers.DecimalField(
        None, None, allow_null=True, help_text="prescribed against planned, in percent, four decimals"
    )
    given_difference_pct = serializers.DecimalField(
        None,
        None,
        allow_null=True,
        help_text="given against prescribed (planned where nothing is prescribed)",
    )
    mark = serializers.CharField(
        help_text="SILENT, MODIFICATION, QUERY, DEVIATION, NOT_RECORDED, NOT_YET, NOT_PLANNED…"
    )
    sentence = serializers.CharField(help_text="why, in English")
    reason = serializers.CharField()
    note = serializers.CharField()
    form = serializers.CharField(help_text="id of the form that reports it; empty where nothing is recorded")


class InfusionStretchSerializer(OfCycleSerializer):
    """One stretch of blinatumomab as it ran: hours × rate / 24 is what was infused."""

    item_units = {"rate_ug_day": "ug/d", "hours": "h", "micrograms": "ug"}

    id = serializers.UUIDField()
    form = serializers.UUIDField()
    start = serializers.DateTimeField()
    stop = serializers.DateTimeField(allow_null=True, help_text="empty while it runs")
    rate_ug_day = serializers.DecimalField(None, None)
    hours = serializers.DecimalField(None, None, help_text="up to now where it runs")
    micrograms = serializers.DecimalField(None, None)
    stop_reason = serializers.CharField()


class PlannedDoseViewSet(ComputedListing):
    """The planned doses of the subjects at the sites that your memberships open, of earlier plans too."""

    table = "planned-doses"
    title = _("Planned doses")
    queryset = PlannedDose.objects.none()
    serializer_class = PlannedDoseSerializer
    filterset_class = PlacedFilter

    def get_queryset(self) -> QuerySet:
        later = DosePlan.objects.filter(cycle=OuterRef("plan__cycle"), number__gt=OuterRef("plan__number"))
        found = PlannedDose.objects.visible_to(user_of(self.request)).annotate(replaced=Exists(later))
        return found.select_related(*AROUND, "plan__cycle", "plan__protocol_version")

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        return [planned_line(one) for one in records]


class DoseLedgerViewSet(ComputedListing):
    """Planned, prescribed and given, day by day and drug by drug; a page holds the days of so many cycles."""

    table = "dose-ledger"
    title = _("Doses planned, prescribed and given")
    queryset = CycleStart.objects.none()
    serializer_class = DoseLedgerSerializer
    filterset_class = PlacedFilter

    def get_queryset(self) -> QuerySet:
        found = CycleStart.objects.visible_to(user_of(self.request)).exclude(performed_on=None)
        return found.exclude(state=RecordState.VOIDED).select_related(*AROUND)

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        ids = {one.subject_id for one in records}
        subjects = Subject.objects.filter(pk__in=ids).select_related("site", "protocol_version")
        wanted = {one.pk: one for one in records}
        return [
            day_line(wanted[cycle.cycle.pk], cycle, drug, line, place)
            for cycles in ledgers_of(list(subjects), in_runs=False).values()
            for cycle in cycles
            if cycle.cycle.pk in wanted
            for place, drug in enumerate(cycle.drugs)
            for line in drug.lines
        ]

    @extend_schema(responses=DoseLedgerSerializer(many=True))
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The ledger of one cycle, by the id of the form that started it."""
        lines = self.get_serializer([self.get_object()], many=True).data
        record_export(
            request, "export.json", self.table, rows=len(lines), record=next(iter(self.kwargs.values()))
        )
        return Response(lines)


class InfusionStretchViewSet(ComputedListing):
    """The stretches of blinatumomab of the subjects at the sites that your memberships open."""

    table = "infusion-stretches"
    title = _("Stretches of blinatumomab infusions")
    queryset = InfusionSegment.objects.none()
    serializer_class = InfusionStretchSerializer
    filterset_class = PlacedFilter

    def get_queryset(self) -> QuerySet:
        found = InfusionSegment.objects.visible_to(user_of(self.request)).filter(voided=False)
        return found.exclude(record__state=RecordState.VOIDED).select_related(*AROUND)

    def lines(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        cycles, now = cycles_of(list({one.subject_id for one in records})), timezone.now()
        found = []
        for one in records:
            day = one.start.astimezone(ZoneInfo(one.site.timezone)).date()
            windows = windows_of(cycles[one.subject_id])
            cycle = next((cycle for cycle, first, last in windows if first <= day <= last), None)
            ran = infusion_course([as_segment(one)], now, 0)
            found.append(
                of_cycle(one, cycle)
                | {
                    "id": one.pk,
                    "form": one.record_id,
                    "start": one.start,
                    "stop": one.stop,
                    "rate_ug_day": plain(one.rate),
                    "hours": rounded(ran.hours),
                    "micrograms": rounded(ran.micrograms),
                    "stop_reason": one.stop_reason,
                }
            )
        return found


def of_cycle(record: Any, cycle: CycleStart | None) -> dict[str, Any]:
    return {
        "study": record.study.key,
        "site": record.site.key,
        "subject": record.subject_id,
        "usubjid": record.subject.usubjid,
        "subject_number": record.subject.number,
        "cycle": cycle.pk if cycle else None,
        "phase": cycle.phase if cycle else "",
        "started_on": cycle.performed_on if cycle else None,
    }


def planned_line(dose: Any) -> dict[str, Any]:
    plan, daily = dose.plan, None if dose.amount is None else dose.amount * dose.per_day
    return of_cycle(dose, plan.cycle) | {
        "id": dose.pk,
        "phase": plan.phase,
        "plan": plan.number,
        "in_force": not dose.replaced,
        "regimen": plan.regimen,
        "protocol_version": plan.protocol_version.version,
        "digest": plan.digest,
        "line": dose.line,
        "drug": dose.drug,
        "name_en": dose.name_en,
        "name_zh": dose.name_zh,
        "route": dose.route,
        "days": ";".join(str(day) for day in dose.days),
        "per_day": dose.per_day,
        "calculated": plain(dose.calculated),
        "amount": plain(dose.amount),
        "daily": plain(daily),
        "total": plain(None if daily is None else daily * len(dose.days)),
        "unit": dose.unit,
        "cap_applied": dose.cap_applied,
        "infusion_hours": plain(dose.infusion_hours),
        "working_en": dose.working_en,
        "working_zh": dose.working_zh,
        "missing": ";".join(dose.missing_facts),
    }


def day_line(record: Any, cycle: CycleLedger, drug: DrugLedger, line: DayLine, place: int) -> dict[str, Any]:
    given, planned = line.given, drug.planned
    prescribed_pct, given_pct = differences(planned, given) if given else (None, None)
    return of_cycle(record, cycle.cycle) | {
        "id": f"{cycle.cycle.pk}.{place + 1}.{line.first}" + (f".{given.row_id}" if given else ""),
        "cycle_number": cycle.number,
        "day": line.first,
        "on": line.first_on,
        "drug": given.drug if given else drug.drug,
        "name_en": planned.name.en if planned else "",
        "name_zh": planned.name.zh if planned else "",
        "planned": plain(line.planned),
        "unit": drug.unit,
        "prescribed": plain(given.prescribed) if given else None,
        "given": plain(given.given) if given else None,
        "given_unit": given.unit if given else "",
        "prescribed_difference_pct": rounded(prescribed_pct),
        "given_difference_pct": rounded(given_pct),
        "mark": line.mark.value,
        "sentence": line.sentence.en if line.sentence else "",
        "reason": given.reason if given else "",
        "note": given.note if given else "",
        "form": given.record if given else "",
    }


def plain(value: Decimal | None) -> Decimal | None:
    """The same number without trailing zeros and without an exponent."""
    return None if value is None else Decimal(f"{value.normalize():f}")


def rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else plain(round(value, 4))
