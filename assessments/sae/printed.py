"""A version of a report as it is printed: every fact under its heading, no identity but the subject's number."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.fact_words import fact_words
from trialsite.casebook.forms import CasebookForm
from trialsite.casebook.items import item_label
from trialsite.casebook.pages import display_of, words
from trialsite.casebook.registries import backgrounds, facts_of, forms
from trialsite.clinical.ctcae import named as ctcae_term
from trialsite.clinical.dates import age_bounds
from trialsite.clinical.partial_date import PartialDate

from ..events.proposals import graded_day
from ..events.tracks import steps_of
from ..laboratory.grades import grade_words, graded_values
from ..models import AdverseEvent, SaeAssessment, SaeVersion, SeriousEvent
from ..pages.adverse_events import BY_AGENT, TOLD
from .events import AGENTS, events_of, named
from .forms import shown_assessment
from .services import restored
from .shown import version_words

WHY_EMPTY = {
    "NOT_DONE": _("Not done"),
    "NOT_APPLICABLE": _("Not applicable"),
    "UNKNOWN": _("Unknown"),
}
DAYS_BEFORE = 7
Section = tuple[Any, list[tuple[Any, str]]]


def report_to_print(record: SeriousEvent, version: SaeVersion) -> dict[str, Any]:
    """What the printed page shows: the report and the event as this version kept them, the sponsor's assessment then.

    The assessment is the last one before the next version was made."""
    later = record.versions.filter(number__gt=version.number).order_by("number").first()
    assessments = record.assessments.select_related("assessed_by")
    said: SaeAssessment | None = (
        assessments.filter(assessed_at__lt=later.made_at) if later else assessments
    ).last()
    report = restored(SeriousEvent, version.content)
    event = restored(AdverseEvent, version.event_content) if version.event_content else None
    return {
        "record": record,
        "version": version,
        "title": version_words(version.kind, version.follow_up_number),
        "event_title": named(report.event, event) if report.event else "",
        "special": event.get_special_interest_display() if event else "",
        "sections": sections_of("AE", event, leave=not_asked(record, event))
        + sections_of("SAE", report, leave=not_said(report)),
        "background": background(record, event),
        "said": said,
        "later": later,
        "assessment": shown_assessment(said) if said else [],
    }


def background(record: SeriousEvent, event: AdverseEvent | None) -> list[Section]:
    """What is recorded today around the onset: the person, the course of the grade, treatment and medicines."""
    onset = event.onset.latest if event and event.onset else record.performed_on
    if onset is None:
        return []
    standing = events_of([record.subject_id]).get(record.subject_id, {}).get(record.event or 0)
    told = [one for source in backgrounds.values() for one in source(record.subject, onset)]
    return [
        (_("Subject"), person_lines(record.subject_id, onset)),
        *([(_("Course of the grade"), course_lines(standing))] if standing else []),
        *((one.title, list(one.lines)) for one in told),
    ]


def person_lines(subject_id: UUID, onset: date) -> list[tuple[Any, str]]:
    """Sex, and the age in years at the onset; two ages where the birth date is not exact."""
    known = facts_of(subject_id, ("birth_date", "sex"))
    birth, sex = known["birth_date"].value, known["sex"]
    age = ""
    if isinstance(birth, PartialDate) and birth.earliest <= onset:
        ages = age_bounds(birth, onset)
        age = str(ages.low) if ages.low == ages.high else f"{ages.low}–{ages.high}"
    return [
        (_("Sex"), fact_words("sex", sex) if sex.known else "—"),
        (_("Age at the onset (years)"), age or "—"),
    ]


def course_lines(event: AdverseEvent) -> list[tuple[Any, str]]:
    """The grades over the days, and the results of the laboratory that the CTCAE term of the event grades."""
    grades = "\n".join(
        f"{step.since.text if step.since else ''} G{step.grade or '?'}" for step in steps_of(event)
    )
    values = "\n".join(laboratory_lines(event))
    lines = [(_("Grades over the days"), grades or "—")]
    return lines + ([(_("Results of the laboratory"), values)] if values else [])


def laboratory_lines(event: AdverseEvent) -> list[str]:
    """The graded results of the term from a week before the onset to the end: "2026-03-02 0.4 10⁹/L G4"."""
    if event.onset is None:
        return []
    first = event.onset.earliest - timedelta(days=DAYS_BEFORE)
    last = event.stop.latest if event.stop else date.max
    found = graded_values([event.subject_id]).get(event.subject_id, [])
    return [
        " ".join(filter(None, (str(one.value.on), day.text, words and f"G{words}")))
        for one in found
        if (term := ctcae_term(one.term.name.en)) is not None
        and term.name.en == event.term
        and first <= one.value.on <= last
        for day, words in [(graded_day(one), grade_words(one.grade))]
    ]


def not_asked(record: SeriousEvent, event: AdverseEvent | None) -> list[str]:
    """Items of the event that are empty because its page does not ask for them: of agents that the protocol does not
    have, of the report of special interest, and of the coding where there is no dictionary yet."""
    planned = record.subject.protocol_version.protocol.adverse_events.agents
    others = [f"{kind}_{agent}" for agent in AGENTS if agent not in planned for kind in BY_AGENT]
    return [item for item in (*others, *TOLD, "meddra_llt") if not getattr(event, item, None)]


def not_said(report: SeriousEvent) -> list[str]:
    """Items of the report that its head says already, and what is new in it where it is the first."""
    told = ["event", "report_kind", "follow_up_number"]
    return told if report.what_changed else [*told, "what_changed"]


def sections_of(form_key: str, record: Any, leave: Sequence[str] = ()) -> list[Section]:
    """The sections of a form's page with label and value of each item; what is empty says why, where anybody said."""
    if record is None:
        return []
    kind = forms[form_key]
    page: type[CasebookForm] = kind.form
    left = [
        (section.title, [item for item in section.items if item not in leave]) for section in page.sections
    ]
    return [
        (title, [(page.labels.get(item) or item_label(kind, item), value_of(record, item)) for item in items])
        for title, items in left
        if items
    ]


def value_of(record: Any, item: str) -> str:
    why = WHY_EMPTY.get(record.missing.get(item, ""), "")
    return words(display_of(record, item)) or str(why) or "—"
