"""How records leave the system: every form from its model, composite items as small objects."""

from functools import cache
from typing import Any

from rest_framework import serializers

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.domain.paper import entered_from
from trialsite.casebook.models import CasebookRecord, CasebookRow, ProtocolForm, Subject
from trialsite.casebook.registries import FormType, RowType
from trialsite.casebook.values import CompositeItem, PartialDateItem
from trialsite.studies.models import Site, Study, StudySite

NOT_ITEMS = {"study", "site", "subject", "visit", "protocol_version", "record"}


class QuantitySerializer(serializers.Serializer):
    """A measured value: as entered, and in the canonical unit of its analyte."""

    units_in = {"value": "unit", "canonical": "x-unit of the item"}

    text = serializers.CharField(help_text="as entered, such as <0.1")
    comparator = serializers.CharField(help_text="empty, <, <=, > or >=")
    value = serializers.DecimalField(max_digits=24, decimal_places=10, normalize_output=True)
    unit = serializers.CharField(help_text="UCUM code of the unit as entered")
    canonical = serializers.DecimalField(
        max_digits=24,
        decimal_places=10,
        allow_null=True,
        normalize_output=True,
        help_text="in the canonical unit",
    )


class PartialDateSerializer(serializers.Serializer):
    """A date of which day or month may be unknown."""

    text = serializers.CharField(help_text="ISO 8601, such as 2026-03")
    earliest = serializers.DateField()
    latest = serializers.DateField()


class SiteSerializer(serializers.ModelSerializer):
    """A site."""

    natures = dict.fromkeys(("name_en", "name_zh"), Nature.PLAIN)

    class Meta:
        model = Site
        fields = ("id", "key", "name_en", "name_zh", "timezone")


class StudySiteSerializer(serializers.ModelSerializer):
    """A site of a study with the protocol version that is in force there."""

    site = SiteSerializer()
    protocol_version = serializers.CharField(source="protocol_version.version")

    class Meta:
        model = StudySite
        fields = ("site", "protocol_version", "activated_on", "planned")


class StudySerializer(serializers.ModelSerializer):
    """A study with the protocol version in force and its sites."""

    protocol_version = serializers.CharField(source="current_version.version")
    protocol_digest = serializers.CharField(source="current_version.digest")
    title = serializers.CharField(source="protocol.title.en")
    title_zh = serializers.CharField(source="protocol.title.zh")
    planned_enrolment = serializers.IntegerField(source="protocol.planned_enrolment", allow_null=True)
    sites = StudySiteSerializer(source="study_sites", many=True)

    class Meta:
        model = Study
        fields = (
            "id", "key", "title", "title_zh", "protocol_version", "protocol_digest", "planned_enrolment",
            "locked_at", "sites",
        )  # fmt: skip


class SubjectSerializer(serializers.ModelSerializer):
    """A participation. It holds no identity."""

    natures = {"usubjid": Nature.PLAIN}

    study: Any = serializers.SlugRelatedField(slug_field="key", read_only=True)
    site: Any = serializers.SlugRelatedField(slug_field="key", read_only=True)
    protocol_version = serializers.CharField(source="protocol_version.version")

    class Meta:
        model = Subject
        fields = (
            "id", "usubjid", "study", "site", "screening_number", "subject_number", "state", "screened_on",
            "enrolled_on", "failure_reason", "arm", "protocol_version", "from_paper_until", "version",
        )  # fmt: skip


def composite_field(composite: CompositeItem) -> serializers.Serializer:
    kind = PartialDateSerializer if isinstance(composite, PartialDateItem) else QuantitySerializer
    return kind(allow_null=True, read_only=True, help_text=str(composite.label))


def item_fields(model: type[Any]) -> tuple[list[str], dict[str, Any]]:
    """The names of a model's items in the order of its columns, and the serializers of the composite ones."""
    composites: dict[str, CompositeItem] = model.composites
    part_of = {column: name for name, item in composites.items() for column in item.columns()}
    names: list[str] = []
    for field in model._meta.concrete_fields:
        name = part_of.get(field.name, field.name)
        if name not in NOT_ITEMS and name not in names:
            names.append(name)
    return names, {name: composite_field(item) for name, item in composites.items()}


class RetiredItems(serializers.CharField):
    """The items of a trial's own form that the subject's protocol version no longer asks for ("potassium;remark").

    Their answers stay in `extra` and `missing`."""

    def to_representation(self, value: Any) -> str:
        plans = value.subject.protocol_version.protocol.forms
        asked = {item.key for plan in plans if plan.key == value.form_key for item in plan.items}
        return ";".join(sorted({*value.extra, *value.missing} - asked))


class EnteredFromField(serializers.CharField):
    """What a form was entered from: "paper", "worksheet" (late, after an outage), or empty: as it happened."""

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text="paper, worksheet (after an outage) or empty", **options)

    def to_representation(self, value: Any) -> str:
        outages = self.context.get("outages", {})
        return entered_from(
            value.performed_on,
            paper_until=value.subject.from_paper_until,
            outages=outages.get((value.study_id, value.site_id), ()),
            entered_at=value.entered_at,
        ).value


@cache
def row_serializer(model: type[CasebookRow]) -> type[serializers.ModelSerializer]:
    """The serializer of one kind of line."""
    names, composites = item_fields(model)
    meta = type("Meta", (), {"model": model, "fields": ("record", "subject", *names)})
    parts = {**composites, "Meta": meta, "__doc__": model.__doc__}
    return type(f"{model.__name__}LineSerializer", (serializers.ModelSerializer,), parts)


@cache
def form_serializer(kind: FormType) -> type[serializers.ModelSerializer]:
    """The serializer of one form: where it stands, its items, its lines."""
    model: type[CasebookRecord] = kind.model
    names, composites = item_fields(model)
    place = {
        "subject": serializers.UUIDField(source="subject_id", read_only=True),
        "subject_number": serializers.CharField(source="subject.number", read_only=True),
        "study": serializers.CharField(source="study.key", read_only=True),
        "site": serializers.CharField(source="site.key", read_only=True),
        "visit": serializers.CharField(source="visit.key", read_only=True),
        "visit_repeat": serializers.IntegerField(source="visit.repeat", read_only=True),
        "protocol_version": serializers.CharField(source="protocol_version.version", read_only=True),
        "entered_at": serializers.DateTimeField(read_only=True, help_text="when it was entered first"),
        "entered_from": EnteredFromField(source="*", read_only=True),
        "moved_to": serializers.UUIDField(
            read_only=True, allow_null=True, help_text="the form that stands for this one now"
        ),
        "moved_from": serializers.UUIDField(
            read_only=True, allow_null=True, help_text="the voided form of the wrong subject"
        ),
    }
    if model is ProtocolForm:
        place["retired"] = RetiredItems(source="*", read_only=True, help_text="items no longer asked for")
    lines = {row.name: StandingLines(row) for row in kind.rows}
    meta = type("Meta", (), {"model": model, "fields": (*place, *names, *lines)})
    name = f"Form{kind.key.title().replace('-', '')}Serializer"
    parts = {**place, **composites, **lines, "Meta": meta, "__doc__": f"{kind.title}. {model.__doc__}"}
    return type(name, (serializers.ModelSerializer,), parts)


def StandingLines(row: RowType) -> serializers.Serializer:
    """The standing lines of a form, prefetched as `standing_<model>`."""
    model: Any = row.model
    return row_serializer(model)(
        many=True,
        read_only=True,
        source=f"standing_{model._meta.model_name}",
        help_text=f"its lines: {row.title or row.name}",
    )
