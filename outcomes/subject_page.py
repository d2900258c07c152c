"""The outcomes of one subject: each endpoint with date, status, time, why, and the forms it rests on."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook import registries
from trialsite.casebook.form_models import models_of_forms
from trialsite.casebook.models import Subject
from trialsite.casebook.names import local
from trialsite.casebook.projections import bring_up_to_date
from trialsite.studies.domain.protocol import EndpointPlan
from trialsite.studies.domain.vocabulary import ANALYSES

from .adjudication.cases import EVENTS
from .explanations import explanation
from .figures import INCIDENCE, TIME_TO_EVENT
from .models import AdjudicationDecision, EndpointResult
from .summaries import record_url


@dataclass(frozen=True)
class Source:
    """A form that an endpoint rests on."""

    title: str
    url: str
    on: date | None


@dataclass(frozen=True)
class EndpointLine:
    """One endpoint of a subject with the forms behind it; `analyses` are its sensitivity analyses."""

    plan: EndpointPlan
    result: EndpointResult
    sources: tuple[Source, ...]
    analyses: tuple["EndpointLine", ...] = ()

    @property
    def explanation(self) -> str:
        named = {one.plan.analysis: one.result for one in self.analyses}
        return explanation(self.plan, self.result, named.get("response_by_counts"))

    @property
    def analysis_words(self) -> str:
        """Which of the sensitivity analyses this is."""
        return local(ANALYSES[self.plan.analysis])

    @property
    def turned(self) -> tuple["EndpointLine", ...]:
        """The sensitivity analyses that come out otherwise than the endpoint itself."""
        return tuple(
            one
            for one in self.analyses
            if (one.result.status, one.result.ended_on, one.result.cause)
            != (self.result.status, self.result.ended_on, self.result.cause)
        )

    @property
    def timed(self) -> bool:
        return self.plan.kind in (TIME_TO_EVENT, INCIDENCE)


def outcomes_context(subject: Subject) -> dict[str, Any]:
    """The endpoints of the subject's protocol, in its order; first those that count for this subject."""
    bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    results = {one.endpoint: one for one in EndpointResult.objects.filter(subject=subject)}
    forms = sources_of(results.values())

    def line(plan: EndpointPlan) -> EndpointLine:
        analyses = tuple(line(one) for one in plan.analyses if one.key in results)
        return EndpointLine(plan, results[plan.key], unique(forms, results[plan.key]), analyses)

    lines = [line(plan) for plan in subject.protocol_version.protocol.endpoints if plan.key in results]
    return {
        "counting": [one for one in lines if one.result.in_set],
        "others": [one for one in lines if not one.result.in_set],
    }


def sources_of(results: Iterable[EndpointResult]) -> dict[tuple[str, str], Source]:
    """The forms behind addresses (table, row id), one query for each table."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for result in results:
        for table, row_id, _item in result.sources:
            wanted[table].add(row_id)
    forms: dict[str, Any] = {model._meta.db_table: model for model in models_of_forms()}  # type: ignore[attr-defined]
    lines = {row.model._meta.db_table: row.model for kind in registries.forms.values() for row in kind.rows}
    found = {}
    for table, ids in sorted(
        wanted.items(), key=lambda each: each[0] not in forms
    ):  # forms first: others lead there
        if table in forms:
            for record in forms[table].objects.filter(pk__in=ids).select_related("visit"):
                found[table, str(record.pk)] = source(record)
        elif table in lines:
            rows: Any = lines[table].objects.filter(pk__in=ids)  # type: ignore[attr-defined]
            for row in rows.select_related("record__visit"):
                found[table, str(row.pk)] = source(row.record)
        elif table == AdjudicationDecision._meta.db_table:
            for one in AdjudicationDecision.objects.filter(pk__in=ids):
                found[table, str(one.pk)] = decision_source(one, found)
    return found


def decision_source(one: AdjudicationDecision, forms: dict[tuple[str, str], Source]) -> Source:
    """A committee's decision; it leads to the form of its event, which stands among the sources with it."""
    event = forms.get((EVENTS[one.form_key][0]._meta.db_table, str(one.event_id)))
    return Source(_("Decision of the committee"), event.url if event else "", one.decided_at.date())


def source(record: Any) -> Source:
    """A form as a link."""
    kind = registries.forms.get(record.form_key)
    title = str(kind.title) if kind else record.form_key or _("Form")
    return Source(title, record_url(record), record.performed_on)


def unique(forms: dict[tuple[str, str], Source], result: EndpointResult) -> tuple[Source, ...]:
    """The forms behind one result, each once."""
    found = [forms.get((table, row_id)) for table, row_id, _item in result.sources]
    return tuple(dict.fromkeys(one for one in found if one is not None))
