"""Where a webhook may lead: hosts that are allowed, over TLS, and never into the network that serves us."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from trialsite.clinical.text import Text

HTTPS, HTTP = 443, 80


def refusal_of_address(url: str, hosts: Iterable[str], *, private: bool = False) -> Text | None:
    """Why messages are not sent to an address; None where they may be.

    `hosts` are names that are allowed, one that begins with a dot with all beneath it. `private` (set by who runs the
    servers, for receivers in the same house) allows http and any port as well.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return Text(
            "This is no address. It begins with https://.", "这不是有效的地址；地址应以 https:// 开头。"
        )
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return Text("The address begins with https://.", "地址应以 https:// 开头。")
    if parts.username is not None or parts.password is not None:
        return Text("The address holds no user name and no password.", "地址中不能包含用户名或密码。")
    allowed = tuple(hosts)
    if not parts.hostname or not any(matches(parts.hostname, one) for one in allowed):
        named = ", ".join(allowed)
        return Text(f"Messages go to these hosts only: {named}.", f"消息只能发送到以下主机：{named}。")
    if port not in (None, HTTPS) and not private:
        return Text("The address names no port other than 443.", "地址中的端口只能是 443。")
    return None


def matches(host: str, allowed: str) -> bool:
    """Whether a host is the one allowed, or beneath it where that begins with a dot."""
    host, allowed = host.lower().rstrip("."), allowed.lower()
    return host.endswith(allowed) if allowed.startswith(".") else host == allowed


def is_public(address: str) -> bool:
    """Whether a numeric address lies on the public internet: not private, loopback, link-local, shared, multicast."""
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return found.is_global and not found.is_multicast
