"""What an outcome form does to the endpoints of its subject."""

from typing import Any

from django.utils.translation import get_language

from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import Derived

from .models import EndpointResult


def endpoints_touched(record: Any) -> list[Derived]:
    """The endpoints that rest on this form, in the order of the protocol, with status and reason."""
    bring_up_to_date(Subject.objects.filter(pk=record.subject_id))
    here = [record._meta.db_table, str(record.pk)]
    results = {one.endpoint: one for one in EndpointResult.objects.filter(subject_id=record.subject_id)}
    return [
        endpoint_line(plan.name.in_language(get_language() or "en"), results[plan.key])
        for plan in record.subject.protocol_version.protocol.endpoints
        if plan.key in results and any(source[:2] == here for source in results[plan.key].sources)
    ]


def endpoint_line(name: str, result: EndpointResult) -> Derived:
    days = [f"{day:%Y-%m-%d}" for day in (result.origin, result.ended_on) if day]
    reason = f"{result.reason}" + (f" ({' – '.join(days)})" if len(days) > 1 else "")
    return Derived(name, result.status_words, reason, result.standing)
