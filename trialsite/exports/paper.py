"""What goes on paper: the blank and the annotated case report form of a study, and the casebook of a subject."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.translation import get_language

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.items import item_in_words, item_label
from trialsite.casebook.models import Subject
from trialsite.casebook.names import visit_name
from trialsite.casebook.registries import FormType, RowType, forms
from trialsite.casebook.trail import Change, in_words
from trialsite.casebook.trail_filters import trail_visible_to
from trialsite.casebook.worksheets import Words, keys_of_visits
from trialsite.clinical.units import unit_label
from trialsite.exchange.api import ProtocolFormViewSet
from trialsite.exchange.profiles import WHOLE, Release, nature_of_own, natures_of, offset_days, shifted
from trialsite.exchange.serializers import form_serializer
from trialsite.review.contents import FormContent, contents_of
from trialsite.review.item_words import value_in_words
from trialsite.review.models import Signature

from .extract import Extract
from .odm.definitions import Definitions, Form, Group, Item, natures_of_lines
from .odm.metadata import annotation_of, column_of, oid_of

UNITS_SHOWN = 8  # of a result that can be of any analyte there are more


# The case report form


@dataclass(frozen=True)
class Line:
    """One item of the case report form; `code`: of ODM, `column`: in the raw tables, `sdtm`: what takes it there."""

    label: str
    required: bool
    codes: tuple[tuple[str, str], ...]
    units: str
    condition: str
    type: str
    code: str
    column: str
    sdtm: tuple[str, ...]


def here(words: Words) -> str:
    return words.zh if (get_language() or "").startswith("zh") else words.en


def crf_page(extract: Extract, study: Definitions, *, annotated: bool) -> str:
    """Every form of a study in the active language; annotated: with SDTM, codes, types and columns beside the items."""
    sheets = [(form, here(form.title), list(printed(form))) for form in study.forms]
    titles = {form.key: here(form.title) for form in study.forms}
    visits = [
        (
            here(visit.title),
            [(titles[key], required) for key, required in visit.forms.items() if key in titles],
        )
        for visit in study.visits
    ]
    context = {
        "study": extract.study,
        "protocol": extract.protocol,
        "forms": sheets,
        "visits": visits,
        "annotated": annotated,
    }
    return str(render_to_string("exports/crf.html", context))


def printed(form: Form) -> Iterator[tuple[str, bool, str, list[Line]]]:
    """Each section of a form, then each kind of its lines: title, whether it repeats, raw table, items."""
    for group in form.groups:
        for title, items in group.sections:
            asked = [line_of(group, item) for item in items if item.asked and not item.derived]
            if asked:
                yield here(group.title if group.name else title), bool(group.name), group.table, asked


def line_of(group: Group, item: Item) -> Line:
    units = (
        " / ".join(unit_label(unit) or unit for unit in item.units) if len(item.units) <= UNITS_SHOWN else "…"
    )
    return Line(
        here(item.label),
        item.required,
        tuple((code, here(words)) for code, words in item.codes),
        units,
        here(item.condition) if item.condition else "",
        item.type,
        oid_of(group, item),
        f"{group.table}.{column_of(group, item)}",
        tuple(map(str, annotation_of(group, item).sdtm)),
    )


# The casebook of a subject


@dataclass(frozen=True)
class PrintedLines:
    """The lines of one kind: the labels of their columns, and each line with its number."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class PrintedForm:
    """One form that stands, in words."""

    title: str
    number: int
    items: tuple[tuple[str, str], ...]
    lines: tuple[PrintedLines, ...]
    signature: Signature | None


def casebook_page(subject: Subject, reader: User, *, release: Release = WHOLE, trail: bool = True) -> str:
    """The casebook of a subject in the active language, with the audit trail where the reader reads it.

    The trail names people and says what they wrote: it is printed where nothing stays behind."""
    place = {"study_id": subject.study_id, "site_id": subject.site_id}
    whole = release.profile == WHOLE.profile
    context = {
        "subject": subject,
        "visits": visits_of(subject, release),
        "changes": trail_of(subject, reader)
        if trail and whole and may(reader, "trail.view", **place)
        else [],
        "named": whole,
    }
    return str(render_to_string("exports/casebook.html", context))


def visits_of(subject: Subject, release: Release) -> list[tuple[str, list[PrintedForm]]]:
    """The visits with their forms, in the order of the protocol."""
    order = {key: number for number, key in enumerate(keys_of_visits(subject.protocol_version.protocol))}
    kinds = {key: number for number, key in enumerate(forms)}

    def place(one: FormContent) -> tuple[int, int, int, int]:
        slot = one.slot
        visit = order.get(slot.visit_key, len(order))
        return visit, slot.visit_repeat, kinds.get(slot.form_key, len(kinds)), slot.form_repeat

    signed = {one.record_id: one for one in Signature.objects.filter(subject=subject).order_by("signed_at")}
    found: dict[tuple[str, int], list[PrintedForm]] = {}
    for one in sorted(contents_of(subject), key=place):
        found.setdefault(one.visit, []).append(printed_form(subject, one, release, signed.get(one.record.pk)))
    protocol = subject.protocol_version.protocol
    return [(visit_name(protocol, key, repeat), some) for (key, repeat), some in found.items()]


def printed_form(
    subject: Subject, one: FormContent, release: Release, signature: Signature | None
) -> PrintedForm:
    content = leaving(subject, one, release)
    rows = {row.name: row for row in one.kind.rows}
    items = tuple(
        (item_in_words(item.removesuffix("!"), one.kind), value_in_words(item, text, one.kind, subject))
        for item, text in content.items()
        if item.partition(".")[0] not in rows
    )
    lines = tuple(printed_lines(subject, one.kind, row, content) for row in rows.values())
    return PrintedForm(
        str(one.kind.title),
        one.slot.form_repeat,
        items,
        tuple(some for some in lines if some.lines),
        signature,
    )


def printed_lines(subject: Subject, kind: FormType, row: RowType, content: dict[str, str]) -> PrintedLines:
    """The lines of one kind, a column for each item that any of them has."""
    told: dict[int, dict[str, str]] = {}
    for item, text in content.items():
        name, _dot, rest = item.partition(".")
        number, _dot, column = rest.partition(".")
        if name == row.name and column:
            told.setdefault(int(number), {})[column] = value_in_words(item, text, kind, subject)
    columns = list(dict.fromkeys(column for line in told.values() for column in line))
    return PrintedLines(
        str(row.title or row.name),
        tuple(item_label(row, column) for column in columns),
        tuple(
            (number, tuple(line.get(column, "") for column in columns))
            for number, line in sorted(told.items())
        ),
    )


def leaving(subject: Subject, one: FormContent, release: Release) -> dict[str, str]:
    """The content of a form without what stays behind, its dates shifted as those of its subject."""
    if release == WHOLE:
        return dict(one.content)
    known = forms.get(one.kind.key)
    serializer = form_serializer(known) if known else ProtocolFormViewSet.serializer_class
    stay = set(release.left_out(natures_of(serializer)))
    stay |= {
        f"{row.name}.{item}"
        for row in one.kind.rows
        for item in release.left_out(natures_of_lines(row.model))
    }
    own = own_texts(one.kind) if release.holds_back(Nature.FREE_TEXT) else set()
    days = offset_days(subject.pk) if release.shifts else 0
    kept = {}
    for item, text in one.content.items():
        name, _dot, rest = item.removesuffix("!").partition(".")
        if (f"{name}.{rest.partition('.')[2]}" if rest else name) not in stay | own:
            kept[item] = shifted(text, days) if days else text
    return kept


def own_texts(kind: FormType) -> set[str]:
    """The items in people's words that only the trial asks for, or asked for, lines included."""
    items = {**kind.retired, **kind.own}
    found = {key for key, item in items.items() if nature_of_own(item) is Nature.FREE_TEXT}
    for row in kind.rows:
        group = getattr(row.form, "group", None)  # of the lines of a trial's own form
        for item in group.items if group else ():
            if nature_of_own(item) is Nature.FREE_TEXT:
                found.add(f"{row.name}.{item.key}")
    return found


def trail_of(subject: Subject, reader: User) -> Sequence[Change]:
    """The audit trail of a subject in words, the oldest first."""
    entries = trail_visible_to(reader).filter(chain=f"subject:{subject.pk}").order_by("position")
    return [change for change in in_words(entries) if change.items or change.action]
