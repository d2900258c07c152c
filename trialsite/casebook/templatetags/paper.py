"""The pages of a study about records from paper, as far as a reader may open them, and what a form was entered from."""

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from trialsite.access.permissions import may
from trialsite.casebook.domain.paper import EnteredFrom
from trialsite.casebook.models import CasebookRecord, Subject
from trialsite.casebook.outages import source_of
from trialsite.studies.models import Study

register = template.Library()

TABS = (  # page, label, what it takes
    ("gaps", _("Subjects and gaps"), "record.view"),
    ("paper-new", _("Enter a subject"), "subject.enter_from_paper"),
    ("paper-import", _("Import"), "subject.enter_from_paper"),
    ("outages", _("Outages"), "record.view"),
    ("worksheets", _("Worksheets"), "protocol.view"),
)
WORDS = {
    EnteredFrom.PAPER: _("from paper"),
    EnteredFrom.WORKSHEET: _("late entry from a worksheet"),
}


@register.simple_tag(takes_context=True)
def paper_tabs(context: Context, study: Study) -> list[tuple[str, Any, str]]:
    """Name, label and address of each page of a study about records from paper."""
    user = context["request"].user
    return [
        (page, label, reverse(page, args=[study.key]))
        for page, label, action in TABS
        if may(user, action, study_id=study.pk)
    ]


@register.simple_tag
def entered_from_words(record: CasebookRecord, subject: Subject) -> Any:
    """What a form was entered from, in words; "" for one that was entered as it happened."""
    return WORDS.get(source_of(record, subject), "")
