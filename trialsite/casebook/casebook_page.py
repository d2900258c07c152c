"""What the pages of one subject show: the header, the tabs, and the matrix of visits and forms."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.audit.moment import earlier_instant

from .form_types import form_type
from .holds import holds_on, standing_of
from .models import LOG, Hold, Subject, Visit
from .names import form_title, visit_name
from .registries import PlannedRow, day_words, forms, subject_alerts, subject_pages, timeline
from .selectors import RecordLine, drafts_of, missed_visits, planned_visits, records_of
from .site_day import site_today
from .slots import Slot


@dataclass(frozen=True)
class Cell:
    """One form at one visit; `others` are the further ones of the same kind there, each with its number."""

    form: str
    url: str
    state: str
    required: bool
    performed_on: date | None = None
    number: int = 1
    others: "tuple[Cell, ...]" = ()

    @property
    def all(self) -> "tuple[Cell, ...]":
        return (self, *self.others)


@dataclass(frozen=True)
class MatrixRow:
    """One visit with its cells, in the order of the columns.

    `missed`: its record as not done. `not_done_url`: where that is recorded or undone; empty where forms stand.
    """

    row: PlannedRow
    cells: tuple[Cell | None, ...]
    missed: Visit | None = None
    not_done_url: str = ""

    @property
    def has_cells(self) -> bool:
        """Whether it has cells: a visit that was not done has none but those of drafts."""
        return any(self.cells)


def subject_context(request: HttpRequest, subject: Subject, tab: str) -> dict[str, Any]:
    """The header and tabs that every page of a subject has."""
    tabs = sorted(subject_pages.items(), key=lambda entry: entry[1].order)
    return {
        "subject": subject,
        "today": site_today(subject),
        "day_words": " · ".join(
            filter(None, (name(subject, site_today(subject)) for name in day_words.values()))
        ),
        "alerts": [alert for source in subject_alerts.values() for alert in source(subject)],
        "tabs": [
            {
                "label": page.label,
                "url": reverse(page.url_name, args=[subject.pk]),
                "active": page.url_name == tab,
            }
            for _key, page in tabs
            if page.shown(subject)
        ],
        "may_edit": may(user_of(request), "form.submit", study_id=subject.study_id, site_id=subject.site_id),
        "may_export": may(user_of(request), "export.run", study_id=subject.study_id, site_id=subject.site_id),
        "may_identify": earlier_instant()
        is None  # nobody is looked up in the past: who a subject is stands today
        and may(user_of(request), "identity.view", study_id=subject.study_id, site_id=subject.site_id),
    }


def casebook_context(request: HttpRequest, subject: Subject) -> dict[str, Any]:
    """The casebook page: matrix, log, drafts, timeline."""
    lines = records_of(subject)
    drafts = list(drafts_of(user_of(request), subject))
    planned, missed = planned_visits(subject), missed_visits(subject)
    columns, rows = matrix(subject, planned, lines, drafts, missed, holds_on(subject))
    log = [line for line in lines if line.visit_key == LOG]
    return {
        **subject_context(request, subject, "subject"),
        "columns": [(key, form_title(subject.protocol_version.protocol, key)) for key in columns],
        "rows": rows,
        "log": log_lines(subject, log),
        "log_forms": [kind for kind in forms.values() if kind.stands_in_log_of(subject)],
        "drafts": drafts,
        "lanes": [lane for source in timeline.values() for lane in source(subject)],
    }


def matrix(
    subject: Subject,
    planned: list[PlannedRow],
    lines: Sequence[RecordLine],
    drafts: Iterable[Any],
    missed: Mapping[tuple[str, int], Visit],
    holds: Sequence[Hold] = (),
) -> tuple[list[str], list[MatrixRow]]:
    """Columns (form keys) and rows (visits) with what stands in each cell."""
    entered = {(x.visit_key, x.visit_repeat, x.form_key): x for x in lines if x.visit_key != LOG}
    standing: dict[tuple[str, int, str], dict[int, tuple[str, date | None]]] = defaultdict(dict)
    for d in drafts:
        standing[(d.visit_key, d.visit_repeat, d.form_key)][d.form_repeat] = ("draft", None)
    for x in lines:
        standing[(x.visit_key, x.visit_repeat, x.form_key)][x.form_repeat] = (x.state, x.performed_on)
    known = {(row.key, row.repeat) for row in planned}
    done = {(x.visit_key, x.visit_repeat) for x in entered.values()}
    unplanned = (done | set(missed)) - known
    protocol = subject.protocol_version.protocol
    planned = planned + [
        PlannedRow(k, n, visit_name(protocol, k, n), None, None, None, "", ()) for k, n in sorted(unplanned)
    ]
    asked = [slot.form_key for row in planned for slot in row.forms] + [key for _, _, key in entered]
    columns = list(dict.fromkeys([key for key in forms if key in asked] + asked))
    titles = {key: form_title(protocol, key) for key in columns}
    rows = []
    for row in planned:
        visit = (row.key, row.repeat)
        wanted = {} if visit in missed else {slot.form_key: slot.required for slot in row.forms}
        cells: list[Cell | None] = []
        for key in columns:
            here = standing.get((row.key, row.repeat, key)) or ({1: ("empty", None)} if key in wanted else {})
            some = []
            for number, (state, day) in sorted(here.items()):
                slot = Slot(subject.pk, row.key, key, row.repeat, number)
                held = standing_of(holds, slot) if holds else ""
                required = wanted.get(key, False)
                some.append(Cell(titles[key], slot.url(), held or state, required, day, number))
            cells.append(replace(some[0], others=tuple(some[1:])) if some else None)
        not_done = reverse("visit-not-done", args=[subject.pk, f"{row.key}.{row.repeat}"])
        rows.append(MatrixRow(row, tuple(cells), missed.get(visit), "" if visit in done else not_done))
    return columns, rows


def log_lines(subject: Subject, lines: list[RecordLine]) -> list[dict[str, Any]]:
    """The forms of the log with a line of summary each, newest first; one query for each kind of form and of line."""
    shown = []
    for key in dict.fromkeys(line.form_key for line in lines):
        kind = form_type(key, subject)
        here = {line.id: line for line in lines if line.form_key == key}
        assert kind is not None
        of_form = [row.accessor for row in kind.rows]
        for record in kind.model.objects.filter(pk__in=here).prefetch_related(*of_form):
            record.subject = subject
            shown.append(
                {
                    "kind": kind,
                    "line": here[record.pk],
                    "url": here[record.pk].slot(subject.pk).url(),
                    "summary": kind.summary(record) if kind.summary else "",
                }
            )
    return sorted(shown, key=lambda entry: entry["line"].performed_on or date.min, reverse=True)
