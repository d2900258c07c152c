"""Pages of who was looked at before screening, and the logs of pre-screening and screening as files."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.permissions import grants_of, require_somewhere
from trialsite.access.requests import user_of
from trialsite.audit.events import record_event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.fact_words import fact_label
from trialsite.casebook.site_day import today_at
from trialsite.exchange.renderers import csv_lines
from trialsite.studies.models import Site
from trialsite.studies.selectors import studies_visible_to

from .models import PreOutcome, PreReason
from .prescreening import TrialLook, look_at_trials, prescreening_log, record_prescreening, sites_to_prescreen
from .prescreening_forms import PROMISING_OUTCOMES, REASONS, PreScreenForm, said_of
from .selectors import screening_log

FILTERS = ("study", "site", "outcome", "reason", "criterion")


@login_required
def prescreening(request: HttpRequest) -> HttpResponse:
    """One person against the trials of the site, and the log of everybody who was looked at."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    sites = sites_to_prescreen(user)
    initial = {"assessed_on": today_at(sites[0])} if sites else None
    form = PreScreenForm(request.POST or None, sites=sites, initial=initial)
    looks: list[TrialLook] = []
    sentences: Mapping[str, str] = {}
    if request.method == "POST" and sites and form.is_valid():
        told = form.cleaned_data
        looks = look_at_trials(told["site"], form.answers, told["assessed_on"], user)
        if request.POST.get("press") == "record":
            try:
                record_prescreening(
                    site=told["site"],
                    assessed_on=told["assessed_on"],
                    answers=form.answers,
                    sex=told["sex"],
                    said=said_of(looks, request.POST),
                    by=user,
                )
            except CheckFailed as refusal:
                sentences = refusal.messages
            except Refused as refusal:
                messages.error(request, refusal.sentence)
            else:
                messages.success(request, _("Recorded in the pre-screening log, without a name."))
                return redirect("prescreening")
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    context = {
        "form": form,
        "may_screen": bool(sites),
        "looks": shown_looks(looks, request.POST, sentences),
        "outcomes": PROMISING_OUTCOMES,
        "reasons": REASONS,
        "sentences": list(sentences.values()),
        "refused": bool(sentences) or (request.method == "POST" and not form.is_valid()),
        "page": Paginator(prescreening_log(user, asked), 50).get_page(request.GET.get("page")),
        **log_filters(request, asked),
    }
    return render(request, "enrollment/prescreening.html", context, status=422 if context["refused"] else 200)


def shown_looks(looks: Iterable[TrialLook], typed: Any, sentences: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each trial with its criteria in the reader's words, and what was chosen for it."""
    language = get_language() or "en"
    return [
        {
            "key": one.key,
            "title": one.place.protocol_version.protocol.short_title.in_language(language),
            "look": one.look,
            "against": [(line.id, line.text.in_language(language)) for line in one.look.against],
            "unknown": [(line.id, line.text.in_language(language)) for line in one.look.unknown],
            "missing": [fact_label(name) for name in one.look.missing],
            "outcome": typed.get(f"outcome-{one.key}", ""),
            "reason": typed.get(f"reason-{one.key}", ""),
            "sentence": sentences.get(f"said-{one.key}", ""),
        }
        for one in looks
    ]


def log_filters(request: HttpRequest, asked: Mapping[str, str]) -> dict[str, Any]:
    """What a log can be narrowed by, and what it is narrowed by now."""
    studies = studies_visible_to(user_of(request))
    return {
        "asked": asked,
        "query": request.GET.urlencode(),
        "studies": studies,
        "sites": Site.objects.filter(study_sites__study__in=studies).distinct(),
        "all_outcomes": PreOutcome.choices,
        "all_reasons": PreReason.choices,
        "may_export": grants_of(user_of(request)).somewhere("export.run"),
    }


@login_required
def prescreening_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The pre-screening log as a file: no line says who it was."""
    rows = prescreening_log(user_of(request), {name: request.GET.get(name, "") for name in FILTERS})
    header = [
        "study", "site", "assessed_on", "age_band", "sex", "outcome", "reason", "against", "unknown",
        "protocol_version", "screening_number",
    ]  # fmt: skip
    lines = (
        {
            "study": row.study.key,
            "site": row.site.key,
            "assessed_on": row.assessed_on.isoformat(),
            "age_band": row.age_band,
            "sex": row.sex,
            "outcome": row.outcome,
            "reason": row.reason,
            "against": " ".join(row.against),
            "unknown": row.unknown,
            "protocol_version": row.protocol_version.version,
            "screening_number": row.subject.screening_number if row.subject else "",
        }
        for row in rows.iterator()
    )
    return as_file(request, "pre-screening-log", header, lines)


@login_required
def screening_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The screening log as a file."""
    asked = {name: request.GET.get(name, "") for name in ("study", "state", "site")}
    rows = screening_log(user_of(request), asked["study"], asked["state"], asked["site"])
    header = [
        "study", "site", "screening_number", "screened_on", "state", "subject_number", "enrolled_on",
        "failure_reason", "failure_code", "against", "earlier_screening",
    ]  # fmt: skip
    lines = (
        {
            "study": row.study.key,
            "site": row.site.key,
            "screening_number": row.screening_number,
            "screened_on": row.screened_on.isoformat(),
            "state": row.state,
            "subject_number": row.subject_number,
            "enrolled_on": row.enrolled_on.isoformat() if row.enrolled_on else "",
            "failure_reason": row.failure_reason,
            "failure_code": row.failure.code if hasattr(row, "failure") else "",
            "against": " ".join(row.failure.criteria) if hasattr(row, "failure") else "",
            "earlier_screening": row.previous.screening_number if row.previous else "",
        }
        for row in rows.select_related("failure", "previous").iterator()
    )
    return as_file(request, "screening-log", header, lines)


def as_file(
    request: HttpRequest, name: str, header: list[str], lines: Iterable[Mapping[str, Any]]
) -> StreamingHttpResponse:
    """A log as CSV, for those who may export; that it was pulled is an event."""
    require_somewhere(user_of(request), "export.run")
    record_event(kind="export.csv", user_id=user_of(request).pk, table=name, filters=request.GET.dict())
    response = StreamingHttpResponse(csv_lines(lines, header), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
