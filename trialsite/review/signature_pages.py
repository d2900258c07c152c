"""Signing on pages: a form, a visit, a whole casebook; what is signed where, and what differs since."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.form_types import form_type
from trialsite.casebook.items import item_in_words
from trialsite.casebook.models import Subject, Visit
from trialsite.casebook.names import form_title, visit_name
from trialsite.casebook.registries import FormType
from trialsite.casebook.selectors import slot_or_404, subject_or_404
from trialsite.casebook.shown_again import Answer
from trialsite.casebook.slots import OpenSlot, parsed

from .contents import FormContent, content_of_casebook, content_of_visit, contents_of
from .item_words import value_in_words
from .models import Level, Meaning, Signature, meaning_words
from .signatures import (
    Ceremony,
    Signable,
    SignatureStanding,
    latest,
    sign_casebook,
    sign_form,
    sign_visit,
    standing_on,
    standing_signatures,
)

Difference = tuple[str, str, str]
Words = Callable[[Difference], Difference]


def shown_signatures(
    request: HttpRequest, subject: Subject, standing: list[SignatureStanding], words: Words
) -> dict[str, Any]:
    """What the list of signatures and the way to sign show; `words` says what differs as a reader knows it."""
    may_sign = may(user_of(request), "record.sign", study_id=subject.study_id, site_id=subject.site_id)
    return {
        "signatures": [
            (one, [words(difference) for difference in one.differences] if one.stale else [])
            for one in standing
        ],
        "may_sign": may_sign,
        "again": any(one.stale and one.signature.signed_by_id == user_of(request).pk for one in standing),
    }


def meanings_at(level: Level) -> list[tuple[str, Any]]:
    return [(value, meaning_words(value, level)) for value in Meaning.values]


def signature_panel(request: HttpRequest, opened: OpenSlot) -> Mapping[str, Any] | None:
    """On a form: its signatures with what changed since, and the way to sign."""
    if opened.record is None:
        return None
    standing, digest = standing_signatures(opened.kind, opened.record)
    shown = shown_signatures(
        request, opened.subject, standing, lambda one: form_words(one, opened.kind, opened.subject)
    )
    if not standing and not shown["may_sign"]:
        return None
    return {
        "template": "review/signature_panel.html",
        **shown,
        "meanings": meanings_at(Level.FORM),
        "digest": digest,
        "sign_url": opened.slot.url("sign"),
    }


@login_required
@require_POST
@sensitive_post_parameters("password")
def sign(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """Sign a form."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    answer = Answer(request, opened.slot.url() + "#signatures")
    with answer.refusals():
        sign_form(opened=opened, told=typed(request), by=user_of(request))
        messages.success(request, _("Signed."))
    return answer.response()


def typed(request: HttpRequest) -> Ceremony:
    names = ("meaning", "username", "password", "content_hash")
    return Ceremony(*(request.POST.get(name, "") for name in names))


# Visits and casebooks


@dataclass(frozen=True)
class VisitLine:
    """A visit in the list of what is signed: its forms, its signatures, the way to it."""

    name: str
    forms: int
    url: str
    standing: list[SignatureStanding]

    @property
    def stale(self) -> bool:
        return any(one.stale for one in self.standing)


@login_required
@sensitive_post_parameters("password")
def casebook(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """What of a casebook is signed, visit by visit and as a whole; by POST, sign the whole."""
    subject = subject_or_404(user_of(request), subject_id)
    if request.method == "POST":
        answer = Answer(request, request.path)
        with answer.refusals():
            sign_casebook(subject_id=subject.pk, told=typed(request), by=user_of(request))
            messages.success(request, _("Signed."))
        return answer.response()
    forms = contents_of(subject)
    signatures = latest(Signature.objects.filter(subject=subject, record_id=None))
    what = Signable(subject, content_of_casebook(subject, forms))
    standing = standing_on(what, [one for one in signatures if one.level == Level.CASEBOOK])
    context = {
        **subject_context(request, subject, "subject-signatures"),
        **shown_signatures(request, subject, standing, lambda one: casebook_words(one, subject)),
        "meanings": meanings_at(Level.CASEBOOK),
        "digest": what.digest,
        "sign_url": reverse("subject-signatures", args=[subject.pk]),
        "forms": len(forms),
        "visits": visit_lines(subject, forms, [one for one in signatures if one.level == Level.VISIT]),
    }
    return shown_at_site(request, "review/signatures.html", subject, context)


def visit_lines(subject: Subject, forms: list[FormContent], signatures: list[Signature]) -> list[VisitLine]:
    """Each visit at which forms stand or that somebody signed, in the order in which they were first done."""
    by_visit: dict[tuple[str, int], list[FormContent]] = {}
    for one in forms:
        by_visit.setdefault(one.visit, []).append(one)
    for signature in signatures:
        assert signature.visit is not None
        by_visit.setdefault((signature.visit.key, signature.visit.repeat), [])
    return [
        visit_line(subject, visit, by_visit[visit], signatures)
        for visit in sorted(by_visit, key=lambda v: first_day(by_visit[v]))
    ]


def first_day(forms: list[FormContent]) -> str:
    return min((str(one.record.performed_on) for one in forms if one.record.performed_on), default="9")


def visit_line(
    subject: Subject, visit: tuple[str, int], forms: list[FormContent], signatures: list[Signature]
) -> VisitLine:
    own = [one for one in signatures if one.visit and (one.visit.key, one.visit.repeat) == visit]
    return VisitLine(
        visit_name(subject.protocol_version.protocol, *visit),
        len(forms),
        reverse("visit-signatures", args=[subject.pk, f"{visit[0]}.{visit[1]}"]),
        standing_on(Signable(subject, content_of_visit(forms)), own),
    )


@login_required
@sensitive_post_parameters("password")
def visit(request: HttpRequest, subject_id: UUID, visit: str) -> HttpResponse:
    """The forms of a visit with what they say, and their signature; by POST, sign them together."""
    subject, place = subject_or_404(user_of(request), subject_id), parsed(visit)
    here = place and Visit.objects.filter(subject=subject, key=place[0], repeat=place[1]).first()
    if place is None or not here:
        raise Http404
    if request.method == "POST":
        key, repeat = place
        answer = Answer(request, request.path)
        with answer.refusals():
            sign_visit(
                subject_id=subject.pk, key=key, repeat=repeat, told=typed(request), by=user_of(request)
            )
            messages.success(request, _("Signed."))
        return answer.response()
    forms = contents_of(subject, place)
    what = Signable(subject, content_of_visit(forms), visit=here)
    standing = standing_on(what, what.signatures())
    context = {
        **subject_context(request, subject, "subject-signatures"),
        **shown_signatures(request, subject, standing, lambda one: visit_words(one, subject)),
        "meanings": meanings_at(Level.VISIT),
        "digest": what.digest,
        "sign_url": reverse("visit-signatures", args=[subject.pk, visit]),
        "name": visit_name(subject.protocol_version.protocol, *place),
        "forms": [shown_form(one) for one in forms],
    }
    return shown_at_site(request, "review/visit_signatures.html", subject, context)


def shown_at_site(
    request: HttpRequest, template: str, subject: Subject, context: dict[str, Any]
) -> HttpResponse:
    """A page with its instants in the site's zone."""
    with timezone.override(ZoneInfo(subject.site.timezone)):
        return render(request, template, context)


def shown_form(one: FormContent) -> dict[str, Any]:
    return {
        "title": one.kind.title,
        "url": one.slot.url(),
        "items": [
            (
                item_in_words(item.rstrip("!"), one.kind),
                value_in_words(item, text, one.kind, one.record.subject),
            )
            for item, text in one.content.items()
        ],
    }


def form_words(difference: Difference, kind: FormType | None, subject: Subject) -> Difference:
    """What differs in a form ("weight", as it was, as it is) in words."""
    item, old, new = difference
    return (
        item_in_words(item.rstrip("!"), kind),
        value_in_words(item, old, kind, subject),
        value_in_words(item, new, kind, subject),
    )


def visit_words(difference: Difference, subject: Subject) -> Difference:
    """The same in a form of a visit ("VS.1/weight")."""
    form, _slash, item = difference[0].partition("/")
    key, _dot, repeat = form.rpartition(".")
    title = form_title(subject.protocol_version.protocol, key)
    number = f" {repeat}" if repeat != "1" else ""
    label, old, new = form_words((item, *difference[1:]), form_type(key, subject), subject)
    return f"{title}{number} · {label}", old, new


def casebook_words(difference: Difference, subject: Subject) -> Difference:
    """The same in a form of any visit ("SCR.1/VS.1/weight"); "SCR.1/" is the visit itself, not done."""
    at, _slash, rest = difference[0].partition("/")
    place = parsed(at)
    name = visit_name(subject.protocol_version.protocol, *place) if place else at
    if not rest:
        return name, *difference[1:]
    label, old, new = visit_words((rest, *difference[1:]), subject)
    return f"{name} · {label}", old, new
