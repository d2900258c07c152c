"""The second of two people who submit one form: both versions read against the one they started from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trialsite.access.models import User
from trialsite.audit.models import Trail
from trialsite.audit.selectors import folded

from .domain.merge import (
    Answer,
    Choice,
    Content,
    Difference,
    Line,
    LineKey,
    differences,
    is_asked,
    merged,
    undecided,
)
from .errors import Conflict, LostUpdate
from .items import item_label, normal, stored
from .registries import FormType, RowType
from .slots import OpenSlot

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]


@dataclass(frozen=True)
class Submission:
    """What somebody submits: items, lines, and why items are empty."""

    values: Values
    rows: Rows
    missing: Mapping[str, str]

    @property
    def parts(self) -> tuple[Values, Rows, Mapping[str, str]]:
        return self.values, self.rows, self.missing


@dataclass(frozen=True)
class Merge:
    """What the second decided, place by place, looking at row version `version` of the saved form."""

    version: int
    choices: Mapping[str, Choice]


@dataclass(frozen=True)
class Past:
    """The trail of a form and its lines, cut where somebody else's changes begin."""

    before: Sequence[Trail]
    after: Sequence[Trail]
    row_ids: Mapping[LineKey, str]


def merge_submission(
    opened: OpenSlot, mine: Submission, base_version: int, merge: Merge | None
) -> Submission:
    """What to save when the form was saved since `base_version`; LostUpdate while somebody must look or choose."""
    three = three_of(opened, mine, base_version)
    found = three.found
    choices = chosen(opened, merge)
    if is_asked(found) and (not has_looked(opened, merge) or undecided(found, choices)):
        raise lost_update(opened, mine, base_version, merge)
    return as_submission(merged(three.theirs, three.mine, found, choices), opened.kind)


def lost_update(opened: OpenSlot, mine: Submission, base_version: int, merge: Merge | None) -> LostUpdate:
    """Both versions place by place, with what has been chosen so far and what has still to be."""
    three, choices = three_of(opened, mine, base_version), chosen(opened, merge)
    conflicts = [conflict(opened, one, three.past, choices) for one in three.found]
    missed = undecided(three.found, choices) if has_looked(opened, merge) else ()
    return LostUpdate(with_names(conflicts), opened.record.version, missed)


def has_looked(opened: OpenSlot, merge: Merge | None) -> bool:
    """Whether the second has seen the form as it is saved now."""
    return merge is not None and merge.version == opened.record.version


def chosen(opened: OpenSlot, merge: Merge | None) -> Mapping[str, Choice]:
    """What was chosen looking at the form as it is saved now; nothing after somebody saved it again."""
    return merge.choices if merge is not None and has_looked(opened, merge) else {}


@dataclass(frozen=True)
class Three:
    """The three versions of a form: where the second started, what is saved, what the second submits."""

    past: Past
    theirs: Content
    mine: Content
    found: list[Difference]


def three_of(opened: OpenSlot, mine: Submission, base_version: int) -> Three:
    past = past_of(opened, base_version)
    theirs = content_of(opened, opened.record, lines_now(opened), mine)
    typed = typed_content(opened, mine, theirs, past)
    base = base_content(opened, past, mine)
    return Three(past, theirs, typed, list(differences(base, theirs, typed)))


def past_of(opened: OpenSlot, base_version: int) -> Past:
    """Every entry about the form and its lines, cut before the first that goes beyond `base_version`."""
    record = opened.record
    row_ids = {
        (row_type.name, line): str(pk)
        for row_type in opened.kind.rows
        for line, pk in row_type.lines_of(record).values_list("line", "pk")
    }
    ids = [str(record.pk), *row_ids.values()]
    entries = list(
        Trail.objects.filter(chain=f"subject:{record.subject_id}", row_id__in=ids).order_by("position")
    )
    cut = next((n for n, one in enumerate(entries) if goes_beyond(one, record, base_version)), len(entries))
    return Past(entries[:cut], entries[cut:], row_ids)


def goes_beyond(entry: Trail, record: Any, version: int) -> bool:
    """Whether an entry gives the form a later row version; its lines are written after the form itself."""
    new = entry.changes.get("version")
    new = new[1] if isinstance(new, list) else new
    return entry.row_id == str(record.pk) and new is not None and new > version


def content_of(opened: OpenSlot, record: Any, lines: Mapping[LineKey, Any], mine: Submission) -> Content:
    """A saved version of a form, read at the items that somebody submits and those that say why they are empty."""
    read = dict.fromkeys([*mine.values, *mine.missing, *opened.record.missing])
    items = {item: Answer(stored(record, item), record.missing.get(item, "")) for item in read}
    kinds = {row_type.name: row_type for row_type in opened.kind.rows}
    return Content(
        items,
        {key: {item: stored(line, item) for item in kinds[key[0]].form.items} for key, line in lines.items()},
    )


def lines_now(opened: OpenSlot) -> dict[LineKey, Any]:
    return {
        (row_type.name, line.line): line
        for row_type in opened.kind.rows
        for line in row_type.lines_of(opened.record).filter(voided=False)
    }


def base_content(opened: OpenSlot, past: Past, mine: Submission) -> Content:
    """The version that the second started from, as the trail gives it; an empty form before the first entry."""
    rows: dict[str, list[Trail]] = {}
    for entry in past.before:
        rows.setdefault(entry.row_id, []).append(entry)
    record = revived(opened.kind.model, rows.pop(str(opened.record.pk), []))
    tables = {row_type.model._meta.db_table: row_type.model for row_type in opened.kind.rows}
    lines = {}
    for entries in rows.values():
        line = revived(tables[entries[0].table_name], entries)
        kind = next(one for one in opened.kind.rows if isinstance(line, one.model) and one.owns(line))
        if not line.voided:
            lines[kind.name, line.line] = line
    return content_of(opened, record, lines, mine)


def revived(model: Any, entries: Iterable[Trail]) -> Any:
    """An unsaved row with the values that its trail leaves."""
    columns = folded(entries)
    row = model()
    for column in model._meta.concrete_fields:
        if column.column in columns and not column.is_relation:
            setattr(row, column.attname, column.to_python(columns[column.column]))
    for group in ("extra", "missing"):
        if hasattr(row, group):
            prefix = f"{group}."
            own = {
                key.removeprefix(prefix): value for key, value in columns.items() if key.startswith(prefix)
            }
            setattr(row, group, own)
    return row


def typed_content(opened: OpenSlot, mine: Submission, theirs: Content, past: Past) -> Content:
    """What the second submits; a new line that the first entered too stands at the first's number."""
    record = opened.record
    items = {
        item: Answer(
            normal(record, item, mine.values[item]) if item in mine.values else answer.value,
            mine.missing.get(item, ""),
        )
        for item, answer in theirs.items.items()
    }
    lines: dict[LineKey, Line] = {}
    for row_type in opened.kind.rows:
        twins = new_lines_of(row_type, theirs, past)
        empty = row_type.model()
        for place, values in enumerate(mine.rows.get(row_type.name, ()), start=1):
            number = values.get("line") or twins.get(twin_key(row_type, values)) or -place
            cells = {item: normal(empty, item, value) for item, value in values.items() if item != "line"}
            lines[row_type.name, number] = cells
    return Content(items, lines)


def twin_key(row_type: RowType, values: Values) -> Any:
    """What a printed line is about (its analyte, its method); None where lines are not printed or nothing is chosen."""
    printed = row_type.form.prefilled()
    return (values.get(printed[0]) or None) if printed else None


def new_lines_of(row_type: RowType, theirs: Content, past: Past) -> dict[Any, int]:
    """What is about → number, of the printed lines that the first entered since."""
    created = {
        entry.changes["line"]
        for entry in past.after
        if entry.action == Trail.Action.INSERT and entry.table_name == row_type.model._meta.db_table
    }
    found = {
        twin_key(row_type, line): number
        for (kind, number), line in theirs.lines.items()
        if kind == row_type.name and number in created
    }
    found.pop(None, None)
    return found


def as_submission(content: Content, kind: FormType) -> Submission:
    """The merged form as a service takes it: known lines with their number, new ones after them."""
    rows: dict[str, list[Values]] = {row_type.name: [] for row_type in kind.rows}
    for (name, number), line in sorted(
        content.lines.items(), key=lambda one: (one[0][1] < 0, abs(one[0][1]))
    ):
        rows[name].append({**line, "line": number if number > 0 else None})
    return Submission(
        {item: answer.value for item, answer in content.items.items()},
        rows,
        {item: answer.why for item, answer in content.items.items() if answer.why},
    )


def conflict(opened: OpenSlot, one: Difference, past: Past, choices: Mapping[str, Choice]) -> Conflict:
    """A difference with its label, and who changed the saved value when."""
    kind: FormType | RowType = opened.kind
    row_id = str(opened.record.pk)
    if one.kind:
        kind = next(row_type for row_type in opened.kind.rows if row_type.name == one.kind)
        row_id = past.row_ids.get((one.kind, one.line), "")
    changes = [entry for entry in past.after if entry.row_id == row_id and touches(entry, one.item)]
    last = changes[-1] if changes else None
    return Conflict(
        item=one.place,
        label=item_label(kind, one.item) if one.item else "",
        kind=one.kind,
        line=one.line,
        base=one.base,
        saved=one.theirs,
        typed=one.mine,
        by=last.user_id if last else None,
        at=last.at if last else None,
        chosen=choices.get(one.place) or one.preselected or "",
    )


def touches(entry: Trail, item: str) -> bool:
    """Whether an entry changes an item, a part of it or why it is empty; every entry touches the whole line."""
    names = (item, f"missing.{item}", f"extra.{item}")
    return not item or any(key in names or key.startswith(f"{item}_") for key in entry.changes)


def with_names(conflicts: Sequence[Conflict]) -> list[Conflict]:
    """The same with the names of the people, in one query."""
    ids = {one.by for one in conflicts if one.by}
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "full_name"))
    return [replace(one, who=names.get(one.by, "")) if one.by else one for one in conflicts]
