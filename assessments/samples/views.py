"""Pages of the sample log: of a subject, of the studies of a user, and of a shipment."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may, require, require_somewhere
from trialsite.access.requests import ids_typed, user_of
from trialsite.audit.moment import now
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.formfields import DateTimeFormField
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.shown_again import Answer
from trialsite.studies.models import Site
from trialsite.studies.selectors import sites_visible_to, studies_visible_to

from ..disease.awaited import index_of
from ..disease.mrd_results import mrd_lines
from ..models import LoggedSample, MrdSample
from ..models.disease import MrdMethod
from .lists import (
    FILTERS,
    laboratories_named,
    lines_of_page,
    local_time,
    planned_lines,
    ready_to_send,
    sample_lines,
    sample_or_404,
    samples_visible_to,
    shipment_or_404,
    shipments_visible_to,
    visit_choices,
)
from .services import draw_sample, ship_samples, take_sample_step
from .states import RejectReason, SampleState

SHOWN, SHIPMENTS_SHOWN = 50, 10
CHOICES = {
    "methods": MrdMethod.choices,
    "specimens": MrdSample.Specimen.choices,
    "purposes": LoggedSample.Purpose.choices,
    "reject_reasons": RejectReason.choices,
    "states": SampleState.choices,
}


@login_required
def subject_samples(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The samples of one subject: logged, planned, and the way to log one."""
    user = user_of(request)
    subject = subject_or_404(user, subject_id)
    require(user, "record.view", study_id=subject.study_id, site_id=subject.site_id)
    lines = sample_lines(subject, user)
    logged = [line.sample for line in lines]
    planned = planned_lines(subject, logged)
    index = index_of(subject, logged, mrd_lines([subject.pk]).get(subject.pk, []))
    context = {
        **subject_context(request, subject, "subject-samples"),
        "lines": lines,
        "planned": [one for one in planned if one.planned.visit.target],
        "undated": [one for one in planned if not one.planned.visit.target],
        "index": index,
        "index_words": index.sentence.in_language(get_language() or "en") if index else "",
        "may_log": may(user, "sample.log", study_id=subject.study_id, site_id=subject.site_id),
        "draw_url": reverse("sample-draw", args=[subject.pk]),
        "visits": visit_choices(subject),
        "asked": {name: request.GET.get(name, "") for name in ("draw", "visit", "method")},
        "clock": f"{now().astimezone(ZoneInfo(subject.site.timezone)):%Y-%m-%d %H:%M}",
        "protocol_methods": list(dict.fromkeys(one.method for one in subject.protocol_version.protocol.mrd)),
        **CHOICES,
    }
    return render(request, "samples/subject.html", context)


@login_required
@require_POST
def draw(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Log a sample that was drawn."""
    user = user_of(request)
    subject = subject_or_404(user, subject_id)
    require(user, "sample.log", study_id=subject.study_id, site_id=subject.site_id)
    answer = Answer(request, reverse("subject-samples", args=[subject.pk]))
    with answer.refusals():
        sent = request.POST
        sample = draw_sample(
            subject=subject,
            method=sent.get("method", ""),
            specimen=sent.get("specimen", ""),
            drawn_at=instant_typed(sent.get("drawn_at", ""), subject.site, "drawn_at"),
            label=sent.get("label", ""),
            visit=visit_typed(subject, sent.get("visit", "")),
            purpose=sent.get("purpose", "") or LoggedSample.Purpose.MRD,
            by=user,
        )
        messages.success(request, _("Logged: %(label)s.") % {"label": sample.label})
    return answer.response()


def visit_typed(subject: Subject, code: str) -> tuple[str, int]:
    """The chosen visit; ("", 1) for none. CheckFailed where the plan has no such visit."""
    if not code:
        return "", 1
    if code not in dict(visit_choices(subject)):
        raise CheckFailed({"visit": _("Choose a visit of the list.")})
    key, _dot, repeat = code.rpartition(".")
    return key, int(repeat)


def instant_typed(text: str, site: Site, item: str) -> datetime | None:
    """Day and time as typed, on the clock of the site; None where nothing was typed."""
    try:
        with timezone.override(ZoneInfo(site.timezone)):
            return DateTimeFormField(required=False).clean(text.strip())
    except forms.ValidationError as problem:
        raise CheckFailed({item: problem.messages[0]}) from problem


@login_required
@require_POST
def record_step(request: HttpRequest, sample_id: UUID) -> HttpResponse:
    """Record what happened to a sample."""
    user = user_of(request)
    sample = sample_or_404(user, sample_id)
    sent = request.POST
    answer = Answer(request, reverse("subject-samples", args=[sample.subject_id]))
    with answer.refusals():
        if not sent.get("action"):
            raise CheckFailed({"action": _("Choose what happened.")})
        found = take_sample_step(
            sample_id=sample.pk,
            action=sent["action"],
            happened_at=instant_typed(sent.get("happened_at", ""), sample.site, "happened_at"),
            reject_reason=sent.get("reject_reason", ""),
            result=result_typed(sample, sent.get("result", "")),
            reason=sent.get("reason", ""),
            by=user,
        )
        messages.success(
            request,
            _("Recorded: %(label)s, %(state)s.") % {"label": found.label, "state": state_words(found)},
        )
    return answer.response()


def state_words(sample: LoggedSample) -> str:
    return str(SampleState(sample.state).label)


def result_typed(sample: LoggedSample, text: str) -> MrdSample | None:
    """The MRD form that holds the report, of the same subject; None where none was chosen."""
    try:
        key = UUID(text)
    except ValueError:
        return None
    return MrdSample.objects.filter(pk=key, subject=sample.subject_id).first()


@login_required
def samples(request: HttpRequest) -> HttpResponse:
    """The samples of one's studies with filters, those that can be sent, and the last shipments."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    page: Any = Paginator(samples_visible_to(user, asked), SHOWN).get_page(request.GET.get("page"))
    page.object_list = lines_of_page(list(page.object_list))
    studies = list(studies_visible_to(user).order_by("key"))
    places = {place.key: place for each in studies for place in sites_visible_to(user, each)}
    ready = ready_to_send(user, asked)
    context = {
        "page": page,
        "asked": asked,
        "studies": studies,
        "sites": sorted(places.values(), key=lambda place: place.key),
        "laboratories": laboratories_named(user) if ready else [],
        "ready": [(one, local_time(one.drawn_at, ZoneInfo(one.site.timezone))) for one in ready],
        "shipments": [
            (one, local_time(one.sent_at, ZoneInfo(one.site.timezone)))
            for one in shipments_visible_to(user, asked)[:SHIPMENTS_SHOWN]
        ],
        **CHOICES,
    }
    return render(request, "samples/samples.html", context)


@login_required
@require_POST
def ship(request: HttpRequest) -> HttpResponse:
    """Send the chosen samples of one site with a list."""
    user = user_of(request)
    require_somewhere(user, "sample.log")
    sent = request.POST
    answer = Answer(request, reverse("samples"))
    with answer.refusals():
        chosen = LoggedSample.objects.visible_to(user).filter(pk__in=ids_typed(sent.getlist("items")))
        found = list(chosen.select_related("study", "site"))
        if not found:
            raise CheckFailed({"samples": _("Choose at least one sample.")})
        if len({(one.study_id, one.site_id) for one in found}) > 1:
            raise CheckFailed({"samples": _("A list holds samples of one study at one site.")})
        study, site = found[0].study, found[0].site
        shipment = ship_samples(
            study=study,
            site=site,
            sample_ids=[one.pk for one in found],
            laboratory=sent.get("laboratory", ""),
            courier=sent.get("courier", ""),
            consignment=sent.get("consignment", ""),
            sent_at=instant_typed(sent.get("sent_at", ""), site, "sent_at"),
            by=user,
        )
        answer.page = reverse("shipment", args=[shipment.pk])
        n = len(found)
        words = ngettext("%(n)d sample sent. Print the list.", "%(n)d samples sent. Print the list.", n)
        messages.success(request, words % {"n": n})
    return answer.response()


@login_required
def shipment(request: HttpRequest, shipment_id: UUID) -> HttpResponse:
    """The list that goes with a shipment: codes and numbers, nothing of who the subjects are."""
    found = shipment_or_404(user_of(request), shipment_id)
    zone = ZoneInfo(found.site.timezone)
    rows = found.samples.select_related("subject").order_by("label")  # type: ignore[attr-defined]
    context = {
        "shipment": found,
        "sent": local_time(found.sent_at, zone),
        "lines": [(one, local_time(one.drawn_at, zone)) for one in rows],
    }
    return render(request, "samples/shipment.html", context)
