"""All names that a protocol file may use, as tables: for a page of the system and for docs/protocol-vocabulary.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from trialsite.clinical.units import unit_label
from trialsite.studies.domain.fact_names import FACTS, FactName
from trialsite.studies.domain.monitoring_plan import MAY, NEEDS
from trialsite.studies.domain.vocabulary import (
    ANALYSES,
    ANALYSIS_SETS,
    ANCHOR_FORMS,
    ANCHORS,
    BRANCH_ENDS,
    DAY_ANCHORS,
    ENDPOINT_NEEDS,
    EVENTS,
    LOG_FORMS,
    ORIGINS,
    PHASE_ANCHORS,
    starts_an_anchor,
)
from trialsite.studies.words import ANALYSIS_SETS as SETS_IN_WORDS
from trialsite.studies.words import ENDPOINT_CODES, SETTING_CODES

from .fact_words import TIME_UNITS, fact_label
from .names import ENDS, local
from .registries import anchors, forms


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; `code` as it is written in the file, `english` where it is told in English only."""

    text: Any
    code: bool = False
    english: bool = False


@dataclass(frozen=True)
class Table:
    """One kind of names: its anchor on the page, what it is for, its columns and rows."""

    anchor: str
    title: str
    lead: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def tables() -> list[Table]:
    """Every table, in the order in which a file is written."""
    return [
        fact_table(),
        form_table(),
        anchor_table(),
        branch_table(),
        kind_table(),
        monitoring_table(),
        event_table(),
        origin_table(),
        set_table(),
        analysis_table(),
    ]


def code(text: str) -> Cell:
    return Cell(text, code=True)


def english(text: str) -> Cell:
    return Cell(text, english=True)


def fact_table() -> Table:
    lead = _("What rules may ask. A fact is known once its form is entered; the form must stand at a visit of the file"
             " unless it is a form of the log.")  # fmt: skip
    head = (pgettext("of a thing", "Name"), _("Called"), _("Meaning"), _("Value"), _("Form"))
    rows = [
        (
            code(one.name),
            Cell(fact_label(one.name)),
            english(one.meaning),
            Cell(value_of(one)),
            code(form_of(one)),
        )
        for one in FACTS.values()
    ]
    return Table("facts", _("Facts"), lead, head, rows)


def value_of(fact: FactName) -> str:
    """The codes of a fact, else its kind with its unit."""
    if fact.choices:
        return ", ".join(fact.choices)
    unit = str(TIME_UNITS.get(fact.unit) or unit_label(fact.unit)) if fact.unit else ""
    kinds = {
        "boolean": _("true or false"),
        "integer": _("whole number"),
        "decimal": _("decimal"),
        "date": _("day"),
        "text": _("text"),
        "choice": _("code"),
    }
    return f"{kinds[fact.kind]}, {unit}" if unit else kinds[fact.kind]


def form_of(fact: FactName) -> str:
    """The form that a fact comes from; "" for what the system knows by itself."""
    return fact.form if fact.form in forms else ""


def form_table() -> Table:
    lead = _("What visits may name, besides the forms of the file itself. A form of the log is entered at any time,"
             " whether a visit names it or not.")  # fmt: skip
    rows = [
        (code(key), Cell(kind.title), Cell(_("log") if key in LOG_FORMS else ""))
        for key, kind in sorted(forms.items())
    ]
    return Table("forms", _("Forms"), lead, (_("Code"), _("Form"), _("Also without a visit")), rows)


def anchor_table() -> Table:
    named = [name for name in anchors if not starts_an_anchor(name)]
    rows = [(code(name), Cell(anchors[name].label), english(ANCHORS.get(name, ""))) for name in named]
    meanings = [*PHASE_ANCHORS.items(), *DAY_ANCHORS.items()]
    for form, (start, meaning) in zip(ANCHOR_FORMS, meanings, strict=True):
        rows.append((code(form), Cell(anchors[start.rstrip(":")].label), english(meaning)))
    return Table("anchors", _("Anchors of visits"), _("The day from which a visit is planned; one visit is anchored to"
                 " screening."), (pgettext("of a thing", "Name"), _("Called"), _("Meaning")), rows)  # fmt: skip


def branch_table() -> Table:
    rows = [(code(name), Cell(ENDS[name]), english(meaning)) for name, meaning in BRANCH_ENDS.items()]
    lead = _("Where a branch leads, besides the phases of the file.")
    return Table(
        "branches",
        _("Targets of branches"),
        lead,
        (pgettext("of a thing", "Name"), _("Called"), _("Meaning")),
        rows,
    )


def kind_table() -> Table:
    rows = [(code(kind), code(", ".join(needs))) for kind, needs in ENDPOINT_NEEDS.items()]
    lead = _(
        "What an endpoint needs besides what each has. A landmark is given in months or in days, not both; what"
        " the registry says of it (landmark_months, time_frame_months) stands in registration.entries."
    )
    return Table("kinds", _("Kinds of endpoints"), lead, (_("Kind"), _("Needs")), rows)


def monitoring_table() -> Table:
    rows = [
        (code(kind), Cell(SETTING_CODES[kind]), code(", ".join(needs)), code(", ".join(MAY[kind])))
        for kind, needs in NEEDS.items()
    ]
    lead = _(
        "What a rule of the section monitoring needs besides what each has, and what it may have. Instead of looks:"
        " from_n and every."
    )
    head = (_("Kind"), _("Called"), _("Needs"), _("May have"))
    return Table("monitoring", _("Kinds of stopping rules"), lead, head, rows)


def event_table() -> Table:
    rows = [(code(one), Cell(ENDPOINT_CODES.get(one, one)), english(words)) for one, words in EVENTS.items()]
    return Table("events", _("Events"), _("What ends or competes in an endpoint."),
                 (pgettext("of a thing", "Name"), _("Called"), _("Meaning")), rows)  # fmt: skip


def origin_table() -> Table:
    rows = [(code(one), Cell(anchors[one].label), english(ANCHORS[one])) for one in ORIGINS]
    lead = _("The day from which an endpoint is counted.")
    return Table(
        "origins",
        _("Origins of endpoints"),
        lead,
        (pgettext("of a thing", "Name"), _("Called"), _("Meaning")),
        rows,
    )


def analysis_table() -> Table:
    rows = [(code(one), Cell(local(words))) for one, words in ANALYSES.items()]
    lead = _("The same endpoint with one of its rules turned; listed under `sensitivity` of an endpoint.")
    return Table(
        "analyses", _("Sensitivity analyses"), lead, (pgettext("of a thing", "Name"), _("Called")), rows
    )


def set_table() -> Table:
    rows = [(code(one), Cell(SETS_IN_WORDS[one])) for one in ANALYSIS_SETS]
    return Table(
        "sets",
        _("Analysis sets"),
        _("Who is counted in an endpoint."),
        (pgettext("of a thing", "Name"), _("Called")),
        rows,
    )
