"""The record of the subjects of an extract as casebooks of texts, as they may leave."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import ProtocolForm, Subject
from trialsite.casebook.states import RecordState
from trialsite.exchange.api import Listing
from trialsite.exchange.profiles import Release, apply, offset_days, without
from trialsite.review.models import Signature

from .. import raw
from ..domain.casebook import FormData, Signed, SubjectData, Value, Values
from ..extract import Extract
from ..writers.delimited import in_text
from .definitions import Definitions, Form, Group, Item

Lines = Mapping[str, Mapping[int, Values]]


def casebooks(extract: Extract, study: Definitions) -> Iterator[SubjectData]:
    """Each subject of an extract with the forms that stand, some subjects at a time."""
    order = {visit.key: number for number, visit in enumerate(study.visits)}
    forms = {form.key: number for number, form in enumerate(study.forms)}
    for batch in extract.batches():
        found: dict[UUID, list[FormData]] = defaultdict(list)
        signed = signatures_of(extract, batch)
        for form in study.forms:
            for subject_id, one in forms_of(extract, form, batch, signed):
                found[subject_id].append(one)
        for subject in batch:
            standing = sorted(
                found[subject.pk],
                key=lambda one: (order[one.visit], one.visit_repeat, forms[one.form], one.form_repeat),
            )
            yield SubjectData(subject.usubjid, subject.site.key, tuple(standing))


def forms_of(
    extract: Extract, form: Form, subjects: Sequence[Subject], signed: Mapping[UUID, Signed]
) -> Iterator[tuple[UUID, FormData]]:
    """Subject → each standing form of a kind."""
    model = form.main.model
    where = {"subject__in": subjects, "form_key": form.key}
    shown = listing_of(extract, "forms/PROTOCOL" if model is ProtocolForm else f"forms/{form.key}", where)
    lines = own_lines(extract, form, subjects)
    for record in shown.rows():
        if record["state"] == RecordState.VOIDED:
            continue
        subject, own = UUID(str(record["subject"])), UUID(str(record["id"]))
        yield (
            subject,
            FormData(
                record["visit"],
                record["visit_repeat"],
                form.key,
                record["form_repeat"],
                values_of(extract, form.main, record, subject),
                lines.get(own) or lines_of(extract, form, record, subject),
                signed.get(own),
            ),
        )


def listing_of(extract: Extract, name: str, where: Mapping[str, Any]) -> Listing:
    """A list of the API, narrowed."""
    return raw.listing(extract, raw.lists()[name], **where)


def lines_of(extract: Extract, form: Form, record: Mapping[str, Any], subject: UUID) -> Lines:
    """The lines that a form of the system has with it."""
    found: dict[str, dict[int, Values]] = {}
    for group in form.lines:
        each = {line["line"]: values_of(extract, group, line, subject) for line in record.get(group.name, ())}
        if each:
            found[group.name] = dict(sorted(each.items()))
    return found


def own_lines(extract: Extract, form: Form, subjects: Sequence[Subject]) -> dict[UUID, Lines]:
    """Form → its lines, where the form is one that only the trial has."""
    groups = {group.name: group for group in form.lines}
    if form.main.model is not ProtocolForm or not groups:
        return {}
    found: dict[UUID, dict[str, dict[int, Values]]] = defaultdict(lambda: defaultdict(dict))
    where = {"subject__in": subjects, "record__form_key": form.key, "group__in": list(groups)}
    for line in listing_of(extract, "forms/PROTOCOL/lines", where).rows():
        values = values_of(extract, groups[line["group"]], line, UUID(str(line["subject"])))
        found[UUID(str(line["record"]))][line["group"]][line["line"]] = values
    return {
        record: {
            group.name: dict(sorted(kinds[group.name].items())) for group in form.lines if group.name in kinds
        }
        for record, kinds in found.items()
    }


def values_of(extract: Extract, group: Group, row: Mapping[str, Any], subject: UUID) -> Values:
    """The items of a form or line (`row`: as of the API) as they may leave; what is empty for no reason is left out."""
    own = {name: one for name, one in row.items() if name == "extra" or not isinstance(one, list)}
    kept = as_released(own, subject, group.natures, extract.release)
    missing = kept.get("missing") or {}
    found = {}
    for item in group.items:
        value = value_of(item, kept.get(item.of, (kept.get("extra") or {}).get(item.of)))
        if value is None and not item.derived and (why := missing.get(item.of)):
            value = Value(missing=why)
        if value is not None:
            found[item.name] = value
    return found


def value_of(item: Item, kept: Any) -> Value | None:
    """A value of the record as text; None where there is none."""
    if kept in (None, "", []):
        return None
    if isinstance(kept, Mapping):
        if item.derived:
            return Value(plain(kept["canonical"])) if kept.get("canonical") not in (None, "") else None
        text = kept.get("text") or ""
        return Value(text, kept.get("unit") or "") if text else None
    if isinstance(kept, list):
        return Value(";".join(map(str, kept)))
    if item.type == "datetime":
        instant = kept if isinstance(kept, datetime) else datetime.fromisoformat(str(kept))
        return Value(in_text(instant.astimezone(UTC)))
    return Value(plain(kept) if item.type == "float" else in_text(kept))


def plain(number: Any) -> str:
    """A decimal without an exponent and without the zeros that its column adds."""
    return f"{Decimal(str(number)).normalize():f}"


def signatures_of(extract: Extract, subjects: Sequence[Subject]) -> dict[UUID, Signed]:
    """Form → the newest signature on it, at the instant that leaves."""
    found = Signature.objects.visible_to(extract.reader).filter(subject__in=subjects, record_id__isnull=False)
    signed: dict[UUID, Signed] = {}
    for one in found.select_related("signed_by").order_by("signed_at", "pk"):
        at = moved(extract, one.signed_at, one.subject_id)
        signed[cast(UUID, one.record_id)] = Signed(one.signed_by.username, one.meaning, at)
    return signed


def moved(extract: Extract, at: datetime, subject: UUID | None) -> datetime:
    """An instant of a subject as it leaves: shifted as its dates are."""
    if not extract.release.shifts or subject is None:
        return at
    return at + timedelta(days=offset_days(subject))


def as_released(
    record: Mapping[str, Any], subject: UUID | str | None, natures: Mapping[str, Nature], release: Release
) -> Mapping[str, Any]:
    """A record of a list as it may leave, the items of the trial's own too."""
    kept = apply(record, subject, natures, release)
    if isinstance(extra := kept.get("extra"), Mapping):
        kept["extra"] = without(extra, frozenset(release.left_out(natures)))
    return kept
