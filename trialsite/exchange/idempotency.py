"""Writes that a client may send again: the same Idempotency-Key gives the first answer and writes nothing twice.

The answer is kept in the transaction of the write, so there is never one without the other. A refused request wrote
nothing and is not kept: sent again it is judged anew.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from trialsite.access.encryption import decrypted, encrypted, fingerprint
from trialsite.access.models import User
from trialsite.access.requests import user_of
from trialsite.problems import Problem

from .models import KeptAnswer

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEPT = timedelta(hours=24)
LONGEST_KEY = 255


class FirstAnswer(Exception):
    """The request was answered before; nothing is done again."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True)
class KeyedRequest:
    """A write with its key, both as keyed hashes."""

    user: User
    key_hash: str
    request_hash: str

    def keep(self, answer: Any) -> None:
        """Keep the rendered answer beside what was written."""
        KeptAnswer.objects.create(
            user=self.user,
            key_hash=self.key_hash,
            request_hash=self.request_hash,
            status=answer.status_code,
            media_type=answer.headers.get("Content-Type", ""),
            etag=answer.headers.get("ETag", ""),
            content=encrypted(answer.content.decode()),
        )


class KeyedWrites:
    """A view of the API whose writes take an Idempotency-Key."""

    keyed: KeyedRequest | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method in WRITES and "Idempotency-Key" in request.headers:
            self.keyed = first_of(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if self.keyed is not None and 200 <= answer.status_code < 300:
            answer.add_post_render_callback(self.keyed.keep)
        return answer


def first_of(request: Request) -> KeyedRequest:
    """The request with its key, if it is the first of that key.

    Raises FirstAnswer where it was answered before, Problem where the key came with another request (422), where the
    first is still being answered (409), or where it is no key (400)."""
    user, key = user_of(request), request.headers["Idempotency-Key"].strip()
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Problem(400, _("An Idempotency-Key has 1 to 255 characters."))
    keyed = KeyedRequest(
        user,
        fingerprint(f"key\n{user.pk}\n{key}"),
        fingerprint(f"{told_by(request)}\n{body_of(request).hex()}"),
    )
    if not locked(keyed.key_hash):
        raise Problem(409, _("The first request of this Idempotency-Key is still being answered: ask again."))
    mine = KeptAnswer.objects.filter(user=user, key_hash=keyed.key_hash)
    mine.filter(kept_at__lte=timezone.now() - KEPT).delete()
    if kept := mine.first():
        if kept.request_hash != keyed.request_hash:
            sentence = _("This Idempotency-Key came with another request before. Take a new one.")
            raise Problem(422, sentence, "key-reused")
        raise FirstAnswer(answer_again(kept))
    return keyed


def told_by(request: Request) -> str:
    """What makes a write the same beside its body: method, address, and the version that it rests on."""
    return f"{request.method} {request.get_full_path()} {request.headers.get('If-Match', '')}"


def body_of(request: Request) -> bytes:
    """What was sent; of several parts without what stands between them, which programs make up anew each time."""
    between = (request.content_params or {}).get("boundary", "").encode()
    return request.body.replace(between, b"") if between else request.body


def locked(key_hash: str) -> bool:
    """Whether this transaction alone answers the key until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key_hash])
        return bool(cursor.fetchone()[0])


def answer_again(kept: KeptAnswer) -> HttpResponse:
    """The answer as it was given first."""
    answer = HttpResponse(decrypted(kept.content), status=kept.status, content_type=kept.media_type)
    if kept.etag:
        answer.headers["ETag"] = kept.etag
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def forget_answers() -> int:
    """Delete the answers that have been kept for a day; how many there were."""
    deleted, _by_model = KeptAnswer.objects.filter(kept_at__lte=timezone.now() - KEPT).delete()
    return deleted
