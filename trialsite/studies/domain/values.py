"""Small values of a protocol: texts in two languages and exact numbers, out of a JSON document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from trialsite.clinical.text import Text

__all__ = ["Document", "Rule", "Text", "decimal_or_none", "text_of", "text_or_none"]

Document = dict[str, Any]
Rule = dict[str, Any]


def text_of(document: Document) -> Text:
    """The text of `{en: …, zh: …}`."""
    return Text(en=document["en"], zh=document["zh"])


def text_or_none(document: Document | None) -> Text | None:
    """The text, where the file gives one."""
    return None if document is None else text_of(document)


def decimal_or_none(text: str | None) -> Decimal | None:
    """The exact number, where the file gives one."""
    return None if text is None else Decimal(text)
