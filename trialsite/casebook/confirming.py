"""A second press before something that reaches far: what would happen stands on a page of its own first."""

from collections.abc import Iterable, Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .registries import Shift

CONFIRMED = "confirmed"


def is_confirmed(request: HttpRequest) -> bool:
    return CONFIRMED in request.POST


def ask_to_confirm(
    request: HttpRequest,
    *,
    heading: str,
    sentences: Iterable[str],
    verb: str,
    back: str,
    shifts: Iterable[Shift] = (),
    instead: Mapping[str, str] | None = None,
) -> HttpResponse:
    """What was sent, once more, with the sentences that say how far it reaches; `verb` sends it for good.

    `shifts` are the visits that it moves, listed with where they stood and where they will stand; `instead` is sent in
    the place of what was sent under the same names."""
    instead = instead or {}
    fields = [
        (name, text)
        for name, texts in request.POST.lists()
        for text in texts
        if name != "csrfmiddlewaretoken" and name not in instead
    ]
    context = {
        "heading": heading,
        "sentences": list(sentences),
        "shifts": list(shifts),
        "verb": verb,
        "back": back,
        "address": request.get_full_path(),
        "fields": [*fields, *instead.items(), (CONFIRMED, "1")],
    }
    return render(request, "components/confirm.html", context)
