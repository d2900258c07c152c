"""What the API of imports gives and takes."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from trialsite.casebook.domain.nature import Nature
from trialsite.exchange.refusals import RefusalSerializer, Told

from .models import ImportBatch, ImportKind, ImportRun
from .outcomes import Row
from .pages import refusals_of
from .runs import given_up, run_of

# What is given


class ImportRunSerializer(serializers.ModelSerializer):
    """The newest work of a worker on an import."""

    natures = {"sentence": Nature.PLAIN}

    state = serializers.SerializerMethodField(
        help_text="queued, running, done, failed, or lost: no sign for minutes, to be started again (`restart`)"
    )
    sentence = serializers.CharField(help_text="why it failed, or empty")

    class Meta:
        model = ImportRun
        fields = ("step", "state", "done", "total", "sentence")
        extra_kwargs = {
            "step": {"help_text": "what it does"},
            "done": {"help_text": "lines, of a reversal records, that are done"},
            "total": {"help_text": "of how many"},
        }

    def get_state(self, run: ImportRun) -> str:
        return "lost" if given_up(run) else run.state


def who(name: str) -> Any:
    return serializers.CharField(
        source=f"{name}_by.username", read_only=True, default=None, help_text=f"user name of who {WHO[name]}"
    )


WHO = {"staged": "sent the file", "committed": "entered it", "reversed": "reversed it"}
TEXTS = ("source", "file_name", "sha256", "preview", "reason")


class ImportSerializer(serializers.ModelSerializer):
    """A file that is being imported or was: where it stands, what its lines would do or did."""

    natures = dict.fromkeys(TEXTS, Nature.PLAIN)

    study = serializers.CharField(source="study.key", read_only=True)
    site = serializers.CharField(source="site.key", read_only=True)
    staged_by, committed_by, reversed_by = (who(name) for name in WHO)
    new = serializers.SerializerMethodField(help_text="lines that would enter, or entered, something new")
    changed = serializers.SerializerMethodField(help_text="lines that would change, or changed, what stands")
    same = serializers.SerializerMethodField(help_text="lines that say what stands already")
    rejected = serializers.SerializerMethodField(help_text="lines that are not taken")
    names = serializers.ListField(
        child=serializers.CharField(),
        help_text="tests of the file that no analyte has; told by the step `names`",
    )
    work = serializers.SerializerMethodField(help_text="the newest work of a worker; null of a small file")
    left = serializers.SerializerMethodField(
        help_text="records that somebody changed since, for which a reversal by a worker was refused"
    )
    lines_at = serializers.SerializerMethodField(help_text="address of its lines")
    tray_at = serializers.SerializerMethodField(help_text="address of its rejected lines as CSV")
    page_at = serializers.SerializerMethodField(help_text="address of its page, for people")

    class Meta:
        model = ImportBatch
        fields = (
            "id", "study", "site", "kind", "source", "file_name", "sha256", "state", "lines", "new", "changed", "same",
            "rejected", "names", "preview", "work", "left", "staged_by", "staged_at", "committed_by", "committed_at",
            "reversed_by", "reversed_at", "reason", "lines_at", "tray_at", "page_at",
        )  # fmt: skip
        extra_kwargs = {
            "kind": {"help_text": "what the file holds"},
            "source": {"help_text": "laboratory or other source; empty: the site's own"},
            "file_name": {"help_text": "name of the file"},
            "sha256": {"help_text": "SHA-256 of the file"},
            "state": {"help_text": "where it stands; a cancelled one is gone"},
            "lines": {"help_text": "how many lines the file has"},
            "preview": {
                "help_text": "digest of what its lines would do, to send back with `commit`; empty: not tried out yet"
            },
            "staged_at": {"help_text": "instant (UTC) at which the file came"},
            "committed_at": {"help_text": "instant (UTC) at which it was entered"},
            "reversed_at": {"help_text": "instant (UTC) at which it was reversed"},
            "reason": {"help_text": "why it was reversed"},
        }

    def get_new(self, batch: ImportBatch) -> int:
        return int(batch.counts.get("new", 0))

    def get_changed(self, batch: ImportBatch) -> int:
        return int(batch.counts.get("changed", 0))

    def get_same(self, batch: ImportBatch) -> int:
        return int(batch.counts.get("same", 0))

    def get_rejected(self, batch: ImportBatch) -> int:
        return int(batch.counts.get("rejected", 0))

    @extend_schema_field(ImportRunSerializer(allow_null=True))
    def get_work(self, batch: ImportBatch) -> Any:
        run = run_of(batch)
        return ImportRunSerializer(run).data if run is not None else None

    def get_left(self, batch: ImportBatch) -> list[str]:
        run = run_of(batch)
        return list(run.left) if run is not None else []

    def get_lines_at(self, batch: ImportBatch) -> str:
        return self.at("api-imports-lines", batch.pk)

    def get_tray_at(self, batch: ImportBatch) -> str:
        return self.at("api-imports-tray", batch.pk)

    def get_page_at(self, batch: ImportBatch) -> str:
        return self.at("import", batch.study.key, batch.pk)

    def at(self, name: str, *args: Any) -> str:
        return str(reverse(name, args=args, request=self.context.get("request")))


class LineChangeSerializer(serializers.Serializer):
    """An item that a line enters or changes."""

    item = serializers.CharField(help_text="the item in words")
    old = serializers.CharField(help_text="what stands, or empty")
    new = serializers.CharField(help_text="what the line says; empty once it stands in the record")


class LineRefusalSerializer(serializers.Serializer):
    """Why a line is not taken."""

    column = serializers.CharField(help_text="column of the file, or empty: the line as a whole")
    sentence = serializers.CharField(help_text="why")
    accepted = serializers.CharField(help_text="what would be taken there, or empty")


class ImportLineSerializer(serializers.Serializer):
    """One line of a file, and what becomes of it."""

    line = serializers.IntegerField(help_text="its number in the file")
    status = serializers.CharField(help_text="new, changed, same or rejected; empty: not tried out yet")
    subject = serializers.CharField(help_text="number of the subject, or empty")
    place = serializers.CharField(help_text="form, visit and draw in words, or empty")
    cells = serializers.DictField(
        child=serializers.CharField(),
        help_text="what the line says, by target of the mapping; empty once it is entered",
    )
    changes = LineChangeSerializer(many=True, help_text="what it enters or changes")
    asks = serializers.ListField(
        child=serializers.CharField(), help_text="what is unusual: a query opens for each"
    )
    refused = LineRefusalSerializer(many=True, help_text="why it is not taken")


def line_told(row: Row, batch: ImportBatch) -> dict[str, Any]:
    refused = [
        {"column": column, "sentence": words, "accepted": accepted}
        for column, words, accepted in refusals_of(row, batch)
    ]
    changes = [{"item": item, "old": old, "new": new} for item, old, new in row.changes]
    plain = {name: getattr(row, name) for name in ("line", "status", "subject", "place", "cells", "asks")}
    return {**plain, "changes": changes, "refused": refused}


# What is sent


@extend_schema_field(OpenApiTypes.BINARY)
class SentFile(serializers.FileField):
    """The bytes of a file."""


class ImportFileSerializer(Told):
    """A file to be tried out, sent as multipart/form-data."""

    file = SentFile(help_text="the file, with its name; of forms the name says which form it holds (VS.csv)")
    study = serializers.CharField(help_text="key of the study")
    site = serializers.CharField(help_text="key of the site")
    kind = serializers.ChoiceField(choices=ImportKind.choices, help_text="what the file holds")
    source = serializers.CharField(  # type: ignore[assignment]
        default="", allow_blank=True, max_length=100, help_text="laboratory or source; empty: the site's own"
    )
    mapping = serializers.JSONField(
        default=dict,
        help_text="target: column of the file, as JSON; needed once for a source, then it is remembered",
    )


class ImportStepSerializer(Told):
    """What a step with an import is told."""

    preview = serializers.CharField(
        default="",
        allow_blank=True,
        help_text="of `commit`: the digest of what was read; that and no other is entered",
    )
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=300, help_text="of `reverse`: why"
    )
    leave_changed = serializers.BooleanField(
        default=False, help_text="of `reverse`: leave what somebody changed since, reverse the rest"
    )
    names = serializers.DictField(
        child=serializers.CharField(),
        default=dict,
        help_text="of `names`: name of a test: key of its analyte",
    )


class ColumnsAskedSerializer(RefusalSerializer):
    """Why a file was not taken; where its columns are not known, which they are."""

    columns = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="the columns of the file"
    )
    targets = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="what columns may hold: the keys of `mapping`",
    )


class NotReversedSerializer(RefusalSerializer):
    """Why a step was not taken; of a reversal which records somebody changed since."""

    left = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="the records, in words"
    )
