"""Which pages of review a reader may open."""

from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from trialsite.access.permissions import may
from trialsite.studies.models import Study

register = template.Library()

TABS = (  # name, label, page, what it takes
    ("queries", _("Queries"), "queries", "record.view"),
    ("verification", _("Source verification"), "verification-plan", "query.close"),
    ("checks", _("Edit checks"), "checks", "query.close"),
    ("deviations", _("Deviations"), "deviations", "record.view"),
    ("study-events", _("Adverse events"), "study-events", "record.view"),
    ("saes", _("Serious adverse events"), "saes", "record.view"),
    ("referrals", _("Referrals"), "referrals", "record.view"),
    ("consent-versions", _("Consent texts"), "consent-versions", "record.view"),
    ("reference-ranges", _("Reference ranges"), "reference-ranges", "record.view"),
    ("holds", _("Freeze and lock"), "holds", "record.view"),
)


@register.simple_tag(takes_context=True)
def review_tabs(context: Context, study: Study) -> list[tuple[str, Any, str]]:
    """Name, label and address of each page of a study's review that the reader may open."""
    user = context["request"].user
    return [
        (name, label, reverse(page, args=[study.key]))
        for name, label, page, action in TABS
        if may(user, action, study_id=study.pk)
    ]
