"""The page on which a form goes to the right subject: who, where, what would follow, why, confirm."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from trialsite.access.permissions import require
from trialsite.access.requests import user_of

from .casebook_page import subject_context
from .errors import CheckFailed, Refused
from .models import Subject
from .moves import Place, free_places, move_form, preview_move
from .pages import EntryPage, MoveForm
from .selectors import slot_or_404, subjects_for_move
from .services import refused_items
from .slots import OpenSlot
from .views import shown_items

MOST_FOUND = 20


@login_required
def move(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """Move the form of a slot to another subject."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    found = opened.subject
    require(user_of(request), "form.move", study_id=found.study_id, site_id=found.site_id)
    if opened.record is None:
        raise Http404
    asked = request.POST if request.method == "POST" else request.GET
    other = other_or_404(request, opened, asked.get("to", ""))
    places = free_places(opened, other) if other else []
    place = next((one for one in places if one.value == asked.get("place")), None)
    reason = MoveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and place is not None and reason.is_valid():
        moved = confirmed(request, opened, place, reason)
        if moved is not None:
            return moved
    with timezone.override(ZoneInfo(found.site.timezone)):
        context = {
            **subject_context(request, found, "subject"),
            **steps(request, opened, other, places, place),
            "reason": reason,
        }
        status = 422 if request.method == "POST" else 200
        return render(request, "casebook/move.html", context, status=status)


def confirmed(request: HttpRequest, opened: OpenSlot, place: Place, reason: MoveForm) -> HttpResponse | None:
    """Move, and go to where the form stands now; None when that is refused, with the sentence at its place."""
    try:
        moved = move_form(
            slot=opened.slot,
            to=place.slot,
            base_version=int(request.POST.get("base_version") or 0),
            by=user_of(request),
            reason=reason.cleaned_data["why"],
            text=reason.cleaned_data["text"],
        )
    except CheckFailed as refusal:
        for item, sentence in refusal.messages.items():
            reason.add_error(item if item in reason.fields else None, sentence)
        return None
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return None
    said = {"form": opened.kind.title, "subject": moved.subject.number}
    messages.success(request, _("Moved: %(form)s now stands with %(subject)s.") % said)
    return redirect(place.slot.url())


def other_or_404(request: HttpRequest, opened: OpenSlot, to: str) -> Subject | None:
    """The subject that was chosen, among those to whom this user may move forms; None before one was."""
    if not to:
        return None
    try:
        other = subjects_for_move(user_of(request), opened.subject, "").filter(pk=UUID(to)).first()
    except ValueError:
        other = None
    if other is None:
        raise Http404
    return other


def steps(
    request: HttpRequest, opened: OpenSlot, other: Subject | None, places: list[Place], place: Place | None
) -> dict[str, Any]:
    """What each step shows as far as one has come: subjects found, places to choose from, what the move would do."""
    number = request.GET.get("q", "").strip()
    page = EntryPage(opened)
    context: dict[str, Any] = {
        "slot": opened.slot,
        "kind": opened.kind,
        "record": opened.record,
        "number": number,
        "found": list(subjects_for_move(user_of(request), opened.subject, number)[:MOST_FOUND])
        if number
        else [],
        "other": other,
        "places": places,
        "place": place,
        "here": (opened.slot.visit_key, opened.slot.visit_repeat),
        "shown": shown_items(page, opened.record),
        "page": page,
    }
    if place is not None:
        try:
            context["preview"] = preview_move(slot=opened.slot, to=place.slot, by=user_of(request))
        except CheckFailed as refusal:
            context["refusals"] = refused_items(opened.kind, refusal.messages)
        except Refused as refusal:
            context["refusals"] = [refusal.sentence]
    return context
