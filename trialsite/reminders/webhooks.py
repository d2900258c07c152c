"""Sending a signed message to a program: over TLS, to an allowed host at a public address, without redirection."""

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from .domain.addresses import HTTP, HTTPS, is_public, refusal_of_address

SECONDS = 10.0
MOST_ANSWER_BYTES = 10_000


class DeliveryFailed(Exception):
    """A message did not arrive; the text says how, without address or name."""


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over `timestamp.body` in hexadecimal, as the receiver works it out too."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send_webhook(*, url: str, secret: str, markdown: str, delivery: str, timestamp: int) -> None:
    """Post a reminder in the shape of a WeCom group robot. Raises DeliveryFailed."""
    content = {"msgtype": "markdown", "markdown": {"content": markdown}}
    refuse_bad_answer(
        *post_signed(url=url, secret=secret, content=content, delivery=delivery, timestamp=timestamp)
    )


def post_signed(
    *, url: str, secret: str, content: Mapping[str, Any], delivery: str, timestamp: int
) -> tuple[int, bytes]:
    """Post JSON, signed; the status of the answer and the beginning of its body. Raises DeliveryFailed.

    `delivery` is the same for every attempt at one message, so that a receiver can tell a repetition.
    """
    if refusal_of_address(url, settings.WEBHOOK_HOSTS, private=settings.WEBHOOK_PRIVATE) is not None:
        raise DeliveryFailed("the address is not allowed")
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Trials-Timestamp": str(timestamp),
        "X-Trials-Signature": f"sha256={signature_of(secret, str(timestamp), body)}",
        "X-Trials-Delivery": delivery,
    }
    parts = urlsplit(url)
    connection = connection_to(parts.hostname or "", parts.port, tls=parts.scheme == "https")
    try:
        connection.request(
            "POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, headers
        )
        answer = connection.getresponse()
        return answer.status, answer.read(MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as problem:
        raise DeliveryFailed(f"no connection ({type(problem).__name__})") from problem
    finally:
        connection.close()


def refuse_bad_answer(status: int, body: bytes) -> None:
    """A robot that refuses answers 200 as well, with an error code of its own."""
    if status != 200:
        raise DeliveryFailed(f"answered with status {status}")
    try:
        code = json.loads(body or b"{}").get("errcode", 0)
    except (ValueError, AttributeError):
        return
    if code != 0:
        raise DeliveryFailed(f"refused with code {code}"[:100])


def connection_to(host: str, port: int | None, *, tls: bool) -> http.client.HTTPConnection:
    """A connection to the very address that was looked at: a name cannot lead elsewhere a moment later."""
    at = port or (HTTPS if tls else HTTP)
    address = address_of(host, at)
    connection = http.client.HTTPConnection(host, at, timeout=SECONDS)
    try:
        plain = socket.create_connection((address, at), timeout=SECONDS)
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) if tls else plain
        )
    except OSError as problem:
        raise DeliveryFailed(f"no connection ({type(problem).__name__})") from problem
    return connection


def address_of(host: str, port: int) -> str:
    """The numeric address of a host; refused where any of its addresses is not public, unless settings allow it."""
    try:
        found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as problem:
        raise DeliveryFailed("the host is not known") from problem
    if not settings.WEBHOOK_PRIVATE and not all(is_public(one) for one in found):
        raise DeliveryFailed("the host is not on the public internet")
    return found[0]
