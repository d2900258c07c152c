"""Versions of what is read (ETag), and writing on condition of one (If-Match, If-None-Match; RFC 9110, section 13)."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from trialsite.casebook.slots import OpenSlot
from trialsite.problems import Problem


def tag_of(opened: OpenSlot, held: str) -> str:
    """The ETag of a slot as it stands: form, version, hold; the first two decide whether a write meets it."""
    return quote_etag(f"{place_of(opened)}.{held}")


def place_of(opened: OpenSlot) -> str:
    """The form of a slot and its version; of an empty slot "0"."""
    return f"{opened.record.pk.hex}.{opened.record.version}" if opened.record else "0"


def digest_tag(data: Any) -> str:
    """The ETag of whatever else is read, by its content."""
    return quote_etag(hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32])


def tagged(request: Request, answer: HttpResponseBase, tag: str) -> HttpResponseBase:
    """The answer with its ETag; 304 where the client has just that."""
    answer.headers["ETag"] = tag
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if request.method not in ("GET", "HEAD") or not ("*" in known or tag in known):
        return answer
    unchanged = HttpResponseNotModified()
    unchanged.headers["ETag"] = tag
    return unchanged


def named_version(request: Request) -> int | None:
    """The version of a form that If-Match names; None without it, or where it names none."""
    for tag in parse_etags(request.headers.get("If-Match", "")):
        parts = tag.strip('"').split(".")
        if len(parts) == 3 and parts[1].isdecimal():
            return int(parts[1])
    return None


def meets_conditions(request: Request, opened: OpenSlot) -> bool:
    """Whether the slot stands as the client has read it, as far as it says how that was."""
    wanted, unwanted = (parse_etags(request.headers.get(name, "")) for name in ("If-Match", "If-None-Match"))
    places = {tag.strip('"').rpartition(".")[0] for tag in wanted}
    met = not wanted or place_of(opened) in places or ("*" in wanted and opened.record is not None)
    return met and not ("*" in unwanted and opened.record is not None)


def changed_since(opened: OpenSlot, conflicts: Sequence[Any] = ()) -> Problem:
    """Refused: the slot stands at another version than the client has read."""
    version = opened.record.version if opened.record else 0
    sentence = _("This form was saved, or voided, since you read it. Nothing of yours was saved.")
    return Problem(412, sentence, version=version, conflicts=list(conflicts))
