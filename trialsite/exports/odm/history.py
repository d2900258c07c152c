"""The audit trail of the casebooks as ODM transactions: each value that was entered, changed or emptied, with who,
where, when and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from trialsite.access.models import User
from trialsite.audit.models import Trail
from trialsite.audit.moment import earlier_instant
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import ProtocolLine, Subject, Visit
from trialsite.casebook.reasons import split
from trialsite.casebook.states import RecordState
from trialsite.casebook.trail_filters import trail_visible_to
from trialsite.studies.models import Site

from ..domain.casebook import Value, Values
from ..extract import Extract
from ..writers.delimited import in_text
from .clinical import Repeats, item_element
from .definitions import Definitions, Group
from .elements import element, form_oid, group_oid, item_oid, site_oid, user_oid, visit_oid
from .metadata import SYSTEM
from .record import moved, values_of

INSERT, UPDATE, REMOVE, CONTEXT = "Insert", "Update", "Remove", "Context"
Place = tuple[str, int, str, int]  # visit, its number, form, its number


@dataclass(frozen=True)
class Transaction:
    """One entry of the trail. `kind`: what became of the form or line as a whole. `items`: item → kind and value."""

    at: datetime
    user: str
    site: str
    reason: str
    source: str
    place: Place
    group: str
    line: int | None
    kind: str
    items: Mapping[str, tuple[str, Value]]


@dataclass
class Row:
    """A form or line as the entries so far leave it."""

    group: Group
    place: Place
    line: int | None
    columns: dict[str, Any] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    gone: bool = False


@dataclass(frozen=True)
class History:
    """A subject with its transactions, the oldest first."""

    key: str
    site: str
    transactions: Sequence[Transaction]


@dataclass(frozen=True)
class Names:
    """What the trail names by ids: people and sites."""

    users: Mapping[UUID, str]
    sites: Mapping[UUID, str]


def histories(extract: Extract, study: Definitions) -> Iterator[History]:
    """Each subject of an extract with its transactions, some subjects at a time."""
    names = Names(
        dict(User.objects.values_list("pk", "username")), dict(Site.objects.values_list("pk", "key"))
    )
    for batch in extract.batches():
        visits = dict(visits_of(batch))
        entries = entries_of(extract, study, batch)
        by_subject = {one: list(some) for one, some in groupby(entries, key=lambda entry: entry.subject_id)}
        for subject in batch:
            found = transactions(extract, study, by_subject.get(subject.pk, ()), visits, names)
            yield History(subject.usubjid, subject.site.key, tuple(found))


def visits_of(subjects: Sequence[Subject]) -> Iterator[tuple[str, tuple[str, int]]]:
    for pk, key, repeat in Visit.objects.filter(subject__in=subjects).values_list("pk", "key", "repeat"):
        yield str(pk), (key, repeat)


def entries_of(extract: Extract, study: Definitions, subjects: Sequence[Subject]) -> Iterator[Trail]:
    """The entries about forms and lines, subject by subject, the oldest first."""
    tables = {group.model._meta.db_table for group in study.groups}
    found = trail_visible_to(extract.reader).filter(subject_id__in=[one.pk for one in subjects])
    found = found.filter(table_name__in=tables)
    if instant := earlier_instant():
        found = found.filter(at__lte=instant)
    return found.order_by("subject_id", "id").iterator(chunk_size=2000)


def transactions(
    extract: Extract,
    study: Definitions,
    entries: Iterable[Trail],
    visits: Mapping[str, tuple[str, int]],
    names: Names,
) -> Iterator[Transaction]:
    """The entries of one subject's forms and lines, folded into what each did to the items."""
    rows: dict[str, Row] = {}
    groups = by_table(study)
    for entry in entries:
        row = rows.get(entry.row_id) or new_row(entry, rows, groups, visits)
        if row is None:  # of a form that no version of the protocol asks for
            continue
        rows[entry.row_id] = row
        kind, items = done(extract, entry, row)
        if kind != CONTEXT or items:
            yield Transaction(
                moved(extract, entry.at, entry.subject_id),
                names.users.get(entry.user_id, SYSTEM) if entry.user_id else SYSTEM,
                names.sites[entry.site_id],  # type: ignore[index]  # forms stand at a site
                reason_of(extract, entry),
                f"trail.{entry.position}",
                row.place,
                row.group.name,
                row.line,
                kind,
                items,
            )


def by_table(study: Definitions) -> dict[tuple[str, str, str], Group]:
    """(table, form, kind of lines where one table has several) → the group kept there."""
    found = {}
    for group in study.groups:
        kind = group.name if group.model is ProtocolLine else ""
        found[group.model._meta.db_table, group.form, kind] = group
    return found


def new_row(
    entry: Trail,
    rows: Mapping[str, Row],
    groups: Mapping[tuple[str, str, str], Group],
    visits: Mapping[str, tuple[str, int]],
) -> Row | None:
    """The row of which this is the first entry; None where nothing of the study is kept so."""
    first = entry.changes
    if "form_key" in first:
        key = first["form_key"]
        place = (*visits[first["visit_id"]], key, first.get("form_repeat", 1))
        line = None
    elif parent := rows.get(first.get("record_id", "")):
        key, place, line = parent.group.form, parent.place, first["line"]
    else:
        return None
    group = groups.get((entry.table_name, key, first.get("group", "")))
    return Row(group, place, line) if group else None


def done(extract: Extract, entry: Trail, row: Row) -> tuple[str, dict[str, tuple[str, Value]]]:
    """What an entry does to a row, and to each of its items; the row is as it leaves it."""
    new = entry.action == Trail.Action.INSERT
    changes = entry.changes.items()
    row.columns |= dict(changes) if new else {name: after for name, (_before, after) in changes}
    gone = row.columns.get("state") == RecordState.VOIDED or bool(row.columns.get("voided"))
    if gone:
        row.values, was_gone, row.gone = {}, row.gone, True
        return (CONTEXT if was_gone else REMOVE), {}
    before, after = row.values, values_of(extract, row.group, as_record(row), entry.subject_id)  # type: ignore[arg-type]
    row.values = after
    items = {
        name: (UPDATE if name in before else INSERT, value)
        for name, value in after.items()
        if before.get(name) != value
    }
    items |= {name: (REMOVE, Value()) for name in before if name not in after}
    return (INSERT if new else CONTEXT), items


def as_record(row: Row) -> dict[str, Any]:
    """The columns of the trail as the API gives a record: composite items, own items and reasons together."""
    record: dict[str, Any] = {"extra": {}, "missing": {}}
    for name, value in row.columns.items():
        whole, dot, part = name.partition(".")
        if dot and whole in record:
            record[whole][part] = value
        elif name not in record:
            record[name] = value
    for name, composite in row.group.model.composites.items():
        parts = {part: record.get(f"{name}_{part}") for part in composite.parts}
        record[name] = parts if parts.get("text") else None
    return record


def reason_of(extract: Extract, entry: Trail) -> str:
    """Why; where free text stays behind, only the code of a reason from the list."""
    if not extract.release.holds_back(Nature.FREE_TEXT):
        return entry.reason
    code, _text = split(entry.reason)
    return "" if code == "other" else code


# As ODM


def history_elements(study: Definitions, found: Iterable[History]) -> Iterator[Any]:
    repeats = Repeats(study)
    for history in found:
        yield element(
            "SubjectData",
            element("SiteRef", LocationOID=site_oid(history.site)),
            *(transaction_element(repeats, one) for one in history.transactions),
            SubjectKey=history.key,
            TransactionType=INSERT,
        )


def transaction_element(repeats: Repeats, one: Transaction) -> Any:
    """One entry of the trail at its place: what goes as a whole is said of the form or of the line."""
    visit, visit_repeat, form, form_repeat = one.place
    of_form = one.kind if not one.group else CONTEXT
    gone = one.kind == REMOVE
    items = (
        item_element(item_oid(form, one.group, name), value, audit_record(one), TransactionType=kind)
        for name, (kind, value) in one.items.items()
    )
    group = element(
        "ItemGroupData",
        audit_record(one) if gone and one.group else None,
        *items,
        ItemGroupOID=group_oid(form, one.group),
        ItemGroupRepeatKey=one.line,
        TransactionType=one.kind,
    )
    return element(
        "StudyEventData",
        element(
            "FormData",
            audit_record(one) if gone and not one.group else None,
            group if one.group or not gone else None,
            FormOID=form_oid(form),
            FormRepeatKey=repeats.form(form, form_repeat),
            TransactionType=of_form,
        ),
        StudyEventOID=visit_oid(visit),
        StudyEventRepeatKey=repeats.visit(visit, visit_repeat),
        TransactionType=CONTEXT,
    )


def audit_record(one: Transaction) -> Any:
    return element(
        "AuditRecord",
        element("UserRef", UserOID=user_oid(one.user)),
        element("LocationRef", LocationOID=site_oid(one.site)),
        element("DateTimeStamp", text=in_text(one.at)),
        element("ReasonForChange", text=one.reason) if one.reason else None,
        element("SourceID", text=one.source),
    )
