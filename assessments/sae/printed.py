"""A version of a report as it is printed: every fact under its heading, no identity but the subject's number."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm
from trialsite.casebook.items import item_label
from trialsite.casebook.pages import display_of, words
from trialsite.casebook.registries import forms

from ..models import AdverseEvent, SaeAssessment, SaeVersion, SeriousEvent
from ..pages.adverse_events import BY_AGENT, TOLD
from .events import AGENTS, named
from .forms import shown_assessment
from .services import restored
from .shown import version_words

WHY_EMPTY = {
    "NOT_DONE": _("Not done"),
    "NOT_APPLICABLE": _("Not applicable"),
    "UNKNOWN": _("Unknown"),
}
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
        "said": said,
        "later": later,
        "assessment": shown_assessment(said) if said else [],
    }


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
