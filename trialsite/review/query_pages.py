"""The pages of queries: those of a form, those of a study with filters and bulk steps, and what the inbox says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from trialsite.access.models import User
from trialsite.access.permissions import may, reach_of
from trialsite.access.requests import user_of
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.confirming import ask_to_confirm, is_confirmed
from trialsite.casebook.due import work_line
from trialsite.casebook.form_types import form_type
from trialsite.casebook.items import item_in_words
from trialsite.casebook.names import form_title, visit_name
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource, forms
from trialsite.casebook.selectors import most_pressing, slot_or_404, subject_or_404
from trialsite.casebook.shown_again import Answer, page_of
from trialsite.casebook.slots import OpenSlot
from trialsite.studies.models import Study
from trialsite.studies.selectors import sites_visible_to, study_or_404

from .models import Query, SavedFilter
from .queries import (
    MANY,
    ask_about,
    at_slot,
    items_of,
    refuse_words,
    steps_for,
    take_query_step,
    take_step_for_many,
    with_messages,
)
from .query_filters import CRITERIA, filters_of, forget_filter, narrowed, save_filter
from .query_totals import BY_SITE, BY_SUBJECT, ages, total, totals
from .states import QUERY_STEPS, STANDING, QueryState, QueryStep

KINDS = {"query": gettext_lazy("Answer a query"), "query-close": gettext_lazy("Look at an answer")}


@dataclass(frozen=True)
class ShownQuery:
    """A query with the words for its place and the steps that the reader may take."""

    query: Query
    visit: str
    form: str
    item: str
    days: int
    steps: list[QueryStep]


def shown_query(query: Query, user: User, kind: Any = None) -> ShownQuery:
    protocol = query.subject.protocol_version.protocol
    return ShownQuery(
        query,
        visit_name(protocol, query.visit_key, query.visit_repeat),
        form_title(protocol, query.form_key),
        item_in_words(query.item, kind),
        (timezone.now() - query.opened_at).days,
        steps_for(query, user),
    )


def queries_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On a form: its queries with their steps, and the way to ask about an item."""
    user, subject = user_of(request), opened.subject
    found = [shown_query(one, user, opened.kind) for one in of_slot(opened)]
    may_open = may(user, "query.open", study_id=subject.study_id, site_id=subject.site_id)
    if not found and not may_open:
        return None
    return {
        "template": "review/queries_panel.html",
        "queries": found,
        "items": items_of(opened) if may_open else [],
        "ask_url": opened.slot.url("ask"),
    }


def of_slot(opened: OpenSlot) -> list[Query]:
    found = list(with_messages(at_slot(opened.slot).order_by("opened_at")))
    for query in found:
        query.subject = opened.subject
    return found


@login_required
@require_POST
def ask(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """Open a query on an item of a form."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    answer = Answer(request, opened.slot.url() + "#queries")
    with answer.refusals():
        told = {name: request.POST.get(name, "") for name in ("item", "text")}
        ask_about(opened=opened, **told, by=user_of(request))
        messages.success(request, _("The query is open."))
    return answer.response()


@login_required
@require_POST
def step(request: HttpRequest, query_id: UUID, action: str) -> HttpResponse:
    """Take the next step of a query."""
    text = request.POST.get("text", "")
    query = Query.objects.visible_to(user_of(request)).filter(pk=query_id).first()
    if query is None:
        raise Http404
    answer = Answer(request, page_of(request, query.slot.url() + "#queries"))
    with answer.refusals():
        take_query_step(query_id=query_id, action=action, text=text, by=user_of(request))
        messages.success(request, _("Done."))
    return answer.response()


# The study's queries


def filtered(request: HttpRequest, study: Study) -> tuple[QuerySet[Query], dict[str, str]]:
    """The queries of a study as the reader's filter narrows them."""
    asked = {name: request.GET.get(name, "") for name in CRITERIA}
    return narrowed(Query.objects.visible_to(user_of(request)).filter(study=study), asked), asked


@login_required
def study_queries(request: HttpRequest, key: str) -> HttpResponse:
    """The queries of a study: filters, ages, totals by site, and a step for all that the filter shows."""
    user = user_of(request)
    study = study_or_404(user, key)
    found, asked = filtered(request, study)
    listed = found.select_related("subject__protocol_version", "site", "opened_by").order_by(
        "opened_at", "pk"
    )
    page = Paginator(listed, 50).get_page(request.GET.get("page"))
    everything = Query.objects.visible_to(user).filter(study=study)
    by_site = totals(everything, BY_SITE)
    at_site = everything.filter(site__key=asked["site"])
    context = {
        "study": study,
        "page": page,
        "queries": [shown_query(query, user) for query in page],
        "asked": asked,
        "states": QueryState.choices,
        "sites": sites_visible_to(user, study),
        "forms": [(kind.key, kind.title) for kind in forms.values()],
        "totals": by_site,
        "total": total(by_site),
        "by_subject": totals(at_site, BY_SUBJECT) if asked["site"] else [],
        "ages": ages(everything),
        "bulk": bulk_steps(user, study, asked["state"]),
        "saved": filters_of(study, user),
        "asked_query": urlencode({name: value for name, value in asked.items() if value}),
    }
    return render(request, "review/queries.html", context)


@login_required
@require_POST
def study_queries_step(request: HttpRequest, key: str) -> HttpResponse:
    """Take a step for every query that the filter of the address shows."""
    study = study_or_404(user_of(request), key)
    found, _asked = filtered(request, study)
    page = request.get_full_path().replace("/queries/step/", "/queries/")
    step = step_asked_for(request)
    answer = Answer(request, page)
    with answer.refusals():
        if step and not is_confirmed(request):
            refuse_words(step, request.POST.get("text", ""))
            return ask_about_many(request, found, step, page)
        done, left = take_step_for_many(
            queries=found,
            action=request.POST.get("action", ""),
            text=request.POST.get("text", ""),
            by=user_of(request),
        )
        moved = ngettext("Done for %(n)d query: %(step)s.", "Done for %(n)d queries: %(step)s.", done)
        messages.success(request, moved % {"step": step.label if step else "—", "n": done})
        if left:
            messages.info(
                request,
                ngettext(
                    "%(n)d stayed: the step is not for it.", "%(n)d stayed: the step is not for them.", left
                )
                % {"n": left},
            )
    return answer.response()


def step_asked_for(request: HttpRequest) -> QueryStep | None:
    """The step of a bulk action by its name; from which state it starts differs from query to query."""
    action = request.POST.get("action", "")
    return next((step for step in QUERY_STEPS if step.action == action and step.permission), None)


def ask_about_many(request: HttpRequest, found: QuerySet[Query], step: QueryStep, page: str) -> HttpResponse:
    """How many queries of how many subjects a step would move, before it does."""
    sources = [one.source for one in QUERY_STEPS if one.action == step.action and one.source]
    moving = found.filter(state__in=sources)
    count, subjects = moving.count(), moving.values("subject").distinct().count()
    total = ngettext("The filter shows %(n)d query that can take this step", 
                     "The filter shows %(n)d queries that can take this step", count)  # fmt: skip
    of_subjects = ngettext("of %(n)d subject.", "of %(n)d subjects.", subjects)
    sentences = [f"{total % {'n': count}} {of_subjects % {'n': subjects}}"]
    if count > MANY:
        sentences.append(_("At one press %(n)d are moved, the oldest subjects first.") % {"n": MANY})
    heading = _("For all that the filter shows: %(step)s") % {"step": step.label}
    return ask_to_confirm(request, heading=heading, sentences=sentences, verb=str(step.label), back=page)


def bulk_steps(user: User, study: Study, state: str) -> list[QueryStep]:
    """The steps that this user may take for all queries that a filter shows, each once.

    Those for whose state a step is not stay as they are."""
    shown = (state,) if state in QueryState.values else tuple(QueryState) if state == "all" else STANDING
    found = {
        step.action: step
        for step in QUERY_STEPS
        if step.source in shown and step.permission and may(user, step.permission, study_id=study.pk)
    }
    return list(found.values())


@login_required
@require_POST
def keep_filter(request: HttpRequest, key: str) -> HttpResponse:
    """Keep the filter of the address under a name."""
    study = study_or_404(user_of(request), key)
    answer = Answer(request, f"{reverse('queries', args=[key])}?{request.GET.urlencode()}")
    with answer.refusals():
        save_filter(
            study=study,
            name=request.POST.get("name", ""),
            criteria={name: request.GET.get(name, "") for name in CRITERIA},
            by=user_of(request),
        )
        messages.success(request, _("The filter is kept."))
    return answer.response()


@login_required
@require_POST
def remove_filter(request: HttpRequest, key: str, filter_id: UUID) -> HttpResponse:
    """Remove one of one's own filters."""
    study_or_404(user_of(request), key)
    try:
        forget_filter(filter_id=filter_id, by=user_of(request))
    except SavedFilter.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The filter is removed."))
    return redirect("queries", key)


# The subject's queries


@login_required
def subject_queries(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The queries of one subject with their steps, totals and ages."""
    subject = subject_or_404(user_of(request), subject_id)
    everything = Query.objects.filter(subject=subject)
    asked = {"state": request.GET.get("state", "")}
    listed: Any = with_messages(narrowed(everything, asked).order_by("opened_at", "pk"))
    page: Any = Paginator(listed, 50).get_page(request.GET.get("page"))
    for query in page:
        query.subject = subject
    kinds = {query.form_key: form_type(query.form_key, subject) for query in page}
    context = {
        **subject_context(request, subject, "subject-queries"),
        "page": page,
        "queries": [shown_query(query, user_of(request), kinds[query.form_key]) for query in page],
        "asked": asked,
        "states": QueryState.choices,
        "totals": totals(everything, BY_SUBJECT),
        "ages": ages(everything),
    }
    with timezone.override(ZoneInfo(subject.site.timezone)):
        return render(request, "review/subject_queries.html", context)


# The inbox


def query_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Queries that this user may answer, and answers that this user may close, the oldest first."""
    to_close = (QueryState.ANSWERED, QueryState.RESOLVED, QueryState.CANDIDATE)
    found = {"query": ("query.answer", (QueryState.OPEN,)), "query-close": ("query.close", to_close)}
    return most_pressing(
        query_lines(kind, reach_of(user, action), states, wanted)
        for kind, (action, states) in found.items()
        if wanted.kind in ("", kind)
    )


def query_lines(kind: str, reach: Q, states: Sequence[str], wanted: Wanted) -> Iterator[WorkLine]:
    """Queries in some states within a reach, the one that moved longest ago first."""
    found = wanted.of(Query.objects.filter(reach, state__in=states))
    found = found.select_related("subject__study", "subject__site", "subject__protocol_version")
    for query in found.order_by("moved_at", "pk")[: wanted.limit]:
        yield line_of(query, kind)


def line_of(query: Query, kind: str) -> WorkLine:
    form = form_title(query.subject.protocol_version.protocol, query.form_key)
    due = (query.moved_at + timedelta(days=7)).date()
    return work_line(query.subject, kind, KINDS[kind], due, query.slot.url() + "#queries", form, query.text)


QUERY_WORK = WorkSource(KINDS, query_work)
